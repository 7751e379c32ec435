"""Trees beside the user's: the project as it is on disk now, plus changes to try, in a folder outside of the repository.

A tree holds the tracked files, the untracked ones, and those ignored ones without which a project often does not import
(`ignored.py`), byte for byte, links as links. It has no `.git`: nothing in it can reach the user's repository, and `git worktree list` never shows it. Trees are kept in a pool
and reset between uses, so that only what differs is copied.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import disk, files, paths
from flashagent.workspace.git import Repository, index_entries, raw_entries
from flashagent.workspace.gitcalls import split_nul
from flashagent.workspace.ignored import left_to_the_original, needed
from flashagent.workspace.locks import process_start

Signature = tuple[int, ...]


def clone_file(source: Path, target: Path) -> None:
    """Copy a regular file with its mode and times, sharing its blocks where the file system can."""
    if not _reflink(source, target):
        shutil.copyfile(source, target, follow_symlinks=False)
    shutil.copystat(source, target, follow_symlinks=False)


def _reflink(source: Path, target: Path) -> bool:
    import fcntl

    ficlone = 0x40049409  # _IOW(0x94, 9, int), the same on every Linux architecture that Python runs on today
    with source.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new.fileno(), ficlone, old.fileno())
        except OSError:
            return False
    return True


@dataclass(slots=True)
class _Slot:
    """One folder of the pool: for each path the signature of its source and of the copy, as they were after copying."""

    folder: Path
    copies: dict[str, tuple[Signature, Signature]] = field(default_factory=dict)


class CandidateTrees:
    """A pool of trees of one repository, usable from several threads at once. Close it, or use it in `with`.

    `state_dir` is this repository's folder in the user's state. Trees of processes that are gone are removed at the
    first use. `clone` copies one file.
    """

    def __init__(
        self, repository: Repository, state_dir: Path, *, clone: Callable[[Path, Path], None] = clone_file
    ) -> None:
        self._repository = repository
        self._root = repository.root
        self._pool = state_dir / "trees"
        self._clone = clone
        self._guard = threading.Lock()
        self._free: list[_Slot] = []
        self._made = 0
        self._own: Path | None = None
        self._listing: dict[str, Signature] | None = None

    def __enter__(self) -> CandidateTrees:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def tree(self, changes: Sequence[FileChange]) -> Iterator[Path]:
        """A folder with the project as it is on disk now and `changes` on top; it may be written to, and is taken back
        at the end. Raises WorkspaceError when a `before` text is not what the file holds, and when the state folder
        is full or cannot be written."""
        with disk.writing_state(self._pool, "A tree to try changes in cannot be made"):
            slot = self._take()
        try:
            with disk.writing_state(slot.folder, "A tree to try changes in cannot be made"):
                self._fill(slot, changes)
            yield slot.folder
        finally:
            with self._guard:
                self._free.append(slot)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Look at the work tree once for all trees made meanwhile: a search tries many candidates on one state. What
        the user saves in that time is seen by the trees after it."""
        self._listing = self._wanted()
        try:
            yield
        finally:
            self._listing = None

    def close(self) -> None:
        """Remove the trees of this process. The pool starts again empty at the next use."""
        with self._guard:
            self._free.clear()
            if self._own is not None:
                remove_tree(self._own)
                self._own = None

    def _take(self) -> _Slot:
        with self._guard:
            if self._own is None:
                self._own = self._start()
            if self._free:
                return self._free.pop()
            self._made += 1
            folder = self._own / str(self._made)
            folder.mkdir(mode=0o700)
            return _Slot(folder)

    def _start(self) -> Path:
        """The folder of this process, named by pid and start time; those of dead processes are removed."""
        self._pool.mkdir(parents=True, exist_ok=True, mode=0o700)
        for place in self._pool.iterdir():
            pid, _, started = place.name.partition("-")
            if not pid.isdigit() or _start_ticks(int(pid)) != started:
                remove_tree(place)
        own = self._pool / f"{os.getpid()}-{_start_ticks(os.getpid())}"
        own.mkdir(exist_ok=True, mode=0o700)
        return own

    def _reset(self, slot: _Slot) -> None:
        """Make the tree equal to the work tree: remove what does not belong, copy what differs on either side."""
        wanted = self._wanted() if self._listing is None else self._listing
        _remove_strangers(slot.folder, wanted)
        copies: dict[str, tuple[Signature, Signature]] = {}
        for path, source in wanted.items():
            target = slot.folder / path
            present = _signature(target)
            if present is None or slot.copies.get(path) != (source, present):
                present = self._copy(path, target, source)
            if present is not None:
                copies[path] = (source, present)
        slot.copies = copies

    def _fill(self, slot: _Slot, changes: Sequence[FileChange]) -> None:
        try:
            self._reset(slot)
            for change in changes:
                _apply(slot, change)
        except OSError:  # a full disk gets its room back, for the word about it and for whatever else goes on
            slot.copies = {}
            remove_tree(slot.folder)
            slot.folder.mkdir(mode=0o700)
            raise

    def _wanted(self) -> dict[str, Signature]:
        """Path → signature of every regular file and link that belongs to the project."""
        tracked, changed, untracked, ignored = self._repository.calls.together(
            ("ls-files", "-s", "-z"),
            ("diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all"),
            ("ls-files", "-o", "-z", "--exclude-standard"),
            ("ls-files", "-o", "-i", "-z", "--exclude-standard", "--directory"),
        )
        gone = {entry.path for entry in raw_entries(changed) if entry.status == "D"}
        names = [path for mode, _, path in index_entries(tracked) if mode != "160000" and path not in gone]
        names += [
            path
            for path in split_nul(untracked)
            if not path.endswith("/") and not left_to_the_original(self._root, path)
        ]
        names += needed(self._root, split_nul(ignored))
        found: dict[str, Signature] = {}
        for path in names:
            signature = _signature(self._root / path)
            if signature is not None:
                found[path] = signature
        return found

    def _copy(self, path: str, target: Path, source: Signature) -> Signature | None:
        """Copy one file; None when it vanished meanwhile."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        origin = self._root / path
        try:
            if stat.S_ISLNK(source[2]):
                target.symlink_to(origin.readlink())
            else:
                self._clone(origin, target)
        except FileNotFoundError:
            target.unlink(missing_ok=True)
            return None
        return _signature(target)


def _signature(place: Path) -> Signature | None:
    try:
        status = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        return None
    return disk.signature_of(status)


def _start_ticks(pid: int) -> str:
    started = process_start(pid)
    return "" if started is None else f"{started:.2f}"


def _apply(slot: _Slot, change: FileChange) -> None:
    """Write one change into the tree, in the file's own encoding; the copy counts as changed at the next reset."""
    place = paths.resolve(slot.folder, change.path)
    path = paths.relative(slot.folder, place)
    slot.copies.pop(path, None)
    if change.before is None:
        if place.exists():
            raise WorkspaceError(f"{path} already exists, so it was not created.", hint="Read it first.")
        if change.after is not None:
            disk.replace_file(slot.folder.resolve(), path, files.FileText("").encode(change.after), None)
        return
    contents = files.read_contents(slot.folder, path)
    text = files.decode(contents.data)
    if text.text != change.before:
        raise WorkspaceError(f"{path} is not what it was when it was read.", hint="Read the file again.")
    if change.after is None:
        disk.remove_file(slot.folder.resolve(), path)
    else:
        disk.replace_file(slot.folder.resolve(), path, text.encode(change.after), contents.metadata)


