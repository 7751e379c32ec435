"""The entries of trees and of the user's index, and the wait for git's own lock on it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.workspace.gitcalls import GitCalls

_LOCK_WAIT_S = 2.0
_POLL_S = 0.05


class CommitTarget(Protocol):
    """What committing asks of a repository."""

    @property
    def calls(self) -> GitCalls: ...
    @property
    def root(self) -> Path: ...
    @property
    def git_dir(self) -> Path: ...
    @property
    def plain(self) -> bool: ...
    def head(self) -> str | None: ...
    def operation(self) -> str | None: ...
    def empty_tree(self) -> str: ...
    def read_object(self, name: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a tree or index: six octal digits of mode, and the id of its blob."""

    mode: str
    name: str


Entries = Mapping[str, Entry | None]


def wait_for_index_lock(git_dir: Path, *, wait_s: float = _LOCK_WAIT_S) -> None:
    """Wait until nobody writes the index; a lock is never removed. Raises WorkspaceError naming the lock."""
    lock = git_dir / "index.lock"
    deadline = time.monotonic() + wait_s
    while lock.exists():
        if time.monotonic() >= deadline:
            raise WorkspaceError(
                f"The index is locked: {lock} exists{_holders(lock)}.",
                hint="Wait for the other git command; if none is running, remove that file.",
            )
        time.sleep(_POLL_S)


def _holders(lock: Path) -> str:
    """Who has the lock file open, in words, as far as the system tells."""
    found: list[str] = []
    for descriptors in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(str(item.readlink()) == str(lock) for item in descriptors.iterdir()):
                found.append(descriptors.parent.name)
        except OSError:
            continue
    return f" (held by process {', '.join(found)})" if found else ""


def entries_at(repository: CommitTarget, names: Sequence[str], head: str | None) -> dict[str, Entry]:
    """The entries of these paths in a commit; none without one."""
    if head is None:
        return {}
    output = repository.calls.run("ls-tree", "-z", "--full-tree", head, "--", *names)
    found: dict[str, Entry] = {}
    for line in output.split(b"\0"):
        if line:
            fields, _, path = os.fsdecode(line).partition("\t")
            mode, _, name = fields.split(" ")
            found[path] = Entry(mode, name)
    return found


def staged_entries(repository: CommitTarget, names: Sequence[str]) -> dict[str, Entry]:
    """Stage 0 entries of the user's index; intent-to-add entries count as absent, being nothing staged."""
    output = repository.calls.run("ls-files", "-s", "-z", "--", *names)
    added = repository.calls.run("diff-files", "-z", "--name-only", "--diff-filter=A", "--", *names)
    intended = set(added.split(b"\0"))
    found: dict[str, Entry] = {}
    for line in output.split(b"\0"):
        fields, _, path = os.fsdecode(line).partition("\t")
        if not line or line.partition(b"\t")[2] in intended:
            continue
        mode, name, stage = fields.split(" ")
        if stage != "0":
            raise WorkspaceError(
                f"{path} has a merge conflict, so no commit was made.", hint="Resolve it first."
            )
        found[path] = Entry(mode, name)
    return found


def update_index(
    repository: CommitTarget, entries: Mapping[str, Entry | None], env: Mapping[str, str]
) -> None:
    """Set or remove entries of an index, removals first (a folder may take the place of a file)."""
    if not entries:
        return
    zero = "0" * len(repository.empty_tree())
    gone = [f"0 {zero}\t{path}" for path, entry in entries.items() if entry is None]
    kept = [f"{entry.mode} {entry.name}\t{path}" for path, entry in entries.items() if entry is not None]
    stdin = b"".join(os.fsencode(line) + b"\0" for line in (*gone, *kept))
    repository.calls.run("update-index", "-z", "--index-info", stdin=stdin, env=env)
