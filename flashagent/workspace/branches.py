"""A branch made beside the work tree: commits of given changes on a given base, index and files of the user untouched.

All commits go through one `git fast-import`, so that thousands cost little more than one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import paths
from flashagent.workspace.commits import as_on_disk, check_identity, clean_blob
from flashagent.workspace.git import Repository
from flashagent.workspace.gitcalls import join_nul, split_nul

_CONVERTING = ("text", "eol", "crlf", "filter", "ident", "working-tree-encoding")


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
        self._ref = f"refs/flashagent/batch-{hashlib.sha256(branch.encode()).hexdigest()[:16]}"
        self._modes = self._unusual_modes(tip)
        self._people = [
            self._calls.run("var", role, trusted=True).rstrip(b"\n")
            for role in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
        ]
        self._converts: dict[str, bool] = {}
        self._import: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> BranchWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._calls.finish("update-ref", "-d", self._ref)

    def commit(self, changes: Sequence[FileChange], message: str) -> str:
        """A commit of the changes, made on the tree at the tip, which it becomes. Neither it nor the branch is in the
        repository before `publish`."""
        begun = (
            self._import is not None
        )  # from then on git follows the tip by itself, and refuses to be told of it
        process = self._importer()
        text = (message.rstrip("\n") + "\n").encode("utf-8", "surrogateescape")
        author, committer = self._people
        parts = [b"commit %b\nmark :1\n" % self._ref.encode()]
        parts += [b"author %b\ncommitter %b\n" % (author, committer), _data(text)]
        parts.append(b"" if begun else b"from %b\n" % self.tip.encode())
        self.learn(changes)
        # Removals first: a folder may follow a file.
        parts += [self._line(change) for change in sorted(changes, key=lambda one: one.after is not None)]
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(b"".join([*parts, b"\nget-mark :1\n"]))
            process.stdin.flush()
        except BrokenPipeError:
            self._refuse()
        made = process.stdout.readline().decode().strip()
        if len(made) != len(self.tip):
            self._refuse()
        self.tip = made
        return made

    def publish(self, old: str) -> None:
        """Move the branch to the tip; `old` is where it must stand now, '' when it must not exist.

        Raises WorkspaceError when somebody moved it, or is working on it (it is checked out somewhere).
        """
        if self._end() != 0:
            self._refuse()
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

    def _importer(self) -> subprocess.Popen[bytes]:
        if self._import is None:
            self._import = self._calls.start("fast-import", "--quiet", "--force", "--date-format=raw")
        return self._import

    def _end(self) -> int:
        """The exit status of the import, which has stored all objects when it is 0."""
        if self._import is None:
            return 0
        if self._import.returncode is None:
            self._import.communicate()
        return self._import.returncode

    def _refuse(self) -> None:
        self._end()
        raise WorkspaceError(
            "git did not take the commits of the branch.", hint="Try `git fsck`, and resume the batch."
        )

    def _line(self, change: FileChange) -> bytes:
        paths.resolve(self._repository.root, change.path)
        name = _quoted(change.path)
        if change.after is None:
            return b"D %b\n" % name
        mode = self._modes.get(change.path, b"100644")
        if self._converts[change.path]:
            blob = clean_blob(self._repository, change.path, change.after)
            return b"M %b %b %b\n" % (mode, blob.encode(), name)
        data = as_on_disk(self._repository, change.path).encode(change.after)
        return b"M %b inline %b\n" % (mode, name) + _data(data)

    def learn(self, changes: Sequence[FileChange]) -> None:
        """Ask git whether it stores these files in other bytes than those on disk: by attributes, or for all by a setting.
        Told of all changes to come, it is asked once and not for each commit."""
        new = [change.path for change in changes if change.path not in self._converts]
        if not new:
            return
        every = self._calls.run("config", "--get", "core.autocrlf", trusted=True, ok=(0, 1)).strip()
        output = self._calls.run(
            "check-attr", "-z", "--stdin", *_CONVERTING, stdin=join_nul(new), trusted=True
        )
        items = split_nul(output)
        special = {
            path
            for path, value in zip(items[::3], items[2::3], strict=True)
            if value not in ("unspecified", "unset")
        }
        self._converts |= {path: path in special or every not in (b"", b"false") for path in new}

    def _unusual_modes(self, tip: str) -> dict[str, bytes]:
        listed = self._calls.run("ls-tree", "-r", "-z", "--full-tree", tip)
        modes: dict[str, bytes] = {}
        for line in listed.split(b"\0"):
            if line and not line.startswith(b"100644 "):
                head, _, path = line.partition(b"\t")
                modes[os.fsdecode(path)] = head.split(b" ")[0]
        return modes


def _data(data: bytes) -> bytes:
    return b"data %d\n" % len(data) + data + b"\n"


def _quoted(path: str) -> bytes:
    """A path as fast-import reads it: C-quoted, so that no byte of it can be taken for anything else."""
    raw = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%b"' % raw
