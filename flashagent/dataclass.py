"""`dataclass` as the standard library's, for a program that defines hundreds and uses a few of them in a run.

Defining a frozen class with slots takes the standard library half a millisecond, most of it for compiling methods that
nobody may call: a quarter of the time to the first request. Here each method is made when it is first asked for. What is
not the common case (a base class, an order, fields that are keyword-only or have no place in `__init__`) goes to the
standard library at once. To a type checker this is `dataclasses.dataclass`; at run time `fields`, `replace`, `asdict`,
matching, copying and pickling work as they do there. Only a class without a docstring stays without one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, field, fields
from dataclasses import dataclass as standard
from functools import partial
from reprlib import recursive_repr
from threading import Lock
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True, **more):
        """As `dataclasses.dataclass`."""

        def decorate(cls):
            own = None if more else _common(cls)
            if own is None:
                return standard(cls, frozen=frozen, slots=slots, eq=eq, **more)
            made = _methods(cls, own, frozen, eq)
            return _slotted(cls, own, made, frozen) if slots else _extended(cls, own, made)

        return decorate if cls is None else decorate(cls)


_Fields = Mapping[str, "Field[Any]"]
_UNCOMMON_KINDS = ("ClassVar", "InitVar", "KW_ONLY")
_UNCOMMON_NAMES = frozenset(("__slots__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"))
_BY_STANDARD = ["__dataclass_fields__"]
if hasattr(standard(type("_", (), {})), "__replace__"):  # from Python 3.13 on
    _BY_STANDARD.append("__replace__")
_ONCE = Lock()


def _common(cls: type) -> _Fields | None:
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


class _Waiting:
    """An attribute of a class that is made when it is first asked for, and then takes this one's place."""

    def __init__(self, make: Callable[[type], Any]) -> None:
        self._make = make

    def __set_name__(self, cls: type, name: str) -> None:
        self._cls, self._name = cls, name

    def __get__(self, instance: object, owner: type) -> Any:
        made = self._make(self._cls)
        setattr(self._cls, self._name, made)
        return made.__get__(instance, owner) if isinstance(made, FunctionType) else made


def _methods(cls: type, own: _Fields, frozen: bool, eq: bool) -> dict[str, Any]:
    """What waits in the class where its body has nothing of the name."""
    made: dict[str, Any] = {
        "__match_args__": tuple(own),
        "__init__": _Waiting(partial(_init, own, frozen)),
        "__repr__": _Waiting(partial(_repr, own)),
        "__dataclass_params__": _Waiting(partial(_params, frozen, eq)),
        **{name: _Waiting(one) for name, one in _from_standard(cls, own).items()},
    }
    if eq:
        made["__eq__"] = _Waiting(partial(_equality, own))
        made["__hash__"] = _Waiting(partial(_hash, own)) if frozen else None
    if frozen:
        made["__setattr__"] = _Waiting(partial(_refusing, "__setattr__", "assign to"))
        made["__delattr__"] = _Waiting(partial(_refusing, "__delattr__", "delete"))
    names = cls.__dict__
    hashed = (
        names.get("__hash__", MISSING) is None and "__eq__" in names
    )  # by the interpreter, not by the body
    return {k: v for k, v in made.items() if k not in names or (k == "__hash__" and hashed)}


def _slotted(plain: type, own: _Fields, made: Mapping[str, Any], frozen: bool) -> type:
    """Another class of the same body, since slots cannot be added."""
    names = {name: value for name, value in plain.__dict__.items() if name not in own}
    del names["__dict__"], names["__weakref__"]
    if frozen:
        names["__getstate__"], names["__setstate__"] = _state, _set_state
    more = {"__qualname__": plain.__qualname__, "__slots__": tuple(own)}
    return type(plain.__name__, (object,), {**names, **made, **more})


def _extended(cls: type, own: _Fields, made: Mapping[str, Any]) -> type:
    for name, one in own.items():
        if one.default is not MISSING:
            setattr(cls, name, one.default)
        elif name in cls.__dict__:
            delattr(cls, name)
    for name, value in made.items():
        setattr(cls, name, value)
        if isinstance(value, _Waiting):
            value.__set_name__(cls, name)
    return cls


