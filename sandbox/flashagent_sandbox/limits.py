"""Watch one running command from outside and end it at a limit. A thread of its own, so that it works while the event
loop is busy; the kernel's own limits (rlimits) are set where the command starts."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flashagent_sandbox.policy import LimitName, Limits
from flashagent_sandbox.processes import (
    ProcessTree,
    deleted_file_bytes,
    proportional_bytes,
    resident_bytes,
    thread_count,
)

_CALM_S, _ALERT_S = 0.03, 0.004
_THREADS_EVERY = 8
_MAX_ENTRIES = 1_000_000
# What an empty file costs: an inode, in the kernel's memory or on disk.
_INODE_BYTES = 1024


def rlimits(limits: Limits, *, processes: bool) -> list[tuple[str, int, int]]:
    """Names in `resource`, soft and hard values, never above what this process itself may set. `processes` only where the count
    is that of a user namespace of the command's own."""
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": max(1, int(limits.cpu_s)),
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_DATA": limits.memory_bytes,
    }
    if processes:
        wanted["RLIMIT_NPROC"] = limits.processes
    found = []
    for name, value in wanted.items():
        # Past the soft limit on processor time comes a signal that tells why; at the hard one the end.
        hard = value + 2 if name == "RLIMIT_CPU" else value
        found.append(
            (name, _clamped(getattr(resource, name), value), _clamped(getattr(resource, name), hard))
        )
    return found


def _clamped(number: int, value: int) -> int:
    hard = resource.getrlimit(number)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


class Watch:
    """Calls `kill` once, from its thread, when a limit is passed; `limit` then names it, or `failure` says why
    it could not watch. `folders` are those whose growth counts, together; `private` are tmpfs folders as the processes see
    them. `most_processes` is the highest number of processes and threads that was seen."""

    def __init__(
        self,
        limits: Limits,
        root_pid: int,
        folders: tuple[Path, ...],
        private: tuple[str, ...],
        kill: Callable[[], None],
    ) -> None:
        self.limit: LimitName = ""
        self.failure: Exception | None = None
        self.most_processes = 0
        self._limits = limits
        self._processes = ProcessTree(root_pid)
        self._folders = folders
        self._private = private
        self._outside = {folder: os.stat(folder).st_dev for folder in private if Path(folder).is_dir()}
        self._kill = kill
        self._alert = False
        self._turn = 0
        self._done = threading.Event()
        self._started = time.monotonic()
        self._started_at = time.time()
        self._free = self._free_now()
        self._taken = 0
        self._thread = threading.Thread(target=self._run, name="sandbox-limits", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread will not kill any more."""
        self._done.set()
        self._thread.join()

    def end(self, limit: LimitName) -> None:
        """Note the limit and kill; the first one named stays."""
        self.limit = self.limit or limit
        self._kill()

    def _run(self) -> None:
        try:
            while not self._done.wait(_ALERT_S if self._alert else _CALM_S):
                if limit := self._over():
                    return self.end(limit)
        except Exception as error:  # a command that is not watched must not go on
            self.failure = error
            self._kill()
        return None

    def _over(self) -> LimitName:
        self._alert = False
        self._turn += 1
        if time.monotonic() - self._started > self._limits.wall_s:
            return "time"
        members = self._processes.members()
        if self._too_many(members):
            return "processes"
        if self._too_much_memory(members):
            return "memory"
        if self._too_much_growth(members):
            return "disk"
        return ""

    def _too_many(self, members: tuple[int, ...]) -> bool:
        counted = len(members)
        if counted > self._limits.processes:
            return True
        if self._turn % _THREADS_EVERY == 0:
            counted = max(counted, sum(map(thread_count, members)))
        self.most_processes = max(self.most_processes, counted)
        # Twice the limit: where the kernel counts as well, it refuses the next thread long before this.
        return counted > 2 * self._limits.processes

    def _too_much_memory(self, members: tuple[int, ...]) -> bool:
        cap = _reachable(self._limits.memory_bytes)
        private = self._private_bytes(members)
        if private > _reachable(2 * self._limits.tmpfs_bytes):
            return True
        resident = private + sum(map(resident_bytes, members))
        self._alert |= resident > cap // 2
        if resident <= cap:
            return False
        # Pages shared after a fork were counted once per process: count again, fairly.
        return private + sum(map(proportional_bytes, members)) > cap

    def _private_bytes(self, members: tuple[int, ...]) -> int:
        """What the private folders hold, seen through any process that lets us and that is inside already."""
        for pid in members:
            try:
                if all(
                    os.stat(f"/proc/{pid}/root{folder}").st_dev != device
                    for folder, device in self._outside.items()
                ):
                    return sum(_used_bytes(f"/proc/{pid}/root{folder}") for folder in self._private)
            except OSError:
                continue
        return 0

    def _too_much_growth(self, members: tuple[int, ...]) -> bool:
        """The file systems' free space tells cheaply that something grew; the folders and the deleted files that are
        still open tell whether it was this command."""
        cap = _reachable(self._limits.growth_bytes)
        free = self._free_now()
        # Only decreases add up: what somebody else frees meanwhile must not hide what this command takes.
        self._taken += max(0, self._free - free)
        self._free = free
        self._alert |= self._taken > cap // 2
        if self._taken <= cap:
            return False
        grown = sum(_changed_bytes(folder, self._started_at - 1, cap) for folder in self._folders)
        if grown > cap or grown + sum(map(deleted_file_bytes, members)) > cap:
            return True
        self._taken = max(grown, cap * 3 // 4)  # not (all) ours: look again when another quarter is gone
        return False

    def _free_now(self) -> int:
        """Over all file systems that the folders lie on."""
        return sum({os.stat(folder).st_dev: _free_bytes(folder) for folder in self._folders}.values())


def _reachable(cap: int) -> int:
    """Where to stop so that the cap itself holds, although something more happens between two looks."""
    return cap - cap // 8


def _free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bfree * status.f_frsize + status.f_ffree * _INODE_BYTES


def _used_bytes(folder: str) -> int:
    status = os.statvfs(folder)
    return (status.f_blocks - status.f_bfree) * status.f_frsize + (
        status.f_files - status.f_ffree
    ) * _INODE_BYTES


def _changed_bytes(tree: Path, since: float, cap: int) -> int:
    """Disk blocks of the files in `tree` changed since then; stops when over `cap`. A tree of more entries than can be
    looked at counts as over."""
    total, entries = 0, 0
    folders = [str(tree)]
    while folders:
        try:
            with os.scandir(folders.pop()) as listing:
                for entry in listing:
                    entries += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                        continue
                    status = entry.stat(follow_symlinks=False)
                    if status.st_ctime >= since:
                        total += status.st_blocks * 512 + _INODE_BYTES
        except OSError:
            continue
        if total > cap or entries > _MAX_ENTRIES:
            return cap + 1
    return total
