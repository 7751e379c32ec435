"""The themes: which colours the few styles of the app have. All write on the terminal's own background.

`terminal` uses the terminal's own sixteen colours. The others use fixed colours of the palette of 256, which cost few bytes
and are known, so that their contrast is too: at least 4.5 to 1 on every background that `on` spans, 7 to 1 for `contrast`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from flashagent.dataclass import dataclass
from flashagent.frontends.tui.markup_values import Line, StyleName

_CACHED_ROWS = 512


@dataclass(frozen=True)
class Theme:
    """`on` are the darkest and the lightest background that the theme is made for, '' where it adapts to any."""

    name: str
    summary: str
    styles: Mapping[StyleName, Style]
    on: tuple[str, str] = ("", "")


def _fixed(colors: Mapping[StyleName, int]) -> dict[StyleName, Style]:
    """Styles of colours by their number in the palette; the form (bold, underlined) is the same in every theme."""
    forms: dict[StyleName, Style] = {
        "bold": Style(bold=True),
        "italic": Style(italic=True),
        "heading": Style(bold=True),
        "user": Style(bold=True),
        "link": Style(underline=True),
        "picked": Style(reverse=True),
        "added": Style(bold=True, underline=True),
        "removed": Style(bold=True, underline=True),
    }
    plain = colors[""]
    return {
        name: Style(color=f"color({colors.get(name, plain)})") + forms.get(name, Style())
        for name in _TERMINAL
    }


_TERMINAL: dict[StyleName, Style] = {
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
    "picked": Style(reverse=True),
    "keyword": Style(color="magenta"),
    "string": Style(color="green"),
    "comment": Style(dim=True),
    "number": Style(color="yellow"),
    "added": Style(color="green", bold=True, underline=True),
    "removed": Style(color="red", bold=True, underline=True),
}
_DARK: dict[StyleName, int] = {
    "": 253, "dim": 247, "code": 117, "heading": 111, "good": 114, "bad": 210, "warning": 221, "accent": 183,
    "link": 117, "hunk": 110, "keyword": 183, "string": 150, "comment": 247, "number": 216, "added": 114, "removed": 210,
}  # fmt: skip
_LIGHT: dict[StyleName, int] = {
    "": 235, "dim": 240, "code": 24, "heading": 25, "good": 22, "bad": 124, "warning": 94, "accent": 90,
    "link": 25, "hunk": 24, "keyword": 90, "string": 22, "comment": 240, "number": 94, "added": 22, "removed": 124,
}  # fmt: skip
_CONTRAST: dict[StyleName, int] = {
    "": 231, "dim": 252, "code": 159, "heading": 123, "good": 120, "bad": 217, "warning": 227, "accent": 225,
    "link": 159, "hunk": 159, "keyword": 225, "string": 157, "comment": 252, "number": 229, "added": 120, "removed": 217,
}  # fmt: skip
DEFAULT = Theme("terminal", "the terminal's own colours", _TERMINAL)
THEMES: Mapping[str, Theme] = {
    theme.name: theme
    for theme in (
        DEFAULT,
        Theme("dark", "fixed colours for dark backgrounds", _fixed(_DARK), ("#000000", "#303030")),
        Theme("light", "fixed colours for light backgrounds", _fixed(_LIGHT), ("#eeeeee", "#ffffff")),
        Theme("contrast", "strong colours for black backgrounds", _fixed(_CONTRAST), ("#000000", "#1c1c1c")),
    )
}


class Painter:
    """Rows as Textual draws them, in the colours of a theme that may change."""

    def __init__(self, theme: Theme = DEFAULT) -> None:
        self.use(theme)

    def use(self, theme: Theme) -> None:
        self.theme = theme
        # Only rows on or near the screen stay cached.
        self.strip = lru_cache(maxsize=_CACHED_ROWS)(self._strip)

    def style(self, name: StyleName) -> Style:
        return self.theme.styles[name]

    def _strip(self, line: Line) -> Strip:
        return Strip([Segment(text, self.theme.styles[style]) for text, style in line])
