"""C's and C++'s includes: beside the includer, else below a folder that looks like an include path, the nearest one."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.repomap.imports.project import Project, folder_of, inside, joined, nearest
from flashagent.repomap.paths import Paths

_INCLUDE_FOLDERS = frozenset({"include", "includes", "inc", "src", "source", "lib", "headers", "deps"})

_SOURCES = (".c", ".cc", ".cpp", ".cxx")


class CIncludes:
    """The compiler's flags are not known: every folder named like an include path counts, and those above the includer."""

    def __init__(self, project: Project) -> None:
        self._paths = project.paths

    def find(self, importer: str, module: str, names: Sequence[str]) -> list[str]:
        system = module.startswith("<")
        name = module.strip('<>"')
        beside = joined(folder_of(importer), name)
        if not system and beside in self._paths.all:
            return [beside] if beside else []
        clean = joined("", name)
        if not clean:
            return []
        hits = self._paths.ending(clean)
        likely = [path for path in hits if _may_be_searched(path[: -len(clean)].rstrip("/"), importer)]
        # A system header that merely shares its name with some file of the tree is not that file.
        return nearest(importer, likely or ([] if system else hits))


def implementations(paths: Paths, header: str) -> list[str]:
    """The source files that are named like a header."""
    stem = header.rpartition("/")[2].partition(".")[0]
    return [path for path in paths.with_stem(stem) if path.endswith(_SOURCES)]


def _may_be_searched(folder: str, importer: str) -> bool:
    """True for the top, for a folder around the includer, and for one that is named like an include path."""
    if not folder or folder.rpartition("/")[2].lower() in _INCLUDE_FOLDERS:
        return True
    return inside(folder_of(importer), "").startswith(folder + "/")
