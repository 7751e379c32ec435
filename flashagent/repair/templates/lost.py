"""Lost statements, seen by the hole they leave: a name that is read and bound nowhere, an attribute that nobody sets, a branch
that binds less than the other one.

These look at a function as a whole, and put a statement where its hole is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.flow import text
from flashagent.repair.nodes import unread
from flashagent.repair.source import Edit, FunctionNode, Source
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.needs import STARTS, first_use, missing, values_for

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MOST_VALUES = 90


def holes(source: Source, function: ast.AST) -> list[ast.stmt]:
    """The places where nothing is done: a `pass` that is no whole function, class or handler."""
    return [
        n
        for n in ast.walk(function)
        if isinstance(n, ast.Pass)
        and not isinstance(source.parents.get(n), ast.ExceptHandler | ast.ClassDef)
        and source.function_of(n) is function
    ]


def _holes(source: Source, function: ast.AST) -> list[ast.stmt]:
    return holes(source, function)[:3]


def _put(site: Site, lines: dict[str, float], before: ast.stmt | None) -> Iterator[Fix]:
    """The likelier of the lines, each at every hole and before a statement."""
    ordered = sorted(lines.items(), key=lambda item: -item[1])[:MOST_VALUES]
    gaps = site.source.once_of_text(_holes, site.node)
    for line, weight in ordered:
        found: dict[Edit, float] = {}
        for gap in gaps:
            found[Edit(*site.source.span(gap), line)] = 1.0
        opens = isinstance(before, ast.stmt) and site.source.text.startswith(
            "elif", site.source.span(before)[0]
        )
        if before is not None and not opens and before not in site.source.docstring_nodes:
            edit = site.source.insert_before(before, [line])
            if edit is not None:
                found.setdefault(edit, 0.9 if not gaps else 0.6)
        for edit, share in found.items():
            yield Fix((edit,), weight * share, "insertion")


@template("lost binding", 0.6, *FUNCTIONS, kinds=("unbound",))
def lost_binding(site: Site) -> Iterator[Fix]:
    """A name that the function reads and nothing binds gets a value before it is first read (missing initialization: Pan
    et al. 2009; ingredients: Martinez et al. 2014)."""
    source, function = site.source, site.node
    lost = source.once_of_text(missing, function)
    if not lost or len(lost) > 4:
        return
    for name in lost[:2]:
        lines = {f"{name} = {value}": w for value, w in values_for(source, function, name).items()}
        yield from _put(site, lines, first_use(source, function, name))
    if len(lost) >= 2:
        idle = source.once(unread, function)
        pair = {f"{', '.join(lost)} = {v}": 1.0 if v in idle else 0.6 for v in site.scope.variables[:8]}
        yield from _put(site, pair, first_use(source, function, lost[0]))


def _attributes(tree: ast.AST) -> tuple[list[ast.Attribute], frozenset[str], set[ast.AST]]:
    """All attributes of a file, the names that are stored or defined in it, and what is called."""
    nodes = list(ast.walk(tree))
    found = [n for n in nodes if isinstance(n, ast.Attribute)]
    stored = {n.attr for n in found if not isinstance(n.ctx, ast.Load)}
    named = {n.name for n in nodes if isinstance(n, FunctionNode | ast.ClassDef)}
    return found, frozenset(stored | named), {n.func for n in nodes if isinstance(n, ast.Call)}


def _slots(owner: ast.ClassDef) -> set[str]:
    """The attributes that the class promises its objects."""
    return {
        str(c.value)
        for s in owner.body
        if isinstance(s, ast.Assign) and text(s.targets[0]) == "__slots__"
        for c in ast.walk(s.value)
        if isinstance(c, ast.Constant)
    }


def _unset(source: Source, owner: ast.AST) -> dict[str, float]:
    """Attributes that somebody reads of the class's objects and nobody sets, with how sure that is."""
    assert isinstance(owner, ast.ClassDef)
    everything, set_somewhere, called = source.once(_attributes, source.tree)
    mine = [n for n in ast.walk(owner) if isinstance(n, ast.Attribute)]
    inside = {n for n in mine if text(n.value) == "self"}
    own = {n.attr for n in mine if not isinstance(n.ctx, ast.Load)}
    held = {
        n.id
        for s in owner.body
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    found = dict.fromkeys(sorted(_slots(owner) - own - held), 1.0)
    for node in everything:
        if node.attr in set_somewhere or node.attr in held or node.attr[:2] == "__" == node.attr[-2:]:
            continue
        if node in inside:
            found.setdefault(node.attr, 0.9)
        elif (
            isinstance(node.value, ast.Name)
            and node not in called
            and node.value.id not in source.module_names
        ):
            found.setdefault(node.attr, 0.3)
    return found


@template("lost attribute", 0.5, *FUNCTIONS, kinds=("attribute",))
def lost_attribute(site: Site) -> Iterator[Fix]:
    """An attribute that is read and never set gets a value where the object is made; so does an argument of `__init__` that
    nothing takes (missing initialization: Pan et al. 2009)."""
    source, function = site.source, site.node
    owner = source.parents.get(function)
    assert isinstance(function, FunctionNode)
    receiver = site.scope.self_name
    if (
        not isinstance(owner, ast.ClassDef)
        or not receiver
        or function.name not in ("__init__", "__new__", "reset", "clear")
    ):
        return
    idle = source.once(unread, function) & set(site.scope.parameters)
    lines = {f"{receiver}.{name} = {name}": 1.0 for name in sorted(idle)}
    lines |= {f"{receiver}._{name} = {name}": 0.5 for name in sorted(idle)}
    wanted = sorted(source.once_of_text(_unset, owner).items(), key=lambda item: -item[1])[:4]
    for name, sure in wanted:
        for value, weight in values_for(source, function, f"{receiver}.{name}").items():
            same = value == name.lstrip("_")
            lines.setdefault(f"{receiver}.{name} = {value}", sure * (1.0 if same else 0.8 * weight))
    stores = [
        s for s in function.body if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Attribute)
    ]
    anchor = (
        stores[-1] if stores else function.body[0] if function.body[0] not in source.docstring_nodes else None
    )
    yield from _put(site, lines, anchor)


