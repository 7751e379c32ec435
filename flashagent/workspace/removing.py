"""Remove folders of our own whole, whatever modes a command left in them. No link is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_THREADS = 8  # a disk that discards at once takes many removals together in the time of one
_FEW = 200  # files that are not worth a thread


def remove_tree(place: Path) -> None:
    """Remove a folder (or file), also where a command took its permissions away."""
    if place.is_symlink() or not place.is_dir():
        place.unlink(missing_ok=True)
        return
    folders, files = _found(place)
    if len(files) <= _FEW:
        _unlink(files)
    else:
        with ThreadPoolExecutor(_THREADS) as pool:
            for _ in pool.map(_unlink, (files[start::_THREADS] for start in range(_THREADS))):
                pass
    for folder in reversed(folders):
        os.rmdir(folder)  # noqa: PTH106 - a path object for each of many folders costs seconds


def open_up(folder: str | Path) -> None:
    """Let us read and change a folder of our own."""
    mode = stat.S_IMODE(os.stat(folder).st_mode)  # noqa: PTH116 - as above
    if mode & 0o700 != 0o700:
        os.chmod(folder, mode | 0o700)  # noqa: PTH101 - as above


def _found(place: Path) -> tuple[list[str], list[str]]:
    """All folders, each before what is in it, opened up; and everything else."""
    folders: list[str] = []
    files: list[str] = []
    pending = [str(place)]
    while pending:
        here = pending.pop()
        open_up(here)
        folders.append(here)
        with os.scandir(here) as listed:
            for entry in listed:
                (pending if entry.is_dir(follow_symlinks=False) else files).append(entry.path)
    return folders, files


def _unlink(files: Sequence[str]) -> None:
    for file in files:
        os.unlink(file)  # noqa: PTH108 - as above
