"""Statements: deleted, exchanged, added, ended differently."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from flashagent.repair.source import FunctionNode, Source
from flashagent.repair.template import Fix, Site, template

BUILTINS = frozenset(vars(builtins))
SIMPLE = (
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Expr,
    ast.Return,
    ast.Raise,
    ast.Delete,
    ast.Assert,
    ast.Break,
    ast.Continue,
)


def in_loop(site: Site) -> bool:
    for ancestor in site.source.ancestors(site.node):
        if isinstance(ancestor, ast.For | ast.While | ast.AsyncFor):
            return True
        if isinstance(ancestor, FunctionNode | ast.ClassDef):
            return False
    return False


@template("delete statement", 0.1, *SIMPLE, ast.If, ast.For, ast.While)
def delete(site: Site) -> Iterator[Fix]:
    """A statement removed (statement deletion: GenProg, Le Goues et al. 2012; Kali, Qi et al. 2015); ranked low."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if node in site.source.docstring_nodes or (isinstance(node, ast.If) and site.place == "orelse"):
        return
    edit = site.source.delete(node)
    if edit is not None:
        yield Fix((edit,), 1.0 if isinstance(node, SIMPLE) else 0.4, "deletion")


@template("break or continue", 0.4, ast.Break, ast.Continue, kinds=("loop",))
def jump(site: Site) -> Iterator[Fix]:
    """`break` for `continue`, a `return` for both (control flow slips: Agrawal et al. 1989; Pan et al. 2009)."""
    yield site.raw(*site.source.span(site.node), "continue" if isinstance(site.node, ast.Break) else "break")
    for name in site.scope.variables[:6]:
        yield site.raw(*site.source.span(site.node), f"return {name}", 0.3, "early-return")


@template("return or continue", 0.17, ast.Return)
def return_to_jump(site: Site) -> Iterator[Fix]:
    """A `return` in a loop that should go on or leave only the loop (control flow slips: Pan et al. 2009)."""
    if in_loop(site):
        for word in ("continue", "break"):
            yield site.raw(*site.source.span(site.node), word)


@template("insert jump", 0.12, *SIMPLE, kinds=("loop",))
def insert_jump(site: Site) -> Iterator[Fix]:
    """`break`, `continue` or a bare `return` after a statement (insertion: GenProg; SPR, Long and Rinard 2015)."""
    node = site.node
    assert isinstance(node, ast.stmt)
    if node is not site.source.block_of(node)[-1] or isinstance(
        node, ast.Return | ast.Raise | ast.Break | ast.Continue
    ):
        return
    words = ("break", "continue") if in_loop(site) else ("return",)
    for word in words:
        edit = site.source.insert_after(node, [word])
        if edit is not None:
            yield Fix((edit,), 1.0, "early-return" if word == "return" else "")


def _siblings(source: Source, function: ast.AST) -> list[ast.AST]:
    """Simple statements of the function, then those of other methods of its class that name nothing else than it can."""
    kinds = ast.Assign | ast.AugAssign | ast.Expr
    found = [n for n in ast.walk(function) if isinstance(n, kinds)]
    owner, scope = source.class_of(function), source.scope(function)
    known = {*scope.variables, scope.self_name, *scope.globals} | BUILTINS
    others = (
        (n for n in ast.walk(owner) if isinstance(n, kinds) and source.function_of(n) not in (function, None))
        if owner is not None
        else ()
    )
    return [*found, *(n for n in others if {x.id for x in ast.walk(n) if isinstance(x, ast.Name)} <= known)]


@template("insert sibling", 0.052, *SIMPLE, ast.Pass)
def insert_sibling(site: Site) -> Iterator[Fix]:
    """A copy of another simple statement of the function, before or after this one (GenProg; ingredients: Martinez 2014)."""
    node, source = site.node, site.source
    function = source.function_of(node)
    if function is None or not isinstance(node, ast.stmt):
        return
    siblings = [n for n in source.once_of_text(_siblings, function) if n is not node]
    donors = list({source.text_of(n): n for n in siblings}.values())
    for donor in donors[:25]:
        text = source.text_of(donor)
        if "\n" in text or donor in source.docstring_nodes:
            continue
        for edit in (source.insert_before(node, [text]), source.insert_after(node, [text])):
            if edit is not None and not (
                isinstance(node, ast.Return | ast.Raise) and edit.start > source.span(node)[0]
            ):
                yield Fix((edit,), min(1.0, 6 / len(donors)), "insertion")


