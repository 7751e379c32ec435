"""Trees beside the user's: the project as it is on disk now, plus changes to try, in a folder outside of the repository.

A tree holds the tracked files, the untracked ones, and those ignored ones without which a project often does not import
(`ignored.py`), byte for byte, links as links. It has no `.git`: nothing in it can reach the user's repository, and `git worktree list` never shows it. Trees are kept in a pool
and reset between uses, so that only what differs is copied.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from flashagent.dataclass import dataclass
from flashagent.values import FileChange
from flashagent.workspace import disk
from flashagent.workspace.git import Repository, index_entries, raw_entries
from flashagent.workspace.gitcalls import split_nul
from flashagent.workspace.ignored import left_to_the_original, needed
from flashagent.workspace.locks import process_start
from flashagent.workspace.removing import remove_tree
from flashagent.workspace.slots import (
    Signature,
    Slot,
    apply_to_slot,
    clone_file,
    folders_of,
    signature,
    without_strangers,
)


class Trees(Protocol):
    """What gives a copy of the work tree with changes made, for as long as the context lasts."""

    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> AbstractContextManager[Path]: ...


@contextlib.asynccontextmanager
async def candidate_tree(
    trees: Trees, changes: Sequence[FileChange], *, quick: bool = False
) -> AsyncIterator[Path]:
    """The tree, made and removed off the event loop; removed also when the making was cancelled."""
    stack = contextlib.ExitStack()
    making = asyncio.ensure_future(asyncio.to_thread(stack.enter_context, trees.tree(changes, quick=quick)))
    try:
        yield await asyncio.shield(making)
    finally:
        await asyncio.wait([making])
        await asyncio.shield(asyncio.to_thread(stack.close))


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at the work tree found, and when each of its folders was last written to then."""

    listing: dict[str, Signature]
    folders: dict[str, int]


