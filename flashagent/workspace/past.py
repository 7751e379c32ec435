"""Trees of earlier commits beside the user's work tree: what git tracked then, with the ignored files that are needed now.

Nothing of the repository is checked out or locked: the index is a private one, and git's filters stay off.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import disk, files
from flashagent.workspace.git import Repository, raw_entries
from flashagent.workspace.gitcalls import join_nul, split_nul
from flashagent.workspace.paths import parts_of
from flashagent.workspace.worktrees import CandidateTrees

_RAW = ("--raw", "-z", "--no-renames", "--ignore-submodules=all")


class PastTrees:
    """A pool of trees of earlier commits, usable from several threads at once. Close it when done.

    `state_dir` is this repository's folder in the user's state.
    """

    def __init__(self, repository: Repository, state_dir: Path) -> None:
        self._repository = repository
        self._trees = CandidateTrees(repository, state_dir / "past", untracked=False)
        self._dirty = cache(self._changed_on_disk)

    def close(self) -> None:
        self._trees.close()

    def at(self, commit: str, present: Sequence[str] = ()) -> PastTree:
        """The trees of one commit, in which the `present` files are as they are on disk now."""
        return PastTree(self, commit, tuple(present))

    def has(self, commit: str, path: str) -> bool:
        """Whether the commit holds a file of that path."""
        return bool(self._repository.calls.run("ls-tree", "--name-only", commit, "--", path))

    @contextlib.contextmanager
    def tree(self, commit: str, present: Sequence[str]) -> Iterator[Path]:
        """The folder, until the end of the context. Raises WorkspaceError where git or the disk refuses."""
        with self._trees.tree(()) as folder:
            differing = self._differing(commit)
            for path in differing:
                _remove(folder, path)
            self._check_out(commit, differing, folder)
            for path in present:
                self._copy(path, folder)
            yield folder

    def _changed_on_disk(self) -> frozenset[str]:
        output = self._repository.calls.run("diff-index", *_RAW, "HEAD")
        return frozenset(entry.path for entry in raw_entries(output))

    def _differing(self, commit: str) -> list[str]:
        """The paths that are, or may be, something else in the commit than on disk."""
        output = self._repository.calls.run("diff-tree", "-r", *_RAW, "HEAD", commit)
        return sorted({entry.path for entry in raw_entries(output)} | self._dirty())

    def _check_out(self, commit: str, paths: Sequence[str], folder: Path) -> None:
        calls = self._repository.calls
        with tempfile.TemporaryDirectory(prefix="flashagent-") as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            calls.run("read-tree", commit, env=env)
            there = set(split_nul(calls.run("ls-files", "-z", env=env)))
            wanted = [path for path in paths if path in there]
            if wanted:
                prefix = f"--prefix={folder}{os.sep}"
                calls.run(
                    "checkout-index", "-f", "-q", "-z", "--stdin", prefix, stdin=join_nul(wanted), env=env
                )

    def _copy(self, path: str, folder: Path) -> None:
        contents = files.read_contents(self._repository.root, path)
        _remove(folder, path)
        disk.replace_file(folder.resolve(), path, contents.data, contents.metadata, durable=False)


class PastTree:
    """One commit as something that gives trees, for `candidate_tree`."""

    def __init__(self, past: PastTrees, commit: str, present: tuple[str, ...]) -> None:
        self._past = past
        self._commit = commit
        self._present = present

    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> AbstractContextManager[Path]:
        """Raises WorkspaceError when there are changes: the past is not edited."""
        if changes:
            raise WorkspaceError("Nothing is changed in a tree of an earlier commit.")
        return self._past.tree(self._commit, self._present)


def _remove(folder: Path, path: str) -> None:
    """Take the file or link away; never through a link, which would stand for one of its folders."""
    *parts, name = parts_of(path)
    # What is not there, or is a folder or lies behind a link, is no file of that path: checking out settles it.
    with contextlib.suppress(OSError), disk.folder(folder, parts) as directory:
        os.unlink(name, dir_fd=directory)
