"""What a person has sent to the app in one repository, kept over sessions in the user's state, readable by the user alone."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from flashagent.workspace import disk

KEPT = 500
_SLACK = 500  # the file is written anew only when it holds this many more


class PromptHistory:
    """Lines of JSON, oldest first. `mask` takes secrets out before anything is written. A disk that refuses ends the
    history of this session and nothing else: `on_trouble` is told once."""

    def __init__(self, path: Path, mask: Callable[[str], str], on_trouble: Callable[[OSError], None]) -> None:
        self._path = path
        self._mask = mask
        self._on_trouble = on_trouble
        self._broken = False

    def read(self) -> tuple[str, ...]:
        """The last ones; what is torn or was not written by us is passed over."""
        try:
            lines = self._path.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return ()
        except OSError as error:
            self._fail(error)
            return ()
        texts = []
        for line in lines:
            with contextlib.suppress(ValueError):
                texts.append(json.loads(line))
        kept = tuple(text for text in texts if isinstance(text, str))[-KEPT:]
        if len(lines) > KEPT + _SLACK:
            disk.write_durably(self._path, "".join(map(_line, kept)).encode("utf-8"))
        return kept

    def add(self, text: str) -> None:
        if self._broken:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(_line(self._mask(text)))
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self._broken = True
        self._on_trouble(error)


def _line(text: str) -> str:
    return json.dumps(text) + "\n"
