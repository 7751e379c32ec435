"""Ruby's requires: relative ones, and those below a load path (lib, app/*, the top)."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.repomap.imports.project import Project, folder_of, inside, joined, nearest

RELATIVE = "require_relative"


class RubyImports:
    """`names` holds 'require_relative' for a path that starts at the requiring file."""

    def __init__(self, project: Project) -> None:
        self._paths = project.paths

    def find(self, importer: str, module: str, names: Sequence[str]) -> list[str]:
        name = module if module.endswith(".rb") else module + ".rb"
        if RELATIVE in names or module.startswith("."):
            place = joined(folder_of(importer), name)
            return [place] if place in self._paths.all and place else []
        for root in ("lib", "", "app", "spec", "test"):
            if (place := inside(root, name)) in self._paths.all:
                return [place]
        hits = [path for path in self._paths.ending(name) if "/lib/" in f"/{path}"]
        return nearest(importer, hits)
