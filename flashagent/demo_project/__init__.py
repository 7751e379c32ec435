"""The small package with one bug that `flashagent demo` repairs. Its files end in `.txt` so that no tool takes them for
our own."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

SUFFIX = ".txt"


def write_files(folder: Path) -> tuple[str, ...]:
    """Write the package into an existing folder; returns the paths written, relative and in order."""
    written: list[str] = []
    _copy(files(__name__).joinpath("files"), folder, "", written)
    return tuple(sorted(written))


def _copy(source: Traversable, folder: Path, prefix: str, written: list[str]) -> None:
    for item in source.iterdir():
        if item.is_dir():
            (folder / prefix / item.name).mkdir()
            _copy(item, folder, f"{prefix}{item.name}/", written)
        elif item.name.endswith(SUFFIX):
            path = prefix + item.name.removesuffix(SUFFIX)
            (folder / path).write_text(item.read_text(encoding="utf-8"), encoding="utf-8")
            written.append(path)
