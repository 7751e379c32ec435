"""A candidate's functions in place of the live ones, and back."""

from __future__ import annotations
import __future__

import ast
import gc
import importlib.machinery
import os
import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flashagent_worker.counting import counted
from flashagent_worker.limits import is_project
from flashagent_worker.livedata import LiveData, definition, home_of, modules_of

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it


# The one future that is not yet everywhere; `compile` refuses other flags that a code object may carry.
FUTURE_FLAGS = __future__.annotations.compiler_flag


class LiveCode:
    """The project's function objects by the identity of their code (that of two files may be equal), and their code replaced
    and put back."""

    def __init__(self, root: str) -> None:
        self.functions: dict[int, list[types.FunctionType]] = {}
        self.units: dict[tuple[str, int, str], list[types.CodeType]] = {}
        self.caches: list[Any] = []
        self.swapped: list[tuple[types.FunctionType, types.CodeType]] = []
        self.data = LiveData()
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType and is_project(thing.__code__.co_filename, root):
                self._add(thing)
            elif type(thing).__name__ == "_lru_cache_wrapper":
                self.caches.append(thing)

    def _add(self, function: types.FunctionType) -> None:
        code = function.__code__
        known = self.functions.setdefault(id(code), [])
        known.append(function)
        if len(known) == 1:
            key = (os.path.realpath(code.co_filename), code.co_firstlineno, code.co_name)
            self.units.setdefault(key, []).append(code)

    def apply(self, candidate: Json) -> str:
        """Swap the candidate's functions in, their rounds counted. '' or why not: 'invalid' (does not compile) or
        'unreachable'."""
        for part in candidate["parts"]:
            why = self.put_in(part)
            if why:
                self.revert()
                return why
        self._forget_results()
        return ""

    def _forget_results(self) -> None:
        for cache in self.caches:
            cache.cache_clear()

    def put_in(self, part: Json) -> str:
        """One part; what was put in before stays when it does not fit."""
        if part.get("data") == "defaults":
            return self._defaults(part)
        return self.data.put_in(part) if part.get("data") else self._part(part)

    def _part(self, part: Json) -> str:
        old_codes = self.units.get((part["path"], part["line"], part["name"]))
        if not old_codes:
            return "unreachable"
        for old in old_codes:
            try:
                new = compile_unit(part, old)
            except (SyntaxError, ValueError, RecursionError, OverflowError, MemoryError):
                return "invalid"
            if new is None or not self._swap(old, new):
                return "unreachable"
        return ""

    def _defaults(self, part: Json) -> str:
        """Give the live functions the defaults that the changed definition has."""
        old_codes = self.units.get((part["path"], part["line"], part["name"]))
        module = next(iter(modules_of(part["path"])), None)
        if not old_codes or module is None:
            return "unreachable"
        home = home_of(part, module)
        if home is None:
            return "unreachable"
        values = definition(part, module, dict(vars(home)) if home is not module else None)
        made = values.get(part["name"]) if values is not None else None
        if type(made) is not types.FunctionType:
            return "invalid"
        for old in old_codes:
            for function in self.functions.get(id(old), ()):
                self.data.undo.append((function, "__defaults__", function.__defaults__))
                self.data.undo.append((function, "__kwdefaults__", function.__kwdefaults__))
                function.__defaults__ = made.__defaults__
                function.__kwdefaults__ = made.__kwdefaults__
        return ""

    def _swap(self, old: types.CodeType, new: types.CodeType) -> bool:
        for before, after in paired(old, new):
            live = self.functions.get(id(before), ())
            if live and before.co_freevars != after.co_freevars:
                return False  # a closure's cells have no names: as many others would be taken for them
            for function in live:
                try:
                    function.__code__ = after
                except ValueError:  # a function that does not take it
                    return False
                self.swapped.append((function, before))
        return True

    def revert(self) -> None:
        for function, code in reversed(self.swapped):
            function.__code__ = code
        self.swapped = []
        self.data.revert()
        self._forget_results()  # what the candidate computed is not the base's


def compile_unit(candidate: Json, old: types.CodeType) -> types.CodeType | None:
    """The code of the function named in the candidate, compiled with the flags of the old one, its rounds counted."""
    tree = counted(ast.parse(candidate["code"]), candidate.get("unit"))
    ast.increment_lineno(tree, candidate["offset"])
    flags = old.co_flags & FUTURE_FLAGS
    module = compile(tree, old.co_filename, "exec", flags=flags, dont_inherit=True)
    pending = [module]
    while pending:
        for constant in pending.pop().co_consts:
            if isinstance(constant, types.CodeType):
                if constant.co_firstlineno == candidate["line"] and constant.co_name == candidate["name"]:
                    return constant
                pending.append(constant)
    return None


def paired(old: types.CodeType, new: types.CodeType) -> Iterable[tuple[types.CodeType, types.CodeType]]:
    """Old and new code objects that stand for the same function, outermost first."""
    yield old, new
    inner: dict[str, list[types.CodeType]] = {}
    for constant in new.co_consts:
        if isinstance(constant, types.CodeType):
            inner.setdefault(constant.co_name, []).append(constant)
    for constant in old.co_consts:
        if isinstance(constant, types.CodeType) and inner.get(constant.co_name):
            yield from paired(constant, inner[constant.co_name].pop(0))


class ChangedSource:
    """Makes every later import of one file see another text."""

    def __init__(self, path: str, text: str) -> None:
        original = importlib.machinery.SourceFileLoader.get_code

        def get_code(loader: Any, fullname: str) -> Any:
            filename = loader.get_filename(fullname)
            if os.path.realpath(filename) == path:
                return compile(text, filename, "exec", dont_inherit=True)
            return original(loader, fullname)

        importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]
