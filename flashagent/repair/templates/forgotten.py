"""Forgotten statements that set something: a start value, a start of each round, a link, an element put back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.flow import DRAINING, FILLING, calls_itself
from flashagent.repair.source import Edit, FunctionNode, Source
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.gaps import PLACES, around, offered, places
from flashagent.repair.templates.statements import in_loop

_LOOPS = (ast.For, ast.While)
_OTHER_FLAG = {"True": "False", "False": "True"}
_STARTS = ("0", "[]", "None", "1", "''", "False", "{}", "set()")


def _plain_values(function: ast.AST) -> dict[str, list[str]]:
    """Variables with the plain values that the function gives them anywhere; a flag may have either."""
    found: dict[str, dict[str, None]] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for one, value in pairs:
                plain = isinstance(value, ast.Constant) or _is_empty(value)
                if isinstance(one, ast.Name) and plain and len(written := ast.unparse(value)) <= 12:
                    values = found.setdefault(one.id, {})
                    values[written] = None
                    if written in _OTHER_FLAG:
                        values[_OTHER_FLAG[written]] = None
    return {name: list(values)[:3] for name, values in found.items()}


def _is_empty(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and not value.args and not value.keywords
    return ast.unparse(value) in ("[]", "()", "{}")


def _bound(function: ast.AST) -> set[str]:
    """Names that the function binds other than by adding to them, and its parameters."""
    stores = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    only_added = {
        n.target.id
        for n in ast.walk(function)
        if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
    }
    plain = {
        n.id
        for s in ast.walk(function)
        if isinstance(s, ast.Assign | ast.For | ast.comprehension | ast.With | ast.AnnAssign | ast.NamedExpr)
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and not _adds(s, n)
    }
    return (stores - only_added) | plain


def _adds(statement: ast.AST, name: ast.Name) -> bool:
    """Does the name stand in an addition nested in the statement?"""
    return any(
        isinstance(n, ast.AugAssign) and n.target is name for n in ast.walk(statement) if n is not statement
    )


@template("each round anew", 0.3, *_LOOPS, kinds=("loop",))
def each_round(site: Site) -> Iterator[Fix]:
    """What a loop uses gets its start value at the beginning of each round, at its end, or before the loop (forgotten
    initialization; missing statement patterns of Pan et al. 2009)."""
    node, function = site.node, site.source.function_of(site.node)
    if function is None or not isinstance(node, _LOOPS):
        return
    values = site.source.once(_plain_values, function)
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    lines = [f"{name} = {value}" for name, some in values.items() if name in used for value in some][:12]
    for line in lines:
        for edit, weight in _round_places(site, node, line):
            yield Fix((edit,), weight * min(1.0, 5 / len(lines)), "insertion")


def _round_places(site: Site, loop: ast.For | ast.While, line: str) -> Iterator[tuple[Edit, float]]:
    source = site.source
    first, last = loop.body[0], loop.body[-1]
    found = (
        (source.insert_before(first, [line]), 1.0),
        (source.insert_before(loop, [line]), 0.8 if in_loop(site) else 0.4),
        (
            None
            if isinstance(last, ast.Return | ast.Break | ast.Continue)
            else source.insert_after(last, [line]),
            0.7,
        ),
    )
    for edit, weight in found:
        if edit is not None and source.text_of(first) != line:
            yield edit, weight


@template("set again", 0.1, *PLACES)
def set_again(site: Site) -> Iterator[Fix]:
    """A variable gets one of its plain values behind a statement (forgotten reset; Pan et al. 2009)."""
    node, function = site.node, site.source.function_of(site.node)
    if function is None or not in_loop(site):
        return
    values = site.source.once(_plain_values, function)
    lines = [f"{name} = {value}" for name, some in values.items() for value in some][:12]
    for line in lines:
        if line != site.text(node):
            for edit in places(site, line):
                yield Fix((edit,), min(1.0, 5 / len(lines)), "insertion")


@template(
    "start value",
    0.35,
    ast.For,
    ast.While,
    ast.AugAssign,
    ast.Assign,
    ast.Expr,
    ast.Return,
    ast.If,
    kinds=("unbound",),
)
def start_value(site: Site) -> Iterator[Fix]:
    """A variable that is added to or read and never begun gets a start value (forgotten initialization: Pan et al. 2009)."""
    node, function = site.node, site.source.function_of(site.node)
    if function is None or not isinstance(node, ast.stmt):
        return
    bound = site.source.once(_bound, function)
    known = bound | {*site.scope.parameters, *site.scope.globals}
    added = dict.fromkeys(
        n.target.id for n in ast.walk(node)
        if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name) and n.target.id not in known
    )  # fmt: skip
    for name in list(added)[:3]:
        for number, value in enumerate(_STARTS):
            edit = site.source.insert_before(node, [f"{name} = {value}"])
            if edit is not None:
                yield Fix((edit,), 1.0 if number < 2 else 0.5, "insertion")


@template("forgotten link", 0.2, *PLACES, kinds=("none", "loop", "attribute"))
def forgotten_link(site: Site) -> Iterator[Fix]:
    """An attribute of a local object that is set nowhere here: the other end of a link, the end of a list (missing
    statement patterns of Pan et al. 2009)."""
    function, known = site.source.function_of(site.node), around(site)
    if function is None or known is None:
        return
    lines = site.source.once_of_text(_links, function)
    yield from offered(site, {k: v for k, v in lines.items() if k not in known[1].statements}, 12, most=60)


def _links(source: Source, function: ast.AST) -> dict[str, float]:
    """Settings of attributes that would link what the function works on, with their weights."""
    stored = source.once(_stored_attributes, source.tree)
    receiver, mine = source.scope(function).self_name, source.class_of(function)
    own = [n for n in stored if mine is not None and source.class_of(n) is mine]
    held = list(
        dict.fromkeys(source.text_of(n) for n in own if receiver and source.text_of(n.value) == receiver)
    )[:4]
    used = [n for n in ast.walk(function) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)]
    used.sort(key=lambda n: isinstance(n.ctx, ast.Load))
    owners = dict.fromkeys(
        n.value.id for n in used if isinstance(n.value, ast.Name) and n.value.id != receiver
    )
    owners |= dict.fromkeys(n.value.id for n in _attribute_stores(function) if isinstance(n.value, ast.Name))
    links = [n for n in dict.fromkeys(n.attr for n in stored) if f"{receiver}.{n}" not in held][:4]
    values = ["None", *held, *list(owners)[:5]]
    return {
        f"{owner}.{link} = {value}": 1.0 if value == "None" else 0.8
        for owner in [*list(owners)[:4], *held] for link in links for value in values if value != owner
    }  # fmt: skip


def _stored_attributes(tree: ast.AST) -> list[ast.Attribute]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]


def _attribute_stores(function: ast.AST) -> Iterator[ast.Assign]:
    """Assignments to attributes: what they store is an object to be linked, too."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            yield node


