"""Blocks to rows. What cannot change any more is laid out once, so a growing answer costs only its last line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from flashagent.frontends.tui import tables
from flashagent.frontends.tui.blocks import Block, Mark
from flashagent.frontends.tui.markup import (
    Laid,
    diff_line,
    markdown_line,
    source_lines,
    wrap,
)
from flashagent.frontends.tui.markup_values import Line, StyleName

_SIGNS: dict[Mark, tuple[str, StyleName]] = {
    "": ("·", "dim"),
    "running": ("●", "accent"),
    "good": ("✓", "good"),
    "bad": ("✗", "bad"),
    "warning": ("!", "warning"),
}
INDENT = "  "
MAX_WORDS_OF_THOUGHT = 12
_HEAD = ("index ", "--- ", "+++ ", "new file mode ", "deleted file mode ")
_TABLE_ROW = re.compile(r"\S{1,20}(?: \S{1,20}){0,2} {2,20}(?=\S)")


class Typeset:
    """The rows of one block at one width, kept up to date while it grows."""

    def __init__(self, width: int) -> None:
        self._width = max(8, width)
        self._block: Block | None = None
        self._rows: list[Line] = []  # title and all whole lines of the text
        self._read = 0  # how much of the text they hold
        self._fence = ""
        self._head = False  # what stands between a file's name and its first hunk is being read

    def rows(self, block: Block, *, whole: bool = False) -> list[Line]:
        """All rows of the block, folded where it can be unless `whole`. A block that only grew at the end of its text is
        continued, any other started anew."""
        if block.kind == "thought" and not whole:
            return [*self._thought(block), ()]
        if whole and block.more:
            block = replace(block, text=block.more)
        if not self._continues(block):
            self._rows, self._read, self._fence = self._title(block), 0, ""
            self._head = False
        self._block = block
        whole_end = len(block.text) if block.done else block.text.rfind("\n") + 1
        if whole_end > self._read:
            self._rows += self._settled(block, _without_end(block.text[self._read : whole_end]))
        fence, rest = self._fence, block.text[self._read :]
        tail = self._laid(block, source_lines(_without_end(rest))) if rest else []
        self._fence = fence  # the unfinished line may still become another one
        return [*self._rows, *tail, *_space_after(block)]

    def _settled(self, block: Block, text: str) -> list[Line]:
        """The rows of whole lines; a table at their end is left for later, since its next row may widen its columns."""
        lines = source_lines(text)
        kept = 0
        if block.kind == "text" and not block.done:
            kept = next((i for i, line in enumerate(reversed(lines)) if not tables.is_row(line)), len(lines))
            kept = kept if kept <= tables.MOST_ROWS else 0
        settled = lines[: len(lines) - kept]
        self._read += sum(len(line) + 1 for line in text.split("\n")[: len(settled)])
        return self._laid(block, settled)

    def _laid(self, block: Block, lines: Sequence[str]) -> list[Line]:
        """The rows of source lines, those of a table together."""
        rows: list[Line] = []
        at = 0
        while at < len(lines):
            end = at
            while block.kind == "text" and not self._fence and end < len(lines) and tables.is_row(lines[end]):
                end += 1
            table = (
                tables.laid_out(lines[at:end], self._width, INDENT) if end - at <= tables.MOST_ROWS else None
            )
            if table is not None:
                rows += table
            else:
                end = max(end, at + 1)
                for line in lines[at:end]:
                    rows += self._line(block, line, first=not self._rows and not rows)
            at = end
        return rows

    def _continues(self, block: Block) -> bool:
        old = self._block
        return (
            old is not None
            and (old.kind, old.title, old.mark) == (block.kind, block.title, block.mark)
            and block.text.startswith(old.text[: self._read])
        )

    def _title(self, block: Block) -> list[Line]:
        if not block.title:
            return []
        sign, style = _SIGNS[block.mark]
        hint = f"  {_count(block.more)}" if block.more and block.done else ""
        strong: StyleName = style if block.kind == "result" else "bold" if block.kind == "question" else ""
        if block.kind == "note" and not block.mark:
            strong = "dim"
        rows = wrap(Laid(((block.title, strong), (hint, "dim"))), self._width, INDENT)
        return [((f"{sign} ", style), *rows[0][1:]), *rows[1:]]

    def _line(self, block: Block, line: str, *, first: bool) -> list[Line]:
        if block.kind == "text":
            laid, self._fence = markdown_line(line, self._fence)
            return wrap(laid, self._width, INDENT)
        if block.kind == "diff":
            if line.startswith("diff --git "):
                self._head = True
                name = line.rpartition(" b/")[2]
                return [] if name in block.title else wrap(Laid(((name, "bold"),)), self._width, INDENT * 2)
            if self._head and line.startswith(_HEAD):
                return []  # for programs; a copy of the block has them
            self._head = False
            return wrap(diff_line(line), self._width, INDENT * 2)
        if block.kind == "user":
            rows = wrap(Laid(((line, "user"),)), self._width, INDENT)
            return [(("› ", "accent"), *rows[0][1:]), *rows[1:]] if first else rows
        hang = len(line) - len(line.lstrip())
        if block.kind == "note" and (row := _TABLE_ROW.match(line)):
            hang = row.end()  # the second column of a table stays one
        plain: StyleName = "" if block.kind in ("result", "check", "focus", "output") else "dim"
        return wrap(Laid(((line, plain),), hang=hang), self._width, INDENT * 2)

    def _thought(self, block: Block) -> list[Line]:
        """Folded: how much was thought, and the last words while it goes on."""
        said = block.text.split()
        text = f"thought for {len(said)} words"
        if not block.done:
            text = f"thinking … {' '.join(source_lines(' '.join(said[-MAX_WORDS_OF_THOUGHT:])))}"
        return wrap(Laid(((text, "dim"),)), self._width, "∴ ")[:2]


def _without_end(text: str) -> str:
    """The text without its last line end, of which half may have come."""
    return text.removesuffix("\n").removesuffix("\r")


def _count(more: str) -> str:
    lines = more.rstrip("\n").count("\n") + 1
    return f"({lines:,} {'line' if lines == 1 else 'lines'})"


def _space_after(block: Block) -> list[Line]:
    """An empty row where a reader's eye needs one."""
    return [()] if block.kind in ("user", "text", "diff", "result", "focus", "question", "output") else []