def _remove_strangers(root: Path, wanted: dict[str, Signature]) -> None:
    """Remove every file and folder that the project does not have, whatever modes a command left on them."""
    folders = {""}
    for path in wanted:
        parent = path.rpartition("/")[0]
        while parent and parent not in folders:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    pending = [""]
    while pending:
        here = pending.pop()
        place = root / here
        _open_up(place)
        with os.scandir(place) as found:
            entries = list(found)
        for entry in entries:
            path = f"{here}/{entry.name}" if here else entry.name
            if entry.is_dir(follow_symlinks=False):
                if path in folders:
                    pending.append(path)
                else:
                    remove_tree(Path(entry.path))
            elif path not in wanted:
                Path(entry.path).unlink()


def remove_tree(place: Path) -> None:
    """Remove a folder (or file) of our own whole, also where a command took its permissions away; follows no link."""
    if place.is_symlink() or not place.is_dir():
        place.unlink(missing_ok=True)
        return
    pending = [place]
    while pending:
        here = pending.pop()
        _open_up(here)
        with os.scandir(here) as found:
            pending.extend(Path(entry.path) for entry in found if entry.is_dir(follow_symlinks=False))
    shutil.rmtree(place)


def _open_up(folder: Path) -> None:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o700 != 0o700:
        folder.chmod(mode | 0o700)
