"""JavaScript's and TypeScript's imports: relative files, folders with an index, tsconfig paths, packages of the workspace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from flashagent.repomap.imports.packages import Packages
from flashagent.repomap.imports.project import Project, folder_of, inside, joined
from flashagent.repomap.imports.tsconfig import TsConfigs
from flashagent.syntax.languages import language_for

_TYPED = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".vue", ".svelte")
_PLAIN = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".d.ts", ".vue", ".svelte")
# What a suffix may stand for in a source that is compiled to it.
_COMPILED = {
    ".js": (".ts", ".tsx", ".d.ts", ".js", ".jsx"), ".jsx": (".tsx", ".ts", ".d.ts", ".jsx", ".js"),
    ".mjs": (".mts", ".d.mts", ".mjs"), ".cjs": (".cts", ".d.cts", ".cjs"),
}  # fmt: skip
_SUFFIX = re.compile(r"\.[mc]?jsx?$")
# Folders that are built from others: an entry below one of them is looked for in its source.
_BUILT = re.compile(r"^(?:dist|lib|build|out|esm|cjs|es|types|dist-types)(?:/(?:esm|cjs|es|types|src))?/")


class ScriptImports:
    """Follows the order of TypeScript's resolver; a JavaScript importer prefers JavaScript."""

    def __init__(self, project: Project) -> None:
        self._paths = project.paths
        self._packages = Packages(project)
        self._configs = TsConfigs(project, self._packages)

    def find(self, importer: str, module: str, names: Sequence[str]) -> list[str]:
        # A bundler's request may carry a query or a loader.
        name = module.partition("?")[0].rpartition("!")[2]
        typed = language_for(importer) in ("typescript", "tsx")
        found = self._file(importer, name, typed)
        return [found] if found else []

    def _file(self, importer: str, name: str, typed: bool) -> str | None:
        if name.startswith((".", "/")):
            base = joined(folder_of(importer), name) if name.startswith(".") else name.lstrip("/")
            if base is None:
                return None
            slashed = name.endswith(("/", "/.", "/..")) or name in (".", "..")
            return self._folder(base, typed) if slashed else self._place(base, typed)
        tries = [*self._configs.candidates(importer, name), *self._own_imports(importer, name)]
        for base in tries:
            if found := self._place(base, typed):
                return found
        return self._package(importer, name, typed)

    def _place(self, base: str, typed: bool) -> str | None:
        return self._exact(base, typed) or self._folder(base, typed)

    def _exact(self, base: str, typed: bool) -> str | None:
        known = self._paths.all
        suffix = _SUFFIX.search(base)
        tries: list[str] = []
        if suffix:
            stem = base[: suffix.start()]
            compiled = [stem + one for one in _COMPILED.get(suffix.group(), ())]
            tries = [*compiled, base] if typed else [base, *compiled]
        elif base.endswith((".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte")):
            tries = [base]
        tries += [base + one for one in (_TYPED if typed else _PLAIN)]
        return next((one for one in tries if one in known), None)

    def _folder(self, base: str, typed: bool) -> str | None:
        package = self._packages.at(base)
        if package is not None:
            for entry in package.entries("."):
                if found := self._entry(base, entry, typed):
                    return found
        return self._exact(inside(base, "index"), typed)

    def _own_imports(self, importer: str, name: str) -> Iterable[str]:
        """The private names (#utils) of the package around the importer."""
        if name.startswith("#") and (package := self._packages.around(importer)) is not None:
            for entry in package.imports(name):
                if (place := joined(package.folder, entry)) is not None:
                    yield place
                    yield inside(package.folder, inside("src", _BUILT.sub("", entry.removeprefix("./"))))

    def _package(self, importer: str, name: str, typed: bool) -> str | None:
        """A package of the workspace, by its entry or by the source that its entry is built from."""
        package, below = self._packages.named(name)
        if package is None:
            return None
        for entry in package.entries("./" + below if below else "."):
            if found := self._entry(package.folder, entry, typed):
                return found
        if below:
            places: Sequence[str] = (below, inside("src", below), inside("lib", below))
        else:
            places = ("src/index", "index", "lib/index", "src/main", inside("src", name.rpartition("/")[2]))
        return next(
            (found for one in places if (found := self._place(inside(package.folder, one), typed))), None
        )

    def _entry(self, folder: str, entry: str, typed: bool) -> str | None:
        place = joined(folder, entry)
        if place is None:
            return None
        clean = entry.removeprefix("./")
        source = _BUILT.sub("", clean)
        if source == clean:
            return self._exact(place, typed)
        stem = re.sub(r"\.d\.[mc]?ts$|\.[mc]?[jt]sx?$", "", source)
        for root in ("src", ""):
            if found := self._exact(inside(folder, inside(root, stem)), typed):
                return found
        return self._exact(place, typed)
