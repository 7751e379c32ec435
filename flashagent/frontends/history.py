"""Undo, redo and diff for people: the checkpoints of the repository around a folder, and what they did in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flashagent.compose.house import Wishes, open_place
from flashagent.workspace.checkpoints import Checkpoints, Restored
from flashagent.workspace.journal import Workspace

SHOWN_FILES = 12


def undo(cwd: Path, environ: Mapping[str, str]) -> str:
    """Raises WorkspaceError when there is nothing to undo."""
    with checkpoints_at(cwd, environ) as checkpoints:
        return f"Undone. {sentence(checkpoints.undo())}"


def redo(cwd: Path, environ: Mapping[str, str]) -> str:
    """Raises WorkspaceError when there is nothing to redo."""
    with checkpoints_at(cwd, environ) as checkpoints:
        return f"Done again. {sentence(checkpoints.redo())}"


def diff(cwd: Path, environ: Mapping[str, str]) -> str:
    """What has changed since flashagent last began to write, as a unified diff; '' for nothing."""
    with checkpoints_at(cwd, environ) as checkpoints:
        return changes_since_last(checkpoints)


def changes_since_last(checkpoints: Checkpoints) -> str:
    taken = checkpoints.list()
    return checkpoints.diff(taken[-1].id) if taken else ""


def sentence(restored: Restored) -> str:
    """Which files are as they were, and what was left alone."""
    paths = [f"{change.path} ({change.kind})" for change in restored.changes]
    more = f" and {len(paths) - SHOWN_FILES} more" if len(paths) > SHOWN_FILES else ""
    files = f"Files: {', '.join(paths[:SHOWN_FILES])}{more}." if paths else "No file differs."
    head = " HEAD stays where it is: commits made since are kept." if restored.head_moved else ""
    return f"Back to '{restored.checkpoint.label}' of {restored.checkpoint.time}. {files}{head}"


@contextmanager
def checkpoints_at(cwd: Path, environ: Mapping[str, str]) -> Iterator[Checkpoints]:
    """The checkpoints, after what a crash may have left half done is finished or taken back."""
    place = open_place(cwd, environ, Wishes({}))
    try:
        Workspace(place.root, place.state).recover()
        yield Checkpoints(place.repository, place.state)
    finally:
        place.repository.close()
