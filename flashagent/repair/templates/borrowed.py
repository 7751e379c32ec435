"""Pieces borrowed from elsewhere in the file: a function put around a value, a method called on it, a keyword given along,
another member of the family in a collection.

Which shapes: the most frequent ones, among small fixes in the histories of real projects, that can be put together from
what the file has already (`benchmarks/repair_priors.py show --missed`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from flashagent.repair.source import Source
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.needs import known_names, names_in

LONGEST, MOST = 40, 10
_VALUES = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


def is_read(site: Site) -> bool:
    """Is the node a value that is used, and may another stand in its place?"""
    return (
        isinstance(getattr(site.node, "ctx", ast.Load()), ast.Load)
        and site.place != "func"
        and not isinstance(site.parent, ast.Attribute | ast.Expr | ast.ExceptHandler | ast.Raise | ast.arguments)
        and not (isinstance(site.parent, ast.Subscript) and site.place == "value")
    )


def _around(source: Source, tree: ast.AST) -> list[str]:
    """Functions of modules that the file calls with one argument, as written: `os.path.abspath`, most called first."""
    seen: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
            root: ast.expr = node.func
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in source.module_names and len(node.args) == 1:
                seen[source.text_of(node.func)] += 1
    return sorted((text for text in seen if len(text) <= LONGEST), key=lambda t: (-seen[t], t))


@template("function of a module around", 0.06, *_VALUES)
def function_around(site: Site) -> Iterator[Fix]:
    """`os.path.abspath(x)` for `x`, where the file calls that function elsewhere (missing call: PAR, Kim et al. 2013;
    ingredients: Martinez et al. 2014)."""
    if not is_read(site):
        return
    functions = site.source.once_of_text(_around, site.source.tree)[:MOST]
    own = site.text(site.node)
    for name in functions:
        if not own.startswith(f"{name}(") and not own.startswith(f"{name.rpartition('.')[0]}."):
            yield site.swap(site.node, f"{name}({own})", min(1.0, 6 / len(functions)))


def _calls_behind(source: Source, tree: ast.AST) -> dict[str, set[str]]:
    """`.strip()` and `.replace("a", "b")` as the file writes them behind values, most frequent first, with the names that
    each needs."""
    seen: Counter[str] = Counter()
    needed: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if isinstance(source.parents.get(node), ast.Expr):
                continue
            start = source.span(node.func.value)[1]
            text = source.text[start : source.span(node)[1]]
            if text.startswith(".") and len(text) <= LONGEST and "\n" not in text:
                seen[text] += 1
                needed[text] = {n for a in [*node.args, *(k.value for k in node.keywords)] for n in names_in(a)}
    return {text: needed[text] for text in sorted(seen, key=lambda t: (-seen[t], t))}


@template("method called as elsewhere", 0.06, *_VALUES)
def method_as_elsewhere(site: Site) -> Iterator[Fix]:
    """`x.splitlines(True)` for `x`, as the file has it elsewhere (missing call: PAR, Kim et al. 2013; ingredients at the
    level of expressions: Martinez et al. 2014)."""
    function = site.source.function_of(site.node)
    if function is None or not is_read(site):
        return
    known, own = site.source.once_of_text(known_names, function), site.text(site.node)
    calls = site.source.once_of_text(_calls_behind, site.source.tree)
    fitting = [text for text, needed in calls.items() if needed <= known and not own.endswith(text)][:MOST]
    for text in fitting:
        yield site.swap(site.node, own + text, min(1.0, 6 / len(fitting)))


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
        named = node.args.args
        pairs = [*zip(named[len(named) - len(node.args.defaults) :], node.args.defaults, strict=True)]
        pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
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


def _families(source: Source, tree: ast.AST) -> dict[str, list[str]]:
    """Members that the file takes of each name, as written: `T.Name`, `T.Literal` under `T`, most used first."""
    seen: Counter[tuple[str, str]] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(source.parents.get(node), ast.Attribute | ast.Call):
            root: ast.expr = node
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in source.module_names:
                seen[root.id, source.text_of(node)] += 1
    found: dict[str, list[str]] = {}
    for owner, text in sorted(seen, key=lambda pair: (-seen[pair], pair)):
        found.setdefault(owner, []).append(text)
    return found


@template("member of the family added", 0.15, ast.Tuple, ast.List, ast.Set)
def family_member(site: Site) -> Iterator[Fix]:
    """`(T.Name, T.Literal)` given another member of `T` that the file names elsewhere (new entries of data are among the
    most frequent small fixes; ingredients: Martinez et al. 2014)."""
    node = site.node
    assert isinstance(node, ast.Tuple | ast.List | ast.Set)
    owners = {site.text(e).partition(".")[0] for e in node.elts if isinstance(e, ast.Attribute)}
    if len(owners) != 1 or not all(isinstance(e, ast.Attribute) for e in node.elts):
        return
    present = {site.text(e) for e in node.elts}
    others = site.source.once_of_text(_families, site.source.tree).get(next(iter(owners)), [])
    told = {text[1:-1].lower() for text in site.donors.test_strings}
    fitting = [text for text in others if text not in present]
    fitting.sort(key=lambda text: text.rpartition(".")[2].lower() not in told)
    end = site.source.span(node.elts[-1])[1]
    for text in fitting[:25]:
        yield site.raw(end, end, f", {text}", min(1.0, 6 / len(fitting)))


@template("part or default", 0.1, ast.Subscript, ast.Attribute)
def part_or_default(site: Site) -> Iterator[Fix]:
    """`(row[1] or 0) + 1`: a part that may be None or empty, inside a larger expression (None templates of PyTER, Oh and Oh
    2022)."""
    parent = site.parent
    if not is_read(site) or not isinstance(parent, ast.BinOp | ast.Call | ast.Tuple | ast.keyword | ast.Compare):
        return
    counted = isinstance(parent, ast.BinOp) and not isinstance(parent.op, ast.Add | ast.Mod)
    for text, weight in (("0", 0.6), ("''", 0.1 if counted else 0.4), ("[]", 0.1 if counted else 0.2)):
        yield site.swap(site.node, f"{site.text(site.node)} or {text}", weight)
