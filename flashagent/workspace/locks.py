"""One holder at a time: a lock that the kernel drops when its process ends, and that names who holds it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from flashagent.errors import WorkspaceError
from flashagent.workspace.disk import make_state_folder, writing_state

_POLL_S = 0.02


def process_start(pid: int) -> float | None:
    """When a process began (seconds since the epoch), None when there is none: pid and start name it for good."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return _start_by_kernel(pid)
    import psutil  # takes 15 ms

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def _start_by_kernel(pid: int) -> float:
    """What psutil tells on Linux, by proc(5). Raises OSError, ValueError or IndexError where there is no such file."""
    # The name of the program may hold blanks and parentheses; the 22nd field is the 20th after it.
    ticks = int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    booted = next(
        (line for line in Path("/proc/stat").read_bytes().splitlines() if line.startswith(b"btime ")), b""
    )
    return ticks / os.sysconf("SC_CLK_TCK") + float(booted.split()[1])


class ProcessLock:
    """An exclusive lock on a file, reentrant within this object.

    flock(2) underneath: never stale, whatever way the holder died. The file holds pid and start time of the holder,
    for the message; it stays behind, empty, when the lock is free.
    """

    def __init__(self, path: Path, *, wait_s: float = 2.0, purpose: str = "this repository") -> None:
        self._path = path
        self._wait_s = wait_s
        self._purpose = purpose
        self._guard = threading.RLock()
        self._depth = 0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Waits for `wait_s` seconds at most, then raises WorkspaceError naming the holder's pid."""
        with self._guard:
            if self._depth:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                return
            descriptor = self._acquire()
            self._depth = 1
            try:
                yield
            finally:
                self._depth = 0
                os.ftruncate(descriptor, 0)
                os.close(descriptor)

    def _acquire(self) -> int:
        make_state_folder(self._path.parent)
        with writing_state(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = self._holder()
                    os.close(descriptor)
                    raise WorkspaceError(
                        f"Another flashagent{holder} works in {self._purpose}.",
                        hint="Wait until it is done, or stop it.",
                    ) from None
                time.sleep(_POLL_S)
            except OSError:
                os.close(descriptor)
                raise
        text = json.dumps({"pid": os.getpid(), "started": process_start(os.getpid())}).encode()
        try:
            with writing_state(self._path):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, text, 0)
        except WorkspaceError:
            os.close(descriptor)
            raise
        return descriptor

    def _holder(self) -> str:
        try:
            return f" (process {int(json.loads(self._path.read_bytes())['pid'])})"
        except (ValueError, KeyError, TypeError, OSError):
            return ""
