"""Edits outside function bodies that a running module can be given without a new import: values of module and class
variables, and defaults of parameters. Pure.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from flashagent.repair.source import Edit, FunctionNode, Source, apply_edits


def holder(source: Source, node: ast.AST) -> ast.Assign | ast.AnnAssign | FunctionNode | None:
    """The assignment of a module or class variable around a node, or the function whose default it is part of."""
    child = node
    for parent in [node, *source.ancestors(node)]:
        if isinstance(parent, ast.Assign | ast.AnnAssign):
            return (
                parent
                if parent.value is not None and _is_outside(source, parent) and names_of(parent)
                else None
            )
        if isinstance(parent, FunctionNode):
            return parent if source.fields.get(child) == "args" and _is_outside(source, parent) else None
        if isinstance(parent, ast.Lambda) and source.function_of(parent) is not None:
            return None
        child = parent
    return None


def _is_outside(source: Source, node: ast.AST) -> bool:
    return not any(isinstance(a, FunctionNode | ast.Lambda) for a in source.ancestors(node))


def names_of(node: ast.Assign | ast.AnnAssign) -> list[str]:
    """The names an assignment binds; none when it does something else too."""
    targets: Sequence[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
    flat = [one for t in targets for one in (t.elts if isinstance(t, ast.Tuple) else [t])]
    return (
        [one.id for one in flat if isinstance(one, ast.Name)]
        if all(isinstance(o, ast.Name) for o in flat)
        else []
    )


def is_live(source: Source, node: ast.AST, edits: Iterable[Edit]) -> bool:
    """Can a running module take the edits that were made at the node?"""
    found = holder(source, node)
    if found is None:
        return False
    start, end = source.span(found)
    if isinstance(found, FunctionNode):
        end = source.span(found.body[0])[0]
    return all(start <= edit.start and edit.end <= end for edit in edits)


def part(source: Source, path: str, edits: Sequence[Edit]) -> dict[str, Any]:
    """What a worker needs to give a live module the new value. The edits are known to be live."""
    found = next(
        node for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign | ast.AnnAssign | FunctionNode) and _holds(source, node, edits)
    )  # fmt: skip
    classes = [a.name for a in source.ancestors(found) if isinstance(a, ast.ClassDef)][::-1]
    start, end = source.span(found)
    if isinstance(found, FunctionNode):
        start = source.offset(found.lineno, 0)
    inner = [Edit(e.start - start, e.end - start, e.text) for e in edits]
    code = textwrap.dedent(apply_edits(source.text[start:end], inner))
    if isinstance(found, FunctionNode):
        first = min([found.lineno, *(d.lineno for d in found.decorator_list)])
        return {
            "data": "defaults",
            "path": path,
            "classes": classes,
            "line": first,
            "name": found.name,
            "code": code,
        }
    return {"data": "value", "path": path, "classes": classes, "names": names_of(found), "code": code}


def _holds(source: Source, node: ast.Assign | ast.AnnAssign | FunctionNode, edits: Sequence[Edit]) -> bool:
    start, end = source.span(node)
    inside = all(start <= edit.start and edit.end <= end for edit in edits)
    return inside and _is_outside(source, node) and (isinstance(node, FunctionNode) or bool(names_of(node)))


def names_changed(source: Source, edits: Sequence[Edit]) -> list[str]:
    """The variables (or the function) that live edits change."""
    told = part(source, "", edits)
    return list(told["names"]) if told["data"] == "value" else [str(told["name"])]
