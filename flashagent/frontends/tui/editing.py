"""The input being edited: text, cursor and history. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from rich.cells import cell_len

from flashagent.dataclass import dataclass

_WORD_BEFORE = re.compile(r"\S*\s*\Z")
_WORD_AFTER = re.compile(r"\s*\S*")


@dataclass(frozen=True, slots=True)
class Line:
    """`cursor` stands before the character of that index. `history` is older first; `place` counts back from its end, 0 is
    the text that is being written, which `draft` keeps meanwhile."""

    text: str = ""
    cursor: int = 0
    history: tuple[str, ...] = ()
    place: int = 0
    draft: str = ""

    def insert(self, text: str) -> Line:
        """With the text at the cursor; line ends stay, other control characters do not get in."""
        text = "".join(
            sign for sign in text.replace("\r\n", "\n").replace("\r", "\n") if sign >= " " or sign in "\n\t"
        )
        text = text.replace("\x7f", "")
        return replace(
            self,
            text=self.text[: self.cursor] + text + self.text[self.cursor :],
            cursor=self.cursor + len(text),
        )

    def completed(self, start: int, text: str) -> Line:
        """With the text in place of what stands between `start` and the cursor."""
        kept = replace(self, text=self.text[:start] + self.text[self.cursor :], cursor=start)
        return kept.insert(text)

    def taken(self) -> Line:
        """Empty again, the text in the history unless it stands there last already."""
        text = self.text.strip()
        grows = text and (not self.history or self.history[-1] != text)
        return Line(history=(*self.history, text) if grows else self.history)

    def cleared(self) -> Line:
        return Line(history=self.history)

    def edited(self, key: str) -> Line | None:
        """After an editing key by Textual's name for it, or None when the key edits nothing."""
        edit = _EDITS.get(key)
        return edit(self) if edit else None

    def laid_out(self, width: int) -> tuple[list[str], int, int]:
        """The text as rows of at most `width` cells, and the row and the place in it where the cursor stands. A cursor at the
        end of a full row stands in the next."""
        rows: list[str] = []
        at_row = at = 0
        passed = 0
        for line in self.text.replace("\t", " ").split("\n"):
            parts = _cut(line, max(1, width))
            if cell_len(parts[-1]) >= width:
                parts.append("")
            for part in parts:
                if passed <= self.cursor <= passed + len(part):
                    at_row, at = len(rows), self.cursor - passed
                rows.append(part)
                passed += len(part)
            passed += 1
        return rows, at_row, at

    def _at(self, cursor: int) -> Line:
        return replace(self, cursor=min(max(0, cursor), len(self.text)))

    def _without(self, start: int, end: int) -> Line:
        start, end = max(0, start), min(end, len(self.text))
        return replace(self, text=self.text[:start] + self.text[end:], cursor=start)

    def _word_start(self) -> int:
        match = _WORD_BEFORE.search(self.text[: self.cursor])
        return match.start() if match else 0

    def _word_end(self) -> int:
        match = _WORD_AFTER.match(self.text, self.cursor)
        return match.end() if match else self.cursor

    def _up(self) -> Line:
        """The line above, or what was sent before."""
        start = self.text.rfind("\n", 0, self.cursor) + 1
        if not start:
            return self._from_history(1)
        above = self.text.rfind("\n", 0, start - 1) + 1
        return self._at(min(above + self.cursor - start, start - 1))

    def _down(self) -> Line:
        end = self.text.find("\n", self.cursor)
        if end < 0:
            return self._from_history(-1)
        start = self.text.rfind("\n", 0, self.cursor) + 1
        below_end = self.text.find("\n", end + 1)
        return self._at(min(end + 1 + self.cursor - start, below_end if below_end >= 0 else len(self.text)))

    def _from_history(self, steps: int) -> Line:
        place = min(max(0, self.place + steps), len(self.history))
        draft = self.text if self.place == 0 else self.draft
        text = self.history[-place] if place else draft
        return replace(self, text=text, cursor=len(text), place=place, draft=draft)


def _cut(line: str, width: int) -> list[str]:
    """Parts of at most so many cells; at least one."""
    if len(line) * 2 <= width or cell_len(line) <= width:
        return [line]
    parts, start, size = [], 0, 0
    for place, sign in enumerate(line):
        cells = cell_len(sign)
        if size + cells > width and place > start:
            parts.append(line[start:place])
            start, size = place, 0
        size += cells
    return [*parts, line[start:]]


_EDITS: Mapping[str, Callable[[Line], Line]] = {
    "left": lambda line: line._at(line.cursor - 1),
    "right": lambda line: line._at(line.cursor + 1),
    "home": lambda line: line._at(0),
    "ctrl+a": lambda line: line._at(0),
    "end": lambda line: line._at(len(line.text)),
    "ctrl+e": lambda line: line._at(len(line.text)),
    "ctrl+left": lambda line: line._at(line._word_start()),
    "alt+b": lambda line: line._at(line._word_start()),
    "ctrl+right": lambda line: line._at(line._word_end()),
    "alt+f": lambda line: line._at(line._word_end()),
    "backspace": lambda line: line._without(line.cursor - 1, line.cursor) if line.cursor else line,
    "ctrl+h": lambda line: line._without(line.cursor - 1, line.cursor) if line.cursor else line,
    "delete": lambda line: line._without(line.cursor, line.cursor + 1),
    "ctrl+w": lambda line: line._without(line._word_start(), line.cursor),
    "alt+backspace": lambda line: line._without(line._word_start(), line.cursor),
    "ctrl+u": lambda line: line._without(0, line.cursor),
    "ctrl+k": lambda line: line._without(line.cursor, len(line.text)),
    "up": lambda line: line._up(),
    "down": lambda line: line._down(),
    "shift+enter": lambda line: line.insert("\n"),
    "alt+enter": lambda line: line.insert("\n"),
    "ctrl+j": lambda line: line.insert("\n"),
}
