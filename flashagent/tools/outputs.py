"""Long results: a model is shown head and tail, and the whole is kept as a file that `read` gives by range."""

from __future__ import annotations

from pathlib import Path

from flashagent.models.tokens import estimate

PREFIX = "output:"
_HEAD = 3  # the head gets one part of so many, since the end of an output says most
_SMALLEST = 80


class Outputs:
    """The kept outputs of one session, by number. Without a folder nothing is kept and the middle is lost."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._count = 0

    def fit(self, text: str, tokens: int) -> str:
        """The text within about `tokens` tokens, with a line in its middle that says how to read the rest."""
        size = estimate(text)
        if size <= tokens:
            return text
        name = self._keep(text)
        lines = text.count("\n") + 1
        rest = f"`read` {name} with start and end shows the rest" if name else "the rest is not kept"
        return cut_middle(text, tokens, f"[... shortened: {lines} lines in all; {rest} ...]")

    def read(self, path: str) -> str | None:
        """The whole of a kept output; None when there is none of that name."""
        number = path.removeprefix(PREFIX)
        if self._folder is None or not number.isdigit() or not 0 < int(number) <= self._count:
            return None
        return self._file(int(number)).read_text(encoding="utf-8")

    def _keep(self, text: str) -> str:
        if self._folder is None:
            return ""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file(self._count + 1).write_text(text, encoding="utf-8", errors="replace", newline="")
        except OSError:  # a full disk costs the middle of an output, not the job
            return ""
        self._count += 1
        return f"{PREFIX}{self._count}"

    def _file(self, number: int) -> Path:
        assert self._folder is not None
        return self._folder / f"{number}.txt"


def cut_middle(text: str, tokens: int, note: str = "[...]") -> str:
    """Head and tail of a text within about `tokens` tokens, with `note` between; the text itself when it fits."""
    size = estimate(text)
    if size <= tokens:
        return text
    room = max(_SMALLEST, int(len(text) * max(0, tokens - estimate(note) - 2) / size))
    while True:
        head = room // _HEAD
        shown = f"{text[:head]}\n{note}\n{text[len(text) - (room - head) :]}"
        if estimate(shown) <= tokens or room <= _SMALLEST:
            return shown
        room = room * 9 // 10
