"""Go's imports: packages of the tree's own modules (go.mod), local replacements included."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.repomap.imports.project import Project, folder_of, joined

_MODULE = re.compile(r"^\s*module\s+\"?([^\s\"]+)", re.M)
_REPLACE = re.compile(r"^\s*(?:replace\s+)?([^\s\"(]+)(?:\s+v\S+)?\s+=>\s+(\.{1,2}(?:/\S*)?)", re.M)


class GoImports:
    """An import means all files of the package's folder but its tests."""

    def __init__(self, project: Project) -> None:
        self._paths = project.paths
        self._modules: dict[str, str] = {}
        replaced: dict[str, str] = {}
        for config in project.named("go.mod"):
            text = re.sub(r"//[^\n]*", "", project.read(config))
            folder = folder_of(config)
            if found := _MODULE.search(text):
                self._modules.setdefault(found.group(1), folder)
            for name, place in _REPLACE.findall(text):
                if (target := joined(folder, place)) is not None:
                    replaced.setdefault(name, target)
        self._modules.update(replaced)

    def find(self, importer: str, module: str, names: Sequence[str]) -> list[str]:
        folder = self._folder(module) if self._modules else self._guess(module)
        if folder is None:
            return []
        return [path for path in self._paths.folder(folder) if _is_code(path)]

    def _folder(self, module: str) -> str | None:
        """Below the module with the longest path that is a prefix of the import's."""
        prefix = module
        while prefix:
            if prefix in self._modules:
                return joined(self._modules[prefix], module[len(prefix) :].strip("/"))
            prefix = prefix.rpartition("/")[0]
        return None

    def _guess(self, module: str) -> str | None:
        """Without any go.mod: the folder that shares the longest end with the import."""
        parts = module.split("/")
        for start in range(len(parts)):
            hits = [path for path in self._paths.in_folder("/".join(parts[start:])) if _is_code(path)]
            if hits:
                return folder_of(hits[0])
        return None


def _is_code(path: str) -> bool:
    return path.endswith(".go") and not path.endswith("_test.go")
