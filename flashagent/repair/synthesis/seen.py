"""What an expression that stands in a program gave in the states that were seen. Pure: only `values.py` computes."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from flashagent.repair.synthesis.values import (
    BINARY,
    CALLS,
    MISSING,
    State,
    Values,
    applied,
    attribute,
    item,
    method,
    picked,
    short,
)  # fmt: skip

SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%", ast.Div: "/", ast.Pow: "**", ast.BitAnd: "&",
    ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.And: "and", ast.Or: "or",
}  # fmt: skip


def values_of(node: ast.expr, states: Sequence[State]) -> Values:
    """One value for each state; MISSING where nobody can tell without running the program."""
    unknown = (MISSING,) * len(states)

    def of(inner: ast.expr) -> Values:
        return values_of(inner, states)

    match node:
        case ast.Constant(value=value) if value is None or isinstance(value, bool | int | float | str):
            return (value,) * len(states)
        case ast.Name(id=name):
            return tuple(state.held.get(name, MISSING) for state in states)
        case ast.Attribute(value=owner, attr=name):
            return applied(attribute(name), [of(owner)])
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SIGNS:
            return applied(BINARY[SIGNS[type(op)]], [of(left), of(right)])
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return applied(BINARY[SIGNS[type(op)]], [of(left), of(right)])
        case ast.BoolOp(op=op, values=[first, *others]):
            found = of(first)
            for other in others:
                found = short(isinstance(op, ast.And), found, of(other))
            return found
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return applied(lambda a: not a, [of(inner)])
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return applied(lambda a: -a, [of(inner)])
        case ast.IfExp(test=test, body=body, orelse=other):
            return picked(of(body), of(test), of(other))
        case ast.Subscript(value=owner, slice=ast.Slice(lower=lower, upper=upper, step=step)):
            bounds = [of(b) if b is not None else (None,) * len(states) for b in (lower, upper, step)]
            return applied(lambda a, i, j, k: a[i:j:k], [of(owner), *bounds])
        case ast.Subscript(value=owner, slice=place):
            return applied(item, [of(owner), of(place)])
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in CALLS and args:
            return applied(CALLS[name], [of(a) for a in args])
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=args, keywords=[]):
            return applied(method(name), [of(owner), *(of(a) for a in args)])
        case ast.Tuple(elts=parts) | ast.List(elts=parts) if parts:
            make = tuple if isinstance(node, ast.Tuple) else list
            return applied(lambda *given: make(given), [of(p) for p in parts])
        case ast.List(elts=[]):
            return tuple([] for _ in states)
    return unknown
