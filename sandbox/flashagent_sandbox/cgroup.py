"""A control group for one command, where this process may make one: the kernel then counts its processes whoever owns
them. RLIMIT_NPROC does not count those of a user with id 0, and watching comes too late for a fork bomb."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

_MOUNTS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_EMPTY_S = 1.0
# The launcher joins before it is a launcher, so that nothing it starts is outside of the group. "0" is the writer: for a
# single thread that moves itself the kernel need not stop all forks of the machine first, which takes 5 to 20 ms.
_JOIN = 'echo 0 > "$0" && exec "$@"'


class ControlGroup:
    """Holds at most so many processes and threads: those of a command and of what starts it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def started_in(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The same command, started as a member."""
        single = self._folder / "tasks"  # version 1 only
        members = single if single.exists() else self._folder / "cgroup.procs"
        return ("/bin/sh", "-c", _JOIN, str(members), *argv)

    def close(self) -> None:
        """Remove it, when its processes are gone; the kernel takes a moment to let go of the last."""
        until = time.monotonic() + _EMPTY_S
        while self._folder.exists():
            try:
                self._folder.rmdir()
            except OSError:
                if time.monotonic() > until:
                    return  # empty or not, it limits nobody else
                time.sleep(0.002)


def new_group(processes: int, mounts: Path = _MOUNTS, membership: Path = _MEMBERSHIP) -> ControlGroup | None:
    """A new group below our own one, or None where none can be made or the kernel does not count processes there."""
    for parent in _parents(mounts, membership):
        folder = parent / f"flashagent-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            folder.mkdir()
        except OSError:
            continue
        limit = folder / "pids.max"
        try:
            if limit.exists():
                limit.write_text(str(processes))
                return ControlGroup(folder)
        except OSError:
            pass  # not ours to set: go without, as if there were none
        with contextlib.suppress(OSError):
            folder.rmdir()
    return None


def _parents(mounts: Path, membership: Path) -> Iterator[Path]:
    """Where we are now in the hierarchies that can count processes: version 2, and the one of version 1."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        below = path.strip("/")
        if not controllers:
            for top in (mounts, mounts / "unified"):
                if (top / "cgroup.controllers").is_file():
                    yield top / below
        elif "pids" in controllers.split(","):
            yield mounts / controllers / below
