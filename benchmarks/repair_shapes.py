"""What kind of change a small fix is, in words: by the smallest pair of subtrees that holds the whole difference."""

from __future__ import annotations

import ast

_BLOCKS = ("body", "orelse", "finalbody", "handlers")


def shape_of(before: str, after: str) -> str:
    """One line for counting, such as `condition strengthened: isinstance`. Both texts must parse."""
    pair = _smallest(ast.parse(before), ast.parse(after))
    if isinstance(pair, str):
        return pair
    old, new = pair
    dumps = {ast.dump(n) for n in ast.walk(new)}
    if isinstance(new, ast.BoolOp) and (ast.dump(old) in dumps or _grown(old, new)):
        word = "strengthened" if isinstance(new.op, ast.And) else "weakened or given a default"
        return f"{word}: {_kind(_added(old, new))}"
    if ast.dump(old) in dumps:
        return f"wrapped: {_kind(new)}"
    if ast.dump(new) in {ast.dump(n) for n in ast.walk(old)}:
        return f"unwrapped: {_kind(old)}"
    if isinstance(old, ast.Call) and isinstance(new, ast.Call) and ast.dump(old.func) == ast.dump(new.func):
        return _arguments(old, new)
    if isinstance(old, ast.Constant) and isinstance(new, ast.Constant):
        return f"constant: {type(old.value).__name__} for {type(new.value).__name__}"
    return f"{_kind(old)} became {_kind(new)}"


def _smallest(old: ast.AST, new: ast.AST) -> tuple[ast.AST, ast.AST] | str:
    """Down to the node in which both differ, or the words for statements that came, went or changed in number."""
    while type(old) is type(new):
        differing = [
            (name, a, b)
            for (name, a), (_, b) in zip(ast.iter_fields(old), ast.iter_fields(new), strict=True)
            if _text(a) != _text(b)
        ]
        if len(differing) != 1:
            return old, new
        name, a, b = differing[0]
        if isinstance(a, ast.AST) and isinstance(b, ast.AST):
            old, new = a, b
            continue
        if not (isinstance(a, list) and isinstance(b, list)):
            return old, new
        head = next(
            (n for n, (x, y) in enumerate(zip(a, b, strict=False)) if _text(x) != _text(y)),
            min(len(a), len(b)),
        )
        tail = 0
        while tail < min(len(a), len(b)) - head and _text(a[-1 - tail]) == _text(b[-1 - tail]):
            tail += 1
        gone, came = a[head : len(a) - tail], b[head : len(b) - tail]
        if len(gone) == len(came) == 1 and isinstance(gone[0], ast.AST) and isinstance(came[0], ast.AST):
            old, new = gone[0], came[0]
            continue
        if name in _BLOCKS:
            return f"statements: {', '.join(map(_kind, gone)) or 'none'} became {', '.join(map(_kind, came)) or 'none'}"
        return f"{_kind(old)}.{name}: {len(gone)} became {len(came)}, {', '.join(map(_kind, came))}"
    return old, new


def _text(value: object) -> str:
    if isinstance(value, list):
        return "|".join(map(_text, value))
    return ast.dump(value) if isinstance(value, ast.AST) else repr(value)


def _grown(old: ast.AST, new: ast.BoolOp) -> bool:
    if not isinstance(old, ast.BoolOp) or type(old.op) is not type(new.op):
        return False
    return {ast.dump(v) for v in old.values} < {ast.dump(v) for v in new.values}


def _added(old: ast.AST, new: ast.BoolOp) -> ast.AST:
    known = {ast.dump(v) for v in getattr(old, "values", [old])}
    return next((v for v in new.values if ast.dump(v) not in known), new)


def _arguments(old: ast.Call, new: ast.Call) -> str:
    if len(new.keywords) > len(old.keywords):
        known = {k.arg for k in old.keywords}
        added = next((k for k in new.keywords if k.arg not in known), new.keywords[-1])
        return f"keyword added: {_kind(added.value)}"
    counts = len(new.args) - len(old.args)
    return f"argument {'added' if counts > 0 else 'dropped' if counts < 0 else 'changed'}"


def _kind(node: ast.AST) -> str:
    """A node in a word or two; calls with the function's name when it says something."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return f"not {_kind(node.operand)}"
    if isinstance(node, ast.Call):
        name = (
            node.func.id
            if isinstance(node.func, ast.Name)
            else ".method"
            if isinstance(node.func, ast.Attribute)
            else ""
        )
        return (
            f"call {name}"
            if name
            in ("isinstance", "hasattr", "len", "getattr", "callable", "str", "list", "int", ".method")
            else "call"
        )
    if isinstance(node, ast.Compare):
        return f"compare {type(node.ops[0]).__name__} {type(node.comparators[0]).__name__}"
    if isinstance(node, ast.If):
        return f"if({_kind(node.test)}) {_kind(node.body[0])}"
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    ):
        return "own attribute"
    if isinstance(node, ast.keyword):
        return f"keyword {_kind(node.value)}"
    if isinstance(node, ast.Return):
        return "return" if node.value is None else f"return {_kind(node.value)}"
    return type(node).__name__
