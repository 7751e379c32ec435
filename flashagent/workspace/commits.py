"""Commit flashagent's changes and nothing else, leaving what the user staged or left unstaged as it is.

The commit is made by `git commit` itself, so that hooks, signing and identity work as the user set them up, but from a
temporary index that holds HEAD plus the changes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import files, paths
from flashagent.workspace.commitlog import CommitLog, Plan
from flashagent.workspace.entries import (
    CommitTarget,
    Entry,
    entries_at,
    staged_entries,
    update_index,
    wait_for_index_lock,
)
from flashagent.workspace.gitcalls import GitFailed


def commit(
    repository: CommitTarget, changes: Sequence[FileChange], message: str, log: CommitLog, *, timeout_s: float
) -> str:
    """Commit `changes` on top of HEAD with the user's identity and return the new commit id.

    A file that the user had also changed gets only flashagent's part of it, merged three ways; where that is not
    possible the commit is refused. Hooks run, without a terminal and for `timeout_s` seconds at most. In the user's
    index the committed files move on with HEAD, what else is staged stays staged; the work tree is not touched.
    Raises WorkspaceError, with nothing committed, during a rebase, merge, cherry-pick, revert or bisect, without an
    identity, when the index is locked, and when a hook refuses.
    """
    if not changes:
        raise WorkspaceError("There is nothing to commit.", hint="Make a change first.")
    if repository.plain:
        raise WorkspaceError(
            f"{repository.root} is not a git repository, so no commit was made.", hint="Run `git init` first."
        )
    _refuse_during_operation(repository)
    check_identity(repository)
    wait_for_index_lock(repository.git_dir)
    log.recover(repository)
    head, names = repository.head(), [change.path for change in changes]
    before, staged = entries_at(repository, names, head), staged_entries(repository, names)
    entries = {
        change.path: _committed_entry(repository, change, before.get(change.path)) for change in changes
    }
    moved = _moved_index(repository, before, staged, entries)
    with log.scratch() as scratch:
        env = {"GIT_INDEX_FILE": str(scratch / "index")}
        repository.calls.run("read-tree", *([head] if head else ["--empty"]), env=env)
        update_index(repository, entries, env)
        (scratch / "message").write_text(message.rstrip("\n") + "\n", encoding="utf-8")
        with log.noted(Plan(head, tuple(names), before, staged, moved)):
            try:
                made = _run_commit(repository, scratch / "message", env, log, timeout_s)
                _check_parent(repository, made, head)
            except BaseException:
                log.forget()
                raise
            _follow_head(repository, made, entries, moved)
    return made


def _refuse_during_operation(repository: CommitTarget) -> None:
    operation = repository.operation()
    if operation is not None:
        raise WorkspaceError(
            f"A {operation} is in progress, so no commit was made.",
            hint=f"Finish the {operation} or abort it, then commit.",
        )


def check_identity(repository: CommitTarget) -> None:
    try:
        for role in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            repository.calls.run("-c", "user.useConfigOnly=true", "var", role)
    except GitFailed as error:
        raise WorkspaceError(
            "git does not know who you are, so no commit was made.",
            hint='Run `git config --global user.name "..."` and `git config --global user.email "..."`.',
        ) from error


def _committed_entry(repository: CommitTarget, change: FileChange, head: Entry | None) -> Entry | None:
    """What the commit holds at the path: HEAD's version with flashagent's part of the difference."""
    paths.resolve(repository.root, change.path)
    if head is not None and not head.mode.startswith("100"):
        raise WorkspaceError(f"{change.path} is not a regular file in HEAD.", hint="Commit it with git.")
    base = None if change.before is None else clean_blob(repository, change.path, change.before)
    if base is not None and head is None:
        raise WorkspaceError(
            f"{change.path} held work of yours that is in no commit yet, so it cannot be committed apart from it.",
            hint=f"Commit it with git: `git add {change.path}` and `git commit`.",
        )
    if change.after is None:
        if base is not None and head is not None and base != head.name:
            raise _overlap(change.path, "uncommitted")
        return None
    after = clean_blob(repository, change.path, change.after)
    if head is None:
        return Entry(_mode_on_disk(repository.root / change.path), after)
    if base is None or base == head.name:
        return Entry(head.mode, after)
    return Entry(head.mode, _merge(repository, head.name, base, after, change.path, "uncommitted"))


def clean_blob(repository: CommitTarget, path: str, text: str) -> str:
    """The id of the blob that git would store for this text, with the user's line end rules and filters."""
    data = as_on_disk(repository, path).encode(text)
    output = repository.calls.run("hash-object", "-w", "--stdin", f"--path={path}", stdin=data, trusted=True)
    return output.decode("ascii").strip()


