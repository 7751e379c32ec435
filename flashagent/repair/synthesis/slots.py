"""The expressions of a function, each with what may stand in its place, the likeliest first. Pure.

Each slot is a hole of a sketch (Solar-Lezama 2008; SemFix, Nguyen et al. 2013; Angelix, Mechtaev et al. 2016): it is filled
with larger expressions around what stands there, and then with others altogether.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from flashagent.repair.nodes import own_nodes
from flashagent.repair.source import Edit, FunctionNode, Source, apply_edits
from flashagent.repair.synthesis.kinds import ITERABLES, alike
from flashagent.repair.synthesis.pieces import as_term, binding
from flashagent.repair.synthesis.seen import SIGNS, values_of
from flashagent.repair.synthesis.terms import CHOICE, Around, Bank, Term
from flashagent.repair.synthesis.values import FAILED, MISSING, State

DEAREST, SHARE = 9, 2000
# What a change costs beside the expression that it brings in.
EXTENDED, REPLACED, EXCHANGED, OTHER_NAMES, OTHER_KIND, UNCHANGED, CHOSEN, LITERAL = 1, 2, 2, 1, 2, 3, 4, 2

_NO_HOLES = (
    ast.Starred | ast.Slice | ast.JoinedStr | ast.FormattedValue | ast.Yield | ast.YieldFrom | ast.Lambda
)
Of = TypeVar("Of")


def slots(source: Source, statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement's own lines that have a value."""
    for node in own_nodes(statement):
        if not isinstance(node, ast.expr) or isinstance(node, _NO_HOLES):
            continue
        parent, place = source.parents[node], source.fields[node]
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Store | ast.Del) or place in (
            "annotation",
            "returns",
            "decorator_list",
            "type",
        ):
            continue
        if isinstance(parent, ast.Expr):
            continue
        if isinstance(node, ast.Tuple) and not isinstance(parent, ast.Return | ast.Yield | ast.Call):
            continue
        if isinstance(parent, ast.Call) and place == "func":
            continue
        if any(isinstance(a, ast.JoinedStr | ast.Lambda | ast.arguments) for a in source.ancestors(node)):
            continue  # the places of parts of a text are not known; a lambda has names of its own
        yield node


def filled(
    source: Source, node: ast.expr, bank: Bank, states: Sequence[State]
) -> Iterator[tuple[float, Edit]]:
    """Edits of one slot with what each costs, the cheapest first."""
    hole = as_term(source, node, states)
    around, words, large = Around(hole, bank), _words(hole.text), _size(node)
    waiting: dict[int, list[str]] = {}

    def offer(cost: int, made: Term) -> None:
        same = 0 if around.changes(made) else UNCHANGED
        waiting.setdefault(cost + large + same, []).append(made.text)

    for cost in range(1, DEAREST):
        for made in around.level(cost):
            rarer = LITERAL if hole.literal else 0
            offer(cost + EXTENDED + rarer + _kinds(source, node, hole, made), made)
        for made in bank.level(cost):
            if made.text != hole.text:
                far = 0 if words & _words(made.text) or hole.literal else OTHER_NAMES
                offer(cost + REPLACED + far + _kinds(source, node, hole, made), made)
        for text in _chosen(hole, bank, cost):
            waiting.setdefault(cost + CHOSEN + large, []).append(text)
        ready = cost + EXTENDED + large
        for spread, text in spaced(ready, waiting.pop(ready, ())):
            yield spread, source.replace(node, text)


def spaced(cost: int, some: Iterable[Of]) -> Iterator[tuple[float, Of]]:
    """Things of one cost, each a little dearer than the one before, so that those of many places take turns."""
    return ((cost + min(0.999, order / SHARE), one) for order, one in enumerate(some))


def _size(node: ast.expr) -> int:
    """What it costs that much stands there already."""
    parts = sum(isinstance(n, ast.expr) for n in ast.walk(node))
    return 0 if parts <= 4 else 1 if parts <= 9 else 2


_SIBLINGS = {
    "and": ("or",), "or": ("and",), **{sign: tuple(o for o in ("+", "-", "*", "//", "/", "%") if o != sign) for sign in ("+", "-", "*", "//", "/", "%")},
    **{sign: tuple(o for o in ("<", "<=", ">", ">=", "==", "!=") if o != sign) for sign in ("<", "<=", ">", ">=", "==", "!=")},
    "in": ("not in",), "not in": ("in",), "is": ("is not",), "is not": ("is",), "&": ("|", "^", ">>"), "|": ("&", "^"), "^": ("|", "&"),
    "<<": (">>",), ">>": ("<<",),
}  # fmt: skip


