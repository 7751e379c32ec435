"""The npm packages that a tree itself holds (workspaces): their names, entries, subpaths and private imports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.repomap.imports.project import Project, folder_of, inside, upwards

_MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Package:
    """One package.json: `folder` is where it stands."""

    folder: str
    name: str = ""
    fields: dict[str, object] = field(default_factory=dict)

    def entries(self, subpath: str) -> Iterator[str]:
        """What '.' or './sub/path' may stand for, as the package says, relative to its folder; the likeliest first."""
        exports = self.fields.get("exports")
        if exports is not None:
            table = (
                exports
                if isinstance(exports, dict) and any(key.startswith(".") for key in exports)
                else {".": exports}
            )
            yield from _matching(table, subpath)
        if subpath == ".":
            for key in ("source", "types", "typings", "module", "main", "browser"):
                if isinstance(value := self.fields.get(key), str):
                    yield value

    def imports(self, name: str) -> Iterator[str]:
        """What a private name (#utils) stands for."""
        table = self.fields.get("imports")
        if isinstance(table, dict):
            yield from _matching(table, name)


class Packages:
    """All package.json files of the tree, by folder and by name."""

    def __init__(self, project: Project) -> None:
        self._at: dict[str, Package] = {}
        self._named: dict[str, Package] = {}
        for config in sorted(project.named("package.json"), key=lambda path: (path.count("/"), path)):
            fields = _parsed(project.read(config))
            name = fields.get("name")
            package = Package(folder_of(config), name if isinstance(name, str) else "", fields)
            self._at[package.folder] = package
            if package.name:
                self._named.setdefault(package.name, package)

    def at(self, folder: str) -> Package | None:
        """The package whose package.json stands right in the folder; the tree's own top is no import target."""
        return self._at.get(folder) if folder else None

    def around(self, importer: str) -> Package | None:
        return next((self._at[one] for one in upwards(folder_of(importer)) if one in self._at), None)

    def named(self, name: str) -> tuple[Package | None, str]:
        """(package, what follows its name): '@scope/core/util' -> (the package @scope/core, 'util')."""
        parts = name.split("/")
        for count in range(len(parts), 0, -1):
            if (found := self._named.get("/".join(parts[:count]))) is not None:
                return found, "/".join(parts[count:])
        return None, ""

    def config_of(self, name: str) -> str | None:
        """The path of a file inside a package of the tree ('@scope/tsconfig/base.json'), without looking whether it exists."""
        package, below = self.named(name)
        return inside(package.folder, below or "tsconfig.json") if package else None


def _matching(table: dict[str, object], wanted: str) -> Iterator[str]:
    """The targets of an exact key, then of the longest key with a star."""
    if wanted in table:
        yield from _targets(table[wanted], "", 0)
        return
    stars = [key for key in table if key.count("*") == 1]
    for key in sorted(stars, key=lambda one: -len(one.partition("*")[0])):
        before, _, after = key.partition("*")
        if wanted.startswith(before) and wanted.endswith(after) and len(wanted) >= len(before) + len(after):
            yield from _targets(table[key], wanted[len(before) : len(wanted) - len(after)], 0)
            return


def _targets(value: object, star: str, depth: int) -> Iterator[str]:
    """Every file that nested conditions may lead to; the conditions that name sources first."""
    if isinstance(value, str):
        yield value.replace("*", star)
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        for one in value:
            yield from _targets(one, star, depth + 1)
    elif isinstance(value, dict) and depth < _MAX_DEPTH:
        for key in sorted(value, key=lambda one: one not in ("source", "development", "types")):
            yield from _targets(value[key], star, depth + 1)


def _parsed(text: str) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
