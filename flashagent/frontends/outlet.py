"""An output whose reader may leave, or whose disk may fill up, while a job is under way."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence
from typing import Any, TextIO, cast

from flashagent.errors import NotWritten


class Outlet(io.TextIOBase):
    """Passes text on until the stream refuses it: then `lost` says why, `on_loss` is called once, and all further text goes
    nowhere. So no sink of events fails in the middle of a job, and the job can end in order."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | None = None
        self.on_loss: Callable[[], object] = lambda: None

    def isatty(self) -> bool:
        return self._stream.isatty()

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


class Outlets:
    """All that one job writes to. The loss of one stops the job."""

    def __init__(self, *streams: TextIO) -> None:
        self._all = tuple(map(Outlet, streams))

    @property
    def streams(self) -> Sequence[TextIO]:
        """What to write to instead of the streams themselves, in their order."""
        return [cast(TextIO, outlet) for outlet in self._all]

    def stop(self, task: asyncio.Task[Any]) -> None:
        """Cancel the task once one is lost; at once where one is lost already."""
        for outlet in self._all:
            outlet.on_loss = task.cancel
            if outlet.lost is not None:
                task.cancel()

    def check(self, exit_code: int) -> None:
        """Call it once the job has ended. Raises NotWritten when one was lost."""
        for outlet in self._all:
            if outlet.lost is not None:
                raise NotWritten(outlet.lost, exit_code)
