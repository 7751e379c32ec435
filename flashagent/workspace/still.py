"""Trees that all start from one state of the project, whatever the user saves meanwhile."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from flashagent.values import FileChange
from flashagent.workspace import disk
from flashagent.workspace.git import Repository
from flashagent.workspace.slots import Signature, Slot, apply_to_slot, clone_file, signature
from flashagent.workspace.worktrees import CandidateTrees


class StillTrees(CandidateTrees):
    """Candidate trees made from a folder that nobody writes to: looked at once, so that a tree given back is reset
    beside the other work and the next one is there at once."""

    def __init__(self, repository: Repository, state_dir: Path, ground: Path) -> None:
        super().__init__(repository, state_dir)
        self._root = ground
        self._listing = self._wanted()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """They always are."""
        yield

    def _wanted(self) -> dict[str, Signature]:
        return listing_of(self._root)


class LookingTrees(CandidateTrees):
    """Trees of a folder that nobody writes to, for commands that cannot write: files are hard links to the folder's, and
    only what a tree was changed by is taken back."""

    def __init__(self, repository: Repository, state_dir: Path, ground: Path) -> None:
        super().__init__(repository, state_dir, clone=link_file)
        self._root = ground

    @contextlib.contextmanager
    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> Iterator[Path]:
        if self._listing is None:
            self._listing = listing_of(self._root)
        with disk.writing_state(self._pool, "A tree to look at cannot be made"):
            slot = self._take()
        try:
            with disk.writing_state(slot.folder, "A tree to look at cannot be made"):
                if slot.ready is None:
                    self._reset(slot, self._listing)
                slot.ready = None
                for change in changes:
                    apply_to_slot(slot, change)
            yield slot.folder
            self._take_back(slot, changes, self._listing)
            slot.ready = self._listing
        finally:
            with self._guard:
                self._free.append(slot)

    def folder(self) -> Path:
        """A folder beside these trees, removed with them, and also after a kill."""
        with self._guard:
            if self._own is None:
                self._own = self._start()
            return self._own / "differing"

    def _take_back(self, slot: Slot, changes: Sequence[FileChange], listing: dict[str, Signature]) -> None:
        for change in changes:
            place = slot.folder / change.path
            place.unlink(missing_ok=True)
            source = listing.get(change.path)
            if source is None:
                disk.prune_parents(slot.folder, change.path)
            elif (present := self._copy(change.path, place, source)) is not None:
                slot.copies[change.path] = (source, present)


class StillRepository(Repository):
    """A repository whose files were listed once: git is not asked again by each of many agents."""

    def __init__(self, repository: Repository, ground: Path) -> None:
        super().__init__(repository.calls)
        self._files = tuple(path for path in repository.files() if (ground / path).exists())

    def files(self) -> tuple[str, ...]:
        return self._files


def listing_of(root: Path) -> dict[str, Signature]:
    """Path → signature of every regular file and link under a folder."""
    found: dict[str, Signature] = {}
    for folder, folders, names in os.walk(root):
        for name in (*names, *folders):
            place = os.path.join(folder, name)  # noqa: PTH118 - a path object for each of many files costs seconds
            here = signature(place)
            if here is not None:
                found[os.path.relpath(place, root)] = here
    return found


def link_file(source: Path, target: Path) -> None:
    """Another name for a file that nobody writes to; a copy where the file system has no hard links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        clone_file(source, target)


@contextlib.contextmanager
def still(repository: Repository, state_dir: Path) -> Iterator[tuple[Path, StillRepository, CandidateTrees]]:
    """The project as it is on disk now, without untracked files, as a folder, its listing, and trees of it. Folder and trees
    are removed at the end; what a killed process left is removed by the next."""
    with (
        CandidateTrees(repository, state_dir / "ground", untracked=False) as outer,
        outer.tree(()) as ground,
        StillTrees(repository, state_dir / "items", ground) as trees,
    ):
        yield ground, StillRepository(repository, ground), trees
