"""Which files of a work tree a command changed, seen from outside by size, times and identity."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_MAX_FILES = 200_000
_MAX_NAMES = 1000
_Key = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths relative to the tree, sorted; `complete` is false when there were too many files to look at or to name."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    complete: bool = True


class Snapshot:
    """The files of a tree as they are now; what a `.git` holds is left out. Links are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, _Key] = {}
        self._complete = self._walk(str(root))

    def since(self) -> Changes:
        """What is different now."""
        now = Snapshot(self._root)
        before, after = self._files, now._files
        names = [
            sorted(after.keys() - before.keys()),
            sorted(path for path in before.keys() & after.keys() if before[path] != after[path]),
            sorted(before.keys() - after.keys()),
        ]
        complete = self._complete and now._complete and all(len(found) <= _MAX_NAMES for found in names)
        created, changed, deleted = (tuple(found[:_MAX_NAMES]) for found in names)
        return Changes(created, changed, deleted, complete)

    def _walk(self, root: str) -> bool:
        folders = [root]
        while folders:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        if len(self._files) >= _MAX_FILES:
                            return False
                        if not entry.is_dir(follow_symlinks=False):
                            self._files[os.path.relpath(entry.path, root)] = _key(
                                entry.stat(follow_symlinks=False)
                            )
                        elif entry.name != ".git":
                            folders.append(entry.path)
            except OSError:
                continue  # gone meanwhile, or closed to us
        return True


def _key(status: os.stat_result) -> _Key:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_mode
