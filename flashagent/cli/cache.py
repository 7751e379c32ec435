"""`flashagent cache`: show what lies in the cache folder and how large it is, or clear it. All of it can be made again."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser
from flashagent.errors import ExitCode, UsageError
from flashagent.folders import Folders
from flashagent.untrusted import sanitize


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="flashagent cache", description="Show the cache, or clear it.")
    parser.add_argument("--clear", action="store_true", help="remove everything in it")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    folder = Folders.of(environ).cache
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    sizes = {path: size_of(path) for path in entries}
    print(folder)
    for path, size in sizes.items():
        print(sanitize(f"  {human(size):>9}  {path.name}"))
    print(f"  {human(sum(sizes.values())):>9}  in all")
    if args.clear:
        for path in entries:
            _remove(path)
        print("Cleared.")
    return ExitCode.OK


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files under a folder; links count as themselves."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(item.lstat().st_size for item in path.rglob("*") if item.is_symlink() or not item.is_dir())


def human(size: int) -> str:
    """'0 B', '12.3 kB', '4.0 MB'."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise UsageError(f"{path} cannot be removed: {error.strerror}.") from error
