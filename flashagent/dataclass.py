"""`dataclass` as the standard library's, for a program that defines hundreds and uses a few of them in a run.

Defining a frozen class with slots takes the standard library half a millisecond, most of it for compiling methods that
nobody may call: a quarter of the time to the first request. Here each method is made when it is first asked for. What is
not the common case (a base class, no slots, an order, fields that are keyword-only or have no place in `__init__`) goes to
the standard library at once. To a type checker this is `dataclasses.dataclass`; at run time `fields`, `replace`, `asdict`,
matching, copying and pickling work as they do there. Only a class without a docstring stays without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field, fields
from dataclasses import dataclass as standard
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True, **more):
        """As `dataclasses.dataclass`."""

        def decorate(cls):
            own = _common(cls) if slots and not more else None
            if own is None:
                return standard(cls, frozen=frozen, slots=slots, eq=eq, **more)
            return _Definition(cls, own, frozen, eq).cls

        return decorate if cls is None else decorate(cls)


_UNCOMMON_KINDS = ("ClassVar", "InitVar", "KW_ONLY")
_UNCOMMON_NAMES = frozenset(("__slots__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"))
_BY_STANDARD = ("__repr__", "__dataclass_fields__", "__dataclass_params__", "__replace__")
_REPLACES = hasattr(standard(type("_", (), {})), "__replace__")  # from Python 3.13 on


def _common(cls: type) -> dict[str, Field[Any]] | None:
    """The fields of a class in their order; None where it is no common case, or not in order."""
    names = cls.__dict__
    if cls.__bases__ != (object,) or not _UNCOMMON_NAMES.isdisjoint(names):
        return None
    found: dict[str, Field[Any]] = {}
    optional = False
    for name, kind in names.get("__annotations__", {}).items():
        default = names.get(name, MISSING)
        one = default if isinstance(default, Field) else field(default=default)
        required = one.default is MISSING and one.default_factory is MISSING
        if (
            not isinstance(kind, str)
            or any(word in kind for word in _UNCOMMON_KINDS)
            or not one.init
            or one.kw_only is True
            or one.hash is not None
            or (required and optional)
            or one.default.__class__.__hash__ is None
        ):
            return None
        optional = not required
        found[name] = one
    return found


class _Definition:
    """`cls` is the class with slots; its methods are made from what it was decorated on."""

    def __init__(self, cls: type, own: dict[str, Field[Any]], frozen: bool, eq: bool) -> None:
        self._fields, self._frozen, self._eq = own, frozen, eq
        self._decorated = cls
        self._is_standard = False
        names = {
            name: value
            for name, value in cls.__dict__.items()
            if name not in own and name not in ("__dict__", "__weakref__")
        }
        self.cls = type(cls)(
            cls.__name__, cls.__bases__, {**self._waiting(), **names, "__slots__": tuple(own)}
        )

    def _waiting(self) -> dict[str, object]:
        """What the class gets where its body does not say otherwise."""
        compared = [name for name, one in self._fields.items() if one.compare]
        made: dict[str, object] = {
            "__match_args__": tuple(self._fields),
            "__init__": _Waiting("__init__", self._init),
        }
        for name in _BY_STANDARD if _REPLACES else _BY_STANDARD[:-1]:
            made[name] = _Waiting(name, self._by_standard)
        if self._frozen:
            made |= self._frozen_methods()
        if self._eq:
            made["__eq__"] = _Waiting("__eq__", lambda _: _equal(compared))
            made["__hash__"] = _Waiting("__hash__", lambda _: _hashing(compared)) if self._frozen else None
        return made
