"""Which kinds of values go together under an operator or in a call, as far as kinds are known. Pure.

A kind is the name of a type, '' where it is not known; what is not known fits everywhere.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Mapping

NUMBERS = frozenset({"int", "float", "bool"})
TEXTS = frozenset({"str"})
ROWS = frozenset({"list", "tuple", "range", "str", "deque"})
ITERABLES = ROWS | {"set", "dict", "enumerate", "iterator"}
BITWISE = frozenset({"&", "|", "^", "<<", ">>"})
EQUALITY = frozenset({"==", "!=", "is", "is not"})
_BUILT_IN: Mapping[str, type] = {
    t.__name__: t for t in (int, float, bool, str, list, tuple, set, dict, range, type(None), deque)
}
_GIVES = {
    "len": "int", "range": "range", "sorted": "list", "list": "list", "set": "set", "dict": "dict", "tuple": "tuple", "str": "str",
    "int": "int", "float": "float", "bool": "bool", "enumerate": "enumerate", "reversed": "iterator", "zip": "iterator", "map": "iterator",
    "isinstance": "bool", "any": "bool", "all": "bool", "deque": "deque", "ord": "int", "chr": "str",
}  # fmt: skip


def kind_of_text(node: ast.expr) -> str:
    """The kind that the text of an expression shows."""
    match node:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return "bool"
        case ast.List() | ast.ListComp():
            return "list"
        case ast.Set() | ast.SetComp():
            return "set"
        case ast.Dict() | ast.DictComp():
            return "dict"
        case ast.Tuple():
            return "tuple"
        case ast.GeneratorExp():
            return "iterator"
        case ast.JoinedStr():
            return "str"
        case ast.Constant(value=value) if value is not ...:
            return type(value).__name__
        case ast.Call(func=ast.Name(id=name)):
            return _GIVES.get(name, "")
    return ""


def given_by(name: str) -> str:
    """The kind that a built-in function gives, '' where it depends."""
    return _GIVES.get(name, "")


def fits(name: str, *kinds: str) -> bool:
    """May operands of these kinds stand there? `name` is a sign, a function's name, '[]', '[:]' or '-x'."""
    rule = _RULES.get(name)
    return rule is None or rule(*kinds)


def alike(one: str, other: str) -> bool:
    """Do both kinds count as one?"""
    return not one or not other or one == other or {one, other} <= NUMBERS


def has(kind: str, name: str) -> bool:
    """May a value of the kind have an attribute or method of that name?"""
    return kind not in _BUILT_IN or hasattr(_BUILT_IN[kind], name)


def _number(*kinds: str) -> bool:
    return all(kind in ("", "int", "float") for kind in kinds)


def _added(one: str, other: str) -> bool:
    return alike(one, other) and all(k in ("", "int", "float", "str", "list", "tuple") for k in (one, other))


def _less(one: str, other: str) -> bool:
    return _number(one, other) or (one == other and one in ("set",))


def _times(one: str, other: str) -> bool:
    return _number(one, other) or any(
        a in ("str", "list", "tuple") and b in ("int", "") for a, b in ((one, other), (other, one))
    )


def _ordered(one: str, other: str) -> bool:
    return alike(one, other) and all(k in NUMBERS | {"", "str", "list", "tuple", "set"} for k in (one, other))


def _within(one: str, other: str) -> bool:
    return not other or (other in ITERABLES and (other != "str" or one in ("", "str")))


def _bits(one: str, other: str) -> bool:
    return all(k in ("", "int", "bool") for k in (one, other)) or (one == other == "set")


def _indexed(one: str, other: str) -> bool:
    return not one or (one == "dict") or (one in ROWS and other in ("", "int"))


def _cut(one: str, other: str) -> bool:
    return one in ROWS | {""} and other in ("", "int")


def _iterable(*kinds: str) -> bool:
    return all(not kind or kind in ITERABLES for kind in kinds)


def _counted(kind: str) -> bool:
    return not kind or (kind in ITERABLES and kind not in ("iterator", "enumerate"))


def _least(*kinds: str) -> bool:
    return _iterable(*kinds) if len(kinds) == 1 else _ordered(kinds[0], kinds[1])


_RULES: Mapping[str, Callable[..., bool]] = {
    "+": _added, "-": _less, "*": _times, **dict.fromkeys(("//", "/", "**", "-x", "abs", "range", "gcd", "isqrt", "sqrt", "chr", "round"), _number),
    "%": lambda a, b: a == "str" or _number(a, b), **dict.fromkeys(("&", "|", "^", "<<", ">>"), _bits),
    **dict.fromkeys(("<", "<=", ">", ">="), _ordered), **dict.fromkeys(("==", "!="), alike),
    **dict.fromkeys(("in", "not in"), _within), "[]": _indexed, "[:]": _cut, "[::-1]": lambda a: a in ROWS or not a, "len": _counted,
    **dict.fromkeys(("min", "max"), _least), **dict.fromkeys(("sum", "sorted", "set", "list", "reversed", "tuple", "enumerate", "zip", "any", "all"), _iterable),
}  # fmt: skip
