"""Tables of Markdown as columns: the rows that stand together decide how wide each column is. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len

from flashagent.frontends.tui.markup import Laid, inline, wrap
from flashagent.frontends.tui.markup_values import Line, Span

MOST_ROWS = 100  # a table that goes on beyond them is shown as it was written
NARROWEST = 4
_BETWEEN = " │ "
_RULE = re.compile(r"\s*:?-+:?\s*")
_PIPE = re.compile(r"(?<!\\)\|")


def is_row(line: str) -> bool:
    """Whether the line may be one of a table: all of its cells stand between bars."""
    return line.startswith("|") and line.rstrip().endswith("|") and len(line) > 2


def laid_out(lines: Sequence[str], width: int, indent: str) -> list[Line] | None:
    """The rows of a table; None when the lines are none, or have too many columns for the width."""
    if len(lines) < 2:
        return None
    head, rule, *body = (_cells(line) for line in lines)
    if len(rule) != len(head) or not all(_RULE.fullmatch(cell) for cell in rule):
        return None
    rows = [[tuple(inline(cell)) for cell in (*row, *[""] * len(head))[: len(head)]] for row in (head, *body)]
    room = width - len(indent) - len(_BETWEEN) * (len(head) - 1)
    widths = _widths([[_width(cell) for cell in row] for row in rows], room)
    if widths is None:
        return None
    first = _row([tuple((text, style or "bold") for text, style in cell) for cell in rows[0]], widths, indent)
    line: Line = ((indent, ""), ("─┼─".join("─" * wide for wide in widths), "dim"))
    return [*first, line, *(part for row in rows[1:] for part in _row(row, widths, indent))]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(line.strip()[1:-1])]


def _width(cell: Line) -> int:
    return sum(cell_len(text) for text, _ in cell)


def _widths(natural: Sequence[Sequence[int]], room: int) -> list[int] | None:
    """As wide as the longest cell of each column, the widest ones cut down until all fit."""
    widths = [max(1, *column) for column in zip(*natural, strict=True)]
    while (over := sum(widths) - room) > 0:
        widest = max(widths)
        if widest <= NARROWEST:
            return None
        second = max((wide for wide in widths if wide < widest), default=NARROWEST)
        at = widths.index(widest)
        widths[at] = max(NARROWEST, second, widest - over) if widest - second > 1 else widest - 1
    return widths


def _row(cells: Sequence[Line], widths: Sequence[int], indent: str) -> list[Line]:
    """One row of the table: as many lines as its highest cell."""
    columns = [wrap(Laid(cell), wide) for cell, wide in zip(cells, widths, strict=True)]
    height = max(map(len, columns))
    lines: list[Line] = []
    for at in range(height):
        spans: list[Span] = [(indent, "")] if indent else []
        for number, (column, wide) in enumerate(zip(columns, widths, strict=True)):
            part = column[at] if at < len(column) else ()
            if number:
                spans.append((_BETWEEN, "dim"))
            spans += part
            if number < len(columns) - 1:
                spans.append((" " * (wide - _width(part)), ""))
        lines.append(tuple(spans))
    return lines
