"""Releases of pure-Python libraries with their own tests, for faults to be planted in."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Library:
    """A release with its code and its tests, relative to the unpacked folder; `path` goes on the import path."""

    release: str
    code: str
    tests: str
    path: str = "."
    held_out: bool = False

    @property
    def name(self) -> str:
        return self.release.partition("==")[0]


LIBRARIES = (
    Library("boltons==24.0.0", "boltons", "--noconftest tests"),
    Library("cachetools==5.5.0", "src/cachetools", "tests", "src"),
    Library("inflection==0.5.1", "inflection", "test_inflection.py"),
    Library("jmespath==1.0.1", "jmespath", "tests"),
    Library("more-itertools==10.5.0", "more_itertools", "tests"),
    Library("tabulate==0.9.0", "tabulate", "test"),
    Library("toolz==0.12.1", "toolz", "toolz/tests"),
    Library("parse==1.20.2", "parse.py", "tests", held_out=True),
    Library("mistune==3.0.2", "src/mistune", "-W ignore tests", "src", held_out=True),
    Library("idna==3.8", "idna/core.py", "tests", held_out=True),
    Library("webcolors==24.8.0", "src/webcolors", "tests", "src", held_out=True),
)


def unpacked(library: Library, scratch: Path) -> Path:
    """The release's source folder, always a fresh one. Raises RuntimeError when the index does not give it."""
    target = scratch / library.release.replace("==", "")
    target.mkdir(exist_ok=True, parents=True)
    if not list(target.glob("*.tar.gz")):
        words = ["download", "-q", "--no-deps", "--no-binary", ":all:", library.release]
        subprocess.run([sys.executable, "-m", "pip", *words], cwd=target, check=False, capture_output=True)
    archive = next(target.glob("*.tar.gz"), None)
    if archive is None:
        raise RuntimeError(f"{library.release} could not be downloaded")
    fresh = Path(tempfile.mkdtemp(prefix="source-", dir=target))
    with tarfile.open(archive) as tar:
        inside = [
            m
            for m in tar
            if (m.isfile() or m.isdir()) and not m.name.startswith("/") and ".." not in Path(m.name).parts
        ]
        tar.extractall(fresh, members=inside)
    return next(p for p in fresh.iterdir() if p.is_dir())
