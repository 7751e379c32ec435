"""What Python code mentions that can look into a test runner or change its verdict: by its syntax, so that comments and
plain strings do not count. Pure; nothing is run.

It finds what is written openly. Code that hides names from a reader (built from pieces) is for the reporter's guard.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

_MODULES = frozenset({
    "unittest", "pytest", "_pytest", "pluggy", "gc", "ctypes", "_ctypes", "atexit", "flashagent_reporter",
    "flashagent_unittest", "flashagent_watchdog",
})  # fmt: skip
# Names that say enough wherever they stand.
_ATTRIBUTES = frozenset({
    "__code__", "__closure__", "cell_contents", "settrace", "setprofile", "settrace_all_threads",
    "setprofile_all_threads", "_getframe", "_current_frames", "_exit", "currentframe", "getouterframes",
    "getinnerframes", "f_back", "f_locals", "f_globals", "f_builtins", "get_objects", "get_referrers", "get_referents",
})  # fmt: skip
# Names that say it only of this module.
_OF_MODULE = {"sys": frozenset({"modules", "monitoring"}), "inspect": frozenset({"stack", "trace"})}
BINDING_MODULES = frozenset(_OF_MODULE)
"""What a mention of them means depends on the names that a file imports them by."""
_NAMING_CALLS = frozenset({"getattr", "setattr", "delattr", "hasattr"})
OF_MODULES = re.compile(
    rf"[^\x00-\x7f]|\b(?:{'|'.join(sorted(_NAMING_CALLS.union(*_OF_MODULE.values())))})\b"
)
"""Found in all code that could mention something of them; letters beyond ASCII may be read as plain ones."""
_IMPORTING_CALLS = frozenset({"__import__", "import_module"})
_RUNNING_CALLS = frozenset({"exec", "eval", "compile"})
_TEXT = re.compile(
    rf"^\s*(?:from|c?import)\s+({'|'.join(sorted(_MODULES))})\b|"
    rf"\b(?:sys\.)?(modules)\s*\[|\.({'|'.join(sorted(_ATTRIBUTES))})\b",
    re.MULTILINE,
)


def mentions(text: str) -> frozenset[str]:
    """The telling names in the code. Text that is not Python of this interpreter's version is searched by pattern."""
    tree = _parsed(text)
    if tree is None:
        return frozenset(next(filter(None, match.groups())) for match in _TEXT.finditer(text))
    return frozenset(_in_tree(tree))


def code_only(text: str) -> str:
    """The code without comments and without the contents of strings; as it is when it cannot be parsed."""
    return _unparsed(text, lambda tree: _Emptied().visit(tree))


def without_comments(text: str) -> str:
    """The code without comments; as it is when it cannot be parsed."""
    return _unparsed(text, lambda tree: tree)


def _unparsed(text: str, change: Callable[[ast.Module], ast.AST]) -> str:
    tree = _parsed(text)
    try:
        return text if tree is None else ast.unparse(change(tree))
    except RecursionError:
        return text


class _Emptied(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.copy_location(ast.Constant(""), node) if isinstance(node.value, str) else node


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _in_tree(tree: ast.AST) -> Iterator[str]:
    bound = _bound_modules(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (top for name in node.names if (top := name.name.partition(".")[0]) in _MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from _from_module(node)
        elif isinstance(node, ast.Attribute):
            if node.attr in _ATTRIBUTES:
                yield node.attr
            elif isinstance(node.value, ast.Name):
                yield from _of_module(bound.get(node.value.id, ""), node.attr)
        elif isinstance(node, ast.Call):
            yield from _in_call(node, bound)


def _bound_modules(tree: ast.AST) -> dict[str, str]:
    """The module of `_OF_MODULE` that each name stands for."""
    names = (name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names)
    return {name.asname or name.name: name.name for name in names if name.name in _OF_MODULE}


def _from_module(node: ast.ImportFrom) -> Iterator[str]:
    module = node.module or ""
    if module.partition(".")[0] in _MODULES:
        yield module.partition(".")[0]
    for name in node.names:
        if name.name in _ATTRIBUTES:
            yield name.name
        else:
            yield from _of_module(module, name.name)


def _of_module(module: str, name: str) -> Iterator[str]:
    if name in _OF_MODULE.get(module, ()):
        yield f"{module}.{name}"


def _in_call(node: ast.Call, bound: dict[str, str]) -> Iterator[str]:
    """Names that are given as plain strings to what imports, looks up or runs them."""
    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if called in _IMPORTING_CALLS:
        yield from (top for word in words[:1] if (top := word.partition(".")[0]) in _MODULES)
    elif called in _NAMING_CALLS and words:
        if words[0] in _ATTRIBUTES:
            yield words[0]
        elif isinstance(node.args[0], ast.Name):
            yield from _of_module(bound.get(node.args[0].id, ""), words[0])
    elif called in _RUNNING_CALLS and (inner := _parsed(words[0] if words else "")) is not None:
        yield from _in_tree(inner)
