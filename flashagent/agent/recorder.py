"""Write every event of a session to one JSON-lines file, so that killing the program loses at most one reply."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from flashagent.events import (
    AssistantReplied,
    Event,
    JobFinished,
    ReasoningDelta,
    TextDelta,
    ToolFinished,
    TurnFinished,
    to_line,
)
from flashagent.ports import Clock

# Deltas repeat what AssistantReplied says whole; a session file without them is a tenth of the size.
NOT_RECORDED = (TextDelta, ReasoningDelta)
SYNCED = (AssistantReplied, ToolFinished, TurnFinished, JobFinished)


class Recorder:
    """A sink of events that hold no secret any more. A file that is there already is continued. A disk that refuses ends
    the record, not the job: `on_trouble` is told once. Each line is with the system at once, so that it outlives this
    process; after each finished step it is brought to the disk (fsync) beside the other work, at the latest by `close`."""

    def __init__(
        self,
        path: Path,
        session: str,
        clock: Clock,
        on_trouble: Callable[[OSError], None] = lambda error: None,
        *,
        synced: bool = True,
    ) -> None:
        self._on_trouble = on_trouble
        self._synced = synced
        self._broken = False
        self.path = path
        self._session = session
        self._clock = clock
        self._seq = 0
        self._file: IO[str] | None = None
        self._syncer: ThreadPoolExecutor | None = None
        self._syncing: Future[None] | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, NOT_RECORDED) or self._broken:
            return
        try:
            self._write(event)
        except OSError as error:
            self._broken = True
            self._on_trouble(error)

    def _write(self, event: Event) -> None:
        file = self._open()
        self._seq += 1
        line = to_line(event, seq=self._seq, time=self._clock.now(), session=self._session)
        file.write(line + "\n")
        file.flush()
        if self._synced and isinstance(event, SYNCED):
            self._sync(file)

    def _sync(self, file: IO[str]) -> None:
        """Raises what the sync before this one met."""
        if self._syncing is not None and self._syncing.done():
            self._syncing.result()
        self._syncer = self._syncer or ThreadPoolExecutor(1, "record")
        self._syncing = self._syncer.submit(os.fsync, file.fileno())

    def close(self) -> None:
        """All that was told is on the disk when this returns, unless the disk refused."""
        if self._syncer is not None:
            self._syncer.shutdown()
            self._syncer = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> IO[str]:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            # What UTF-8 lacks (a byte of a file name that is none) becomes a question mark: no reader would know how to show it.
            file = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")
            try:
                _claim(file)
                if self._go_on():
                    file.write("\n")
            except OSError:
                file.close()
                raise
            self._file = file
        return self._file

    def _go_on(self) -> bool:
        """Count on from what an earlier run of the same session recorded; whether its last line lacks its end."""
        seqs = (line.get("seq") for line in read_record(self.path))
        self._seq = max((seq for seq in seqs if isinstance(seq, int)), default=0)
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            return size > 0 and file.read(1) != b"\n"


def _claim(file: IO[str]) -> None:
    """Only one process at a time writes to a session; the claim ends with the file. Raises OSError for the second."""
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OSError(error.errno, "another flashagent writes to this session") from error


def read_record(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a session file as plain values; a torn line (the program was killed) is passed over."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if isinstance(value, dict):
                    yield value
