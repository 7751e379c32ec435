"""Lost halves of conditions: `a and b` of which only one is left, made again from what the function and the file ask elsewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flashagent.repair.nodes import unread
from flashagent.repair.source import Source
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.needs import known_names, names_in

_TESTED = (ast.If, ast.While, ast.IfExp)
LONGEST, MOST, MOST_ASKED, MOST_MIRRORED = 60, 60, 60, 24
_ATOMS = (ast.Compare, ast.Call, ast.Name, ast.Attribute, ast.UnaryOp)


def asked(source: Source, tree: ast.AST) -> dict[str, set[str]]:
    """Everything that conditions of the file ask, halves of `and` and `or` each alone, with the names each reads."""
    found: dict[str, set[str]] = {}
    pending: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
            pending.append(node.test)
        elif isinstance(node, ast.comprehension):
            pending += node.ifs
        elif isinstance(node, ast.BoolOp):
            pending.append(node)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.BoolOp):
            pending += node.values
        elif len(written := source.text_of(node)) <= LONGEST and "\n" not in written:
            found.setdefault(written, names_in(node))
    return found


def _containers(source: Source, tree: ast.AST) -> list[str]:
    """Module-level names that the file looks things up in, or that begin as a container."""
    assert isinstance(tree, ast.Module)
    held = (ast.Set, ast.Dict, ast.List, ast.Tuple, ast.DictComp, ast.SetComp, ast.Call)
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            right = node.comparators[0]
            if isinstance(right, ast.Name) and right.id in source.module_names:
                found.setdefault(right.id)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, held):
            found |= dict.fromkeys(t.id for t in statement.targets if isinstance(t, ast.Name))
    return list(found)[:5]


def _kinds(source: Source, tree: ast.AST) -> list[str]:
    """What `isinstance` is asked for in the file, as written."""
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    asked_for = [source.text_of(c.args[1]) for c in calls if c.func.id == "isinstance" and len(c.args) == 2]  # type: ignore[attr-defined]
    return [k for k in dict.fromkeys([*asked_for, "str"]) if "\n" not in k][:8]


def _predicates(source: Source, tree: ast.AST) -> list[str]:
    """Functions that conditions of the file ask with one argument, and those whose names say that they are asked."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.BoolOp | ast.UnaryOp):
            inside = (
                node.values
                if isinstance(node, ast.BoolOp)
                else [getattr(node, "test", None), getattr(node, "operand", None)]
            )
            for one in inside:
                if (
                    isinstance(one, ast.Call)
                    and isinstance(one.func, ast.Name)
                    and len(one.args) == 1
                    and not one.keywords
                ):
                    found.setdefault(one.func.id)
    named = [n for n in source.module_names if re.match(r"_?(is|has|can|should)_?[a-z]", n)]
    return [n for n in dict.fromkeys([*found, *named]) if n not in ("len", "bool")][:8]


def _mirrored(site: Site, test: ast.expr) -> Iterator[str]:
    """The half that is left with one of its variables exchanged for another: `low is None` beside `high is None`."""
    written = site.text(test)
    if len(written) > LONGEST or not isinstance(test, _ATOMS) or isinstance(test, ast.Name):
        return
    names = sorted({n.id for n in ast.walk(test) if isinstance(n, ast.Name)} & set(site.scope.variables))
    for name in names[:3]:
        others = sorted(
            (v for v in site.scope.variables if v not in names), key=lambda v: (-_alike(v, name), v)
        )
        for other in others[: MOST_MIRRORED // len(names[:3])]:
            yield re.sub(rf"(?<![\w.]){name}\b", other, written)


def _alike(one: str, other: str) -> int:
    """How many parts of their names, or leading and trailing letters, two variables share."""
    parts = len(set(one.split("_")) & set(other.split("_")))
    return 2 * parts + (one[:1] == other[:1]) + (one[-1:] == other[-1:])


def halves(site: Site, test: ast.expr) -> dict[str, float]:
    """Conditions that may stand beside the one that is left, likelier ones first."""
    source = site.source
    function = source.function_of(site.node)
    if function is None:
        return {}
    known, idle = known_names(source, function), source.once(unread, function)
    near = {n.id for n in ast.walk(site.node) if isinstance(n, ast.Name)}
    scope = site.scope.variables
    variables = [v for v in scope if v in idle] + [v for v in scope if v in near and v not in idle]
    found: dict[str, float] = {v: 1.0 for v in variables if v in idle} | {
        f"not {v}": 0.8 for v in variables if v in idle
    }
    found |= dict.fromkeys(_mirrored(site, test), 0.5)
    for written, names in source.once_of_text(asked, source.tree).items():
        if names <= known:
            share = 1.0 if names & idle else 0.6 if names & near else 0.2
            found.setdefault(written, share if names & {*scope, site.scope.self_name} else 0.05)
        elif len(names - known) == 1:
            (foreign,) = names - known
            for variable in variables[:3]:
                found.setdefault(
                    re.sub(rf"(?<![\w.]){foreign}\b", variable, written), 0.4 if variable in idle else 0.25
                )
    inside = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)}
    for variable in sorted(variables, key=lambda v: (v not in idle, v not in inside))[:4]:
        share = 0.8 if variable in idle else 0.5 if variable in inside else 0.3
        found |= {f"isinstance({variable}, {k})": share for k in source.once_of_text(_kinds, source.tree)}
        found |= {
            f"{p}({variable})": share for p in source.once_of_text(_predicates, source.tree) if p in known
        }
        for container in source.once_of_text(_containers, source.tree):
            found |= {f"{variable} in {container}": share, f"{variable}.lower() in {container}": 0.5 * share}
        found |= {
            f"isinstance({variable}, {other})": share
            for other in scope
            if other in inside and other != variable
        }
    for part in _parts(site, test):
        found.setdefault(part, 0.6)
    own = site.text(test)
    best = sorted(((t, w) for t, w in found.items() if t != own), key=lambda item: -item[1])
    return dict(best[:MOST])


