"""Does every import that a change adds exist, in the project itself or in its environment? Nothing of it is imported."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from flashagent.dataclass import dataclass
from flashagent.diagnose.listing import listing_after
from flashagent.diagnose.project import ProjectPython, ask
from flashagent.ports import CommandRunner
from flashagent.syntax.python import parsed
from flashagent.values import Diagnostic, FileChange

CODE = "unresolved-import"
_SOURCE_ROOTS = ("", "src", "lib", "python")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported thing: `import a.b` is ('a.b', ''), `from a.b import c` is ('a.b', 'c'); relative ones are absolute
    already. `optional` is true inside of `try` and under TYPE_CHECKING."""

    module: str
    name: str
    line: int
    optional: bool = False


async def unresolved(
    changes: Sequence[FileChange], files: Sequence[str], environment: ProjectPython, runner: CommandRunner, root: Path,
) -> tuple[Diagnostic, ...]:  # fmt: skip
    """The imports that `changes` add and that resolve nowhere, each with the nearest real names.

    `files` are the project's paths as they are now; what the changes create or delete is taken into account. Without an
    interpreter only the project's own modules are checked.
    """
    local = LocalModules(root, files, changes)
    found: list[Diagnostic] = []
    foreign: list[tuple[str, Import]] = []
    for change in changes:
        if change.after is None or not change.path.endswith(".py"):
            continue
        for one in added_imports(change.path, change.before, change.after):
            if one.optional:
                continue
            if local.owns(one.module, change.path):
                if problem := local.problem(one, change.path):
                    found.append(_diagnostic(change.path, one.line, problem))
            else:
                foreign.append((change.path, one))
    found += await _foreign(foreign, environment, runner, root)
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.message)))


async def _foreign(
    imports: Sequence[tuple[str, Import]], environment: ProjectPython, runner: CommandRunner, root: Path
) -> list[Diagnostic]:
    modules = sorted({one.module for _, one in imports if one.module})
    if not modules or environment.python is None:
        return []
    answer = await ask("find_modules", {"modules": modules}, environment, runner, root)
    missing = answer.get("missing") if answer is not None else None
    if not isinstance(missing, dict):
        return []
    found = []
    for path, one in imports:
        if isinstance(said := missing.get(one.module), dict):
            names = [str(name) for name in said.get("nearest", ())]
            text = f"no module named {said.get('missing', one.module)} in {environment.python}"
            found.append(_diagnostic(path, one.line, _with_nearest(text, names)))
    return found


def added_imports(path: str, before: str | None, after: str) -> tuple[Import, ...]:
    """The imports of `after` that `before` did not have; none when `after` does not parse."""
    known = {(one.module, one.name) for one in all_imports(path, before or "")}
    return tuple(one for one in all_imports(path, after) if (one.module, one.name) not in known)


def all_imports(path: str, text: str) -> tuple[Import, ...]:
    tree = parsed(text)
    return () if tree is None else tuple(_walk(tree, path, False))


def _walk(node: ast.AST, path: str, optional: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, "", child.lineno, optional)
        elif isinstance(child, ast.ImportFrom):
            module = _absolute(child, path)
            for alias in child.names:
                yield Import(module, "" if alias.name == "*" else alias.name, child.lineno, optional)
        else:
            guarded = isinstance(child, ast.Try) or (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            )
            yield from _walk(child, path, optional or guarded)


def _absolute(node: ast.ImportFrom, path: str) -> str:
    """The dotted module, with a relative one told from the file's folder ('.' marks: '/'-joined folders)."""
    if node.level == 0:
        return node.module or ""
    folder = PurePosixPath(path).parent
    for _ in range(node.level - 1):
        folder = folder.parent
    inside = [part for part in folder.parts if part]
    return "/" + "/".join([*inside, *(node.module.split(".") if node.module else [])])


