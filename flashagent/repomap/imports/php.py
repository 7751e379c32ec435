"""PHP's imports: classes by PSR-4 (composer.json), files by require."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flashagent.repomap.imports.project import Project, folder_of, inside, joined


class PhpImports:
    """A namespaced class is looked for below the folder of its longest known prefix."""

    def __init__(self, project: Project) -> None:
        self._paths = project.paths
        self._prefixes: list[tuple[str, str]] = []
        for config in project.named("composer.json"):
            for section in ("autoload", "autoload-dev"):
                self._note(
                    folder_of(config), _mapping(_mapping(_parsed(project.read(config)), section), "psr-4")
                )
        self._prefixes.sort(key=lambda item: -len(item[0]))

    def _note(self, folder: str, mapping: dict[str, object]) -> None:
        for prefix, places in mapping.items():
            for place in places if isinstance(places, list) else [places]:
                if isinstance(place, str) and (target := joined(folder, place)) is not None:
                    self._prefixes.append((prefix.strip("\\"), target))

    def find(self, importer: str, module: str, names: Sequence[str]) -> list[str]:
        if "/" in module or module.endswith(".php"):
            place = joined(folder_of(importer), module.lstrip("/"))
            return [place] if place in self._paths.all and place else []
        whole = [f"{module}\\{name}" for name in names] or [module]
        return [hit for one in whole if (hit := self._class(one.strip("\\")))]

    def _class(self, name: str) -> str | None:
        for prefix, folder in self._prefixes:
            if not prefix or name.startswith(prefix + "\\"):
                place = inside(folder, name[len(prefix) :].strip("\\").replace("\\", "/") + ".php")
                if place in self._paths.all:
                    return place
        return None


def _parsed(text: str) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _mapping(found: dict[str, object], key: str) -> dict[str, object]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}
