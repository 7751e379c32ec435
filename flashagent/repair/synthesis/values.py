"""Values that variables were seen to hold, as plain data, and what operators and built-in functions make of them. Pure.

Nothing of the project runs here: a value that came from a worker is a number, a text, a list of such, or a `Thing` with
attributes, and only the functions of this file are called with it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flashagent.dataclass import dataclass

BITS, LONGEST = 200, 400


class _Unknown:
    """No value: nobody knows it, or evaluating it failed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


MISSING, FAILED = _Unknown("MISSING"), _Unknown("FAILED")
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """An object of the project: the same one wherever it has the same `number` in one state."""

    number: int
    kind: str
    held: dict[str, Any]

    def __repr__(self) -> str:
        return f"<{self.kind} {self.number}>"


@dataclass(frozen=True, slots=True)
class State:
    """What the names of a function held when a line was about to run."""

    line: int
    held: Mapping[str, Any]


def state_from(told: Mapping[str, Any]) -> State:
    """A state as a worker tells it; what it cannot show is MISSING. Raises ValueError for anything else."""
    things: dict[int, Thing] = {}
    try:
        held = {str(name): _value(value, things) for name, value in told["held"].items()}
        return State(int(told["line"]), held)
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError("a state of the worker is malformed") from error


def _value(told: Any, things: dict[int, Thing]) -> Any:
    if not isinstance(told, list):
        return told
    letter, rest = told[0], told[1:]
    if letter == "x":
        return MISSING
    if letter == "r":
        return things[rest[0]]
    if letter == "n":
        start, stop, step = (int(part) for part in rest)
        return range(start, stop, step)
    if letter == "o":
        thing = things[rest[0]] = Thing(int(rest[0]), str(rest[1]), {})
        thing.held.update({str(n): _value(v, things) for n, v in rest[2].items()})
        return thing
    if letter == "d":
        return _whole({_value(k, things): _value(v, things) for k, v in rest})
    items = [_value(item, things) for item in rest]
    return _whole({"l": list, "t": tuple, "s": set}[letter](items))


def _whole(value: Any) -> Any:
    """A container of which a part is unknown is unknown: what is said of it might be wrong."""
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    return MISSING if any(part is MISSING for part in parts) else value


def kind_of(values: Sequence[Any]) -> str:
    """The one kind of the known values, '' where there is none or several."""
    kinds = {_kind(value) for value in values if value is not MISSING and value is not FAILED}
    kinds -= {"NoneType"} if len(kinds) > 1 else set()
    return kinds.pop() if len(kinds) == 1 else "float" if kinds == {"int", "float"} else ""


def _kind(value: Any) -> str:
    return value.kind if isinstance(value, Thing) else type(value).__name__


def applied(function: Callable[..., Any], vectors: Sequence[Values]) -> Values:
    """The function's values, one for each state."""
    return tuple(_one(function, given) for given in zip(*vectors, strict=True))


def _one(function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    for value in given:
        if value is FAILED or value is MISSING:
            return value
    try:
        return _bounded(function(*given))
    except Exception:  # whatever is wrong with these operands: that is the answer
        return MISSING if any(isinstance(value, Thing) for value in given) else FAILED


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > BITS:
        return MISSING
    return MISSING if isinstance(value, str | list | tuple) and len(value) > LONGEST else value


def _times(a: Any, b: Any) -> Any:
    for some, count in ((a, b), (b, a)):
        if isinstance(some, str | list | tuple) and isinstance(count, int) and len(some) * count > LONGEST:
            return MISSING
    return a * b


def _power(a: Any, b: Any) -> Any:
    return MISSING if abs(b) > 64 or abs(a) > 1 << 32 else a**b


def _shifted(a: Any, b: Any) -> Any:
    return MISSING if b > BITS else a << b


def _listed(a: Any) -> list[Any]:
    if isinstance(a, range) and len(a) > LONGEST:
        raise OverflowError
    return list(a)


def _ranged(*given: int) -> Any:
    made = range(*given)
    return MISSING if len(made) > LONGEST else made


def attribute(name: str) -> Callable[[Any], Any]:
    """What reads one attribute of a thing."""

    def read(value: Any) -> Any:
        return value.held.get(name, MISSING) if isinstance(value, Thing) else _no(name)

    return read


def _no(name: str) -> Any:
    raise AttributeError(name)


BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": _times, "//": operator.floordiv, "%": operator.mod, "/": operator.truediv,
    "**": _power, "&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": _shifted, ">>": operator.rshift, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b, "is": operator.is_, "is not": operator.is_not,
}  # fmt: skip
CALLS: Mapping[str, Callable[..., Any]] = {
    "len": len, "min": min, "max": max, "abs": abs, "sum": sum, "sorted": sorted, "set": lambda a: set(_listed(a)), "list": _listed,
    "tuple": lambda a: tuple(_listed(a)), "reversed": lambda a: _listed(a)[::-1], "str": lambda a: MISSING if isinstance(a, Thing) else str(a),
    "int": int, "float": float, "bool": bool, "any": any, "all": all, "round": round, "ord": ord, "chr": chr, "range": _ranged,
    "enumerate": lambda a: list(enumerate(_listed(a))), "zip": lambda a, b: list(zip(a, b, strict=False)), "gcd": math.gcd,
    "isqrt": math.isqrt, "sqrt": math.sqrt, "divmod": divmod,
}  # fmt: skip
_TEXTS = ("isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "lower", "upper", "strip", "lstrip", "rstrip", "split",
          "startswith", "endswith", "title", "swapcase", "capitalize", "join", "replace", "find")  # fmt: skip
_METHODS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(_TEXTS, (str,)), "keys": (dict,), "values": (dict,), "items": (dict,), "get": (dict,), "copy": (list, dict, set),
    "index": (list, str, tuple), "count": (list, str, tuple), "union": (set,), "intersection": (set,),
}  # fmt: skip


def method(name: str) -> Callable[..., Any]:
    """What calls a method that changes nothing; of any other nobody knows what it gives."""

    def call(value: Any, *given: Any) -> Any:
        if isinstance(value, Thing) or name not in _METHODS:
            return MISSING
        if not isinstance(value, _METHODS[name]):
            raise AttributeError(name)
        result = getattr(value, name)(*given)
        return list(result) if name in ("keys", "values", "items") else result

    return call


def item(value: Any, place: Any) -> Any:
    """`value[place]`."""
    return value[place]


def after(value: Any, start: Any) -> Any:
    """`value[start:]`."""
    return value[start:]


def before(value: Any, stop: Any) -> Any:
    """`value[:stop]`."""
    return value[:stop]


def backwards(value: Any) -> Any:
    """`value[::-1]`."""
    return value[::-1]


def short(both: bool, one: Values, other: Values) -> Values:
    """`and` (`both`) or `or`, which do not look at the second where the first decides."""
    pairs = zip(one, other, strict=True)
    return tuple(a if a is MISSING or a is FAILED or bool(a) != both else b for a, b in pairs)


def picked(first: Values, condition: Values, second: Values) -> Values:
    """`first if condition else second`, which looks at one of them alone."""
    found = []
    for a, c, b in zip(first, condition, second, strict=True):
        found.append(c if c is MISSING or c is FAILED else a if c else b)
    return tuple(found)
