"""What was left undone: a `pass` where something must happen, an object whose base class was never set up, a call of a thing
that cannot be called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flashagent.repair.nodes import unread
from flashagent.repair.source import FunctionNode, Source
from flashagent.repair.template import Fix, Shape, Site, template
from flashagent.repair.templates.lost import FUNCTIONS
from flashagent.repair.templates.needs import known_names, names_in

_STATEMENTS = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Break, ast.Continue)
LONGEST, MOST = 90, 120


def _written(source: Source, tree: ast.AST) -> dict[str, tuple[ast.stmt, frozenset[str]]]:
    """The simple statements of all functions of the file by their text, with the names they read."""
    found: dict[str, tuple[ast.stmt, frozenset[str]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, _STATEMENTS) and node not in source.docstring_nodes and source.function_of(node):
            written = source.text_of(node)
            if len(written) <= LONGEST and "\n" not in written:
                found.setdefault(written, (node, frozenset(names_in(node))))
    return found


def _taking_in(source: Source, statement: ast.stmt, written: str, idle: frozenset[str]) -> Iterator[str]:
    """The statement with one of its expressions exchanged for a variable that nothing reads: what the other branch does,
    done with what this one is about."""
    start = source.span(statement)[0]
    for node in ast.walk(statement) if idle else ():
        parent = source.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        value = isinstance(node, ast.Name | ast.Subscript | ast.Call | ast.Attribute | ast.Constant)
        read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        if value and read and not called and not isinstance(parent, ast.Attribute):
            begin, end = source.span(node)
            yield from (written[: begin - start] + name + written[end - start :] for name in sorted(idle)[:2])


@template("nothing done", 0.3, ast.Pass)
def nothing_done(site: Site) -> Iterator[Fix]:
    """A statement of the function, its class or its file where there is only `pass`, foreign names exchanged for those in
    scope (ingredients: Martinez et al. 2014; GenProg, Le Goues et al. 2012)."""
    source, node = site.source, site.node
    function, parent = source.function_of(node), site.parent
    if function is None or isinstance(parent, ast.ExceptHandler | ast.ClassDef):
        return
    owner, known = source.class_of(function), known_names(source, function)
    idle = source.once(unread, function)
    in_loop = any(isinstance(a, ast.For | ast.While | ast.AsyncFor) for a in source.ancestors(node))
    lines: dict[str, float] = dict.fromkeys(("continue", "break"), 0.6) if in_loop else {}
    for name in sorted(idle):
        lines |= {f"return {name}": 0.6, f"yield {name}": 0.4, f"yield from {name}": 0.4, f"{name}()": 0.4}
    for written, (statement, names) in source.once_of_text(_written, source.tree).items():
        if source.function_of(statement) is function:
            lines |= dict.fromkeys(_taking_in(source, statement, written, idle), 1.5)
        home = source.function_of(statement)
        near = 1.0 if home is function else 0.7 if source.class_of(statement) is owner is not None else 0.35
        foreign = sorted(names - known)
        if not foreign:
            lines.setdefault(written, near * (1.5 if names & idle else 1.0))
        elif len(foreign) == 1:
            for variable in sorted(site.scope.variables, key=lambda v: (v not in idle, v))[:3]:
                adapted = re.sub(rf"(?<![\w.]){foreign[0]}\b", variable, written)
                lines.setdefault(adapted, near * (0.6 if variable in idle else 0.25))
    for line, weight in sorted(lines.items(), key=lambda item: -item[1])[:MOST]:
        shape: Shape = "early-return" if line.startswith("return") else "insertion"
        yield site.raw(*source.span(node), line, weight * min(1.0, 20 / len(lines)), shape)


def _set_up(function: ast.AST) -> bool:
    """Does the method call the one of its base class?"""
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and n.func.attr == getattr(function, "name", "")
        for n in ast.walk(function)
    )


@template("base left out", 0.5, *FUNCTIONS, kinds=("attribute",))
def base_left_out(site: Site) -> Iterator[Fix]:
    """`super().__init__(...)` that a class with a base never calls (missing method call: Monperrus et al. 2010)."""
    source, function = site.source, site.node
    owner = source.parents.get(function)
    if (
        not isinstance(owner, ast.ClassDef)
        or not isinstance(function, FunctionNode)
        or not site.scope.self_name
    ):
        return
    bases = [
        source.text_of(b)
        for b in owner.bases
        if isinstance(b, ast.Name | ast.Attribute) and source.text_of(b) != "object"
    ]
    if (
        not bases
        or function.name not in ("__init__", "setUp", "clear", "reset", "close")
        or _set_up(function)
    ):
        return
    given = [*function.args.posonlyargs, *function.args.args][1:]
    names = [a.arg for a in given]
    extra = [f"*{function.args.vararg.arg}"] if function.args.vararg else []
    extra += [f"**{function.args.kwarg.arg}"] if function.args.kwarg else []
    choices = {(*names[:n], *extra): 1.0 for n in range(len(names), -1, -1)} | {
        (): 1.0,
        tuple(extra): 1.0,
    }
    choices |= dict.fromkeys(((name,) for name in names), 0.8)
    for base in (n for n in ast.walk(source.tree) if isinstance(n, ast.ClassDef) and n.name in bases):
        for method in base.body:
            if isinstance(method, FunctionNode) and method.name == function.name:
                wanted = tuple(a.arg for a in method.args.args[1:] if a.arg in names)
                choices[wanted] = 1.5
    first = next((s for s in function.body if s not in source.docstring_nodes), None)
    if first is None:
        return
    for arguments, weight in choices.items():
        for form in ("super().{0}({2})", f"{bases[0]}.{{0}}({{1}})"):
            line = form.format(
                function.name, ", ".join((site.scope.self_name, *arguments)), ", ".join(arguments)
            )
            edit = source.insert_before(first, [line])
            if edit is not None:
                yield Fix((edit,), weight * (1.0 if form.startswith("super") else 0.6), "insertion")


@template("called variable", 0.3, ast.Call)
def called_variable(site: Site) -> Iterator[Fix]:
    """A variable that is called, exchanged for another one or for a function of the file (call target replacement: PraPR,
    Ghanbari et al. 2019)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.Call)
    if not isinstance(node.func, ast.Name) or node.func.id not in site.scope.variables:
        return
    function = source.function_of(node)
    idle = source.once(unread, function) if function is not None else frozenset()
    called = [d for d in site.donors.functions if d in site.scope.globals][:6]
    others = [v for v in site.scope.variables if v != node.func.id]
    for name in dict.fromkeys([*others, *called]):
        share = 2.0 if name in idle else 1.0
        yield site.raw(*source.span(node.func), name, share * min(1.0, 8 / (len(others) + 1)))