def _from_standard(cls: type, own: _Fields) -> dict[str, Callable[[type], Any]]:
    """What only the standard library can make, by name: of a class with the same fields."""
    names = cls.__dict__
    body: dict[str, Any] = {name: names[name] for name in own if name in names}
    annotations = names.get("__annotations__", {})
    made: dict[str, Any] = {}

    def make(name: str, _: type) -> Any:
        with _ONCE:
            if not made:
                about = {"__annotations__": annotations, "__module__": cls.__module__, "__doc__": "-"}
                twin: Any = standard(
                    type(cls.__name__, (), {**body, **about}), init=False, repr=False, eq=False
                )
                made.update({one: twin.__dict__[one] for one in _BY_STANDARD})
        return made[name]

    return {name: partial(make, name) for name in _BY_STANDARD}


def _params(frozen: bool, eq: bool, _: type) -> object:
    """What the standard library looks at when a class of ours is a base class."""
    return standard(type("_", (), {}), frozen=frozen, eq=eq).__dict__["__dataclass_params__"]


def _init(own: _Fields, frozen: bool, cls: type) -> FunctionType:
    """Sets each field; through its slot where there is one, which takes half the time of a frozen class's other way."""
    this = "self" if "self" not in own else "self_"
    known: dict[str, Any] = {}
    parameters, lines = [this], []
    for name, one in own.items():
        value = name
        if one.default_factory is not MISSING:
            known |= {"_missing": MISSING, f"_make_{name}": one.default_factory}
            value = f"_make_{name}() if {name} is _missing else {name}"
            parameters.append(f"{name}=_missing")
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        if not frozen:
            lines.append(f"{this}.{name} = {value}")
        elif "__slots__" in cls.__dict__:
            known[f"_set_{name}"] = cls.__dict__[name].__set__
            lines.append(f"_set_{name}({this}, {value})")
        else:
            known["_set"] = object.__setattr__
            lines.append(f"_set({this}, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append(f"{this}.__post_init__()")
    init = _compiled(cls, "__init__", parameters, lines or ["pass"], known)
    init.__annotations__ = {**{name: cls.__annotations__[name] for name in own}, "return": None}
    return init


def _equality(own: _Fields, cls: type) -> FunctionType:
    lines = ["if other.__class__ is not self.__class__:", " return NotImplemented"]
    lines.append(f"return {_compared(own, 'self')} == {_compared(own, 'other')}")
    return _compiled(cls, "__eq__", ["self", "other"], lines)


def _hash(own: _Fields, cls: type) -> FunctionType:
    return _compiled(cls, "__hash__", ["self"], [f"return hash({_compared(own, 'self')})"])


def _compared(own: _Fields, this: str) -> str:
    return f"({''.join(f'{this}.{name}, ' for name, one in own.items() if one.compare)})"


def _compiled(
    cls: type,
    name: str,
    parameters: Sequence[str],
    lines: Sequence[str],
    known: Mapping[str, Any] | None = None,
) -> FunctionType:
    """A method of the class. Its text holds names of fields and our own words only."""
    made: dict[str, FunctionType] = {}
    body = "\n ".join(lines)
    exec(f"def {name}({', '.join(parameters)}):\n {body}", dict(known or {}), made)
    made[name].__module__, made[name].__qualname__ = cls.__module__, f"{cls.__qualname__}.{name}"
    return made[name]


def _repr(own: _Fields, _: type) -> FunctionType:
    shown = [name for name, one in own.items() if one.repr]

    def __repr__(self: object) -> str:  # noqa: N807
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__qualname__}({values})"

    return cast(FunctionType, recursive_repr()(__repr__))


def _refusing(name: str, what: str, cls: type) -> FunctionType:
    """`__setattr__` or `__delattr__` of a frozen class; one that inherits from it may have fields of its own."""

    def refuse(self: object, attribute: str, *value: object) -> None:
        if type(self) is cls or attribute in cls.__dict__["__match_args__"]:
            raise FrozenInstanceError(f"cannot {what} field {attribute!r}")
        getattr(object, name)(self, attribute, *value)

    return cast(FunctionType, refuse)


def _state(self: Any) -> list[object]:
    return [getattr(self, one.name) for one in fields(self)]


def _set_state(self: Any, state: Sequence[object]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