def _parts(site: Site, test: ast.expr) -> list[str]:
    """What the condition and the guarded code take for granted: that a container has something, that a thing is there."""
    found: dict[str, None] = {}
    guarded = [test, *(site.node.body[:2] if isinstance(site.node, ast.If | ast.While) else [])]
    for root in guarded:
        for node in ast.walk(root):
            base = node.value if isinstance(node, ast.Subscript | ast.Attribute) else None
            if (
                isinstance(base, ast.Name | ast.Attribute)
                and len(site.text(base)) <= 30
                and site.text(base) != site.scope.self_name
            ):
                if isinstance(base, ast.Name) and base.id not in site.scope.variables:
                    continue
                found |= dict.fromkeys((site.text(base), f"not {site.text(base)}"))
            if (
                isinstance(base, ast.Name)
                and isinstance(node, ast.Subscript)
                and base.id in site.scope.variables
            ):
                found |= dict.fromkeys((f"len({base.id}) > 1", f"len({base.id}) == 1"))
    return list(found)[:10]


@template("lost half", 0.14, *_TESTED, kinds=("index", "none", "key", "attribute", "recursion"))
def lost_half(site: Site) -> Iterator[Fix]:
    """A second half of a condition, taken from what the file asks elsewhere (condition synthesis: SPR, Long and Rinard 2015;
    ingredients: Martinez et al. 2014; ConFix, Kim and Kim 2019)."""
    node = site.node
    assert isinstance(node, _TESTED)
    test = node.test
    joined = isinstance(test, ast.BoolOp)
    if len(site.text(test)) > 2 * LONGEST:
        return
    left = (
        f"({site.text(test)})"
        if isinstance(test, ast.IfExp | ast.Lambda | ast.NamedExpr)
        else site.text(test)
    )
    for half, weight in halves(site, test).items():
        for word in ("and", "or"):
            # The other word inside a chain needs brackets of its own.
            mine = f"({left})" if joined and isinstance(test.op, ast.Or) and word == "and" else left  # type: ignore[attr-defined]
            negated = (
                half[4:] if half.startswith("not ") else f"not {half}" if " " not in half else f"not ({half})"
            )
            yield site.swap(test, f"{half} {word} {mine}", weight)
            if names_meet(half, left):
                yield site.swap(test, f"{mine} {word} {half}", 0.8 * weight)
            yield site.swap(test, f"{negated} {word} {mine}", 0.3 * weight)


def names_meet(half: str, left: str) -> bool:
    """May the half fail where the condition that is left does not hold? Then it must come second."""
    words = set(re.findall(r"[A-Za-z_]\w*", half))
    return bool(words & set(re.findall(r"[A-Za-z_]\w*", left))) and not half.isidentifier()


@template("lost half of a value", 0.07, ast.Return, ast.Assign, ast.comprehension)
def lost_half_of_value(site: Site) -> Iterator[Fix]:
    """The same for a truth that is returned or kept, and for a filter (condition synthesis: SPR, Long and Rinard 2015)."""
    node = site.node
    if isinstance(node, ast.comprehension):
        tests = list(node.ifs)
    else:
        assert isinstance(node, ast.Return | ast.Assign)
        plain = isinstance(node.value, ast.Compare | ast.UnaryOp | ast.Call | ast.Name | ast.Attribute)
        tests = [node.value] if node.value is not None and plain else []
    for test in tests[:2]:
        truth = isinstance(test, ast.Compare) or (
            isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        )
        share = 1.0 if truth or isinstance(node, ast.comprehension) else 0.3
        for half, weight in list(halves(site, test).items())[:30]:
            for word in ("and", "or"):
                yield site.swap(test, f"{half} {word} {site.text(test)}", share * weight)
                yield site.swap(test, f"{site.text(test)} {word} {half}", share * 0.8 * weight)
