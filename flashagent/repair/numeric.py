"""What a file shows to be a number. Pure."""

from __future__ import annotations

import ast

from flashagent.repair.source import Source


def stepped(text: str) -> list[str]:
    """What a piece of code has one more or one less of."""
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError):
        return []
    return [
        ast.unparse(n.left)
        for n in ast.walk(tree)
        if isinstance(n, ast.BinOp)
        and isinstance(n.op, ast.Add | ast.Sub)
        and isinstance(n.right, ast.Constant)
        and n.right.value == 1
        and _may_be_anything(n.left)
    ]


def _may_be_anything(node: ast.expr) -> bool:
    """A name, an attribute, an entry; of other calls their makers know what comes back."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop", "setdefault")
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript)


def is_number(source: Source, what: str) -> bool:
    """Does the file count with it, compare it with a number, or use it as an index or a length?"""
    return what in source.once_of_text(_numbers, source.tree)


def _numbers(source: Source, tree: ast.AST) -> frozenset[str]:
    """The texts of all that a file uses as numbers."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            if getattr(node.annotation, "id", "") in ("int", "float"):
                found.add(node.arg)
            continue
        found.update(source.text_of(number) for number in _numbers_of(node))
    return frozenset(found)


def _numbers_of(node: ast.AST) -> list[ast.expr]:
    """What a node uses as a number, if it is one of those that do."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        ordered = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
        return sides if ordered or any(_plain_number(n) or _makes_number(n) for n in sides) else []
    if isinstance(node, ast.AugAssign):
        return [node.target, node.value]
    if isinstance(node, ast.Subscript):
        inside = node.slice
        return (
            [n for n in (inside.lower, inside.upper, inside.step) if n]
            if isinstance(inside, ast.Slice)
            else [inside]
        )
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("range", "int", "chr", "bin"):
        return node.args
    if isinstance(node, ast.Assign) and (_plain_number(node.value) or _makes_number(node.value)):
        return node.targets
    return []


def _plain_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _makes_number(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) or (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("len", "int", "sum", "abs", "max", "min")
    )
