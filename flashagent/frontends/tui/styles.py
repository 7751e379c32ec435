"""The few styles of the app, in the terminal's own colours on its own background."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from flashagent.frontends.tui.markup import Line, StyleName

STYLES: dict[StyleName, Style] = {
    "": Style(),
    "dim": Style(dim=True),
    "bold": Style(bold=True),
    "italic": Style(italic=True),
    "code": Style(color="cyan"),
    "heading": Style(bold=True, color="blue"),
    "user": Style(bold=True),
    "good": Style(color="green"),
    "bad": Style(color="red"),
    "warning": Style(color="yellow"),
    "accent": Style(color="magenta"),
    "link": Style(underline=True),
    "hunk": Style(color="cyan", dim=True),
}


@lru_cache(maxsize=512)
def strip_of(line: Line) -> Strip:
    """The row as Textual draws it. Only rows on or near the screen stay cached."""
    return Strip([Segment(text, STYLES[style]) for text, style in line])