@template("insert step", 0.08, *SIMPLE, ast.Pass, kinds=("loop", "recursion"))
def insert_step(site: Site) -> Iterator[Fix]:
    """A forgotten step: a count, a mark that something was seen, an element kept (insertion templates of SOFix)."""
    node, source, names = site.node, site.source, site.scope.variables[:7]
    if not isinstance(node, ast.stmt) or isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue):
        return
    lines = {f"{name} {op} 1": 1.0 for name in names for op in ("+=", "-=")}
    for owner in names:
        for value in names:
            if owner != value:
                steps = (f"{owner}.append({value})", f"{owner}.add({value})", f"{owner} += {value}")
                # An old value thrown away fits a test now and then, and is less often what was forgotten.
                lines |= {**dict.fromkeys(steps, 1.0), f"{owner} = {value}": 0.4}
    for line, weight in lines.items():
        edit = source.insert_after(node, [line])
        if edit is not None:
            yield Fix((edit,), min(1.0, 12 / len(lines)) * weight, "insertion")


@template("rest after the loop", 0.23, *SIMPLE)
def rest_after_loop(site: Site) -> Iterator[Fix]:
    """What a loop collected last is handed over behind it, when there is something: `if part: parts.append(part)`
    (insertion of a guarded copy: SPR, Long and Rinard 2015; ingredients: Martinez 2014)."""
    node, source = site.node, site.source
    if not isinstance(node, ast.stmt):
        return
    block = source.block_of(node)
    place = block.index(node) if node in block else 0
    loop = block[place - 1] if place else None
    if not isinstance(loop, ast.For | ast.While):
        return
    calls = [n for n in ast.walk(loop) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
    for call in calls[:4]:
        assert isinstance(call.value, ast.Call)
        text = source.text_of(call)
        names = [a.id for a in call.value.args if isinstance(a, ast.Name)]
        for name in names if "\n" not in text else ():
            edit = source.insert_before(node, [f"if {name}:", f"    {text}"])
            if edit is not None:
                yield Fix((edit,), 0.8, "insertion")


@template("assign result", 0.4, ast.Expr)
def assign_result(site: Site) -> Iterator[Fix]:
    """The result of a call thrown away: kept in its own argument (missing assignment; PyTER, Oh and Oh 2022)."""
    node = site.node
    assert isinstance(node, ast.Expr)
    call = node.value
    if not isinstance(call, ast.Call):
        return
    start = site.source.span(node)[0]
    targets = [a for a in call.args if isinstance(a, ast.Name | ast.Attribute | ast.Subscript)]
    if isinstance(call.func, ast.Attribute):
        targets.append(call.func.value)  # type: ignore[arg-type]
    for target in targets[:3]:
        yield site.raw(start, start, f"{site.text(target)} = ")
        yield site.raw(start, start, f"{site.text(target)} += ", 0.2)


@template("accumulate", 0.24, ast.Assign)
def accumulate(site: Site) -> Iterator[Fix]:
    """`x = f(y)` that should take the old value along (assignment patterns of Pan et al. 2009)."""
    node = site.node
    assert isinstance(node, ast.Assign)
    target = node.targets[0]
    if isinstance(target, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(
        node.value, ast.Constant
    ):
        for name in ("max", "min"):
            yield site.swap(node.value, f"{name}({site.text(target)}, {site.text(node.value)})")
        yield site.swap(node.value, f"{site.text(target)} or {site.operand(node.value)}", 0.3)


@template("assignment turned round", 0.3, ast.Assign)
def turned_round(site: Site) -> Iterator[Fix]:
    """`a = b` that should be `b = a` (assignment patterns of Pan et al. 2009)."""
    node = site.node
    assert isinstance(node, ast.Assign)
    target = node.targets[0]
    movable = ast.Name | ast.Attribute | ast.Subscript
    if len(node.targets) == 1 and isinstance(node.value, movable) and isinstance(target, movable):
        there = site.source.replace(target, site.text(node.value))
        yield Fix((there, site.source.replace(node.value, site.text(target))))
