"""tsconfig.json and jsconfig.json: `paths`, `baseUrl`, `extends`, and project references for a solution file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from flashagent.dataclass import dataclass
from flashagent.repomap.imports.packages import Packages
from flashagent.repomap.imports.project import Project, folder_of, inside, joined, upwards

_MAX_CHAIN = 10
# Strings are matched first, so that a comment's sign inside one stays.
_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.S)
_TRAILING = re.compile(r'("(?:\\.|[^"\\\n])*")|,(?=\s*[}\]])')


@dataclass(frozen=True, slots=True)
class Options:
    """What one configuration says of names; folders are relative to the tree's top. `base` is None without baseUrl."""

    base: str | None = None
    paths_from: str = ""
    paths: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def says_something(self) -> bool:
        return self.base is not None or bool(self.paths)


class TsConfigs:
    """The configuration that holds for a file is the nearest one above it."""

    def __init__(self, project: Project, packages: Packages) -> None:
        self._read = project.read
        self._packages = packages
        self._files = frozenset(project.configs)
        self._by_folder: dict[str, list[str]] = {}
        for path in project.configs:
            if path.endswith(("tsconfig.json", "jsconfig.json")) or "/tsconfig" in f"/{path}":
                self._by_folder.setdefault(folder_of(path), []).append(path)
        self._options: dict[str, Options] = {}
        self._of_folder: dict[str, tuple[Options, ...]] = {}

    def candidates(self, importer: str, name: str) -> Iterator[str]:
        """The paths (without suffix) that a bare name may stand for."""
        for options in self._holding(folder_of(importer)):
            found = list(_mapped(options, name))
            yield from found
            if options.base is not None and (place := joined(options.base, name)) is not None:
                yield place

    def _holding(self, folder: str) -> tuple[Options, ...]:
        if folder not in self._of_folder:
            self._of_folder[folder] = next((found for one in upwards(folder) if (found := self._in(one))), ())
        return self._of_folder[folder]

    def _in(self, folder: str) -> tuple[Options, ...]:
        """What the configurations right in a folder say: tsconfig.json alone if it says something, else its siblings
        and references (a solution file only lists them)."""
        names = sorted(
            self._by_folder.get(folder, ()), key=lambda path: (not path.endswith("/tsconfig.json"), path)
        )
        if not names:
            return ()
        main = [path for path in names if path.rpartition("/")[2] in ("tsconfig.json", "jsconfig.json")]
        first = [one for path in main if (one := self._of(path)).says_something]
        others = [path for path in names if path not in main]
        return tuple(first) or tuple(one for path in others if (one := self._of(path)).says_something)

    def _of(self, path: str, chain: int = 0) -> Options:
        if path in self._options:
            return self._options[path]
        found = self._options[path] = self._parse(path, chain)
        return found

    def _parse(self, path: str, chain: int) -> Options:
        settings = relaxed(self._read(path))
        folder = folder_of(path)
        around = Options()
        if chain < _MAX_CHAIN:
            extended = settings.get("extends")
            for one in extended if isinstance(extended, list) else [extended]:
                if isinstance(one, str) and (target := self._extended(folder, one)):
                    around = _over(around, self._of(target, chain + 1))
        options = settings.get("compilerOptions")
        return _over(around, _own(folder, options)) if isinstance(options, dict) else around

    def _extended(self, folder: str, name: str) -> str | None:
        place = joined(folder, name) if name.startswith(".") else self._packages.config_of(name)
        if place is None:
            return None
        tries = (place, place + ".json", inside(place, "tsconfig.json"))
        return next((one for one in tries if one in self._files), None)


def _own(folder: str, options: dict[str, object]) -> Options:
    base = options.get("baseUrl")
    root = joined(folder, base) if isinstance(base, str) else None
    table = options.get("paths")
    pairs = table.items() if isinstance(table, dict) else ()
    paths = tuple(
        (key, tuple(one for one in targets if isinstance(one, str)))
        for key, targets in pairs
        if isinstance(targets, list)
    )
    return Options(root, folder if root is None else root, paths)


def _over(around: Options, own: Options) -> Options:
    """The inner configuration over the one that it extends."""
    base = around.base if own.base is None else own.base
    if own.paths:
        start = around.base if own.base is None and around.base is not None else own.paths_from
        return Options(base, start, own.paths)
    # Inherited paths start at the base URL where one is set.
    return Options(base, base if base is not None else around.paths_from, around.paths)


def _mapped(options: Options, name: str) -> Iterator[str]:
    """The targets of the pattern that fits: an exact one, else the one with the longest part before its star."""
    exact = [(key, targets) for key, targets in options.paths if key == name]
    stars = sorted(
        ((key, targets) for key, targets in options.paths if key.count("*") == 1),
        key=lambda item: -len(item[0].partition("*")[0]),
    )
    for key, targets in [*exact, *stars]:
        before, star, after = key.partition("*")
        if star and not (
            name.startswith(before) and name.endswith(after) and len(name) >= len(before) + len(after)
        ):
            continue
        middle = name[len(before) : len(name) - len(after)] if star else ""
        for target in targets:
            if (place := joined(options.paths_from, target.replace("*", middle))) is not None:
                yield place
        return


def relaxed(text: str) -> dict[str, object]:
    """JSON with comments and trailing commas; empty when it cannot be read."""
    plain = _TRAILING.sub(
        lambda m: m.group(1) or "", _COMMENT.sub(lambda m: m.group(1) or "", text.removeprefix("\ufeff"))
    )
    try:
        found = json.loads(plain or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