def exchanged(source: Source, node: ast.AST) -> list[tuple[Edit, list[ast.expr]]]:
    """Every other operator that may stand in a node, as an edit, and the operands around it."""
    match node:
        case ast.BinOp(left=one, op=op, right=other) | ast.Compare(left=one, ops=[op], comparators=[other]):
            pass
        case ast.BoolOp(op=op, values=[one, other]):
            pass
        case ast.AugAssign(target=ast.Name() as one, op=op, value=other):
            pass
        case _:
            return []
    sign = SIGNS.get(type(op), "")
    start, end = source.span(one)[1], source.span(other)[0]
    place = source.text.find(sign, start, end)
    if not sign or place < 0:
        return []
    operands = [o for o in (one, other) if isinstance(getattr(o, "ctx", ast.Load()), ast.Load)]
    shifts = (">>", "<<") if isinstance(node, ast.AugAssign) and sign in ("+", "-", "*", "//") else ()
    return [(Edit(place, place + len(sign), new), operands) for new in (*_SIBLINGS.get(sign, ()), *shifts)]


def exchanged_and_filled(
    source: Source, node: ast.AST, bank: Bank, states: Sequence[State]
) -> Iterator[Iterator[tuple[float, tuple[Edit, ...]]]]:
    """Another operator and another operand at once; and the whole with another operator inside something larger."""
    others = exchanged(source, node)
    yield ((float(EXCHANGED), (edit,)) for edit, _ in others)
    for edit, operands in others:
        for operand in operands:
            if not isinstance(operand, _NO_HOLES):
                yield (
                    (cost + EXCHANGED, (edit, other)) for cost, other in filled(source, operand, bank, states)
                )
        if isinstance(node, ast.BinOp):
            yield _wrapped(source, node, edit, bank, states)


def _wrapped(
    source: Source, node: ast.BinOp, edit: Edit, bank: Bank, states: Sequence[State]
) -> Iterator[tuple[float, tuple[Edit, ...]]]:
    start, end = source.span(node)
    text = apply_edits(source.text[start:end], [Edit(edit.start - start, edit.end - start, edit.text)])
    changed = ast.parse(f"({text})", mode="eval").body
    hole = Term(text, binding(changed), values_of(changed, states), "")
    around = Around(hole, bank)
    for cost in range(1, DEAREST):
        ready = cost + EXTENDED + EXCHANGED
        for spread, made in spaced(ready, around.level(cost)):
            yield spread, (source.replace(node, made.text),)


def _chosen(hole: Term, bank: Bank, cost: int) -> Iterator[str]:
    """What stands there under one condition, something else under the other."""
    for part in range(1, cost):
        conditions = [
            c for c in bank.level(cost - part) if c.kind == "bool" and not c.literal and _decides(c)
        ]
        for other in bank.level(part) if conditions else ():
            if other.kind != hole.kind and other.kind and hole.kind:
                continue
            for condition in conditions:
                yield f"{hole.inside(CHOICE + 1)} if {condition.inside(CHOICE + 1)} else {other.inside(CHOICE + 1)}"


def _decides(condition: Term) -> bool:
    """Was it seen true and seen false, or not seen?"""
    known = {bool(v) for v in condition.values if v is not MISSING and v is not FAILED}
    return len(known) != 1


def _kinds(source: Source, node: ast.expr, hole: Term, made: Term) -> int:
    """What it costs that the new expression is of another kind than the old one."""
    one, other = hole.kind, made.kind
    if not one or not other:
        return 0
    if alike(one, other) and (one == "bool") == (other == "bool"):
        return 0
    if source.fields[node] == "iter" and {one, other} <= ITERABLES:
        return 0
    return OTHER_KIND


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in "".join(c if c.isalnum() or c == "_" else " " for c in text).split())


def placed(source: Source, function: FunctionNode) -> list[ast.stmt]:
    """The statements of a function, those of functions inside it too, in the order of the text."""
    found = [n for n in ast.walk(function) if isinstance(n, ast.stmt) and n is not function]
    held = [n for n in found if n not in source.docstring_nodes]
    return sorted(held, key=lambda n: (n.lineno, n.col_offset))
