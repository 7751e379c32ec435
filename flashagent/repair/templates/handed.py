"""Handed on: what a function has and a call inside it does not get, though the called function takes it by that name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import Edit, FunctionNode, parameter_names
from flashagent.repair.template import Fix, Site, template

MOST = 6


@template("handed on as called", 0.4, ast.Call)
def handed_on_as_called(site: Site) -> Iterator[Fix]:
    """A parameter of the called function that the caller has under the same name, as a variable or as an attribute, given to
    one call, or to all of the function's calls of that name (missing arguments: PyTER, Oh and Oh 2022; in functions that
    call themselves the most)."""
    node = site.node
    assert isinstance(node, ast.Call)
    function, name = site.source.function_of(node), _called(node)
    if function is None or not name or any(k.arg is None for k in node.keywords):
        return
    takers = site.source.once(_takers, site.source.tree).get(name, ())
    if len(takers) != 1 or any(isinstance(a, ast.Starred) for a in node.args):
        return
    given = {k.arg for k in node.keywords} | set(takers[0][: len(node.args)])
    share = 1.0 if function.name == name else 0.6
    for parameter in [p for p in takers[0] if p not in given][:MOST]:
        value = _own(site, parameter)
        if value:
            yield from _given(site, function, node, parameter, value, takers[0], share)


def _given(
    site: Site, function: FunctionNode, node: ast.Call, parameter: str, value: str, taker: tuple[str, ...], share: float
) -> Iterator[Fix]:  # fmt: skip
    is_next = len(node.args) < len(taker) and taker[len(node.args)] == parameter and not node.keywords
    texts = [f"{parameter}={value}", *([value] if is_next else [])]
    same = [
        n for n in ast.walk(function)
        if isinstance(n, ast.Call) and _called(n) == _called(node) and _form(n) == _form(node)
    ]  # fmt: skip
    for text in texts:
        yield Fix((_behind(site, node, text),), share)
        if len(same) > 1:
            yield Fix(tuple(_behind(site, n, text) for n in same), share)


def _behind(site: Site, call: ast.Call, text: str) -> Edit:
    """The argument behind the last one of a call."""
    end = site.source.span(call)[1] - 1
    before = site.source.text[:end].rstrip()
    lead = "" if before.endswith("(") else " " if before.endswith(",") else ", "
    return Edit(len(before), len(before), f"{lead}{text}")


def _form(call: ast.Call) -> tuple[int, tuple[str | None, ...]]:
    return len(call.args), tuple(k.arg for k in call.keywords)


def _own(site: Site, parameter: str) -> str:
    """How the caller writes what it has under this name; '' when it has none."""
    if parameter in site.scope.variables:
        return parameter
    for name in (parameter, f"_{parameter}"):
        if site.scope.self_name and name in site.scope.attributes:
            return f"{site.scope.self_name}.{name}"
    return ""


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _takers(tree: ast.AST) -> dict[str, list[tuple[str, ...]]]:
    """Parameters of the functions of a file, by name and without a receiver; of classes, those of their `__init__`."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, FunctionNode):
                    still = any(
                        isinstance(d, ast.Name) and d.id == "staticmethod" for d in one.decorator_list
                    )
                    name = node.name if one.name == "__init__" else one.name
                    found.setdefault(name, []).append(tuple(parameter_names(one)[0 if still else 1 :]))
        elif isinstance(node, FunctionNode):
            known = found.setdefault(node.name, [])
            if not any(node in c.body for c in ast.walk(tree) if isinstance(c, ast.ClassDef)):
                known.append(tuple(parameter_names(node)))
    return found
