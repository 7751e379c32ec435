"""Undo, redo and diff for people: the checkpoints of the repository around a folder, and what they did in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from flashagent.compose.house import Wishes, open_place
from flashagent.workspace.checkpoints import Checkpoints, Restored
from flashagent.workspace.journal import Workspace
from flashagent.workspace.timeline import Checkpoint

SHOWN_FILES = 12


def undo(cwd: Path, environ: Mapping[str, str], *, force: bool = False) -> str:
    """Raises WorkspaceError when there is nothing to undo, or, unless `force`, when the files were changed since."""
    with checkpoints_at(cwd, environ) as checkpoints:
        return f"Undone. {sentence(checkpoints.undo(force=force))}"


def redo(cwd: Path, environ: Mapping[str, str], *, force: bool = False) -> str:
    """Raises WorkspaceError when there is nothing to redo, or, unless `force`, when the files were changed since."""
    with checkpoints_at(cwd, environ) as checkpoints:
        return f"Done again. {sentence(checkpoints.redo(force=force))}"


def restore(cwd: Path, environ: Mapping[str, str], id: str) -> str:  # noqa: A002 (the contract's word)
    """Bring all files back to a checkpoint. Raises WorkspaceError when there is none of that id."""
    with checkpoints_at(cwd, environ) as checkpoints:
        return f"Restored. {sentence(checkpoints.restore(id))}"


def listing(cwd: Path, environ: Mapping[str, str]) -> str:
    """All checkpoints, oldest first, one line each: id, time, label, and the files that flashagent wrote after it."""
    with checkpoints_at(cwd, environ) as checkpoints:
        return "\n".join(map(_line, checkpoints.list())) or "There are no checkpoints yet."


def _line(checkpoint: Checkpoint) -> str:
    label = " ".join(checkpoint.label.split())
    files = f"  [{_some(sorted(checkpoint.written))}]" if checkpoint.written else ""
    return f"{checkpoint.id}  {checkpoint.time}  {label}{files}"


def diff(cwd: Path, environ: Mapping[str, str]) -> str:
    """What has changed since flashagent last began to write, as a unified diff; '' for nothing."""
    with checkpoints_at(cwd, environ) as checkpoints:
        return changes_since_last(checkpoints)


def changes_since_last(checkpoints: Checkpoints) -> str:
    latest = checkpoints.latest()
    return "" if latest is None else checkpoints.diff(latest.id)


def sentence(restored: Restored) -> str:
    """Which files are as they were, and what was left alone."""
    paths = [f"{change.path} ({change.kind})" for change in restored.changes]
    files = f"Files: {_some(paths)}." if paths else "No file differs."
    head = " HEAD stays where it is: commits made since are kept." if restored.head_moved else ""
    return f"Back to '{restored.checkpoint.label}' of {restored.checkpoint.time}. {files}{head}"


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - SHOWN_FILES} more" if len(paths) > SHOWN_FILES else ""
    return ", ".join(paths[:SHOWN_FILES]) + more


@contextmanager
def checkpoints_at(cwd: Path, environ: Mapping[str, str]) -> Iterator[Checkpoints]:
    """The checkpoints, after what a crash may have left half done is finished or taken back."""
    place = open_place(cwd, environ, Wishes({}))
    try:
        Workspace(place.root, place.state).recover()
        yield Checkpoints(place.repository, place.state)
    finally:
        place.repository.close()
