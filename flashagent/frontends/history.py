"""Undo, redo and diff for people: the checkpoints of the repository around a folder, and what they did in words."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flashagent.compose.facts import FactFile
from flashagent.compose.place import Wishes, open_place
from flashagent.dataclass import dataclass
from flashagent.diffs import unified_diffs
from flashagent.errors import FlashagentError, WorkspaceError
from flashagent.folders import Folders
from flashagent.frontends.words import one_line
from flashagent.secrecy import Secrets
from flashagent.values import FileChange
from flashagent.workspace.checkpoints import Checkpoints, Restored
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace
from flashagent.workspace.plain import known_folder
from flashagent.workspace.recovery import Recovery, recover_all
from flashagent.workspace.timeline import Checkpoint

SHOWN_FILES = 12


def undo(cwd: Path, environ: Mapping[str, str], *, force: bool = False, commit: bool = False) -> str:
    """Raises WorkspaceError when there is nothing to undo, or, unless `force`, when the files were changed since. With
    `commit` the way back becomes a commit too."""
    with history_at(cwd, environ) as place:
        if place.recovery.restored:  # it is what the call that was cut off was asked for: not one step more
            return place.recovery.restored
        restored = place.checkpoints.undo(force=force)
        remember_undo(place.checkpoints, restored, place.facts)
        told = f"Undone. {sentence(restored)} `flashagent redo` brings it back."
        made = commit_with(place.repository, restored)
        if commit and restored.changes:
            return f"{told} {_commit_back(place, restored)}"
        return told + (f" {_kept(made, restored)}" if made else "")


def redo(cwd: Path, environ: Mapping[str, str], *, force: bool = False) -> str:
    """Raises WorkspaceError when there is nothing to redo, or, unless `force`, when the files were changed since."""
    with history_at(cwd, environ) as place:
        if place.recovery.restored:
            return place.recovery.restored
        restored = place.checkpoints.redo(force=force)
        remember_redo(place.checkpoints, restored, place.facts)
        return f"Done again. {sentence(restored)} `flashagent undo` takes it back."


def remember_undo(checkpoints: Checkpoints, restored: Restored, facts: FactFile) -> None:
    """What was taken back is not proposed again without a word. A memory that refuses stops no undo."""
    with contextlib.suppress(FlashagentError):
        back = checkpoints.texts(restored)
        if back:
            forward = unified_diffs(FileChange(one.path, one.after, one.before) for one in back)
            facts.take_back(forward, [one.path for one in back], datetime.now(UTC).isoformat())


def remember_redo(checkpoints: Checkpoints, restored: Restored, facts: FactFile) -> None:
    with contextlib.suppress(FlashagentError):
        facts.bring_back(unified_diffs(checkpoints.texts(restored)))


def restore(cwd: Path, environ: Mapping[str, str], id: str) -> str:  # noqa: A002 (the contract's word)
    """Bring all files back to a checkpoint. Raises WorkspaceError when there is none of that id."""
    with history_at(cwd, environ) as place:
        return f"Restored. {sentence(place.checkpoints.restore(id))} `flashagent undo` goes back to before."


def preview(cwd: Path, environ: Mapping[str, str], *, force: bool = False) -> str:
    """What `undo` would do, as a sentence and a diff; nothing is written. Raises as `undo` does."""
    with history_at(cwd, environ) as place:
        would = place.checkpoints.preview_undo(force=force)
        return f"Would go {sentence(would)[0].lower()}{sentence(would)[1:]}\n{would.diff}"


def listing(cwd: Path, environ: Mapping[str, str]) -> str:
    """All checkpoints, oldest first, one line each: id, time, label, and the files that flashagent wrote after it."""
    with history_at(cwd, environ) as place:
        return "\n".join(map(_line, place.checkpoints.list())) or "There are no checkpoints yet."


def _line(checkpoint: Checkpoint) -> str:
    label = " ".join(checkpoint.label.split())
    files = f"  [{_some(sorted(checkpoint.written))}]" if checkpoint.written else ""
    time = datetime.fromisoformat(checkpoint.time).astimezone()
    return f"{checkpoint.id}  {time:%Y-%m-%d %H:%M}  {label}{files}"


def diff(cwd: Path, environ: Mapping[str, str], since: str = "") -> tuple[str, str]:
    """What has changed since a checkpoint, or since flashagent last began to write, as a unified diff; when that is empty,
    why in words. Raises WorkspaceError when there is no checkpoint of that id."""
    with history_at(cwd, environ) as place:
        latest = place.checkpoints.latest()
        if since:
            latest = next((one for one in place.checkpoints.list() if one.id == since), None)
            if latest is None:
                raise WorkspaceError(
                    f"There is no checkpoint {since}.", hint="`flashagent undo --list` shows all checkpoints."
                )
        if latest is None:
            return "", "flashagent has changed nothing here yet."
        text = place.checkpoints.diff(latest.id)
        return (
            text,
            "" if text else f"Nothing differs from '{one_line(latest.label)}' of {when(latest.time)}.",
        )


def first_since(checkpoints: Checkpoints, session: str) -> Checkpoint | None:
    """The first checkpoint since a session began, which its id tells; else the last one of all; None where there is none."""
    began = session.partition("-")[0]
    taken = (one for one in checkpoints.list() if "".join(c for c in one.time[:19] if c not in "-:") >= began)
    return next(taken, None) or checkpoints.latest()


def sentence(restored: Restored) -> str:
    """Which files are as they were, and what was left alone."""
    paths = [f"{change.path} ({change.kind})" for change in restored.changes]
    files = f"Files: {_some(paths)}." if paths else "No file differs."
    head = " HEAD stays where it is: commits made since are kept." if restored.head_moved else ""
    large = (
        f" Too large to be kept, so left alone: {_some(restored.too_large)}." if restored.too_large else ""
    )
    return f"Back to '{restored.checkpoint.label}' of {when(restored.checkpoint.time)}. {files}{head}{large}"


def when(time: str, now: datetime | None = None) -> str:
    """A time (ISO 8601) as people say it: '3 minutes ago', 'today at 14:05', '21 November 2026 at 14:05'."""
    then = datetime.fromisoformat(time).astimezone()
    here = (now or datetime.now(UTC)).astimezone()
    minutes = int((here - then).total_seconds() // 60)
    if 0 <= minutes < 60:
        return "just now" if minutes == 0 else f"{minutes} minute{'s' if minutes > 1 else ''} ago"
    days = (here.date() - then.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, f"{then.day} {then:%B %Y}")
    return f"{day} at {then:%H:%M}"


def commit_with(repository: Repository, restored: Restored) -> str:
    """The newest commit made since the checkpoint that holds one of the files, '' when there is none."""
    start = restored.checkpoint.state.head
    if not restored.head_moved or start is None or repository.head() is None:
        return ""
    paths = [change.path for change in restored.changes][:SHOWN_FILES]
    return repository.calls.text("log", "-1", "--format=%h", f"{start}..HEAD", "--", *paths) if paths else ""


def _commit_back(place: History, restored: Restored) -> str:
    message = f"Undo: back to '{restored.checkpoint.label}'"
    try:
        made = place.repository.commit(place.checkpoints.texts(restored), message, notes=place.state)
    except WorkspaceError as error:
        return f"Not committed: {error}"
    return f"Committed as {made[:9]}."


def _kept(commit: str, restored: Restored) -> str:
    files = shlex.join(change.path for change in restored.changes[:SHOWN_FILES])
    return f"The commit {commit} still holds the change; to take it back there too: `git commit -m 'Undo' -- {files}`."


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - SHOWN_FILES} more" if len(paths) > SHOWN_FILES else ""
    return ", ".join(paths[:SHOWN_FILES]) + more


@dataclass(frozen=True, slots=True)
class History:
    """The repository around a folder with its checkpoints; `state` is its folder in the user's state;
    `recovery` says what a crash had left half done."""

    repository: Repository
    checkpoints: Checkpoints
    state: Path
    recovery: Recovery
    facts: FactFile


@contextmanager
def history_at(cwd: Path, environ: Mapping[str, str]) -> Iterator[History]:
    """The checkpoints, after what a crash may have left half done is finished or taken back."""
    cwd = known_folder(cwd, Folders.of(environ).state)
    with closing(open_place(cwd, environ, Wishes({}))) as place:
        checkpoints = Checkpoints(place.repository, place.state)
        recovery = recover_all(place.repository, Workspace(place.root, place.state), checkpoints, place.state)
        facts = FactFile(place.state, Secrets(place.secrets).mask)
        yield History(place.repository, checkpoints, place.state, recovery, facts)
