"""What a function lacks: the names that it reads and nothing binds, where they would have to be bound, and to what. Pure."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator

from flashagent.repair.flow import kind_of, text
from flashagent.repair.nodes import unread
from flashagent.repair.source import FunctionNode, Source

_KNOWN = frozenset(vars(builtins)) | {"__file__", "__name__", "__class__", "__doc__", "__spec__", "__path__"}
_BEGINS = {"list": "[]", "set": "set()", "dict": "{}", "str": "''", "number": "0"}
STARTS = ("None", "0", "[]", "False", "1", "{}", "set()", "''", "True", "()", "-1")
_BY_METHOD = {
    "append": "list", "extend": "list", "insert": "list", "sort": "list", "reverse": "list", "add": "set",
    "discard": "set", "items": "dict", "setdefault": "dict", "keys": "dict", "values": "dict", "update": "dict",
}  # fmt: skip
LONGEST = 60


def outermost(source: Source, function: ast.AST) -> ast.AST:
    """The function that holds this one and is held by none."""
    around = [a for a in source.ancestors(function) if isinstance(a, FunctionNode)]
    return around[-1] if around else function


def missing(source: Source, function: ast.AST) -> list[str]:
    """Names that the function reads and nothing binds, in the order in which they are read. A name that is only added to
    is not bound by that."""
    if source.once(_takes_all, source.tree):
        return []
    bound: set[str] = {*source.module_names, *_KNOWN}
    for holder in source.ancestors(function):
        if isinstance(holder, FunctionNode):
            scope = source.scope(holder)
            bound |= {*scope.variables, scope.self_name}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            if not isinstance(source.parents.get(node), ast.AugAssign):
                bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, FunctionNode | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            bound |= set(node.names)
    read = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id not in bound]
    return list(dict.fromkeys(n.id for n in sorted(read, key=lambda n: (n.lineno, n.col_offset))))


def _takes_all(tree: ast.AST) -> bool:
    """Is there a `from m import *`, so that nobody knows what is bound?"""
    return any(a.name == "*" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names)


def known_names(source: Source, function: ast.AST) -> set[str]:
    """What an expression may name inside the function."""
    scope = source.scope(function)
    return {*scope.variables, *scope.globals, *_KNOWN} | ({scope.self_name} if scope.self_name else set())


def names_in(node: ast.AST) -> set[str]:
    """The names that a piece of code reads from outside itself."""
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    return {n.id for n in names} - {n.id for n in names if isinstance(n.ctx, ast.Store)}


def started_by_use(nodes: Iterable[ast.AST], source: Source, name: str) -> list[str]:
    """What a thing begins as, by what is done with it: `x.add(...)` begins with `set()`."""
    found: dict[str, None] = {}
    for node in nodes:
        if not isinstance(node, ast.Name | ast.Attribute) or text(node).rpartition(".")[2] != name:
            continue
        parent = source.parents.get(node)
        if isinstance(parent, ast.Attribute) and parent.value is node and parent.attr in _BY_METHOD:
            found.setdefault(_BEGINS[_BY_METHOD[parent.attr]])
        elif isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store) and parent.value is node:
            found |= dict.fromkeys(("{}", "[]"))
        elif isinstance(parent, ast.AugAssign):
            found.setdefault(_BEGINS.get(kind_of(parent.value), "0"))
        elif isinstance(parent, ast.Compare):
            others = [parent.left, *parent.comparators]
            if any(isinstance(op, ast.In | ast.NotIn) for op in parent.ops) and parent.left is not node:
                found |= dict.fromkeys(("set()", "[]", "{}"))
            elif any(kind_of(o) == "none" for o in others):
                found.setdefault("None")
            else:
                found |= dict.fromkeys(("0", "1"))
        elif isinstance(parent, ast.BinOp):
            found |= dict.fromkeys(("0", "1"))
        elif isinstance(parent, ast.If | ast.While | ast.IfExp | ast.UnaryOp | ast.BoolOp):
            found |= dict.fromkeys(("False", "None", "True"))
    return list(found)


def first_use(source: Source, function: ast.AST, name: str) -> ast.stmt | None:
    """The statement before which a name must be bound: in the innermost block that holds all its uses."""
    chains = []
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name:
            chain = [a for a in [node, *source.ancestors(node)] if isinstance(a, ast.stmt)]
            chains.append(chain[: chain.index(function)][::-1] if function in chain else [])
    if not chains or not all(chains):
        return None
    depth = 0
    while all(len(chain) > depth for chain in chains) and len({id(chain[depth]) for chain in chains}) == 1:
        depth += 1
    if all(len(chain) > depth for chain in chains):
        blocks = {id(source.block_of(chain[depth])) for chain in chains}
        if len(blocks) == 1:
            return min((chain[depth] for chain in chains), key=lambda s: s.lineno)
    return chains[0][max(0, depth - 1)]


def values_for(source: Source, function: ast.AST, target: str) -> dict[str, float]:
    """Expressions that may be what a lost assignment gave to `target`, likelier ones first."""
    scope, idle = source.scope(function), source.once(unread, function)
    known = known_names(source, function) - {target}
    found: dict[str, float] = {}
    for value, weight in _given_elsewhere(source, function, target):
        found.setdefault(value, weight)
    for value in started_by_use(ast.walk(outermost(source, function)), source, target):
        found.setdefault(value, 0.8)
    variables = sorted((v for v in scope.variables if v != target), key=lambda v: v not in idle)
    for variable in variables[:6]:
        share = 1.0 if variable in idle else 0.4
        forms = ("{}", "{}[0]", "next({})", "iter({})", "len({})", "list({})", "{}()")
        for number, form in enumerate(forms):
            found.setdefault(form.format(variable), share * (0.8 if number < 4 else 0.5))
    for one in variables[:5]:
        for other in variables[:5]:
            share = 0.5 if {one, other} & idle else 0.3
            if one != other:
                found.setdefault(f"{one} - {other}", share)
            if one < other:
                found.setdefault(f"{one} + {other}", share)
    found |= {v: w for v, w in _calls_passing_all(function, variables) if v not in found}
    for value in STARTS:
        found.setdefault(value, 0.25)
    for value, names in source.once_of_text(_expressions, source.tree).items():
        if names <= known and value not in found:
            found[value] = 0.7 if names & idle else 0.35 if names & set(scope.variables) else 0.15
    return found


def _given_elsewhere(source: Source, function: ast.AST, target: str) -> Iterator[tuple[str, float]]:
    """What other assignments of the file give to things of that name, with foreign names exchanged for names in scope."""
    scope, idle = source.scope(function), source.once(unread, function)
    known = known_names(source, function) - {target}
    variables = sorted((v for v in scope.variables if v != target), key=lambda v: v not in idle)[:4]
    for name, value in source.once_of_text(_assignments, source.tree):
        if name != target.rpartition(".")[2]:
            continue
        written, foreign = source.text_of(value), sorted(names_in(value) - known)
        if "\n" in written or len(written) > 2 * LONGEST:
            continue
        if not foreign:
            yield written, 1.0
        elif len(foreign) == 1:
            for variable in variables:
                yield re.sub(rf"(?<![\w.]){foreign[0]}\b", variable, written), 0.6


def _assignments(source: Source, tree: ast.AST) -> list[tuple[str, ast.expr]]:
    """The last word of what is assigned to, and the value, over the whole file."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            found += [(text(t).rpartition(".")[2], node.value) for t in node.targets if text(t)]
    return found


