"""Java's and Kotlin's imports: packages are folders below some source root."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.repomap.imports.project import Project, folder_of, nearest

_SUFFIXES = (".java", ".kt", ".kts")


class JvmImports:
    """A class is looked for below the source root nearest to the importer; a static or nested name means its class."""

    def __init__(self, project: Project) -> None:
        self._paths = project.paths

    def find(self, importer: str, module: str, names: Sequence[str]) -> list[str]:
        parts = module.removesuffix(".*").split(".")
        if "*" in names or module.endswith(".*"):
            return self._package(importer, "/".join(parts)) or self._type(importer, parts)
        return self._type(importer, parts)

    def _type(self, importer: str, parts: Sequence[str]) -> list[str]:
        for count in (len(parts), len(parts) - 1, len(parts) - 2):
            if count > 1:
                tail = "/".join(parts[:count])
                hits = [hit for suffix in _SUFFIXES for hit in self._paths.ending(tail + suffix)]
                if hits:
                    return nearest(importer, hits)
        return []

    def _package(self, importer: str, tail: str) -> list[str]:
        """All files of the package below the nearest source root that has it."""
        hits = [path for path in self._paths.in_folder(tail) if path.endswith(_SUFFIXES)]
        chosen = nearest(importer, hits)
        return [path for path in hits if folder_of(path) == folder_of(chosen[0])] if chosen else []
