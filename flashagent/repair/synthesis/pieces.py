"""What the expressions for one function are made of: its names, literals and larger pieces, the operators, calls and methods
that it and its module use, and after them the usual ones. Pure.

That most repairs are made of what stands in the program already is what keeps this small (Martinez, Weimer and Monperrus 2014).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence

from flashagent.repair.donors import Donors
from flashagent.repair.source import FunctionNode, Source
from flashagent.repair.synthesis.kinds import BITWISE, given_by, kind_of_text
from flashagent.repair.synthesis.seen import SIGNS, values_of
from flashagent.repair.synthesis.terms import (
    ADDED,
    AMPERSAND,
    BAR,
    BOTH,
    CARET,
    CHOICE,
    COMPARED,
    EITHER,
    MULTIPLIED,
    NEGATION,
    RAISED,
    SHIFTED,
    SIGNED,
    TIGHT,
    Bank,
    Production,
    Term,
)  # fmt: skip
from flashagent.repair.synthesis.values import (
    BINARY,
    CALLS,
    MISSING,
    State,
    Values,
    after,
    applied,
    attribute,
    backwards,
    before,
    item,
    kind_of,
    method,
    short,
)  # fmt: skip

_LEVELS = {
    "+": ADDED, "-": ADDED, "*": MULTIPLIED, "//": MULTIPLIED, "%": MULTIPLIED, "/": MULTIPLIED, "**": RAISED,
    "|": BAR, "^": CARET, "&": AMPERSAND, "<<": SHIFTED, ">>": SHIFTED,
}  # fmt: skip
# Beside those that the function uses, with what they cost.
_USUAL = {"+": 1, "-": 1, "*": 2, "//": 2, "%": 3, "/": 3, "<": 2, ">": 2, "<=": 2, ">=": 2, "==": 2, "!=": 2, "in": 2, "not in": 2,
          "and": 2, "or": 2}  # fmt: skip
_USUAL_CALLS = {"len": 2, "min": 2, "max": 2, "abs": 2, "sum": 3, "sorted": 3, "set": 3, "list": 3, "reversed": 3, "range": 3, "zip": 3, "str": 3, "int": 3}  # fmt: skip
# Methods that give nothing back.
CHANGING = frozenset(
    {
        "append",
        "add",
        "extend",
        "insert",
        "remove",
        "discard",
        "update",
        "sort",
        "reverse",
        "clear",
        "appendleft",
    }
)
_PAIRS = frozenset({"min", "max", "range", "gcd", "zip"})
_ALONE = frozenset(CALLS) - {"min", "max", "zip", "gcd", "divmod"}
_MOST_TEXT = 30
RETURNED = "return"  # as the worker calls a function's result among its names


def bank_for(source: Source, function: FunctionNode, donors: Donors, states: Sequence[State]) -> Bank:
    """The expressions that a function may be repaired with."""
    leaves: dict[int, list[Term]] = {1: [], 2: [], 3: []}
    for cost, node in _leaves(source, function, donors):
        leaves[cost].append(as_term(source, node, states))
    return Bank(leaves, list(_productions(source, function, states)))


def as_term(source: Source, node: ast.expr, states: Sequence[State]) -> Term:
    """An expression of the program, or one made for it, as a term."""
    text = source.text_of(node) if node in source.parents else ast.unparse(node)
    literal = isinstance(node, ast.Constant) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
    )
    values = values_of(node, states)
    return Term(text, binding(node), values, kind_of(values) or kind_of_text(node), literal)


def binding(node: ast.expr) -> int:
    """How tightly an expression binds."""
    match node:
        case (
            ast.Lambda()
            | ast.NamedExpr()
            | ast.GeneratorExp()
            | ast.Yield()
            | ast.YieldFrom()
            | ast.Starred()
        ):
            return 0
        case ast.Tuple():
            return 0
        case ast.IfExp():
            return CHOICE
        case ast.BoolOp(op=op):
            return BOTH if isinstance(op, ast.And) else EITHER
        case ast.UnaryOp(op=op):
            return NEGATION if isinstance(op, ast.Not) else SIGNED
        case ast.Compare():
            return COMPARED
        case ast.BinOp(op=op):
            return _LEVELS.get(SIGNS.get(type(op), ""), COMPARED)
        case ast.Await():
            return RAISED
    return TIGHT


def _leaves(source: Source, function: FunctionNode, donors: Donors) -> Iterator[tuple[int, ast.expr]]:
    """Expressions to begin with, each with its cost."""
    scope = source.scope(function)
    for name in scope.variables:
        yield 1, ast.Name(name, ast.Load())
    yield from ((1, ast.Constant(value)) for value in (0, 1))
    inside = [n for n in ast.walk(function) if isinstance(n, ast.expr) and n in source.parents]
    own = [
        n
        for n in inside
        if isinstance(n, ast.Constant) and n not in source.docstring_nodes and not _is_text_part(source, n)
    ]
    yield from (
        (2, n)
        for n in own
        if isinstance(n.value, int | float | str | None) and len(repr(n.value)) <= _MOST_TEXT
    )
    used = {n.id for n in inside if isinstance(n, ast.Name)}
    calls = {n.func.id for n in inside if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    yield from ((2, ast.Name(name, ast.Load())) for name in scope.globals if name in used - calls)
    yield from ((2, node) for node in inside if _is_piece(source, node))
    yield from ((2, _parsed(text)) for text in ("-1", "2", "None", "True", "False", "[]", "''"))
    yield from ((3, _parsed(text)) for text in [*donors.test_numbers[:4], *donors.test_strings[:4]])


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _is_text_part(source: Source, node: ast.AST) -> bool:
    return any(isinstance(a, ast.JoinedStr) for a in source.ancestors(node))


def _is_piece(source: Source, node: ast.expr) -> bool:
    """A short expression of the function that something else may be made of."""
    if not isinstance(node, ast.Subscript | ast.Attribute | ast.Call | ast.BinOp | ast.Compare | ast.BoolOp):
        return False
    if isinstance(getattr(node, "ctx", ast.Load()), ast.Store | ast.Del) or _is_text_part(source, node):
        return False
    parent = source.parents[node]
    called = isinstance(parent, ast.Call) and parent.func is node
    text = source.text_of(node)
    return not called and len(text) <= _MOST_TEXT and "\n" not in text


def _productions(source: Source, function: FunctionNode, states: Sequence[State]) -> Iterator[Production]:
    own, around = _Used(function), _Used(source.tree)
    for sign, cost in _USUAL.items():
        yield _operator(sign, 1 if sign in own.signs and sign not in ("and", "or") else cost)
    rare = ["**", "is", "is not", *(sorted(BITWISE) if own.signs & BITWISE else ())]
    for sign in rare:
        if sign in own.signs or sign in BITWISE:
            yield _operator(sign, 1 if sign in own.signs else 2)
    yield Production(
        "not", 1, 1, NEGATION, lambda a: f"not {a.inside(COMPARED)}", _over(lambda a: not a), gives="bool"
    )
    yield Production("-x", 1, 2, SIGNED, lambda a: f"-{a.inside(RAISED)}", _over(lambda a: -a))
    yield Production(
        "[]",
        2,
        1 if "[]" in own.signs else 2,
        TIGHT,
        lambda a, b: f"{a.inside(TIGHT)}[{b.text}]",
        _over(item),
    )
    sliced = 2 if "[:]" in own.signs else 3
    yield Production("[:]", 2, sliced, TIGHT, lambda a, b: f"{a.inside(TIGHT)}[{b.text}:]", _over(after))
    yield Production("[:]", 2, sliced, TIGHT, lambda a, b: f"{a.inside(TIGHT)}[:{b.text}]", _over(before))
    yield Production("[::-1]", 1, 3, TIGHT, lambda a: f"{a.inside(TIGHT)}[::-1]", _over(backwards))
    for name in own.attributes:
        yield Production(f".{name}", 1, 1, TIGHT, _suffix(f".{name}"), _over(attribute(name)), member=name)
    for name in own.methods:
        if name not in CHANGING:
            worth = _over(method(name))
            yield Production(f".{name}()", 1, 1, TIGHT, _suffix(f".{name}()"), worth, member=name)
            yield Production(f".{name}()", 2, 2, TIGHT, _asked(name), worth, member=name)
    yield from _calls(source, function, own, around, states)


def _calls(
    source: Source, function: FunctionNode, own: _Used, around: _Used, states: Sequence[State]
) -> Iterator[Production]:
    taken = {n.name: len(n.args.args) for n in source.tree.body if isinstance(n, FunctionNode)}
    costs = {
        **_USUAL_CALLS,
        **dict.fromkeys([*around.calls, *taken], 2),
        **dict.fromkeys([*own.calls, function.name], 1),
    }
    known = {*vars(builtins), *source.module_names, *source.scope(function).variables}
    hidden = {*source.scope(function).variables, *source.module_names}
    for name, cost in costs.items():
        if name not in known:
            continue
        worth = _over(CALLS[name]) if name in CALLS and name not in hidden else _nobody_knows(states)
        if name in ("zip", "max", "min"):
            yield Production(
                f"{name}(*)", 1, cost + 1, TIGHT, _unpacked(name), _nobody_knows(states), gives=given_by(name)
            )
        takes, gives = _signature(function, states) if name == function.name else ((), given_by(name))
        if name in hidden and name != function.name:
            gives = ""
        if name in _ALONE or taken.get(name) == 1:
            yield Production(name, 1, cost, TIGHT, _called(name), worth, gives=gives, takes=takes)
        if name in _PAIRS or taken.get(name) == 2:
            commutes = name in ("min", "max", "gcd")
            yield Production(name, 2, cost, TIGHT, _called(name), worth, commutes, gives=gives, takes=takes)


def _signature(function: FunctionNode, states: Sequence[State]) -> tuple[tuple[str, ...], str]:
    """The kinds that a function was seen to be called with, and the kind of what it gave."""
    names = [argument.arg for argument in function.args.args]
    *takes, gives = (kind_of([s.held.get(n, MISSING) for s in states]) for n in [*names, RETURNED])
    return tuple(takes), gives


class _Used:
    """The operators, functions, methods and attributes that a piece of a program uses, in order."""

    def __init__(self, tree: ast.AST) -> None:
        self.signs: set[str] = set()
        self.calls: list[str] = []
        self.methods: list[str] = []
        self.attributes: list[str] = []
        called = {n.func for n in ast.walk(tree) if isinstance(n, ast.Call)}
        for node in ast.walk(tree):
            self._look(node, called)
        self.calls, self.methods, self.attributes = (
            list(dict.fromkeys(some)) for some in (self.calls, self.methods, self.attributes)
        )

    def _look(self, node: ast.AST, called: set[ast.expr]) -> None:
        if type(node) in SIGNS:
            self.signs.add(SIGNS[type(node)])
        elif isinstance(node, ast.Subscript):
            self.signs.add("[:]" if isinstance(node.slice, ast.Slice) else "[]")
        elif isinstance(node, ast.Attribute):
            (self.methods if node in called else self.attributes).append(node.attr)
        elif isinstance(node, ast.Name) and node in called:
            self.calls.append(node.id)


def _operator(sign: str, cost: int) -> Production:
    if sign in ("and", "or"):
        both = sign == "and"
        level = BOTH if both else EITHER

        def joined(a: Values, b: Values) -> Values:
            return short(both, a, b)

        return Production(sign, 2, cost, level, _between(sign, level, level + 1), joined, truths=True)
    level = _LEVELS.get(sign, COMPARED)
    compares = level == COMPARED
    left = level + 1 if compares or sign == "**" else level
    right = level if sign == "**" else level + 1
    commutes = sign in ("==", "!=", "*", "is", "is not")
    return Production(
        sign,
        2,
        cost,
        level,
        _between(sign, left, right),
        _over(BINARY[sign]),
        commutes,
        gives="bool" if compares else "",
    )


def _between(sign: str, left: int, right: int) -> Callable[..., str]:
    return lambda a, b: f"{a.inside(left)} {sign} {b.inside(right)}"


def _suffix(text: str) -> Callable[..., str]:
    return lambda a: f"{a.inside(TIGHT)}{text}"


def _asked(name: str) -> Callable[..., str]:
    return lambda a, b: f"{a.inside(TIGHT)}.{name}({b.text})"


def _called(name: str) -> Callable[..., str]:
    return lambda *given: f"{name}({', '.join(g.text for g in given)})"


def _unpacked(name: str) -> Callable[..., str]:
    return lambda a: f"{name}(*{a.text})"


def _over(function: Callable[..., object]) -> Callable[..., Values]:
    return lambda *vectors: applied(function, vectors)


def _nobody_knows(states: Sequence[State]) -> Callable[..., Values]:
    return lambda *vectors: (MISSING,) * len(states)
