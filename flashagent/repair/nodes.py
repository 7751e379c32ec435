"""Statements of a syntax tree with the lines and expressions that are their own. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The statement and the expressions of its own line(s), without the statements nested in it."""
    yield statement
    pending = list(ast.iter_child_nodes(statement))[::-1]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            continue
        yield node
        pending.extend(reversed(list(ast.iter_child_nodes(node))))


def statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """All statements, in the order of the text."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.stmt)]
    yield from sorted(found, key=lambda n: (n.lineno, n.col_offset))


def own_lines(statement: ast.stmt) -> range:
    """The lines of a statement without those of the statements nested in it."""
    last = statement.end_lineno or statement.lineno
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
        last = max(statement.lineno, body[0].lineno - 1)
        first_inner = min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", []))])
        last = max(statement.lineno, first_inner - 1)
    return range(statement.lineno, last + 1)


def unread(function: ast.AST) -> frozenset[str]:
    """Parameters and variables of a function that nothing in it reads: somebody forgot them."""
    inside = list(ast.walk(function))
    names = [n for n in inside if isinstance(n, ast.Name)]
    read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    bound = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        bound |= {a.arg for a in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]}
    return frozenset(bound - read - {"_", "self", "cls"})


def lines_of_names(function: ast.AST) -> dict[str, list[int]]:
    """The lines on which each name stands."""
    found: dict[str, list[int]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            found.setdefault(node.id, []).append(node.lineno)
    return found
