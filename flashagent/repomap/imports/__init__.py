"""Imports resolved to the files of the tree, language by language, as the language's own tools would. Pure but for reading
configuration files through `Project.read`."""

from __future__ import annotations

from collections.abc import Iterable

from flashagent.repomap.imports.c import CIncludes, implementations
from flashagent.repomap.imports.go import GoImports
from flashagent.repomap.imports.jvm import JvmImports
from flashagent.repomap.imports.php import PhpImports
from flashagent.repomap.imports.project import Project, is_config
from flashagent.repomap.imports.python import PythonImports
from flashagent.repomap.imports.ruby import RubyImports
from flashagent.repomap.imports.rust import RustImports
from flashagent.repomap.imports.script import ScriptImports
from flashagent.syntax.languages import Language, language_for

__all__ = ["MAX_TARGETS", "Imports", "Project", "is_config"]

MAX_TARGETS = 40
_Resolver = (
    PythonImports
    | ScriptImports
    | GoImports
    | RustImports
    | JvmImports
    | CIncludes
    | RubyImports
    | PhpImports
)
_RESOLVERS: dict[str, type[_Resolver]] = {
    "python": PythonImports, "javascript": ScriptImports, "typescript": ScriptImports, "tsx": ScriptImports,
    "go": GoImports, "rust": RustImports, "java": JvmImports, "kotlin": JvmImports, "c": CIncludes, "cpp": CIncludes,
    "ruby": RubyImports, "php": PhpImports,
}  # fmt: skip


class Imports:
    """Resolves imports against one state of a tree; configuration files are read when first needed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._made: dict[type[_Resolver], _Resolver] = {}

    def targets(self, importer: str, module: str, names: Iterable[str] = ()) -> list[str]:
        """The project files that an import means, the importer left out; empty for what lies outside the project."""
        language: Language | None = language_for(importer)
        kind = _RESOLVERS.get(language or "")
        if kind is None:
            return []
        if kind not in self._made:
            self._made[kind] = kind(self._project)
        found = self._made[kind].find(importer, module, tuple(names))
        return [path for path in dict.fromkeys(found) if path != importer][:MAX_TARGETS]

    def meant(self, importer: str, module: str, names: Iterable[str] = ()) -> list[str]:
        """The targets and, for each header among them, the files that implement it: what a reader should look at."""
        found = self.targets(importer, module, names)
        if language_for(importer) not in ("c", "cpp"):
            return found
        sources = [path for header in found for path in implementations(self._project.paths, header)]
        return list(dict.fromkeys(path for path in (*found, *sources) if path != importer))[:MAX_TARGETS]
