"""A candidate's values in place of those of loaded modules and classes, and back."""

from __future__ import annotations
import __future__

import ast
import copy
import os
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it


_real: dict[str, str] = {}


def _real_path(filename: str) -> str:
    """Its real path; asked of the disk once, as there are hundreds of modules and thousands of candidates."""
    if filename not in _real:
        _real[filename] = os.path.realpath(filename)
    return _real[filename]


def modules_of(path: str) -> list[types.ModuleType]:
    """The loaded modules of a file."""
    found = []
    for module in list(sys.modules.values()):
        if type(module) is types.ModuleType:
            filename = getattr(module, "__file__", None)
            if isinstance(filename, str) and _real_path(filename) == path:
                found.append(module)
    return found


def home_of(part: Json, module: types.ModuleType) -> Any:
    """The module, or the class in it to which the part belongs; None when there is no such class."""
    home: Any = module
    for name in part["classes"]:
        home = vars(home).get(name)
        if not isinstance(home, type):
            return None
    return home


def definition(part: Json, module: types.ModuleType, names: dict[str, Any] | None = None) -> Json | None:
    """What a statement of the module binds when it runs again; None when it cannot."""
    local: Json = dict(names or {})
    try:
        tree = ast.parse(part["code"])
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                node.decorator_list = []
        # Annotations may name what only a type checker imports: they stay texts.
        flags = __future__.annotations.compiler_flag
        exec(compile(tree, part["path"], "exec", flags, dont_inherit=True), dict(vars(module)), local)
    except Exception:  # whatever an import would have raised
        return None
    return local


class LiveData:
    """Variables of loaded modules and classes, given other values and put back."""

    CONTAINERS = (list, dict, set)

    def __init__(self) -> None:
        self.undo: list[tuple[Any, str, Any]] = []
        self.emptied: list[tuple[Any, Any]] = []

    def put_in(self, part: Json) -> str:
        """Run the changed statement and give its values to everybody who holds the old ones. '' or why not."""
        modules = modules_of(part["path"])
        if not modules:
            return "unreachable"
        for module in modules:
            home = home_of(part, module)
            if home is None:
                return "unreachable"
            values = definition(part, module, dict(vars(home)) if home is not module else None)
            if values is None:
                return "invalid"
            for name in part["names"]:
                if name not in vars(home) or name not in values:
                    return "unreachable"
                try:
                    self._put(home, name, values[name])
                except (AttributeError, TypeError):  # a class that keeps its values, such as an enumeration
                    return "unreachable"
        return ""

    def _put(self, home: Any, name: str, new: Any) -> None:
        old = vars(home)[name]
        if type(old) is type(new) and type(old) in self.CONTAINERS:
            self.emptied.append((old, copy.copy(old)))
            refill(old, new)
            return
        self.undo.append((home, name, old))
        setattr(home, name, new)
        for module in list(sys.modules.values()):  # who imported it by name
            if (
                type(module) is types.ModuleType
                and module is not home
                and vars(module).get(name, home) is old
            ):
                self.undo.append((module, name, old))
                setattr(module, name, new)

    def revert(self) -> None:
        for home, name, value in reversed(self.undo):
            setattr(home, name, value)
        for container, before in reversed(self.emptied):
            refill(container, before)
        self.undo, self.emptied = [], []


def refill(container: Any, values: Any) -> None:
    container.clear()
    if type(container) is list:
        container.extend(values)
    else:
        container.update(values)
