"""Look at a process tree from outside: who belongs to it, how much memory it holds, and end it."""

from __future__ import annotations

import contextlib
import os
import signal
import time

_PAGE = os.sysconf("SC_PAGE_SIZE")
_FORGET_S = 1.0


class ProcessTree:
    """The living descendants of a process. Each process of the machine is looked at once, when it is first seen; who
    once descended from the root still does, whoever adopted it since (a subreaper or the namespace's pid 1)."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._members: set[int] = {root}
        self._strangers: set[int] = set()
        self._forget_at = 0.0

    def members(self) -> tuple[int, ...]:
        """All living descendants, without the root itself."""
        if time.monotonic() >= self._forget_at:  # numbers are used again
            self._strangers.clear()
            self._forget_at = time.monotonic() + _FORGET_S
        present = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self._members &= present | {self._root}
        self._strangers &= present
        new = {pid: parent_of(pid) for pid in present - self._members - self._strangers}
        while found := {pid for pid, parent in new.items() if parent in self._members}:
            self._members |= found
            new = {pid: parent for pid, parent in new.items() if pid not in found}
        self._strangers |= new.keys()
        return tuple(self._members - {self._root})


def parent_of(pid: int) -> int:
    """The parent's pid; 0 for a process that is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def resident_bytes(pid: int) -> int:
    """Memory that the process has in use, shared pages included."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def proportional_bytes(pid: int) -> int:
    """The process's fair share of the memory it uses; all of it where the kernel does not say. Slow: walks its pages."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resident_bytes(pid)


def thread_count(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def deleted_file_bytes(pid: int) -> int:
    """Disk blocks of deleted files that the process still holds open."""
    total = 0
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                status = os.stat(f"/proc/{pid}/fd/{name}")
                if status.st_nlink == 0:
                    total += status.st_blocks * 512
    return total


def kill_quietly(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def stop(pid: int, within_s: float = 1.0) -> None:
    """Stop a process and wait until it stands still (or is gone): from then on it starts nothing."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and _state(pid) not in "TtZX":
        time.sleep(0.0005)


def _state(pid: int) -> str:
    """The letter of /proc/PID/stat; 'X' for a process that is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0].decode()
    except (OSError, IndexError):
        return "X"
