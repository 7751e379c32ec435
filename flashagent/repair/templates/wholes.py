"""Wholes: branches exchanged, a method that should not be there, an error that is made and not raised, a guard that functions
beside this one have."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from flashagent.repair.source import Edit, FunctionNode, Source
from flashagent.repair.template import Fix, Site, template

_OPERATORS = frozenset(f"__{n}__" for n in ("eq", "ne", "lt", "le", "gt", "ge", "add", "radd", "sub", "rsub", "mul", "rmul", "or", "and", "ror", "truediv", "floordiv", "mod", "xor"))  # fmt: skip
MOST_GUARDS = 16
_KNOWN = frozenset(vars(builtins))


@template("branches exchanged", 0.35, ast.If)
def branches_exchanged(site: Site) -> Iterator[Fix]:
    """A branch of an `if` and the `elif` after it, each with its condition, in the other order (statement order: GenProg's
    swap, Le Goues et al. 2012)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.If)
    if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
        return
    other = node.orelse[0]
    if not source.is_elif(other):
        return
    # From behind the word on, so that brackets around the condition go with it.
    words = ((n, 4 if source.is_elif(n) else 2) for n in (node, other))
    spans = [(source.span(n)[0] + word, source.span(n.body[-1])[1]) for n, word in words]
    first, second = (source.text[a:b] for a, b in spans)
    yield Fix((Edit(*spans[0], second), Edit(*spans[1], first)))


@template("method left out", 0.1, ast.FunctionDef)
def method_left_out(site: Site) -> Iterator[Fix]:
    """A special method or a property taken away, so that the class has that of its base (statement deletion: Qi et al. 2015)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.FunctionDef)
    owner = source.parents.get(node)
    whole = source.whole_lines(node)
    if not isinstance(owner, ast.ClassDef) or whole is None or len(owner.body) < 2:
        return
    if node.name.startswith("__") and node.name.endswith("__") and node.name not in ("__init__", "__new__"):
        yield site.raw(*whole, "", 1.0, "deletion")


@template("raised instead of made", 0.5, ast.Expr, kinds=("did not raise",))
def raised_instead_of_made(site: Site) -> Iterator[Fix]:
    """`raise` before a call that only makes an error (a throw forgotten; bug patterns of Hovemeyer and Pugh 2004)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.Expr)
    if not isinstance(node.value, ast.Call) or source.function_of(node) is None:
        return
    name = site.text(node.value.func).rpartition(".")[2].lower()
    if any(word in name for word in ("error", "exception", "invalid", "fail")):
        start = source.span(node)[0]
        yield site.raw(start, start, "raise ", 1.0)


@template(
    "guard as beside",
    0.2,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    kinds=("did not raise", "type", "attribute"),
)
def guard_as_beside(site: Site) -> Iterator[Fix]:
    """The guard with which other functions of the class or the file begin, at the top of one that lacks it (ingredients:
    Martinez et al. 2014; missing conditions like those of similar code: Monperrus et al. 2010)."""
    node, source = site.node, site.source
    assert isinstance(node, FunctionNode)
    body = [s for s in node.body if s not in source.docstring_nodes]
    if not body:
        return
    names = {*source.scope(node).parameters, *source.module_names}
    own = source.text_of(node)
    guards = source.once_of_text(_guards, source.tree)
    fitting = [g for g, needs in guards.items() if needs <= names and g[0] not in own]
    for guard in fitting[:MOST_GUARDS]:
        edit = source.insert_before(body[0], guard)
        if edit is not None:
            yield Fix(
                (edit,), min(1.0, 4 / len(fitting)), "refusal" if "raise" in guard[-1] else "early-return"
            )


def _guards(source: Source, tree: ast.AST) -> dict[tuple[str, ...], frozenset[str]]:
    """The guards at the top of functions as lines, with the names that each needs beside those of the language."""
    found: dict[tuple[str, ...], frozenset[str]] = {}
    for node in ast.walk(tree):
        body = (
            [s for s in node.body if s not in source.docstring_nodes]
            if isinstance(node, FunctionNode)
            else []
        )
        for one in body[:2]:
            if isinstance(one, ast.If) and not one.orelse and isinstance(one.body[0], ast.Return | ast.Raise):
                lines = (f"if {ast.unparse(one.test)}:", f"    {ast.unparse(one.body[0])}")
                read = {n.id for n in ast.walk(one) if isinstance(n, ast.Name)}
                if max(map(len, lines)) <= 120:
                    found[lines] = frozenset(read) - _KNOWN
    return found


@template("not of its kind", 0.14, ast.FunctionDef, ast.AsyncFunctionDef, kinds=("type", "attribute"))
def not_of_its_kind(site: Site) -> Iterator[Fix]:
    """`if not isinstance(other, dict): return NotImplemented`: what a function gives for arguments of another kind (type guards
    of PyTER, Oh and Oh 2022)."""
    node, source = site.node, site.source
    assert isinstance(node, FunctionNode)
    scope, owner = source.scope(node), source.class_of(node)
    body = [s for s in node.body if s not in source.docstring_nodes]
    names = [p for p in scope.parameters if p != scope.self_name][:2]
    is_operator = node.name in _OPERATORS
    kinds = [
        *([owner.name] if owner is not None else []),
        *(source.once(_asked, source.tree)),
        "str",
        "int",
        "dict",
        "list",
    ]
    for name in names if body else ():
        for kind in list(dict.fromkeys(kinds))[:8]:
            for answer in ("NotImplemented", "False") if is_operator else ("False", "None", name):
                lines = [f"if not isinstance({name}, {kind}):", f"    return {answer}"]
                edit = source.insert_before(body[0], lines)
                if edit is not None:
                    yield Fix(
                        (edit,), 1.0 if is_operator and answer == "NotImplemented" else 0.2, "early-return"
                    )


def _asked(tree: ast.AST) -> list[str]:
    """The types that the file asks for with `isinstance`, alone or in a tuple, as they are written."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            found |= dict.fromkeys(ast.unparse(a) for a in node.args[1:2])
    return list(found)[:4]
