"""What an import is resolved against: the files of the map and the project's own configuration files."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence

from flashagent.dataclass import dataclass
from flashagent.repomap.paths import Paths

_CONFIG_NAMES = frozenset({"package.json", "jsconfig.json", "go.mod", "Cargo.toml", "composer.json"})
MAX_CONFIG_BYTES = 1_000_000


def is_config(path: str) -> bool:
    """True for a file that says how the imports around it are meant."""
    name = path.rpartition("/")[2]
    return name in _CONFIG_NAMES or (name.startswith("tsconfig") and name.endswith(".json"))


@dataclass(frozen=True, slots=True)
class Project:
    """`read` gives the text of a configuration file, '' when it cannot be read."""

    paths: Paths
    configs: Sequence[str] = ()
    read: Callable[[str], str] = lambda path: ""

    def named(self, name: str) -> list[str]:
        """The configuration files of this name."""
        return [path for path in self.configs if path.rpartition("/")[2] == name]


def joined(folder: str, path: str) -> str | None:
    """The normalised path below the top, None when it leaves the tree."""
    found = posixpath.normpath(posixpath.join(folder, path)) if path or folder else ""
    if found == ".":
        return ""
    return None if found.startswith(("../", "/")) or found == ".." else found


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def inside(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def upwards(folder: str) -> Iterable[str]:
    """The folder and those around it, the top ('') last."""
    while folder:
        yield folder
        folder = folder_of(folder)
    yield ""


def nearest(importer: str, found: Sequence[str]) -> list[str]:
    """The one that shares most folders with the importer, the shorter path first among equals; empty for none."""
    if len(found) < 2:
        return list(found)
    own = importer.split("/")[:-1]

    def closeness(path: str) -> tuple[int, int, str]:
        shared = 0
        for one, other in zip(own, path.split("/"), strict=False):
            if one != other:
                break
            shared += 1
        return -shared, path.count("/"), path

    return [min(found, key=closeness)]
