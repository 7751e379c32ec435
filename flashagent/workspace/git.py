"""The user's git repository: what it holds, what changed, and commits on request.

The only file that imports GitPython, and only once an object is read: its `Repo` keeps one `cat-file` process for all
of them. GitPython's own way of starting git copies the whole environment of this process and obeys the repository's
configuration, so the process is started by `GitCalls` instead, like every other call to git.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flashagent.errors import NotARepository, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import commits
from flashagent.workspace.commitlog import CommitLog
from flashagent.workspace.discovery import locate
from flashagent.workspace.gitcalls import GitCalls, GitFailed, join_nul, split_nul

if TYPE_CHECKING:
    import git as gitpython

OPERATIONS = (
    ("rebase-merge", "rebase"), ("rebase-apply", "rebase"), ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"), ("REVERT_HEAD", "revert"), ("BISECT_LOG", "bisect"),
)  # fmt: skip
_DIFF = (
    "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", "--ignore-submodules=all",
    "--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--submodule=short", "-O/dev/null",
)  # fmt: skip


class Repository:
    """One work tree and its git folder. Close it (or use it in `with`): one child process may be kept meanwhile."""

    def __init__(self, calls: GitCalls) -> None:
        self._calls = calls
        self._reader: gitpython.Repo | None = None
        self._reading = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, environ: Mapping[str, str] | None = None) -> Repository:
        """The repository whose work tree holds `path`, also from a subfolder, in a linked work tree, or without any
        commit yet.

        `environ` is the user's environment (PATH, HOME, git's identity); by default that of this process. Raises
        NotARepository outside of a work tree, in a bare repository, or where git does not know the format;
        RunnerMissing without git.
        """
        located = locate(path)
        try:
            calls = GitCalls.make(located, os.environ if environ is None else environ)
            calls.run("rev-parse", "--git-dir")
        except GitFailed as error:
            raise NotARepository(
                f"git cannot open {located.root}: {error.message}", hint="Try `git status` there."
            ) from error
        if calls.bare and located.git_dir == located.common_dir:
            raise NotARepository(
                f"{located.root} is a bare repository, without a work tree.",
                hint="Use one of its work trees (`git worktree list`).",
            )
        return cls(calls)

    @property
    def calls(self) -> GitCalls:
        """Hardened calls for the other files of this room."""
        return self._calls

    @property
    def root(self) -> Path:
        """The top level of the work tree, links resolved."""
        return self.calls.located.root

    @property
    def git_dir(self) -> Path:
        return self.calls.located.git_dir

    @property
    def plain(self) -> bool:
        """True for a folder in no repository (`plain.py`): there is nothing to commit to."""
        return self.calls.located.plain

    def close(self) -> None:
        """End the kept process. The repository may be used again afterwards."""
        with self._reading:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    def __enter__(self) -> Repository:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def branch(self) -> str | None:
        """The branch that HEAD is on (also when it has no commit yet), None when HEAD is detached."""
        return self.calls.text("symbolic-ref", "-q", "--short", "HEAD", ok=(0, 1)) or None

    def head(self) -> str | None:
        """The commit id of HEAD, None before the first commit."""
        return self.calls.text("rev-parse", "-q", "--verify", "HEAD^{commit}", ok=(0, 1)) or None

    def operation(self) -> str | None:
        """What git is in the middle of: rebase, merge, cherry-pick, revert, bisect, or None."""
        return next((word for name, word in OPERATIONS if (self.git_dir / name).exists()), None)

    def conflicts(self) -> tuple[str, ...]:
        """The paths whose two sides git could not merge and nobody has marked as resolved; sorted."""
        unmerged = split_nul(self.calls.run("ls-files", "-u", "-z"))
        return tuple(sorted({entry.partition("\t")[2] for entry in unmerged}))

    def files(self) -> tuple[str, ...]:
        """The regular files that are tracked, or untracked and not ignored, and on disk now; sorted POSIX paths.

        Links, submodules and nested repositories are left out.
        """
        tracked, changed, untracked = self.calls.together(
            ("ls-files", "-s", "-z"),
            ("diff-files", "--raw", "-z", "--ignore-submodules=all"),
            ("ls-files", "-o", "-z", "--exclude-standard"),
        )
        found = {_text(path) for path in _REGULAR.findall(tracked)}
        for entry in raw_entries(changed):
            if entry.new_mode.startswith("100"):
                found.add(entry.path)
            else:
                found.discard(entry.path)
        found.update(path for path in split_nul(untracked) if self._is_regular(path))
        return tuple(sorted(found))

    def _is_regular(self, path: str) -> bool:
        try:
            return not path.endswith("/") and stat.S_ISREG((self.root / path).lstat().st_mode)
        except OSError:
            return False

    def submodules(self) -> frozenset[str]:
        """Folders that the index records as submodules, checked out or not."""
        output = self.calls.run("ls-files", "-s", "-z")
        return frozenset(_text(path) for path in _SUBMODULE.findall(output))

    def is_ignored(self, paths: Sequence[str]) -> frozenset[str]:
        """Those of the relative paths that git ignores; a tracked file never is."""
        if not paths:
            return frozenset()
        # check-ignore knows no literal paths; a leading ./ keeps a name such as ':x' from being read as a pattern.
        names = join_nul([f"./{path}" for path in paths])
        output = self.calls.run(
            "check-ignore", "-z", "--stdin", stdin=names, env={"GIT_LITERAL_PATHSPECS": "0"}, ok=(0, 1)
        )
        return frozenset(path.removeprefix("./") for path in split_nul(output))

    def recent_messages(self, count: int) -> tuple[str, ...]:
        """Whole messages of the last commits, newest first."""
        if self.head() is None:
            return ()
        output = self.calls.run("log", "-z", f"--max-count={count}", "--no-merges", "--format=%B", "HEAD")
        return tuple(text.strip() for text in output.decode("utf-8", "replace").split("\0") if text.strip())

    def recently_changed(self, count: int) -> tuple[str, ...]:
        """Files changed and not yet committed, then those of the last commits, newest first, each once."""
        changed, untracked = self.calls.together(
            ("diff-index", "--raw", "-z", "--no-renames", "--ignore-submodules=all", self.base()),
            ("ls-files", "-o", "-z", "--exclude-standard"),
        )
        found = [entry.path for entry in raw_entries(changed)] + split_nul(untracked)
        if self.head() is not None:
            log = (
                "log",
                "-z",
                f"--max-count={count}",
                "--no-merges",
                "--no-renames",
                "--format=",
                "--name-only",
            )
            found += split_nul(self.calls.run(*log, "--ignore-submodules=all", "HEAD"))
        return tuple(dict.fromkeys(path for path in found if self._is_regular(path)))

    def base(self) -> str:
        """What the work tree is compared with: HEAD, or the empty tree before the first commit."""
        return "HEAD" if self.head() is not None else self.empty_tree()

    def empty_tree(self) -> str:
        return self.calls.text("hash-object", "-t", "tree", "--stdin")

    def diff(self, paths: Sequence[str] | None = None, *, trees: tuple[str, str] | None = None) -> str:
        """A unified diff of the work tree against HEAD, untracked files that are not ignored included; with `trees`,
        of the second tree against the first. `paths` limits it to these files or folders, taken literally."""
        only = ["--", *paths] if paths else []
        if trees is not None:
            return _text(self.calls.run("diff-tree", "-p", "-r", *_DIFF, *trees, *only))
        with tempfile.TemporaryDirectory(prefix="flashagent-") as scratch:
            env = {"GIT_INDEX_FILE": str(self.copy_index(Path(scratch)))}
            untracked = split_nul(self.calls.run("ls-files", "-o", "-z", "--exclude-standard", *only))
            new = [path for path in untracked if not path.endswith("/")]
            if new:
                self.calls.run(
                    "add", "-N", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=join_nul(new), env=env
                )
            return _text(self.calls.run("diff", *_DIFF, self.base(), *only, env=env))

    def copy_index(self, folder: Path) -> Path:
        """A private copy of the user's index in `folder`, to be used as GIT_INDEX_FILE."""
        target = folder / "index"
        source = self.git_dir / "index"
        try:
            # The time stays: files as young as the index are those whose content git looks at again.
            status = source.stat()
            target.write_bytes(source.read_bytes())
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        except FileNotFoundError:
            target.unlink(missing_ok=True)
        return target

    def read_object(self, name: str) -> bytes:
        """The content of a blob (or any object) by its id. Raises WorkspaceError when it is missing."""
        with self._reading:
            if self._reader is None:
                self._reader = _reader(self.calls)
            try:
                return bytes(self._reader.git.get_object_data(name)[3])
            except (ValueError, OSError) as error:
                raise WorkspaceError(
                    f"The git object {name} cannot be read.", hint="Try `git fsck`."
                ) from error

    def commit(
        self,
        changes: Sequence[FileChange],
        message: str,
        *,
        timeout_s: float = 120.0,
        notes: Path | None = None,
    ) -> str:
        """Commit exactly these changes on top of HEAD and return the commit id; see `commits.commit`.

        `notes` is this repository's folder in the user's state: with it, a restart finishes what a crash cuts off
        (`recover_commit`)."""
        with contextlib.ExitStack() as stack:
            folder = notes or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flashagent-")))
            return commits.commit(self, changes, message, CommitLog(folder), timeout_s=timeout_s)

    def recover_commit(self, notes: Path) -> str | None:
        """Finish a commit that a crash cut off; its id, None when there was nothing left to do."""
        return CommitLog(notes).recover(self)


