"""Expressions: the larger of two, a part of a thing, something else where it is empty, another way round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import FunctionNode
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.names import expressions_beside, loaded, nearest

_VALUE_PLACES = ast.Assign | ast.AugAssign | ast.Return | ast.Tuple | ast.Call | ast.Yield | ast.BinOp
_QUESTIONS = ("isdigit()", "isalpha()", "isalnum()", "isspace()", "isupper()", "islower()", "strip()")


def is_value(site: Site) -> bool:
    """Is the node a value that is kept, returned or handed on?"""
    if not isinstance(getattr(site.node, "ctx", ast.Load()), ast.Load):
        return False
    return isinstance(site.parent, _VALUE_PLACES) and site.place not in ("target", "targets", "func")


@template("larger or smaller of two", 0.04, ast.Name, ast.Subscript, ast.BinOp)
def extreme(site: Site) -> Iterator[Fix]:
    """`max(a, b)` or `min(a, b)` where one of them stands (expression wrapping with a variable: TBar, Liu et al. 2019)."""
    if not is_value(site):
        return
    own = site.text(site.node)
    # One that holds the other fits a test by its numbers now and then, and is hardly ever meant.
    pool = [*nearest(site), *expressions_beside(site)[:4]]
    others = [text for text in pool if text not in own and own not in text][:8]
    for other in others:
        for name in ("max", "min"):
            yield site.swap(site.node, f"{name}({own}, {other})", min(1.0, 6 / len(others)))


@template("this or that", 0.043, ast.Name, ast.Attribute, ast.Subscript, ast.Call, kinds=("none",))
def this_or_that(site: Site) -> Iterator[Fix]:
    """Another value where the first is empty: a variable, or what the failing test expects (None templates of PyTER, Oh
    and Oh 2022; literal donors: ssFix, Xin and Reiss 2017)."""
    if not is_value(site) or isinstance(site.parent, ast.BinOp):
        return
    own = site.text(site.node)
    others = [name for name in site.scope.variables if name != own][:6]
    for other in others:
        yield site.swap(site.node, f"{own} or {other}", min(1.0, 4 / len(others)))
    if isinstance(site.parent, ast.Return):
        for literal in [*site.donors.test_strings[:6], *site.donors.test_numbers[:3]]:
            yield site.swap(site.node, f"{own} or {literal}", 0.4)


@template("part of it", 0.071, ast.Name, kinds=("attribute", "type"))
def part_of_it(site: Site) -> Iterator[Fix]:
    """An attribute or element of a thing instead of the thing, of those that the function takes from others
    (expression replacer of PAR, Kim et al. 2013)."""
    node, function = site.node, site.source.function_of(site.node)
    assert isinstance(node, ast.Name)
    if function is None or not loaded(node) or site.place == "func" or isinstance(site.parent, ast.Attribute):
        return
    attributes = dict.fromkeys(
        n.attr for n in ast.walk(function)
        if isinstance(n, ast.Attribute) and not isinstance(site.source.parents.get(n), ast.Call)
    )  # fmt: skip
    for name in list(attributes)[:6]:
        yield site.swap(node, f"{node.id}.{name}", min(1.0, 4 / len(attributes)))
    for place in ("0", "1", "-1"):
        yield site.swap(node, f"{node.id}[{place}]", 0.3)


@template("computed instead of fixed", 0.047, ast.Constant)
def computed(site: Site) -> Iterator[Fix]:
    """A constant replaced by an expression of the same function (ingredients at the level of expressions: Martinez et al.
    2014)."""
    node = site.node
    if isinstance(site.parent, ast.Expr | ast.JoinedStr | ast.Subscript | ast.arguments):
        return
    if isinstance(getattr(node, "value", None), str) and len(node.value) > 3:  # type: ignore[attr-defined]
        return
    texts = expressions_beside(site)
    for text in texts:
        yield site.swap(node, text, min(0.8, 6 / len(texts)))


@template("element joined", 0.039, ast.Name, ast.Call, ast.Subscript)
def element_joined(site: Site) -> Iterator[Fix]:
    """A list with one element more, `a + [b]` (expression insertion: SemFix, Nguyen et al. 2013)."""
    if not is_value(site) or isinstance(site.parent, ast.BinOp | ast.Tuple):
        return
    own = site.text(site.node)
    others = [name for name in site.scope.variables if name != own][:6]
    for other in others:
        yield site.swap(site.node, f"{own} + [{other}]", min(1.0, 4 / len(others)))
        yield site.swap(site.node, f"[{other}] + {own}", min(0.6, 3 / len(others)))


@template("the other way round", 0.25, ast.Tuple, ast.List, ast.For)
def other_way_round(site: Site) -> Iterator[Fix]:
    """A literal sequence written backwards, a loop that goes backwards (expression templates of TBar, Liu et al. 2019)."""
    node = site.node
    if isinstance(node, ast.For):
        yield site.swap(node.iter, f"reversed({site.text(node.iter)})", 0.5)
        yield site.swap(node.iter, f"reversed(list({site.text(node.iter)}))", 0.2)
    elif (
        isinstance(node, ast.Tuple | ast.List) and 2 < len(node.elts) <= 12 and isinstance(node.ctx, ast.Load)
    ):
        backwards = zip(node.elts, reversed(node.elts), strict=True)
        edits = tuple(site.source.replace(a, site.text(b)) for a, b in backwards if a is not b)
        yield Fix(edits)


@template("asked of a text", 0.08, ast.Name)
def asked(site: Site) -> Iterator[Fix]:
    """`x.isalnum()` where `x` itself is tested (method templates of SOFix, Liu and Zhong 2018)."""
    node = site.node
    assert isinstance(node, ast.Name)
    in_filter = isinstance(site.parent, ast.comprehension) and site.place == "ifs"
    if in_filter or isinstance(site.parent, ast.If | ast.IfExp | ast.BoolOp | ast.UnaryOp | ast.While):
        for question in _QUESTIONS:
            yield site.swap(node, f"{node.id}.{question}", 0.8)


@template("both operands", 0.12, ast.Compare, ast.BinOp)
def both_operands(site: Site) -> Iterator[Fix]:
    """Both names of a comparison replaced by what was made of them: `a != b` for `left != right` after
    `a, b = find(left), find(right)` (variable replacement in two places: Offutt et al. 1996)."""
    node, function = site.node, site.source.function_of(site.node)
    if isinstance(node, ast.Compare):
        left, right = node.left, node.comparators[0]
    else:
        assert isinstance(node, ast.BinOp)
        left, right = node.left, node.right
    if function is None or not (isinstance(left, ast.Name) and isinstance(right, ast.Name)):
        return
    for first in made_of(function, left.id):
        for second in made_of(function, right.id):
            if first != second:
                yield Fix((site.source.replace(left, first), site.source.replace(right, second)))


def made_of(function: FunctionNode, name: str) -> list[str]:
    """Variables that the function assigns something made of this one to."""
    found: dict[str, None] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        targets, values = node.targets, [node.value] * len(node.targets)
        if len(targets) == 1 and isinstance(targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            targets, values = targets[0].elts, node.value.elts
        for target, value in zip(targets, values, strict=False):
            used = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
            if isinstance(target, ast.Name) and target.id != name and name in used:
                found[target.id] = None
    return list(found)[:4]


@template("half or twice", 0.052, ast.BinOp, ast.Call, ast.Name)
def half_or_twice(site: Site) -> Iterator[Fix]:
    """A forgotten factor of two or of -1 (constant insertion: SemFix, Nguyen et al. 2013)."""
    if not is_value(site) or isinstance(site.parent, ast.Call | ast.Tuple):
        return
    own = site.operand(site.node)  # type: ignore[arg-type]
    for text, weight in ((f"{own} / 2", 0.8), (f"{own} // 2", 0.8), (f"{own} * 2", 0.8), (f"2 * {own}", 0.2)):
        yield site.swap(site.node, text, weight)


@template("shared rows", 0.48, ast.BinOp)
def shared_rows(site: Site) -> Iterator[Fix]:
    """`[[0] * n] * m` makes one row m times: each gets a row of its own (aliasing slips; SOFix, Liu and Zhong 2018)."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List) and len(node.left.elts) == 1:
        inner = node.left.elts[0]
        if isinstance(inner, ast.List | ast.BinOp | ast.Dict | ast.Set | ast.Call):
            yield site.swap(node, f"[{site.text(inner)} for _ in range({site.text(node.right)})]")
