"""Which ignored files a candidate tree needs: generated modules, compiled extensions, metadata of editable installs.

A project often does not import without them, and git does not list them. Caches and dependency folders are left out:
the first can be made again, the second come from the original (`ports.Command.keep`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

CACHES = frozenset(
    [
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".hypothesis",
        ".import_linter_cache",
        ".cache",
        ".eggs",
        ".gradle",
    ]
)
DEPENDENCIES = frozenset(["node_modules", ".tox", ".nox", ".venv", "target", ".git"])
LARGEST_FILE = 20 << 20
MOST_FILES = 4_000
MOST_BYTES = 128 << 20


def needed(root: Path, entries: Iterable[str]) -> list[str]:
    """The files to copy among ignored entries (POSIX, relative; a folder ends in '/'). A folder that holds more than
    4,000 files or 128 MiB is left out whole: it is data or build output, and copying it would cost more than the check.
    Links are not followed."""
    found: list[str] = []
    for entry in entries:
        if entry.endswith("/"):
            found += _files_in(root, entry.rstrip("/"))
        elif _size(root / entry) <= LARGEST_FILE:
            found.append(entry)
    return found


def left_to_the_original(root: Path, path: str) -> bool:
    """Whether the path lies in a dependency folder or a cache, by the names of its folders."""
    parts = path.split("/")[:-1]
    if not CACHES.isdisjoint(parts) or not DEPENDENCIES.isdisjoint(parts):
        return True
    return bool(parts) and (root / parts[0] / "pyvenv.cfg").is_file()


def _files_in(root: Path, folder: str) -> list[str]:
    name = folder.rpartition("/")[2]
    if name in CACHES or name in DEPENDENCIES or (root / folder / "pyvenv.cfg").is_file():
        return []
    found: list[str] = []
    total = 0
    for path, size in _walk(root, folder):
        total += size
        if len(found) >= MOST_FILES or total > MOST_BYTES:
            return []
        if size <= LARGEST_FILE:
            found.append(path)
    return found


def _walk(root: Path, folder: str) -> Iterator[tuple[str, int]]:
    for here, folders, names in os.walk(root / folder):
        folders[:] = sorted(name for name in folders if name not in CACHES and name not in DEPENDENCIES)
        relative = Path(here).relative_to(root).as_posix()
        for name in sorted(names):
            path = f"{relative}/{name}"
            yield path, _size(root / path)


def _size(place: Path) -> int:
    try:
        return place.lstat().st_size
    except OSError:
        return 0
