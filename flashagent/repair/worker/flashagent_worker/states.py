"""What the variables of some functions hold while tests run, as plain data."""

from __future__ import annotations

import collections
import os
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it

PLAIN = (type(None), bool, int, float, str)
LISTED: dict[type, str] = {
    list: "l", tuple: "t", set: "s", frozenset: "s", collections.deque: "l", dict: "d",
    collections.defaultdict: "d", collections.Counter: "d", collections.OrderedDict: "d",
}  # fmt: skip
DEEPEST, LONGEST, LARGEST = 5, 24, 160
BITS, CHARACTERS = 200, 160
# Of the times that a line is reached in one test, those at which somebody looks: the first, and then ever rarer ones.
LOOKED_AT = frozenset([1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
MOST = 300
RETURNED = "return"  # the name under which a function's result is shown


class States:
    """The variables of the units (path, first and last line), by the lines that were about to run."""

    def __init__(self, units: list[Any]) -> None:
        self._units: dict[str, list[Any]] = {}
        for number, (path, first, last) in enumerate(units):
            self._units.setdefault(path, []).append((first, last, number))
        self._known: dict[types.CodeType, int] = {}
        self._reached: dict[Any, int] = {}
        self.found: list[Json] = []

    def run(self, call: Callable[[], Any]) -> Any:
        self._reached, self.found = {}, []
        sys.settrace(self._enter)
        try:
            return call()
        finally:
            sys.settrace(None)

    def _unit(self, code: types.CodeType) -> int:
        if code not in self._known:
            there = self._units.get(os.path.realpath(code.co_filename), ())
            held = [n for first, last, n in there if first <= code.co_firstlineno <= last]
            self._known[code] = held[0] if held else -1
        return self._known[code]

    def _enter(self, frame: Any, _event: str, _argument: Any) -> Any:
        unit = self._unit(frame.f_code)
        if unit < 0 or len(self.found) >= MOST:
            return None

        def local(frame: Any, event: str, argument: Any) -> Any:
            if event in ("line", "return"):  # at its end a comprehension has its variables
                key = (unit, frame.f_lineno, event)
                self._reached[key] = times = self._reached.get(key, 0) + 1
                if times in LOOKED_AT and len(self.found) < MOST:
                    shown = Shown()
                    held = {name: shown.value(value) for name, value in frame.f_locals.items()}
                    if event == "return":
                        held[RETURNED] = shown.value(argument)
                    self.found.append({"unit": unit, "line": frame.f_lineno, "held": held})
            return local

        return local


class Shown:
    """Values as lists that begin with a letter for their kind; plain ones as they are. An object is shown by its
    attributes, once, and by its number where it comes again; what cannot be shown is ['x', its type]."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._left = LARGEST

    def value(self, value: Any, depth: int = 0) -> Any:
        self._left -= 1
        kind = type(value)
        if kind in PLAIN:
            small = not (kind is int and value.bit_length() > BITS) and not (
                kind is str and len(value) > CHARACTERS
            )
            return value if small else ["x", kind.__name__]
        if depth > DEEPEST or self._left <= 0:
            return ["x", kind.__name__]
        if kind is range:
            return ["n", value.start, value.stop, value.step]
        if kind in LISTED:
            return self._listed(value, LISTED[kind], depth)
        return self._object(value, depth)

    def _listed(self, value: Any, letter: str, depth: int) -> Any:
        if len(value) > LONGEST:
            return ["x", type(value).__name__]
        if letter == "d":
            return ["d", *([self.value(k, depth + 1), self.value(v, depth + 1)] for k, v in value.items())]
        items = [self.value(item, depth + 1) for item in value]
        return [letter, *(sorted(items, key=repr) if letter == "s" else items)]

    def _object(self, value: Any, depth: int) -> Any:
        if isinstance(value, (type, types.FunctionType, types.ModuleType, types.BuiltinFunctionType)):
            return ["x", type(value).__name__]
        number = self._numbers.get(id(value))
        if number is not None:
            return ["r", number]
        self._numbers[id(value)] = number = len(self._numbers)
        held = dict(getattr(value, "__dict__", None) or {})
        for name in getattr(type(value), "__slots__", ()):
            if isinstance(name, str) and hasattr(value, name):
                held[name] = getattr(value, name)
        if not held:
            return ["x", type(value).__name__]
        return ["o", number, type(value).__name__, {n: self.value(v, depth + 1) for n, v in held.items()}]