@template("lost in one branch", 0.45, ast.If, kinds=("unbound",))
def lost_in_one_branch(site: Site) -> Iterator[Fix]:
    """What one branch of an `if` binds and the other does not (missing initialization: Pan et al. 2009)."""
    node, source = site.node, site.source
    function = source.function_of(node)
    assert isinstance(node, ast.If)
    if function is None or not node.orelse:
        return
    for poor, rich in ((node.body, node.orelse), (node.orelse, node.body)):
        if isinstance(poor[0], ast.If) and poor is node.orelse:
            continue
        have = _bindings(poor)
        wanted = {name: value for name, value in _bindings(rich).items() if name not in have}
        last = poor[-1]
        if isinstance(last, ast.Return | ast.Raise | ast.Break | ast.Continue):
            continue
        for name, value in list(wanted.items())[:2]:
            simple = isinstance(value, ast.Constant) and isinstance(value.value, int)
            near = {str(int(value.value) + n): 0.8 for n in (1, -1)} if simple else {}  # type: ignore[attr-defined]
            values = near | {
                v: (1.0 if v in STARTS else 0.8) * w for v, w in values_for(source, function, name).items()
            }
            values |= {v: max(0.6, values.get(v, 0.0)) for v in STARTS[:5]}
            values |= dict.fromkeys(_parts_of(source, value), 0.9)
            for written, weight in sorted(values.items(), key=lambda item: -item[1])[:40]:
                edit = source.insert_after(last, [f"{name} = {written}"])
                if edit is not None:
                    yield Fix((edit,), weight, "insertion")


def _parts_of(source: Source, value: ast.expr) -> list[str]:
    """The pieces of an expression: what one branch takes together with more, the other may take alone."""
    kinds = ast.Call | ast.BinOp | ast.Subscript | ast.Attribute
    parts = [source.text_of(n) for n in ast.walk(value) if isinstance(n, kinds) and n is not value]
    return [p for p in dict.fromkeys(parts) if "\n" not in p and len(p) <= 60][:8]


def _bindings(block: list[ast.stmt]) -> dict[str, ast.expr]:
    """The names and attributes that the statements of one block give a value."""
    return {name: s.value for s in block if isinstance(s, ast.Assign) for t in s.targets if (name := text(t))}
