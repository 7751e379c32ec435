"""What landing needs from outside: a tree to read and write, and a linter for planned changes. Light to import."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from flashagent.diffs import kind_of, unified_diff
from flashagent.events import Emit, FileChanged
from flashagent.values import Diagnostic, FileChange

Inspect = Callable[[Sequence[FileChange]], Awaitable[Sequence[Diagnostic]]]


class Tree(Protocol):
    """The files of one work tree, read and written as text."""

    def read(self, path: str) -> str:
        """Raises NoSuchFile, and WorkspaceError for what may not be read."""
        ...

    def real(self, path: str) -> str:
        """The path that the links of this one lead to, written in one way. Raises WorkspaceError for one that leaves the
        tree."""
        ...

    def apply(self, changes: Sequence[FileChange]) -> None: ...


async def no_inspection(changes: Sequence[FileChange]) -> Sequence[Diagnostic]:
    """For trees in which no linter is at hand."""
    return ()


def announce(change: FileChange, emit: Emit) -> None:
    """Tell everyone of a change that is on disk now."""
    emit(FileChanged(change.path, kind_of(change), unified_diff(change)))
