"""A part of the transcript that the mouse has selected, and the sign of a picked block. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len

from flashagent.dataclass import dataclass
from flashagent.frontends.tui.markup_values import Line, Span, StyleName

Place = tuple[int, int]  # row and cell
_SIGN: Span = ("▌", "accent")


@dataclass(frozen=True, slots=True)
class Selection:
    """From one place to another, whichever comes first; the last cell belongs to it."""

    start: Place
    end: Place | None = None

    def to(self, place: Place) -> Selection:
        return replace(self, end=place)

    @property
    def empty(self) -> bool:
        return self.end is None or self.end == self.start

    def cells(self, row: int) -> tuple[int, int | None]:
        """Which cells of a row are selected, None for all to its end; an empty stretch for none."""
        first, last = sorted((self.start, self.end or self.start))
        if self.empty or not first[0] <= row <= last[0]:
            return 0, 0
        return first[1] if row == first[0] else 0, last[1] + 1 if row == last[0] else None

    def shown(self, row: int, line: Line) -> Line:
        """The row with what is selected of it turned round."""
        start, end = self.cells(row)
        if end == 0:
            return line
        return tuple((text, "picked" if inside else style) for text, style, inside in _cut(line, start, end))


def selected_text(rows: Sequence[Line], selection: Selection) -> str:
    """What is selected, a line for each row, without the space that only fills or indents them."""
    last = max(selection.start, selection.end or selection.start)[0]
    first = min(selection.start, selection.end or selection.start)[0]
    lines = []
    for row in range(max(0, first), min(last + 1, len(rows))):
        start, end = selection.cells(row)
        lines.append("".join(text for text, _, inside in _cut(rows[row], start, end) if inside).rstrip())
    margin = min((len(line) - len(line.lstrip()) for line in lines[1:] if line), default=0)
    return "\n".join([*lines[:1], *(line[margin:] for line in lines[1:])]).strip("\n")


def marked(line: Line) -> Line:
    """The row with the sign of a picked block in its first cell."""
    if not line:
        return (_SIGN,)
    (text, style), *rest = line
    return (_SIGN, (text[1:], style), *rest)


def _cut(line: Line, start: int, end: int | None) -> Iterator[tuple[str, StyleName, bool]]:
    """The pieces of a row, each wholly inside or outside."""
    at = 0
    for text, style in line:
        piece, was = "", False
        for sign in text:
            inside = at >= start and (end is None or at < end)
            if piece and inside is not was:
                yield piece, style, was
                piece = ""
            piece, was = piece + sign, inside
            at += cell_len(sign)
        if piece:
            yield piece, style, was
