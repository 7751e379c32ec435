"""One line of input being edited: text, cursor and history. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rich.cells import cell_len

_WORD_BEFORE = re.compile(r"\S*\s*\Z")
_WORD_AFTER = re.compile(r"\s*\S*")
NEWLINE_SIGN = "⏎"


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

    def shown(self, width: int) -> tuple[str, int]:
        """The part of the text that fits into `width` cells and holds the cursor, and the cursor's index in it."""
        text = self.text.replace("\n", NEWLINE_SIGN).replace("\t", " ")
        start, room = self.cursor, width - 1
        while start > 0 and cell_len(text[start - 1 : self.cursor]) < room:
            start -= 1
        end = self.cursor
        while end < len(text) and cell_len(text[start : end + 1]) <= room:
            end += 1
        return text[start:end], self.cursor - start

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

    def _from_history(self, steps: int) -> Line:
        place = min(max(0, self.place + steps), len(self.history))
        draft = self.text if self.place == 0 else self.draft
        text = self.history[-place] if place else draft
        return replace(self, text=text, cursor=len(text), place=place, draft=draft)


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
    "up": lambda line: line._from_history(1),
    "down": lambda line: line._from_history(-1),
    "shift+enter": lambda line: line.insert("\n"),
    "alt+enter": lambda line: line.insert("\n"),
    "ctrl+j": lambda line: line.insert("\n"),
}
