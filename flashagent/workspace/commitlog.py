"""What a commit under way means to do to the user's index, noted in the state folder, so that a restart can finish it.

git moves HEAD by itself, as one step; the index follows after it. A crash in between would leave the index behind HEAD,
and the user's next commit would take ours back. `recover` brings it after.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.workspace import disk
from flashagent.workspace.entries import (
    CommitTarget,
    Entries,
    Entry,
    entries_at,
    staged_entries,
    update_index,
)

_WAIT_S = 5.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """`head` is HEAD before the commit; `before` the entries there, `staged` those of the user's index, `moved` what
    those become where something else than HEAD's was staged. Each has only the paths that the commit changes."""

    head: str | None
    paths: tuple[str, ...]
    before: Mapping[str, Entry]
    staged: Mapping[str, Entry]
    moved: Entries


class CommitLog:
    """The note of one commit at a time, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._note = folder / "commit.json"

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder for files of the commit; what a crash left in it goes first."""
        place = self._folder / "commit"
        shutil.rmtree(place, ignore_errors=True)
        disk.make_state_folder(place)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    @contextlib.contextmanager
    def running(self) -> Iterator[int]:
        """A descriptor to hand to git: the kernel's lock on it lasts until git and its hooks have ended, also when this
        process was killed. Raises WorkspaceError while those of an earlier commit still run."""
        with self._lock_file() as descriptor:
            if not _wait(descriptor):
                raise WorkspaceError(
                    "A commit that flashagent began earlier is still running.",
                    hint="A hook of it may be waiting for something.",
                )
            yield descriptor

    @contextlib.contextmanager
    def noted(self, plan: Plan) -> Iterator[None]:
        """The note stands while the commit and what follows it are made."""
        disk.write_json(self._note, asdict(plan))
        yield
        self.forget()

    def forget(self) -> None:
        self._note.unlink(missing_ok=True)

    def recover(self, repository: CommitTarget) -> str | None:
        """Finish what a crash cut off. The id of the commit whose index was brought after it, None when there is none.

        A hook of it that still runs is waited for, but not for long: then the next start sees to it."""
        plain = disk.read_json(self._note)
        if plain is None:
            return None
        with self._lock_file() as descriptor:
            if not _wait(descriptor):
                return None
            plan = _plan(plain)
            made = _first_after(repository, plan.head)
            done = made is not None and _follow(repository, plan, made)
            self.forget()
        return made if done else None

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[int]:
        disk.make_state_folder(self._folder)
        with disk.writing_state(self._folder):
            descriptor = os.open(self._folder / "commit.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _wait(descriptor: int) -> bool:
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)
        else:
            return True


def _first_after(repository: CommitTarget, head: str | None) -> str | None:
    """The commit that followed `head` on the way to the present HEAD; None when HEAD did not move on from there."""
    now = repository.head()
    if now is None or now == head:
        return None
    run = repository.calls.text
    if head is None:
        return run("rev-list", "--first-parent", now).splitlines()[-1]
    base = run("merge-base", head, now, ok=(0, 1))
    return run("rev-list", "--first-parent", f"{head}..{now}").splitlines()[-1] if base == head else None


def _follow(repository: CommitTarget, plan: Plan, made: str) -> bool:
    """Bring the entries after the commit that nobody has touched since. False when there are none."""
    present = staged_entries(repository, plan.paths)
    committed = entries_at(repository, plan.paths, made)
    late: dict[str, Entry | None] = {}
    for path in plan.paths:
        moved = committed.get(path) != plan.before.get(path)
        if moved and present.get(path) == plan.staged.get(path):
            late[path] = plan.moved.get(path, committed.get(path))
    late = {path: entry for path, entry in late.items() if entry != present.get(path)}
    update_index(repository, late, {})
    return bool(late)


def _plan(plain: Mapping[str, Any]) -> Plan:
    def entries(values: Mapping[str, Any]) -> dict[str, Entry]:
        return {path: Entry(**value) for path, value in values.items()}

    moved = {path: None if value is None else Entry(**value) for path, value in plain["moved"].items()}
    return Plan(
        plain["head"], tuple(plain["paths"]), entries(plain["before"]), entries(plain["staged"]), moved
    )
