"""Rust's modules and paths: `mod` declarations, `use` trees, crates of the workspace (Cargo.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence

from flashagent.dataclass import dataclass
from flashagent.repomap.imports.project import Project, folder_of, inside, joined, upwards

MODULE, PATH = "mod", "path"
_ROOT_NAMES = ("lib.rs", "main.rs", "mod.rs", "build.rs")
_TARGET_FOLDERS = ("src/bin", "tests", "examples", "benches")
_MAX_BRANCHES = 200


@dataclass(frozen=True, slots=True)
class Crate:
    """One package: its folder and the file of its library ('' when it has none)."""

    folder: str
    library: str
    renamed: tuple[tuple[str, str], ...] = ()
    """(name used here, folder) of the dependencies by path."""


class RustImports:
    """`names` holds 'mod' for a module declaration and the inline module around it, 'path' for one that names its file."""

    def __init__(self, project: Project) -> None:
        self._known = project.paths.all
        self._crates: dict[str, Crate] = {}
        self._by_name: dict[str, str] = {}
        for config in project.named("Cargo.toml"):
            self._note(config, project.read(config))

    def _note(self, config: str, text: str) -> None:
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            return
        folder = folder_of(config)
        package, library = _table(found, "package"), _table(found, "lib")
        if "name" not in package:
            return
        place = joined(folder, str(library.get("path", "src/lib.rs"))) or ""
        renamed: list[tuple[str, str]] = []
        for section in ("dependencies", "dev-dependencies", "build-dependencies"):
            for name, wanted in _table(found, section).items():
                if isinstance(wanted, dict) and isinstance(wanted.get("path"), str):
                    target = joined(folder, wanted["path"])
                    if target is not None:
                        renamed.append((name.replace("-", "_"), target))
        self._crates[folder] = Crate(folder, place if place in self._known else "", tuple(renamed))
        name = str(library.get("name", package["name"])).replace("-", "_")
        self._by_name.setdefault(name, folder)

    def find(self, importer: str, module: str, names: Sequence[str]) -> list[str]:
        if PATH in names:
            place = joined(folder_of(importer), module)
            return [place] if place and place in self._known else []
        if MODULE in names:
            outer = [name for name in names if name != MODULE]
            return self._child(importer, "/".join([*outer, module.removeprefix("r#")]))
        found: dict[str, None] = {}
        for parts in list(_branches(module))[:_MAX_BRANCHES]:
            found.update(dict.fromkeys(self._use(importer, parts)))
        return list(found)

    def _child(self, file: str, name: str) -> list[str]:
        """The file of module `name` declared in `file`."""
        base = inside(self._home(file), name.removeprefix("r#"))
        return [one for one in (f"{base}.rs", f"{base}/mod.rs") if one in self._known][:1]

    def _home(self, file: str) -> str:
        """The folder in which the child modules of a file stand."""
        folder, name = folder_of(file), file.rpartition("/")[2]
        if name in _ROOT_NAMES or self._is_target(file):
            return folder
        return file.removesuffix(".rs")

    def _is_target(self, file: str) -> bool:
        """True for the root file of a binary, test, example or benchmark, and of a library that stands elsewhere."""
        crate = self._crate(file)
        if crate is None:
            return False
        below = file[len(crate.folder) :].strip("/")
        return file == crate.library or folder_of(below) in _TARGET_FOLDERS

    def _crate(self, file: str) -> Crate | None:
        return next((self._crates[one] for one in upwards(folder_of(file)) if one in self._crates), None)

    def _use(self, importer: str, parts: Sequence[str]) -> list[str]:
        first, rest = parts[0], parts[1:]
        if first == "crate":
            return self._deepest(self._root_of(importer), rest)
        if first == "self":
            return self._deepest(importer, rest)
        if first == "super":
            start: str | None = importer
            while parts and parts[0] == "super" and start:
                start, parts = self._parent(start), parts[1:]
            return self._deepest(start or "", parts)
        if self._child(importer, first):
            return self._deepest(importer, parts)
        library = self._library(importer, first)
        return self._deepest(library, rest) if library else []

    def _library(self, importer: str, name: str) -> str:
        crate = self._crate(importer)
        folder = next((place for known, place in crate.renamed if known == name), None) if crate else None
        target = self._crates.get(self._by_name.get(name, "\0") if folder is None else folder)
        return target.library if target else ""

    def _deepest(self, file: str, parts: Sequence[str]) -> list[str]:
        """From a module's file down the path as far as modules have files of their own."""
        if not file:
            return []
        for part in parts:
            below = self._child(file, part)
            if not below:
                break
            file = below[0]
        return [file]

    def _parent(self, file: str) -> str | None:
        folder, name = folder_of(file), file.rpartition("/")[2]
        if name == "mod.rs":
            folder = folder_of(folder)
        tries = [inside(folder, one) for one in ("mod.rs", "lib.rs", "main.rs")]
        crate = self._crate(file)
        tries += [f"{folder}.rs", crate.library if crate else ""]
        return next((one for one in tries if one in self._known and one != file), None)

    def _root_of(self, file: str) -> str:
        """The root file of the crate that a file belongs to: a target of its own, else the library, else main."""
        if self._is_target(file):
            return file
        crate = self._crate(file)
        folder = crate.folder if crate else ""
        tries = [crate.library if crate else "", inside(folder, "src/main.rs"), inside(folder, "src/lib.rs")]
        if file == inside(folder, "src/main.rs"):
            return file
        tries += [inside(one, name) for one in upwards(folder_of(file)) for name in ("lib.rs", "main.rs")]
        return next((one for one in tries if one in self._known), "")


def _branches(text: str) -> Iterator[list[str]]:
    """The paths of a use tree, braces multiplied out: a::{b, c::D as E} -> [a, b], [a, c, D]."""
    opened: list[list[str]] = [[]]
    path: list[str] = []
    word = ""
    for sign in text + ",":
        if sign == "{":
            opened.append([*opened[-1], *path])
            path, word = [], ""
        elif sign in ",}":
            path += _segment(word)
            if path:
                yield [*opened[-1], *path]
            path, word = [], ""
            if sign == "}" and len(opened) > 1:
                opened.pop()
        elif sign == ":":
            path, word = [*path, *_segment(word)], ""
        else:
            word += sign


def _segment(word: str) -> list[str]:
    clean = word.partition(" as ")[0].strip()
    return [clean] if clean and clean != "*" else []


def _table(found: dict[str, object], key: str) -> dict[str, object]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}
