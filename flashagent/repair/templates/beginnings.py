"""How a computation begins and goes on: start values, first entries of tables, the step of a loop or of a recursion."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.template import Fix, Site, template

_INFINITE = ('float("inf")', 'float("-inf")')


@template("infinite start", 0.2, ast.Constant, ast.Call, ast.UnaryOp)
def infinite_start(site: Site) -> Iterator[Fix]:
    """What looks for the least begins above everything, what looks for the most below (wrong initial value; constant
    replacement: Offutt et al. 1996)."""
    node, parent = site.node, site.parent
    own = site.text(node).replace("'", '"')
    if isinstance(node, ast.Call | ast.UnaryOp) and own not in (
        *_INFINITE,
        "math.inf",
        "-math.inf",
        '-float("inf")',
    ):
        return
    if isinstance(node, ast.Constant) and (
        isinstance(node.value, bool) or node.value not in (0, 1, -1, None)
    ):
        return
    starts = isinstance(parent, ast.Assign | ast.AnnAssign | ast.arguments) or (
        isinstance(parent, ast.List | ast.Tuple | ast.ListComp)
        and isinstance(site.source.parents.get(parent), ast.Assign | ast.BinOp | ast.ListComp)
    )
    default = isinstance(parent, ast.Call) and site.place == "args" and site.text(parent.func)[-4:] == ".get"
    if not (starts or default or isinstance(parent, ast.Return | ast.IfExp)):
        return
    for text in _INFINITE:
        if text != own:
            yield site.swap(node, text, 1.0 if starts else 0.5)
    if isinstance(node, ast.Call):
        yield site.swap(node, "0", 0.7)


@template("begins with the first", 0.2, ast.Constant)
def begins_with_first(site: Site) -> Iterator[Fix]:
    """What looks for the most or the least begins with the first element (wrong initial value; computed donors of ssFix)."""
    node = site.node
    assert isinstance(node, ast.Constant)
    if (
        isinstance(site.parent, ast.Assign)
        and node.value in (0, 1, -1, None)
        and not isinstance(node.value, bool)
    ):
        for name in [p for p in site.scope.parameters if p != site.scope.self_name][:2]:
            yield site.swap(node, f"{name}[0]")
            yield site.swap(node, f"len({name})", 0.5)
            yield site.swap(node, f"max({name})", 0.3)
            yield site.swap(node, f"min({name})", 0.3)


@template("base of the table", 0.2, ast.Assign)
def base_of_table(site: Site) -> Iterator[Fix]:
    """The first entry of a table set before the rest is computed from it: `best[0] = 0` (wrong initial value; missing
    statement patterns of Pan et al. 2009)."""
    node, target = site.node, getattr(site.node, "targets", [None])[0]
    assert isinstance(node, ast.Assign)
    if not isinstance(target, ast.Name) or not isinstance(node.value, ast.BinOp | ast.ListComp | ast.Call):
        return
    nested = isinstance(node.value, ast.ListComp) and isinstance(node.value.elt, ast.BinOp | ast.List)
    whole = isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Mult)
    if not (whole or isinstance(node.value, ast.ListComp)):
        return
    places = (
        ["[0][0]"]
        if nested
        else ["[0]", *(f"[{p}]" for p in site.scope.parameters[:3] if p != site.scope.self_name)]
    )
    for place in places:
        for value, weight in (("0", 1.0), ("1", 1.0), ("True", 0.7)):
            edit = site.source.insert_after(node, [f"{target.id}{place} = {value}"])
            if edit is not None:
                yield Fix((edit,), weight if place.startswith("[0]") else weight * 0.7, "insertion")


@template("another step", 0.2, ast.AugAssign, ast.BinOp, kinds=("loop", "recursion"))
def another_step(site: Site) -> Iterator[Fix]:
    """One less taken for the half or for a digit less, and the other way: `n //= 2`, `n >>= 1`, `n //= 10` (operator and
    constant replaced together: Offutt et al. 1996)."""
    node = site.node
    assert isinstance(node, ast.AugAssign | ast.BinOp)
    left, right = (node.target, node.value) if isinstance(node, ast.AugAssign) else (node.left, node.right)
    if not isinstance(right, ast.Constant) or right.value not in (1, 2, 10) or isinstance(right.value, bool):
        return
    falls = isinstance(node.op, ast.Sub | ast.FloorDiv | ast.RShift | ast.Div | ast.Mod)
    steps = ("// 2", "- 1", ">> 1", "// 10", "- 2") if falls else ("* 2", "+ 1", "<< 1", "* 10", "+ 2")
    own = site.text(left)
    for step in steps:
        sign, number = step.split()
        if isinstance(node, ast.AugAssign):
            yield site.raw(*site.source.span(node), f"{own} {sign}= {number}")
        else:
            yield site.swap(node, f"{site.operand(left)} {step}", 0.3)


@template("one place further", 0.2, ast.Assign, ast.AugAssign)
def one_place_further(site: Site) -> Iterator[Fix]:
    """What was read so far is moved on before the next digit is added: `n = n * 10 + d` (expression insertion: SemFix, Nguyen et
    al. 2013)."""
    node = site.node
    assert isinstance(node, ast.Assign | ast.AugAssign)
    target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
    if not isinstance(target, ast.Name) or isinstance(node.value, ast.Constant | ast.Tuple | ast.List):
        return
    own, digit = target.id, site.operand(node.value)
    if own in digit or (isinstance(node, ast.AugAssign) and not isinstance(node.op, ast.Add)):
        return
    bases = ["10", "2", *(p for p in site.scope.parameters[:3] if p not in (own, site.scope.self_name))]
    for base in bases:
        yield site.raw(*site.source.span(node), f"{own} = {own} * {base} + {digit}")