def as_on_disk(repository: CommitTarget, path: str) -> files.FileText:
    """Encoding and mark of the file: from disk, or from HEAD when it was deleted."""
    try:
        return files.read_text(repository.root, path)
    except WorkspaceError:
        place = repository.root / path
        if place.exists() and not place.is_dir():
            raise
    try:
        return files.decode(repository.read_object(f"HEAD:{path}"))
    except WorkspaceError:
        return files.FileText("")


def _mode_on_disk(place: Path) -> str:
    try:
        return "100755" if place.stat().st_mode & 0o100 else "100644"
    except OSError:
        return "100644"


def _merge(repository: CommitTarget, ours: str, base: str, theirs: str, path: str, whose: str) -> str:
    """The blob with both differences from `base`. Raises WorkspaceError when they touch."""
    with tempfile.TemporaryDirectory(prefix="flashagent-") as scratch:
        names = []
        for role, name in (("ours", ours), ("base", base), ("theirs", theirs)):
            place = Path(scratch) / role
            place.write_bytes(repository.read_object(name))
            names.append(str(place))
        status, merged, _ = repository.calls.finish("merge-file", "-p", "-q", *names)
    if status != 0:
        raise _overlap(path, whose)
    return repository.calls.run("hash-object", "-w", "--stdin", stdin=merged).decode("ascii").strip()


def _overlap(path: str, whose: str) -> WorkspaceError:
    return WorkspaceError(
        f"{path}: the change touches {whose} changes of yours, so no commit was made.",
        hint="Commit yours first, or commit the file with `git add -p`.",
    )


def _moved_index(
    repository: CommitTarget,
    before: Mapping[str, Entry],
    staged: Mapping[str, Entry],
    entries: Mapping[str, Entry | None],
) -> dict[str, Entry | None]:
    """The index entries of files that the user had staged changes in: the same staged changes on the new HEAD.

    Found before the commit is made, so that it can still be refused.
    """
    moved: dict[str, Entry | None] = {}
    for path, new in entries.items():
        old, mine = before.get(path), staged.get(path)
        if mine in (old, new):
            continue
        if old is None or mine is None or new is None:
            raise _overlap(path, "staged")
        moved[path] = Entry(mine.mode, _merge(repository, mine.name, old.name, new.name, path, "staged"))
    return moved


def _run_commit(
    repository: CommitTarget, message: Path, env: Mapping[str, str], log: CommitLog, timeout_s: float
) -> str:
    # From a file: a pipe whose writer is killed would leave half a message.
    arguments = ("commit", "--quiet", "--cleanup=verbatim", f"--file={message}")
    old = repository.head()
    with log.running() as lock:
        status, output, errors = repository.calls.finish(
            *arguments, env=env, trusted=True, timeout_s=timeout_s, pass_fds=(lock,)
        )
    made = repository.head()
    if status != 0 or made is None or made == old:
        told = (errors + output).decode("utf-8", "replace").strip()
        raise WorkspaceError(
            f"git made no commit: {told or f'exit status {status}'}",
            hint="If a hook refused, correct what it names, then commit again.",
        )
    return made


def _check_parent(repository: CommitTarget, made: str, head: str | None) -> None:
    """Undo the commit when HEAD moved between reading it and committing: it would take back what came in between."""
    parent = repository.calls.text("rev-parse", "-q", "--verify", f"{made}^", ok=(0, 1)) or None
    if parent != head:
        repository.calls.run("update-ref", "-m", "flashagent: HEAD had moved", "HEAD", parent or "", made)
        raise WorkspaceError(
            "HEAD moved while the commit was made, so it was taken back.", hint="Commit again."
        )


def _follow_head(
    repository: CommitTarget,
    made: str,
    entries: Mapping[str, Entry | None],
    moved: Mapping[str, Entry | None],
) -> None:
    """Bring the committed paths of the user's index to the new HEAD (hooks may have changed what was committed)."""
    committed = entries_at(repository, list(entries), made)
    wait_for_index_lock(repository.git_dir)
    update_index(repository, {path: moved.get(path, committed.get(path)) for path in entries}, {})
