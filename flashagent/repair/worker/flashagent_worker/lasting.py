"""What outlives a test: the containers that the project's modules, classes and functions hold."""

from __future__ import annotations

import collections
import itertools
import sys
import types
from collections.abc import Iterable
from typing import Any

from flashagent_worker.limits import is_project

_MAPPINGS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
# Exact types: the size of any other may be told by the project's own code.
_SIZED = (*_MAPPINGS, list, set, bytearray, collections.deque)
MOST, INSIDE = 50_000, 200


class Lasting:
    """Sizes of what will be there for the next test, too. A loop that is cut in the middle of its work may have filled it,
    and the next candidate would be judged by that."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._sizes: list[tuple[Any, int]] = []
        pending: list[Any] = [m for m in list(sys.modules.values()) if self._is_own(m)]
        seen: set[int] = set()
        while pending and len(seen) < MOST:
            thing = pending.pop()
            if id(thing) not in seen:
                seen.add(id(thing))
                if type(thing) in _SIZED:
                    self._sizes.append((thing, len(thing)))
                pending.extend(self._inside(thing))

    def changed(self) -> bool:
        """Has anything another size than at first?"""
        return any(len(thing) != size for thing, size in self._sizes)

    def _is_own(self, module: Any) -> bool:
        if not issubclass(type(module), types.ModuleType):
            return False
        # A module that loads when it is touched, and a proxy, must not notice.
        filename = types.ModuleType.__getattribute__(module, "__dict__").get("__file__")
        return isinstance(filename, str) and is_project(filename, self._root)

    def _inside(self, thing: Any) -> Iterable[Any]:
        """What a thing holds that a test could leave changed; of what is not the project's, nothing."""
        kind = type(thing)
        if kind in _MAPPINGS:
            return itertools.islice(thing.values(), INSIDE)
        if kind in (list, tuple, collections.deque):
            return itertools.islice(thing, INSIDE)
        if kind in (staticmethod, classmethod):
            return [thing.__func__]
        if kind is types.FunctionType:
            return self._of_function(thing)
        if kind is types.ModuleType:
            own = vars(thing).items() if self._is_own(thing) else ()
            return [value for name, value in own if name != "__builtins__"]
        return self._attributes(thing)

    def _attributes(self, thing: Any) -> list[Any]:
        """Of a class of the project, or of an object of one."""
        kind = type(thing)
        owner = thing if issubclass(kind, type) else kind
        try:
            if not self._is_own(sys.modules.get(type.__getattribute__(owner, "__module__"))):
                return []
            held = vars(thing) if owner is thing else object.__getattribute__(thing, "__dict__")
        except (AttributeError, TypeError):  # it has slots, or is of a mind of its own
            return []
        return list(held.values())

    def _of_function(self, function: types.FunctionType) -> list[Any]:
        held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        for cell in function.__closure__ or ():
            try:
                held.append(cell.cell_contents)
            except ValueError:  # not bound yet
                continue
        return held
