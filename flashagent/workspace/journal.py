"""Write a patch of several files as one unit: all of it is on disk, or none, also after a crash at any point.

How: the old and new bytes of every file are written to the state folder and synced, and only then the plan that names
them. From that moment on a restart can finish or undo the patch. New files are staged beside their targets and renamed
one after another, each only if its target is still what was read. The plan is removed last.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import NoSuchFile, SavedMeanwhile, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import disk, files, merging, paths, steps
from flashagent.workspace.disk import Contents
from flashagent.workspace.locks import ProcessLock
from flashagent.workspace.steps import Record, Step

AfterStep = Callable[[str], None]
BeforeWrite = Callable[[Mapping[str, bytes | None]], None]
_STALE = "Read the file again and make the change to its present text."
_TRIES = 3


class Stale(WorkspaceError):
    """A file is no longer what the change was planned against; nothing was written."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What recovery did with patches that a crash had interrupted. `kept` are files that somebody changed since:
    their bytes were left alone, and the journal's copies lie in the `conflicts` folder of the state folder."""

    finished: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class Workspace:
    """Reads and patches the files under `root`. One process at a time writes (a lock in the state folder).

    `state_dir` is this repository's own folder in the user's state, never inside the repository. `closed` names
    submodules; `before_write` is told path → new bytes (None = it goes) before anything is written; `after_step` is
    called after each step of a patch with its name, so that a test can stop the process there.
    """

    def __init__(
        self,
        root: Path,
        state_dir: Path,
        *,
        closed: Collection[str] = (),
        before_write: BeforeWrite | None = None,
        after_step: AfterStep | None = None,
        durable: bool = True,
    ) -> None:
        """Without `durable` there is no lock, no journal and no wait for the disk: for a tree of our own that nobody else
        writes to and that no crash outlives. A patch is one unit all the same."""
        self._root = root.resolve()
        self._state = state_dir.resolve()
        if self._state.is_relative_to(self._root):
            raise WorkspaceError(
                f"The state folder {state_dir} lies inside the repository.",
                hint="Choose a state folder outside of it (FLASHAGENT_HOME).",
            )
        self._journal = self._state / "journal"
        self._durable = durable
        self._closed = closed
        self._before_write = before_write
        self._after_step = after_step or (lambda _: None)
        self._lock = ProcessLock(self._state / "lock")

    @property
    def root(self) -> Path:
        return self._root

    def read(self, path: str) -> str:
        """The text of a file, without byte order mark, with its own line ends. Raises WorkspaceError with the reason
        when it is outside, missing, binary, too large or not a regular file."""
        return files.read_text(self._root, path, closed=self._closed).text

    def real(self, path: str) -> str:
        """The path of the file itself, with the links inside the tree followed; it need not exist. Raises WorkspaceError
        for one that is out of bounds."""
        return paths.relative(self._root, paths.resolve(self._root, path, closed=self._closed))

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """Keep other flashagent processes from writing here meanwhile; `apply` inside does not wait for itself.

        Raises WorkspaceError naming the process that holds the repository."""
        with self._lock.held():
            yield

    def apply(self, changes: Sequence[FileChange]) -> None:
        """Write all of the changes or none of them.

        Each file keeps its encoding, byte order mark, mode, owner and extended attributes. Raises WorkspaceError, with
        nothing changed, when a `before` text is not what is on disk, a created file is already there (or differs from
        one only by case), a file is read-only or no text, a path is out of bounds, or writing fails.
        """
        if changes and not self._durable:
            self._land(changes)
        elif changes:
            with self._lock.held():
                self._recover()
                self._land(changes)

    def apply_merging(self, changes: Sequence[FileChange]) -> tuple[FileChange, ...]:
        """As `apply`, but a file that was saved since the change was planned keeps what was saved, and gets the change
        beside it. Returns what was written, against what was there.

        Raises WorkspaceError, with nothing changed, also where a change touches what was saved (see `merging`).
        """
        with self._lock.held():
            self._recover()
            for left in reversed(range(_TRIES)):
                rebased = self.rebased(changes)
                try:
                    self._land(rebased)
                except Stale:  # saved once more, this very moment
                    if not left:
                        raise
                else:
                    break
            return rebased

    def rebased(self, changes: Sequence[FileChange]) -> tuple[FileChange, ...]:
        """The changes as they would be made to the files as they are now; nothing is written. Raises WorkspaceError
        where a change touches what somebody saved since it was planned."""
        return tuple(map(self._rebase, changes))

    def _rebase(self, change: FileChange) -> FileChange:
        if change.before is None or change.after is None:
            return change
        try:
            now = self.read(change.path)
        except NoSuchFile as error:
            raise SavedMeanwhile(
                f"{change.path} was removed by someone else meanwhile; nothing was written.",
                hint="It stays removed. Run again to work on what is there.",
            ) from error
        if now == change.before:
            return change
        return FileChange(change.path, now, merging.merge(change.path, change.before, now, change.after))

    def _land(self, changes: Sequence[FileChange]) -> None:
        record = self._plan(changes)
        if self._before_write is not None:
            self._before_write({step.path: step.new for step in record.steps})
        folder = self._journal / secrets.token_hex(8)
        try:
            if self._durable:
                steps.store(folder, record.steps)
                self._after_step("stored")
                steps.commit(folder, record)
                self._after_step("planned")
            self._carry_out(record.steps)
        except BaseException as error:
            self._roll_back(record)
            if folder.exists():
                self._forget(folder)
            if isinstance(error, OSError):
                raise WorkspaceError(
                    f"Writing failed, and nothing was changed: {error.strerror or error}.",
                    hint="Check free space and permissions.",
                ) from error
            raise
        self._forget(folder)

    def recover(self) -> Recovered:
        """Finish or undo what a crash interrupted, each patch as one unit. Safe to call at every start."""
        with self._lock.held():
            return self._recover()

    # Planning: everything that can be refused is refused here, before the first write.

    def _plan(self, changes: Sequence[FileChange]) -> Record:
        planned: list[Step] = []
        seen: dict[str, str] = {}
        for change in changes:
            step = self._plan_one(change)
            twin = seen.setdefault(paths.folded(step.path), step.path)
            if len(seen) <= len(planned):
                raise WorkspaceError(
                    f"{change.path} and {twin} are the same file.", hint="Change it once per patch."
                )
            planned.append(step)
        made = {
            folder for step in planned if step.new is not None for folder in self._missing_folders(step.path)
        }
        return Record(tuple(planned), tuple(sorted(made)))

    def _plan_one(self, change: FileChange) -> Step:
        place = paths.resolve(self._root, change.path, closed=self._closed)
        path = paths.relative(self._root, place)
        temporary = disk.temporary_name()
        if change.before is None:
            self._check_free(path)
            new = None if change.after is None else files.FileText("").encode(change.after)
            return Step(path, temporary, None, new, None, None)
        contents = files.read_contents(self._root, path, closed=self._closed)
        text = self._decoded(path, contents)
        if text.text != change.before:
            raise Stale(f"{path} is not what it was when it was read.", hint=_STALE)
        if not contents.metadata.mode & 0o200 or not os.access(place, os.W_OK):
            raise WorkspaceError(
                f"{path} is read-only.", hint="Make it writable yourself if it is to be edited."
            )
        new = None if change.after is None else text.encode(change.after)
        return Step(path, temporary, contents.data, new, contents.metadata, contents.signature)

    @staticmethod
    def _decoded(path: str, contents: Contents) -> files.FileText:
        try:
            return files.decode(contents.data)
        except WorkspaceError as error:
            raise WorkspaceError(f"{path}: {error.message}", hint=error.hint) from error

    def _check_free(self, path: str) -> None:
        """A file may be created only where nothing is, also not under a name that some file system takes for it."""
        here = self._root
        for part in path.split("/"):
            try:
                names = [entry.name for entry in here.iterdir()]
            except (FileNotFoundError, NotADirectoryError):
                return
            if part not in names:
                twin = next((name for name in names if paths.folded(name) == paths.folded(part)), None)
                if twin is not None:
                    raise WorkspaceError(
                        f"{path} differs from the present {twin} only by case.", hint="Use its name."
                    )
                return
            here = here / part
        raise WorkspaceError(f"{path} already exists, so it was not created.", hint=_STALE)

    def _missing_folders(self, path: str) -> list[str]:
        parts = path.split("/")[:-1]
        return [
            "/".join(parts[:count])
            for count in range(1, len(parts) + 1)
            if not os.path.lexists(self._root.joinpath(*parts[:count]))
        ]

    def _forget(self, folder: Path) -> None:
        steps.close(folder)
        self._after_step("done")
        steps.discard(folder)

    # Carrying out.

    def _carry_out(self, planned: Sequence[Step]) -> None:
        for step in planned:
            if step.new is not None:
                self._stage(step)
                self._after_step(f"staged {step.path}")
        for step in planned:
            self._switch(step)
            self._after_step(f"switched {step.path}")

    def _stage(self, step: Step) -> None:
        assert step.new is not None
        with disk.folder(self._root, step.path.split("/")[:-1], create=True) as directory:
            disk.stage(directory, step.temporary, step.new, step.metadata, durable=self._durable)

    def _switch(self, step: Step) -> None:
        *parents, name = step.path.split("/")
        if step.old is None and step.new is None:
            return
        with disk.folder(self._root, parents) as directory:
            self._check_unchanged(step, directory, name)
            if step.old is None:
                # A link is refused where something has appeared meanwhile; a rename would replace it.
                _link_or_rename(directory, step.temporary, name)
            elif step.new is None:
                os.unlink(name, dir_fd=directory)
            else:
                os.rename(step.temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
            if self._durable:
                os.fsync(directory)

    def _check_unchanged(self, step: Step, directory: int, name: str) -> None:
        status = disk.status_in(directory, name)
        signature = None if status is None else disk.signature_of(status)
        if signature != step.expected:
            raise Stale(
                f"{step.path} was changed by someone else meanwhile; nothing was written.", hint=_STALE
            )

    # Undoing and recovering.

    def _roll_back(self, record: Record) -> list[str]:
        """Undo the steps that were made; files that somebody changed since are left as they are and returned."""
        kept: list[str] = []
        for step in reversed(record.steps):
            self._drop_temporary(step)
            present = self._present(step)
            if present == step.new and present != step.old:
                self._put(step, step.old)
            elif present != step.old:
                kept.append(step.path)
        disk.remove_folders(self._root, record.folders)
        return kept

    def _recover(self) -> Recovered:
        finished: list[str] = []
        undone: list[str] = []
        kept: list[str] = []
        for folder in sorted(self._journal.glob("*")):
            record = steps.load(folder)
            if record is None:
                steps.discard(folder)
                continue
            if all(self._present(step) == step.new for step in record.steps):
                for step in record.steps:
                    self._drop_temporary(step)
                finished += [step.path for step in record.steps]
            else:
                conflicts = self._roll_back(record)
                undone += [step.path for step in record.steps if step.path not in conflicts]
                kept += conflicts
                if conflicts:
                    shutil.copytree(folder, self._state / "conflicts" / folder.name, dirs_exist_ok=True)
            self._forget(folder)
        return Recovered(tuple(finished), tuple(undone), tuple(kept))

    def _present(self, step: Step) -> bytes | None:
        *parents, name = step.path.split("/")
        try:
            with disk.folder(self._root, parents) as directory:
                return disk.read_in(directory, name).data
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return b"\0 not a readable file"  # equal to neither side, so it is left alone

    def _put(self, step: Step, data: bytes | None) -> None:
        if data is None:
            disk.remove_file(self._root, step.path)
        else:
            disk.replace_file(self._root, step.path, data, step.metadata, temporary=step.temporary)

    def _drop_temporary(self, step: Step) -> None:
        try:
            with disk.folder(self._root, step.path.split("/")[:-1]) as directory:
                os.unlink(step.temporary, dir_fd=directory)
        except (FileNotFoundError, NotADirectoryError):
            return


def _link_or_rename(directory: int, temporary: str, name: str) -> None:
    try:
        os.link(temporary, name, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        os.rename(
            temporary, name, src_dir_fd=directory, dst_dir_fd=directory
        )  # a file system without hard links
        return
    os.unlink(temporary, dir_fd=directory)