class LocalModules:
    """The project's own modules as they will be after the changes."""

    def __init__(self, root: Path, files: Sequence[str], changes: Sequence[FileChange]) -> None:
        self._root = root
        self._texts: Mapping[str, str | None] = {change.path: change.after for change in changes}
        listing = listing_after(files, changes)
        self._files, self._folders = listing.files, listing.folders

    def owns(self, module: str, importer: str) -> bool:
        """Whether the first part of the module is the project's (relative imports always are)."""
        if module.startswith("/"):
            return True
        return any(self._exists(_join(base, module.partition(".")[0])) for base in self._bases(importer))

    def problem(self, one: Import, importer: str) -> str:
        """What is wrong with an import of the project's own module, or ''."""
        if one.module.startswith("/"):
            found = one.module[1:] or "." if self._exists(one.module[1:] or ".") else None
        else:
            inside = one.module.replace(".", "/")
            found = next((p for b in self._bases(importer) if self._exists(p := _join(b, inside))), None)
        shown = one.module.lstrip("/").replace("/", ".")
        if found is None:
            return _with_nearest(f"no module named {shown} in the project", self._nearest(one, importer))
        if not one.name or self._exists(_join(found, one.name)) or self._beside(found, one):
            return ""
        names = self._names(found)
        if names is None or one.name in names:
            return ""
        close = difflib.get_close_matches(one.name, sorted(names), n=3, cutoff=0.6)
        return _with_nearest(f"{shown or found} has no name {one.name}", close)

    def _bases(self, importer: str) -> list[str]:
        """Folders that may be on the import path: the root, src layouts, the importer's folder and its parents."""
        parents = [parent.as_posix() for parent in PurePosixPath(importer).parents]
        return list(dict.fromkeys([*_SOURCE_ROOTS, *("" if parent == "." else parent for parent in parents)]))

    def _exists(self, path: str) -> bool:
        if path in (".", ""):
            return True
        return (
            any(f"{path}{end}" in self._files for end in (".py", ".pyi", ".so", ".pyx"))
            or path in self._folders
        )

    def _beside(self, path: str, one: Import) -> bool:
        """Whether an absolute import found the module only beside its importer in a package: a script may mean that one,
        but in a package the name stands for the library."""
        folder = path.removesuffix("/" + one.module.replace(".", "/"))
        return (
            not one.module.startswith("/") and folder != path and _join(folder, "__init__.py") in self._files
        )

    def _names(self, path: str) -> set[str] | None:
        """The top-level names of a module; None when they cannot be told (star imports, __getattr__, no source)."""
        file = next(
            (name for name in (f"{path}.py", _join(path, "__init__.py")) if name in self._files), None
        )
        if file is None:
            return None
        try:
            tree = ast.parse(self._text(file))
        except (OSError, SyntaxError, ValueError):
            return None
        names: set[str] = {"__name__", "__file__", "__doc__", "__path__", "__spec__", "__version__"}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
                return None
            names |= _bound(node)
        return None if "__getattr__" in names or "globals" in names else names

    def _text(self, file: str) -> str:
        changed = self._texts.get(file)
        if changed is not None:
            return changed
        path = self._root / file
        if path.is_symlink() or self._root.resolve() not in path.resolve().parents:
            raise OSError(f"{file} leads out of the project")
        return path.read_text(encoding="utf-8", errors="replace")

    def _nearest(self, one: Import, importer: str) -> list[str]:
        dotted = one.module.lstrip("/").replace("/", ".")
        names = set()
        for name in self._files:
            if name.endswith(".py"):
                plain = name[:-3].removesuffix("/__init__")
                for base in self._bases(importer):
                    if not base or plain.startswith(base + "/"):
                        names.add(plain[len(base) :].lstrip("/").replace("/", "."))
        return difflib.get_close_matches(dotted, sorted(names), n=3, cutoff=0.7)


def _bound(node: ast.AST) -> set[str]:
    """Names that a node binds somewhere in its module: more than the top level, so that no alarm is false."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Name(id=name):
            return {name} if isinstance(node.ctx, ast.Store) or name == "globals" else set()
        case ast.alias(name=name, asname=asname):
            return {asname or name.partition(".")[0]}
        case ast.Global(names=names):
            return set(names)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return {name}
    return set()


def _join(base: str, rest: str) -> str:
    return f"{base}/{rest}" if base not in ("", ".") else rest


def _with_nearest(text: str, names: Sequence[str]) -> str:
    return f"{text}; names like it: {', '.join(names)}" if names else text


def _diagnostic(path: str, line: int, message: str) -> Diagnostic:
    return Diagnostic(path, line, 1, CODE, message, "error", "imports")