def _expressions(source: Source, tree: ast.AST) -> dict[str, set[str]]:
    """Calls, elements and sums of the file with the names they read, the shorter ones first."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call | ast.Subscript | ast.Attribute | ast.BinOp) and isinstance(
            getattr(node, "ctx", ast.Load()), ast.Load
        ):
            parent = source.parents.get(node)
            written = source.text_of(node)
            called = isinstance(parent, ast.Call) and parent.func is node
            if not called and len(written) <= LONGEST and "\n" not in written:
                found.setdefault(written, names_in(node))
    return dict(sorted(found.items(), key=lambda item: len(item[0])))


def _calls_passing_all(function: ast.AST, variables: list[str]) -> Iterator[tuple[str, float]]:
    """Calls that hand on all that came in, where the function takes anything."""
    assert isinstance(function, FunctionNode)
    given = function.args
    if given.vararg is None or given.kwarg is None:
        return
    rest = f"*{given.vararg.arg}, **{given.kwarg.arg}"
    first = [a.arg for a in given.args[:1]]
    for variable in variables[:8]:
        if variable not in (given.vararg.arg, given.kwarg.arg):
            yield f"{variable}({rest})", 0.7
            if first and first[0] != variable:
                yield f"{variable}({first[0]}, {rest})", 0.7
