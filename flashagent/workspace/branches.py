"""A branch made beside the work tree: commits of given changes on a given base, index and files of the user untouched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import paths
from flashagent.workspace.commits import check_identity, clean_blob
from flashagent.workspace.git import Repository


def check_new_branch(repository: Repository, branch: str) -> None:
    """Raises WorkspaceError when commits on a new branch of this name could not be made, before any work is done."""
    _check_name(repository, branch)
    check_identity(repository)
    if repository.calls.finish("show-ref", "-q", "--verify", f"refs/heads/{branch}")[0] == 0:
        raise WorkspaceError(f"The branch {branch} exists already.", hint="Choose another with --branch.")


def _check_name(repository: Repository, branch: str) -> None:
    if repository.calls.finish("check-ref-format", f"refs/heads/{branch}")[0] != 0:
        raise WorkspaceError(f"{branch!r} is no name for a branch.", hint="Choose another with --branch.")


class BranchWriter:
    """Adds commits on top of `tip` and moves the branch to them. Close it, or use it in `with`."""

    def __init__(self, repository: Repository, branch: str, tip: str) -> None:
        """Raises WorkspaceError for a name that git does not take and without an identity."""
        self._repository = repository
        self._calls = repository.calls
        _check_name(repository, branch)
        check_identity(repository)
        self.branch = branch
        self.tip = tip
        self._scratch = tempfile.TemporaryDirectory(prefix="flashagent-")
        self._env = {"GIT_INDEX_FILE": str(Path(self._scratch.name) / "index")}
        self._calls.run("read-tree", tip, env=self._env)

    def __enter__(self) -> BranchWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.cleanup()

    def commit(self, changes: Sequence[FileChange], message: str) -> str:
        """A commit of the changes, made on the tree at the tip, which it becomes. The branch itself does not move yet."""
        modes = self._modes([change.path for change in changes])
        zero = "0" * len(self.tip)
        lines = []
        for change in changes:
            paths.resolve(self._repository.root, change.path)
            if change.after is None:
                lines.append(f"0 {zero}\t{change.path}")
            else:
                blob = clean_blob(self._repository, change.path, change.after)
                lines.append(f"{modes.get(change.path, '100644')} {blob}\t{change.path}")
        stdin = b"".join(
            os.fsencode(line) + b"\0" for line in sorted(lines, key=lambda line: line[:2] != "0 ")
        )
        self._calls.run("update-index", "-z", "--index-info", stdin=stdin, env=self._env)
        tree = self._calls.run("write-tree", env=self._env).decode().strip()
        text = (message.rstrip("\n") + "\n").encode()
        made = self._calls.run("commit-tree", tree, "-p", self.tip, "-F", "-", stdin=text, trusted=True)
        self.tip = made.decode().strip()
        return self.tip

    def publish(self, old: str) -> None:
        """Move the branch to the tip; `old` is where it must stand now, '' when it must not exist.

        Raises WorkspaceError when somebody moved it, or is working on it (it is checked out somewhere).
        """
        ref = f"refs/heads/{self.branch}"
        if ref in self._calls.text("worktree", "list", "--porcelain").split():
            raise WorkspaceError(
                f"The branch {self.branch} is checked out.", hint="Switch to another branch first."
            )
        status, _, errors = self._calls.finish(
            "update-ref", "-m", "flashagent: batch", ref, self.tip, old or "0" * len(self.tip)
        )
        if status != 0:
            said = errors.decode("utf-8", "replace").strip()
            raise WorkspaceError(
                f"The branch {self.branch} could not be moved: {said}", hint="Was it changed meanwhile?"
            )

    def _modes(self, names: Sequence[str]) -> dict[str, str]:
        found = self._calls.run("ls-files", "-s", "-z", "--", *names, env=self._env)
        modes: dict[str, str] = {}
        for line in os.fsdecode(found).split("\0"):
            if line:
                head, _, path = line.partition("\t")
                modes[path] = head.split(" ")[0]
        return modes
