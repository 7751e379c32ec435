"""An output whose reader may leave, or whose disk may fill up, while a job is under way."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TextIO


class NotWritten(Exception):
    """The output took no more. `cause` is what it said, `exit_code` what the job came to nevertheless."""

    def __init__(self, cause: OSError, exit_code: int) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.exit_code = exit_code


class Outlet(io.TextIOBase):
    """Passes text on until the stream refuses it: then `lost` says why, `on_loss` is called once, and all further text goes
    nowhere. So no sink of events fails in the middle of a job, and the job can end in order."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | None = None
        self.on_loss: Callable[[], object] = lambda: None

    def write(self, text: str) -> int:
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, work: Callable[[], object]) -> None:
        if self.lost is not None:
            return
        try:
            work()
        except OSError as error:
            self.lost = error
            self.on_loss()