@template("put back", 0.2, *PLACES, kinds=("recursion",))
def put_back(site: Site) -> Iterator[Fix]:
    """An element that the function sets gets its value from before, or a plain one (backtracking without its way back,
    forgotten marks; missing statement patterns of Pan et al. 2009)."""
    outer, known = _outermost(site), around(site)
    if outer is None or known is None:
        return
    targets, compared = site.source.once_of_text(_elements_set, outer)
    values = dict.fromkeys([*site.scope.locals[:3], "0", "None", "False", "True"], 0.4)
    values |= dict.fromkeys(compared[:2], 1.0)
    share = 1.0 if site.source.once(calls_itself, outer) else 0.4  # a way back is what recursion needs
    lines = {
        f"{target} = {value}": weight * share for target in targets[:3] for value, weight in values.items()
    }
    yield from offered(site, {k: v for k, v in lines.items() if k not in known[1].statements}, 10)


def _elements_set(source: Source, outer: ast.AST) -> tuple[list[str], list[str]]:
    """Elements that a function sets, and the literals with which it compares elements."""
    inside = list(ast.walk(outer))
    stores = [n for n in inside if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)]
    compared = [
        source.text_of(c) for n in inside if isinstance(n, ast.Compare) and isinstance(n.left, ast.Subscript)
        for c in n.comparators if isinstance(c, ast.Constant)
    ]  # fmt: skip
    return list(dict.fromkeys(t for n in stores if len(t := source.text_of(n)) <= 30)), compared


def _outermost(site: Site) -> FunctionNode | None:
    known = around(site)
    return known[0] if known is not None else None


@template("call left out", 0.2, *PLACES, kinds=("loop",))
def call_left_out(site: Site) -> Iterator[Fix]:
    """A call that the function makes for its result, made once more for what it does: the bracket taken off the stack
    (copied ingredients: Le Goues et al. 2012; Martinez et al. 2014)."""
    known = around(site)
    if known is None:
        return
    lines = site.source.once_of_text(_calls_that_do, known[0])
    yield from offered(site, {k: v for k, v in lines.items() if k not in known[1].statements}, 4)


def _calls_that_do(source: Source, outer: ast.AST) -> dict[str, float]:
    """Calls in a function that change something: of containers, and of the functions nested in it."""
    inside = list(ast.walk(outer))
    own = {n.name for n in inside if isinstance(n, FunctionNode)}
    lines: dict[str, float] = {}
    for node in inside:
        if not isinstance(node, ast.Call) or len(text := source.text_of(node)) > 40 or "\n" in text:
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in DRAINING | FILLING:
            lines[text] = 1.0 if node.func.attr in DRAINING else 0.5
        elif isinstance(node.func, ast.Name) and node.func.id in own:
            lines[text] = 0.6
    return lines


@template("order forgotten", 0.15, *PLACES)
def order_forgotten(site: Site) -> Iterator[Fix]:
    """A list that is not sorted, turned round or made a heap before it is used (missing call: SOFix, Liu and Zhong 2018)."""
    known = around(site)
    if known is None:
        return
    lists = [name for name, kind in known[1].kinds.items() if kind == "list"] + site.scope.parameters[:2]
    lines: dict[str, float] = {}
    for name in list(dict.fromkeys(lists))[:4]:
        lines |= {f"{name}.sort()": 1.0, f"{name}.reverse()": 0.7}
        lines |= {f"heapq.heapify({name})": 1.0} if "heapq" in site.scope.globals else {}
        lines |= {f"heapify({name})": 1.0} if "heapify" in site.scope.globals else {}
    yield from offered(site, {k: v for k, v in lines.items() if k not in known[1].statements}, 4)


@template("outer variable", 0.5, ast.FunctionDef, kinds=("unbound",))
def outer_variable(site: Site) -> Iterator[Fix]:
    """A nested function that sets a variable of the one around it without saying `nonlocal` (scoping slips; Python
    counterpart of PyTER's missing operations)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.FunctionDef)
    outer = source.function_of(node)
    mine = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names = source.scope(outer).variables if outer is not None else source.module_names
    word = "nonlocal" if outer is not None else "global"
    for name in [n for n in names if n in mine][:3]:
        edit = source.insert_before(node.body[0], [f"{word} {name}"])
        if edit is not None and node.body[0] not in source.docstring_nodes:
            yield Fix((edit,), 1.0 if outer is not None else 0.3)