class CandidateTrees:
    """A pool of trees of one repository, usable from several threads at once. Close it, or use it in `with`.

    `state_dir` is this repository's folder in the user's state. Trees of processes that are gone are removed at the
    first use. `clone` copies one file.
    """

    def __init__(
        self,
        repository: Repository,
        state_dir: Path,
        *,
        clone: Callable[[Path, Path], None] = clone_file,
        untracked: bool = True,
    ) -> None:
        """Without `untracked` the trees hold what git tracks and the needed ignored files alone."""
        self._untracked = untracked
        self._repository = repository
        self._root = repository.root
        self._pool = state_dir / "trees"
        self._clone = clone
        self._guard = threading.Condition()
        self._free: list[Slot] = []
        self._tidying = 0
        self._tidier: ThreadPoolExecutor | None = None
        self._made = 0
        self._own: Path | None = None
        self._listing: dict[str, Signature] | None = None
        self._look: _Look | None = None

    def __enter__(self) -> CandidateTrees:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> Iterator[Path]:
        """A folder with the project as it is on disk now and `changes` on top; it may be written to, and is taken back
        at the end. With `quick` git is not asked while the last look at the work tree still holds: a new file is then
        seen where its folder had files before, which is right for all but the run that decides. A file that was saved since its change was planned gets the change merged in. Raises WorkspaceError
        when the change touches what was saved (see `merging`), and when the state folder is full or cannot be
        written."""
        with disk.writing_state(self._pool, "A tree to try changes in cannot be made"):
            slot = self._take()
        try:
            with disk.writing_state(slot.folder, "A tree to try changes in cannot be made"):
                self._fill(slot, changes, quick=quick)
            yield slot.folder
        finally:
            self._give_back(slot)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Look at the work tree once for all trees made meanwhile: a search tries many candidates on one state. What
        the user saves in that time is seen by the trees after it. A tree that is given back is then reset beside the
        other work, so that the next one is there at once also in a huge repository."""
        self._listing = self._wanted()
        try:
            yield
        finally:
            self._listing = None

    def close(self) -> None:
        """Remove the trees of this process. The pool starts again empty at the next use."""
        if self._tidier is not None:
            self._tidier.shutdown()
            self._tidier = None
        with self._guard:
            self._free.clear()
            if self._own is not None:
                remove_tree(self._own)
                self._own = None

    def _take(self) -> Slot:
        with self._guard:
            if self._own is None:
                self._own = self._start()
            self._guard.wait_for(lambda: self._free or not self._tidying)
            if self._free:
                ready = (slot for slot in self._free if slot.ready is not None)
                slot = next(ready, self._free[-1])
                self._free.remove(slot)
                return slot
            self._made += 1
            folder = self._own / str(self._made)
            folder.mkdir(mode=0o700)
            return Slot(folder)

    def _give_back(self, slot: Slot) -> None:
        slot.ready, listing = None, self._listing
        with self._guard:
            if listing is None:
                self._free.append(slot)
                return
            self._tidying += 1
            self._tidier = self._tidier or ThreadPoolExecutor(1, "trees")
            self._tidier.submit(self._tidy, slot, listing)

    def _tidy(self, slot: Slot, listing: dict[str, Signature]) -> None:
        try:
            self._reset(slot, listing)
            slot.ready = listing
        finally:  # what is wrong is told by the next use, which resets again
            with self._guard:
                self._tidying -= 1
                self._free.append(slot)
                self._guard.notify_all()

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

    def _reset(self, slot: Slot, wanted: dict[str, Signature]) -> None:
        """Make the tree equal to the work tree: remove what does not belong, copy what differs on either side."""
        there = without_strangers(slot.folder, wanted)
        for path in slot.copies.keys() - wanted.keys():
            del slot.copies[path]
        for path, source in wanted.items():
            present = there.get(path)
            if present is not None and slot.copies.get(path) == (source, present):
                continue
            present = self._copy(path, slot.folder / path, source)
            if present is None:
                slot.copies.pop(path, None)
            else:
                slot.copies[path] = (source, present)

    def _fill(self, slot: Slot, changes: Sequence[FileChange], *, quick: bool) -> None:
        listing = self._listing
        try:
            if listing is None or slot.ready is not listing:
                self._reset(slot, self._present(quick=quick) if listing is None else listing)
            slot.ready = None
            for change in changes:
                apply_to_slot(slot, change)
        except OSError:  # a full disk gets its room back, for the word about it and for whatever else goes on
            slot.copies = {}
            remove_tree(slot.folder)
            slot.folder.mkdir(mode=0o700)
            raise

    def _present(self, *, quick: bool) -> dict[str, Signature]:
        """The files as they are now; with `quick` by the last look, when no folder of it was written to since."""
        look = self._look
        if look is not None and quick and (listing := self._brought_up(look)) is not None:
            return listing
        listing = self._wanted()
        self._look = _Look(listing, self._written(folders_of(listing)))
        return listing

    def _brought_up(self, look: _Look) -> dict[str, Signature] | None:
        """The listing with the present signatures; None when a file came or went, or other files are ignored now."""
        if self._written(look.folders) != look.folders:
            return None
        now: dict[str, Signature] = {}
        for path, before in look.listing.items():
            there = signature(f"{self._root}/{path}")
            if there is None or (there != before and path.endswith(".gitignore")):
                return None
            now[path] = there
        return now

    def _written(self, folders: Iterable[str]) -> dict[str, int]:
        """When each folder was last written to, -1 for one that is gone."""
        found = {}
        for folder in folders:
            try:
                found[folder] = os.stat(f"{self._root}/{folder}").st_mtime_ns  # noqa: PTH116 - as in `signature`
            except OSError:
                found[folder] = -1
        return found

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
            if self._untracked and not path.endswith("/") and not left_to_the_original(self._root, path)
        ]
        names += needed(self._root, split_nul(ignored))
        found: dict[str, Signature] = {}
        for path in names:
            there = signature(f"{self._root}/{path}")
            if there is not None:
                found[path] = there
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
        return signature(target)


def _start_ticks(pid: int) -> str:
    started = process_start(pid)
    return "" if started is None else f"{started:.2f}"
