"""Python's imports: relative ones, packages, namespace packages, src layouts and folders of scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flashagent.repomap.imports.project import Project, folder_of, inside, nearest


class PythonImports:
    """Follows the import system: a package wins over a module of the same name, source over a stub."""

    def __init__(self, project: Project) -> None:
        self._paths = project.paths
        self._roots: dict[str, str] = {}

    def find(self, importer: str, module: str, names: Sequence[str]) -> list[str]:
        dots = len(module) - len(module.lstrip("."))
        parts = [part for part in module[dots:].replace(" ", "").split(".") if part]
        if dots:
            folders = importer.split("/")[:-dots] if dots <= importer.count("/") + 1 else None
            return [] if folders is None else self._taken("/".join([*folders, *parts]), names)
        base = self._base(importer, parts)
        return [] if base is None else self._taken(base, names)

    def _taken(self, base: str, names: Sequence[str]) -> list[str]:
        """The submodules among the names, then the module itself."""
        found = [hit for name in names if (hit := self._module(inside(base, name)))]
        own = self._module(base)
        return [*found, own] if own else found

    def _module(self, base: str) -> str | None:
        known = self._paths.all
        tries = (inside(base, "__init__.py"), f"{base}.py", inside(base, "__init__.pyi"), f"{base}.pyi")
        return next((one for one in tries if one in known), None)

    def _base(self, importer: str, parts: Sequence[str]) -> str | None:
        """The path of an absolute module without suffix, below the first source root that has its first part."""
        if not parts:
            return None
        tail = "/".join(parts)
        own = self._root(folder_of(importer))
        for root in dict.fromkeys((own, "", "src", "lib")):
            if self._has(inside(root, parts[0])):
                return inside(root, tail)
        # A name of the standard library means a file elsewhere in the tree only where that is a source root.
        if parts[0] in sys.stdlib_module_names:
            return None
        return self._elsewhere(importer, parts)

    def _has(self, base: str) -> bool:
        return self._module(base) is not None or any(
            path.endswith((".py", ".pyi")) for path in self._paths.folder(base)
        )

    def _elsewhere(self, importer: str, parts: Sequence[str]) -> str | None:
        """Below another source root: a folder that is no package but holds the module, the nearest one."""
        tail = "/".join(parts)
        for ending in (f"{tail}/__init__.py", f"{tail}.py", f"{tail}/__init__.pyi", f"{tail}.pyi"):
            found = [
                path
                for path in self._paths.ending(ending)
                if (root := path[: -len(ending)].rstrip("/")) == self._root(root)
            ]
            if found:
                chosen = nearest(importer, found)[0]
                return chosen[: len(chosen) - len(ending)] + tail
        # The last part may be a folder without __init__ (from namespace import module).
        folders = {folder_of(path) for path in self._paths.in_folder(tail) if path.endswith(".py")}
        held = nearest(importer, sorted(one for one in folders if one == tail or one.endswith("/" + tail)))
        return held[0] if held else None

    def _root(self, folder: str) -> str:
        """The folder from which a package in `folder` is imported: above its topmost __init__.py."""
        found = self._roots.get(folder)
        if found is None:
            known = self._paths.all
            package = bool(folder) and (
                inside(folder, "__init__.py") in known or inside(folder, "__init__.pyi") in known
            )
            found = self._roots[folder] = self._root(folder_of(folder)) if package else folder
        return found