class RawEntry:
    """One line of `--raw -z` output. Modes are six octal digits, '000000' where there is nothing."""

    __slots__ = ("new_id", "new_mode", "old_id", "old_mode", "path", "status")

    def __init__(self, fields: str, path: str) -> None:
        self.old_mode, self.new_mode, self.old_id, self.new_id, self.status = fields.lstrip(":").split(" ")
        self.path = path


def raw_entries(output: bytes) -> list[RawEntry]:
    """Parses `diff-files`, `diff-index` and `diff-tree` with --raw -z --no-renames."""
    items = split_nul(output)
    return [RawEntry(fields, path) for fields, path in zip(items[::2], items[1::2], strict=True)]


# Entries of `ls-files -s -z` by mode. Parsed at once: a big index has some hundred thousand.
_REGULAR = re.compile(rb"(?:^|(?<=\0))100[0-7]{3} [0-9a-f]+ [0-3]\t([^\0]+)\0")
_SUBMODULE = re.compile(rb"(?:^|(?<=\0))160000 [0-9a-f]+ [0-3]\t([^\0]+)\0")


def index_entries(output: bytes) -> list[tuple[str, str, str]]:
    """Parses `ls-files -s -z`: mode, object id, path; one entry per stage."""
    found: list[tuple[str, str, str]] = []
    for line in split_nul(output):
        head, _, path = line.partition("\t")
        mode, name, _ = head.split(" ")
        found.append((mode, name, path))
    return found


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


def _reader(calls: GitCalls) -> gitpython.Repo:
    with _naming_git(calls.git):
        import git as gitpython

    place = calls.located.git_dir if calls.located.plain else calls.located.root

    class HardenedGit(gitpython.Git):
        """Starts the kept process as `GitCalls` does."""

        def execute(self, command: Any, *_: Any, **__: Any) -> Any:
            arguments = [str(part) for part in command[1:]]
            return self.AutoInterrupt(calls.start(*arguments), command)

    class HardenedRepo(gitpython.Repo):
        GitCommandWrapperType = HardenedGit

    return HardenedRepo(place, expand_vars=False)


@contextlib.contextmanager
def _naming_git(path: str) -> Iterator[None]:
    """GitPython runs `git version` while it is imported: tell it which git, so that it does not search for one."""
    name = "GIT_PYTHON_GIT_EXECUTABLE"
    before = os.environ.get(name)
    os.environ[name] = path
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
