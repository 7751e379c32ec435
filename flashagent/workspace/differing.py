"""Trees that are kept as their differences from a folder nobody writes to: made in no time, however large the folder is.

A model edits such a tree; commands only look at it. A folder with its contents is made when a command looks, out of hard
links to the ground that are kept between commands.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from flashagent.errors import NoSuchFile, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace import files, paths
from flashagent.workspace.still import LookingTrees

_STALE = "Read the file again and make the change to its present text."
_TEXTS, _PATHS = 256, 20_000


class Ground:
    """A folder that nobody writes to, read by many: what was looked up once is remembered."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read = lru_cache(_TEXTS)(self._read)
        self.real = lru_cache(_PATHS)(self._real)

    def _read(self, path: str) -> str:
        return files.read_text(self.root, path).text

    def _real(self, path: str) -> str:
        """The path with links followed. Raises WorkspaceError for one that leaves the ground."""
        return paths.relative(self.root, paths.resolve(self.root, path))


class DifferingTree:
    """The files of `ground` with changes on top. One task at a time changes it; a patch is one unit."""

    def __init__(self, ground: Ground, changes: Sequence[FileChange] = ()) -> None:
        self._ground = ground
        self._before: dict[str, str | None] = {}
        self._now: dict[str, str | None] = {}
        self._lay(changes)

    def read(self, path: str) -> str:
        """Raises NoSuchFile, and WorkspaceError for what may not be read."""
        path = self._ground.real(path)
        if path not in self._now:
            return self._ground.read(path)
        text = self._now[path]
        if text is None:
            raise NoSuchFile(f"{path} does not exist.")
        return text

    def real(self, path: str) -> str:
        """The path of the file itself. Raises WorkspaceError for one that leaves the ground."""
        return self._ground.real(path)

    def apply(self, changes: Sequence[FileChange]) -> None:
        """All of the changes or none. Raises WorkspaceError when one does not fit what is here, or could not be written
        to the real file (read-only, another encoding)."""
        known: set[str] = set()
        for change in changes:
            path = self._ground.real(change.path)
            if path in known:
                raise WorkspaceError(f"{path} is changed twice in one patch.")
            known.add(path)
            self._check(path, change)
        self._lay([FileChange(self._ground.real(one.path), one.before, one.after) for one in changes])

    def changes(self) -> tuple[FileChange, ...]:
        """All that differs from the ground."""
        found = ((path, self._before[path], text) for path, text in sorted(self._now.items()))
        return tuple(FileChange(*one) for one in found if one[1] != one[2])

    def _lay(self, changes: Sequence[FileChange]) -> None:
        for change in changes:
            self._before.setdefault(change.path, change.before)
            self._now[change.path] = change.after

    def _check(self, path: str, change: FileChange) -> None:
        try:
            here: str | None = self.read(path)
        except NoSuchFile:
            here = None
        if change.before is None:
            if here is not None:
                raise WorkspaceError(f"{path} already exists, so it was not created.", hint=_STALE)
            self._check_free(path)
        elif here != change.before:
            raise WorkspaceError(f"{path} is not what it was when it was read.", hint=_STALE)
        if path not in self._now and change.before is not None:
            self._check_writable(path, change.after)

    def _check_writable(self, path: str, after: str | None) -> None:
        contents = files.read_contents(self._ground.root, path)
        if not contents.metadata.mode & 0o200:
            raise WorkspaceError(
                f"{path} is read-only.", hint="Make it writable yourself if it is to be edited."
            )
        if after is not None:
            files.decode(contents.data).encode(after)

    def _check_free(self, path: str) -> None:
        """A file may be created only where no file is, also not under a name that some file system takes for it."""
        present = {name for name, text in self._now.items() if text is not None}
        if (self._ground.root / path).is_dir() or any(name.startswith(f"{path}/") for name in present):
            raise WorkspaceError(f"{path} is a folder, so it was not created.", hint=_STALE)
        here = self._ground.root
        for part in path.split("/"):
            if not here.is_dir():
                break
            names = [entry.name for entry in here.iterdir()]
            twin = next((n for n in names if n != part and paths.folded(n) == paths.folded(part)), None)
            if part not in names and twin is not None:
                raise WorkspaceError(
                    f"{path} differs from the present {twin} only by case.", hint="Use its name."
                )
            here = here / part


class DifferingTrees:
    """Gives trees of one ground. The folder that stands for a tree is empty: whoever opens it here (`open`) reads and
    edits the tree, and `shown` makes the folder that a command may look at. Usable from several threads."""

    def __init__(self, ground: Path, looking: LookingTrees, folder: Path) -> None:
        self._ground = Ground(ground)
        self._looking = looking
        self._folder = folder
        self._numbers = itertools.count(1)
        self._open: dict[Path, DifferingTree] = {}

    @contextlib.contextmanager
    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> Iterator[Path]:
        place = self._folder / str(next(self._numbers))
        place.mkdir(parents=True, mode=0o700)
        self._open[place] = DifferingTree(self._ground, changes)
        try:
            yield place
        finally:
            del self._open[place]
            with contextlib.suppress(
                OSError
            ):  # folders for mounts may have been made in it: they go with the batch
                place.rmdir()

    def find(self, place: Path | None) -> DifferingTree | None:
        """The tree that the folder stands for, None when it is no folder of these trees."""
        return None if place is None else self._open.get(place)

    @contextlib.contextmanager
    def shown(self, tree: DifferingTree, keep: Sequence[str] = ()) -> Iterator[Path]:
        """A folder with what is in the tree, for a command that cannot write. `keep` are folders that are mounted over
        it: in a read-only tree their places must be there."""
        changes = tree.changes()
        if not changes:
            _make_places(self._ground.root, keep)
            yield self._ground.root
            return
        with self._looking.tree(changes) as folder:
            _make_places(folder, keep)
            yield folder


def _make_places(tree: Path, keep: Sequence[str]) -> None:
    for name in keep:
        place = tree / name
        if not place.is_symlink() and place.parent.resolve().is_relative_to(tree.resolve()):
            place.mkdir(parents=True, exist_ok=True)
