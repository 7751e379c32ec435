"""Pieces borrowed from elsewhere in the file: a keyword given along as other calls have it, a default for a part.

Which shapes: the most frequent ones, among small fixes in the histories of real projects, that can be put together from
what the file has already (`benchmarks/repair_priors.py show --missed`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import Source
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.needs import known_names, names_in

LONGEST, MOST = 40, 10


def is_read(site: Site) -> bool:
    """Is the node a value that is used, and may another stand in its place?"""
    return (
        isinstance(getattr(site.node, "ctx", ast.Load()), ast.Load)
        and site.place != "func"
        and not isinstance(
            site.parent, ast.Attribute | ast.Expr | ast.ExceptHandler | ast.Raise | ast.arguments
        )
        and not (isinstance(site.parent, ast.Subscript) and site.place == "value")
    )


def _keywords(source: Source, tree: ast.AST) -> dict[str, dict[str, set[str]]]:
    """Under each function's or method's name: keywords with short values that calls of it have in this file, with the names
    that each needs."""
    found: dict[str, dict[str, set[str]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                text = source.text_of(keyword)
                if keyword.arg and len(text) <= LONGEST and "\n" not in text:
                    found.setdefault(called(node), {})[text] = names_in(keyword.value)
    return found


def called(node: ast.Call) -> str:
    """The last part of the name of what is called; '' when it has none."""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _switches(tree: ast.AST) -> dict[str, list[str]]:
    """Under each function's name: its parameters that stand for yes or no, with the opposite of their defaults."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        named = [*node.args.posonlyargs, *node.args.args]
        pairs = [*zip(named[len(named) - len(node.args.defaults) :], node.args.defaults, strict=True)]
        pairs += [
            (a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None
        ]
        for argument, default in pairs:
            if isinstance(default, ast.Constant) and isinstance(default.value, bool):
                found.setdefault(node.name, []).append(f"{argument.arg}={not default.value}")
    return found


@template("keyword as elsewhere", 0.2, ast.Call, kinds=("type",))
def keyword_as_elsewhere(site: Site) -> Iterator[Fix]:
    """A keyword that other calls of the same function have, a switch of it turned, or one of the object's own attributes or
    a variable under its own name (missing arguments: PyTER, Oh and Oh 2022; ingredients: Martinez et al. 2014)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.Call)
    function = source.function_of(node)
    if function is None or any(k.arg is None for k in node.keywords):
        return
    present, known = {k.arg for k in node.keywords}, source.once_of_text(known_names, function)
    elsewhere = source.once_of_text(_keywords, source.tree).get(called(node), {})
    offers = {text: 1.0 for text, needed in elsewhere.items() if needed <= known}
    for text in source.once(_switches, source.tree).get(called(node), ()):
        offers.setdefault(text, 0.8)
    for name in site.donors.keywords[:MOST]:
        if name in known and name not in site.scope.globals:
            offers.setdefault(f"{name}={name}", 0.4)
        if name in site.scope.attributes:
            offers.setdefault(f"{name}={site.scope.self_name}.{name}", 0.4)
    end = source.span(node)[1] - 1
    before = source.text[:end].rstrip()
    lead = "" if before.endswith(("(", ",")) else ", "
    fitting = {t: w for t, w in offers.items() if t.partition("=")[0] not in present}
    for text, weight in list(fitting.items())[:MOST]:
        yield site.raw(end, end, f"{lead}{text}", weight)


@template("part or default", 0.1, ast.Subscript, ast.Attribute)
def part_or_default(site: Site) -> Iterator[Fix]:
    """`(row[1] or 0) + 1`: a part that may be None or empty, inside a larger expression (None templates of PyTER, Oh and Oh
    2022)."""
    parent = site.parent
    if not is_read(site) or not isinstance(
        parent, ast.BinOp | ast.Call | ast.Tuple | ast.keyword | ast.Compare
    ):
        return
    counted = isinstance(parent, ast.BinOp) and not isinstance(parent.op, ast.Add | ast.Mod)
    for text, weight in (("0", 0.6), ("''", 0.1 if counted else 0.4), ("[]", 0.1 if counted else 0.2)):
        yield site.swap(site.node, f"{site.text(site.node)} or {text}", weight)
