"""What differs between two states of the repository, as texts: two commits, or a commit and the index or the work tree."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import UsageError, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import files
from flashagent.workspace.git import RawEntry, Repository, raw_entries
from flashagent.workspace.gitcalls import split_nul


@dataclass(frozen=True, slots=True)
class Compared:
    """`changes` by path; `unread` are changed files that are no text, links, or too big."""

    changes: tuple[FileChange, ...]
    unread: tuple[str, ...] = ()


def commit_named(repository: Repository, name: str) -> str:
    """The id of a commit that the user named. Raises UsageError where there is none."""
    found = ""
    if not name.startswith("-"):
        found = repository.calls.text("rev-parse", "-q", "--verify", f"{name}^{{commit}}", ok=(0, 1, 128))
    if not found:
        raise UsageError(
            f"{name!r} is no commit here.", hint="Name one as for `git log`: main, HEAD~2, v1.0."
        )
    return found


def of_range(repository: Repository, text: str) -> Compared:
    """'A..B' is from A to B, 'A...B' from where the two parted to B, 'A' from A to the work tree; an end that is left out
    is HEAD. Raises UsageError for what is no commit, or two commits without a common one."""
    dots = next((dots for dots in ("...", "..") if dots in text), "")
    if not dots:
        return of_work_tree(repository, commit_named(repository, text))
    left, right = (commit_named(repository, name or "HEAD") for name in text.split(dots, 1))
    if dots == "...":
        left = repository.calls.text("merge-base", left, right, ok=(0, 1))
        if not left:
            raise UsageError(f"The two ends of {text!r} have no commit in common.", hint="Use two dots.")
    return of_trees(repository, left, right)


def of_trees(repository: Repository, old: str, new: str) -> Compared:
    raw = repository.calls.run(
        "diff-tree", "-r", "--raw", "-z", "--no-renames", "--ignore-submodules=all", old, new
    )
    return _compared(repository, raw_entries(raw), on_disk=False)


def of_index(repository: Repository) -> Compared:
    """What is staged. Raises WorkspaceError while a merge has open conflicts."""
    if open_ones := repository.conflicts():
        raise WorkspaceError(
            f"What is staged cannot be told: {', '.join(open_ones[:5])} {'has' if len(open_ones) == 1 else 'have'}"
            " conflicts that are not resolved.",
            hint="Resolve them and `git add` them; `flashagent describe HEAD` tells all that differs from HEAD.",
        )
    with tempfile.TemporaryDirectory(prefix="flashagent-") as scratch:
        env = {"GIT_INDEX_FILE": str(repository.copy_index(Path(scratch)))}
        tree = repository.calls.run("write-tree", env=env).decode().strip()
    base = repository.head() or repository.empty_tree()
    return of_trees(repository, base, tree)


def of_work_tree(repository: Repository, old: str) -> Compared:
    """Untracked files that are not ignored count as new."""
    raw, untracked = repository.calls.together(
        ("diff-index", "--raw", "-z", "--no-renames", "--ignore-submodules=all", old),
        ("ls-files", "-o", "-z", "--exclude-standard"),
    )
    nothing = "0" * 40
    new = [RawEntry(f"000000 100644 {nothing} {nothing} A", path) for path in split_nul(untracked)]
    return _compared(
        repository, [*raw_entries(raw), *(one for one in new if one.path[-1] != "/")], on_disk=True
    )


def _compared(repository: Repository, entries: list[RawEntry], *, on_disk: bool) -> Compared:
    changes, unread = [], []
    for entry in sorted(entries, key=lambda one: one.path):
        try:
            before = _blob(repository, entry.old_mode, entry.old_id)
            if on_disk and entry.new_mode != "000000":
                after: str | None = files.read_text(repository.root, entry.path).text
            else:
                after = _blob(repository, entry.new_mode, entry.new_id)
        except WorkspaceError:
            unread.append(entry.path)
            continue
        if before != after:
            changes.append(FileChange(entry.path, before, after))
    return Compared(tuple(changes), tuple(unread))


def _blob(repository: Repository, mode: str, name: str) -> str | None:
    if mode == "000000":
        return None
    if not mode.startswith("100"):
        raise WorkspaceError("It is no regular file.")
    data = repository.read_object(name)
    if len(data) > files.MAX_TEXT_BYTES:
        raise WorkspaceError("It is too big.")
    return files.decode(data).text
