"""Idioms written by half: a slice without the one behind it, a bit taken for its number, columns taken for rows, a part that is
not handed on to the function itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import FunctionNode, Source
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.expressions import is_value
from flashagent.repair.templates.names import loaded, nearest
from flashagent.repair.templates.rewrites import loaded_value

_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
LONGEST = 40


@template("all but one", 0.35, ast.Subscript, kinds=("recursion", "index"))
def all_but_one(site: Site) -> Iterator[Fix]:
    """The other half of what was cut: `x[:i] + x[i + 1:]` leaves one out, `x[k:] + x[:k]` turns it round (expression
    insertion: SemFix, Nguyen et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.Subscript)
    part = node.slice
    if not loaded(node) or not isinstance(part, ast.Slice) or part.step is not None:
        return
    if (part.lower is None) == (part.upper is None):
        return
    base, cut = site.text(node.value), part.lower or part.upper
    assert cut is not None
    at = site.text(cut)
    less = _one_less(site, cut)
    if part.lower is not None and less:
        yield site.swap(node, f"{base}[:{less}] + {base}[{at}:]")
    elif part.upper is not None and not isinstance(cut, ast.Constant):
        yield site.swap(node, f"{base}[:{at}] + {base}[{at} + 1:]")
    yield site.swap(node, f"{base}[{at}:] + {base}[:{at}]", 0.5)


def _one_less(site: Site, node: ast.expr) -> str:
    """`i` for `i + 1`, '' for anything else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and site.text(node.right) == "1":
        return site.text(node.left)
    return ""


@template("bit for its number", 0.3, ast.BinOp, ast.AugAssign)
def bit_by_number(site: Site) -> Iterator[Fix]:
    """`a & b` where the b-th bit was meant: `a >> b & 1`, `a | 1 << b` (shift operators: Agrawal et al. 1989)."""
    node = site.node
    assert isinstance(node, ast.BinOp | ast.AugAssign)
    if not isinstance(node.op, _BITS):
        return
    right = node.value if isinstance(node, ast.AugAssign) else node.right
    if not isinstance(right, ast.Constant):
        yield site.swap(right, f"1 << {site.operand(right)}")
    if isinstance(node, ast.AugAssign) or not isinstance(node.op, ast.BitAnd):
        return
    left, bit = site.operand(node.left), site.operand(right)
    if not isinstance(right, ast.Constant):
        yield site.swap(node, f"{left} >> {bit} & 1")
        yield site.swap(node, f"{bit} >> {left} & 1", 0.4)
    elif right.value == 1 and isinstance(node.left, ast.Name):
        for name in [n for n in nearest(site) if n != node.left.id][:4]:
            yield site.swap(node, f"{left} >> {name} & 1", 0.5)


@template("kind of division", 0.2, ast.BinOp, ast.Call)
def kind_of_division(site: Site) -> Iterator[Fix]:
    """A quotient cut off towards zero, rounded down or rounded up (arithmetic operator replacement: Offutt et al. 1996; type
    cast templates of TBar)."""
    node = site.node
    inner = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else node
    if not isinstance(inner, ast.BinOp) or not isinstance(inner.op, ast.FloorDiv | ast.Div):
        return
    if isinstance(node, ast.Call) and site.text(node.func) not in ("int", "round"):
        return
    left, right = site.operand(inner.left), site.operand(inner.right)
    floor = isinstance(inner.op, ast.FloorDiv)
    if floor or isinstance(node, ast.Call):
        yield site.swap(node, f"-(-{left} // {right})", 0.7)
    if floor:
        yield site.swap(node, f"int({left} / {right})")
        yield site.swap(node, f"({left} + {right} - 1) // {right}", 0.3)
        yield site.swap(node, f"round({left} / {right})", 0.4)
    elif isinstance(node, ast.Call):
        yield site.swap(node, f"{left} // {right}", 0.7)


@template("held within", 0.08, ast.Name, ast.Call, ast.BinOp, kinds=("index", "division"))
def held_within(site: Site) -> Iterator[Fix]:
    """A value that may not go beyond how far a loop has come or how long something is: `min(i + 1, size)` (range checkers of
    PAR, Kim et al. 2013)."""
    divides = isinstance(site.parent, ast.BinOp) and site.place == "right"
    if not (is_value(site) or divides or isinstance(site.parent, ast.Slice)) or not loaded_value(site):
        return
    function = site.source.function_of(site.node)
    if function is None:
        return
    own = site.text(site.node)
    ends: dict[str, float] = {f"{name} + 1": 1.0 for name in site.source.once(_counters, function)[:4]}
    for name in [n for n in site.scope.parameters if n != site.scope.self_name][:3]:
        ends |= {f"len({name})": 0.5, f"len({name}) - 1": 0.3}
    for end, weight in ends.items():
        if own not in end and end not in own:
            yield site.swap(site.node, f"min({own}, {end})", weight)
            yield site.swap(site.node, f"max({own}, {end})", weight * 0.4)


def _counters(function: ast.AST) -> list[str]:
    """Variables that count: those of `range` and `enumerate`, and those that are added to by one."""
    found: dict[str, None] = {}
    for node in ast.walk(function):
        if (
            isinstance(node, _LOOPS)
            and isinstance(node.iter, ast.Call)
            and isinstance(node.iter.func, ast.Name)
        ):
            first = node.target.elts[0] if isinstance(node.target, ast.Tuple) else node.target
            if node.iter.func.id in ("range", "enumerate") and isinstance(first, ast.Name):
                found.setdefault(first.id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and _is_one(node.value):
            found.setdefault(node.target.id)
    return list(found)


@template("rows for columns", 0.3, ast.For, ast.comprehension)
def rows_for_columns(site: Site) -> Iterator[Fix]:
    """A loop over columns, or over neighbours, instead of rows: `zip(*x)`, `zip(x, x[1:])` (wrong iterable; argument
    templates of TBar, Liu et al. 2019)."""
    node = site.node
    assert isinstance(node, _LOOPS)
    way, target = node.iter, node.target
    if isinstance(way, ast.Name | ast.Attribute | ast.Subscript):
        yield site.swap(way, f"zip(*{site.text(way)})", _like_columns(target))
    elif isinstance(way, ast.Call) and site.text(way.func) == "zip" and len(way.args) == 1:
        inner = way.args[0]
        bare = site.text(inner.value if isinstance(inner, ast.Starred) else inner)
        yield site.swap(way, bare if isinstance(inner, ast.Starred) else f"zip(*{bare})")
    if isinstance(target, ast.Tuple) and len(target.elts) == 2 and not isinstance(way, ast.Call):
        own = site.operand(way)
        yield site.swap(way, f"zip({own}, {own}[1:])", 0.5)
        yield site.swap(way, f"enumerate({own})", 0.7)
        yield site.swap(way, f"{own}.items()", 0.7)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _like_columns(target: ast.expr) -> float:
    """What the loop's variable is called says whether it goes through rows or through columns."""
    name = target.id.lower() if isinstance(target, ast.Name) else ""
    return 1.3 if name.startswith("col") else 0.5 if name.startswith(("row", "line")) else 1.0


@template("loops exchanged", 0.35, ast.For, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
def loops_exchanged(site: Site) -> Iterator[Fix]:
    """The heads of loops that stand in one another in another order (statement order: GenProg's swap, Le Goues et al. 2012)."""
    node = site.node
    heads: list[ast.AST] = []
    if isinstance(node, ast.For):
        loop: ast.AST = node
        while isinstance(loop, ast.For):
            heads.append(loop)
            loop = loop.body[0]
    else:
        heads = list(node.generators)  # type: ignore[attr-defined]
    orders = {2: ("10",), 3: ("201", "120", "102", "021", "210")}.get(len(heads), ())
    spans = [_head(site.source, head) for head in heads]
    for order in orders:
        pairs = [(spans[to], spans[int(of)]) for to, of in enumerate(order) if to != int(of)]
        fixes = [site.raw(*there, site.source.text[slice(*here)]) for there, here in pairs]
        yield Fix(
            tuple(edit for fix in fixes for edit in fix.edits), 1.0 if order in ("10", "201", "120") else 0.6
        )


def _head(source: Source, loop: ast.AST) -> tuple[int, int]:
    """From the target to the end of what is gone through."""
    assert isinstance(loop, _LOOPS)
    return source.span(loop.target)[0], source.span(loop.iter)[1]


@template("nearly equal", 0.15, ast.Compare)
def nearly_equal(site: Site) -> Iterator[Fix]:
    """Numbers with a fraction compared with `==`, or by a difference that has a sign (comparison templates of TBar)."""
    node = site.node
    assert isinstance(node, ast.Compare)
    function = site.source.function_of(node)
    if function is None or len(node.ops) != 1 or not site.source.once(_fractions, function):
        return
    left, right = site.operand(node.left), site.operand(node.comparators[0])
    if isinstance(node.ops[0], ast.Eq):
        yield site.swap(node, f"abs({left} - {right}) < 1e-9")
    elif isinstance(node.ops[0], ast.NotEq):
        yield site.swap(node, f"abs({left} - {right}) > 1e-9")
    for side in (node.left, node.comparators[0]):
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.Sub):
            yield site.swap(side, f"abs({site.text(side)})", 2.0)


def _fractions(function: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Div) or (isinstance(n, ast.Constant) and isinstance(n.value, float))
        for n in ast.walk(function)
    )


@template("handed to itself", 0.2, ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, kinds=("recursion",))
def handed_to_itself(site: Site) -> Iterator[Fix]:
    """A part that the function should have been called with: `f(x.next)` where `x.next` stands (call wrapping: TBar, Liu et
    al. 2019; ingredients at the level of expressions: Martinez et al. 2014)."""
    function = site.source.function_of(site.node)
    joined = isinstance(site.parent, ast.BinOp | ast.YieldFrom | ast.List | ast.BoolOp)
    if function is None or not loaded_value(site) or not (is_value(site) or joined):
        return
    own, receiver = site.text(site.node), site.scope.self_name
    takes = [p for p in site.scope.parameters if p != receiver]
    if own in takes and isinstance(site.parent, ast.Call):
        return
    method = isinstance(site.source.parents.get(function), ast.ClassDef) and receiver
    name = f"{receiver}.{function.name}" if method else function.name
    calls = site.source.once_of_text(_own_calls, function)
    share = 1.0 if calls else 0.7
    for given in [takes, *calls][:4]:
        for place, argument in enumerate(given[:4]):
            if argument != own:
                line = f"{name}({', '.join([*given[:place], own, *given[place + 1 :]])})"
                yield site.swap(site.node, line, share if place == 0 else share * 0.5)


def _own_calls(source: Source, function: ast.AST) -> list[list[str]]:
    """The arguments of the function's calls of itself."""
    assert isinstance(function, FunctionNode)
    found = [
        [source.text_of(a) for a in n.args]
        for n in ast.walk(function)
        if isinstance(n, ast.Call)
        and source.text_of(n.func).rpartition(".")[2] == function.name
        and not n.keywords
    ]
    return [one for one in found if sum(map(len, one)) <= LONGEST and not any("\n" in a for a in one)]


@template("filed under its key", 0.3, ast.Assign, ast.AugAssign, ast.Expr, kinds=("key",))
def filed(site: Site) -> Iterator[Fix]:
    """An entry of a dictionary that is begun when it is first used: counted, added to a list or a set (missing key guards:
    Getafix, Bader et al. 2019; PyTER)."""
    node = site.node
    span = site.source.span(node)
    if isinstance(node, ast.Expr):
        call = node.value
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and len(call.args) == 1):
            return
        entry, value = call.func.value, site.text(call.args[0])
        begins = {"append": "[]", "extend": "[]", "add": "set()", "update": "set()"}.get(call.func.attr, "")
        if isinstance(entry, ast.Subscript) and begins and not isinstance(entry.slice, ast.Slice):
            base, key = site.text(entry.value), site.text(entry.slice)
            yield site.raw(*span, f"{base}.setdefault({key}, {begins}).{call.func.attr}({value})")
        return
    assert isinstance(node, ast.Assign | ast.AugAssign)
    target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
    if not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice):
        return
    base, key = site.text(target.value), site.text(target.slice)
    if isinstance(node, ast.AugAssign):
        sign = "+" if isinstance(node.op, ast.Add) else "-" if isinstance(node.op, ast.Sub) else ""
        if sign:
            yield site.raw(*span, f"{base}[{key}] = {base}.get({key}, 0) {sign} {site.operand(node.value)}")
        return
    bare = (
        node.value.elts[0]
        if isinstance(node.value, ast.List | ast.Set) and len(node.value.elts) == 1
        else node.value
    )
    value = site.text(bare)
    yield site.raw(*span, f"{base}.setdefault({key}, []).append({value})")
    yield site.raw(*span, f"{base}.setdefault({key}, set()).add({value})", 0.6)
    yield site.raw(*span, f"{base}[{key}] = {base}.get({key}, 0) + {site.operand(bare)}", 0.8)
    yield site.raw(*span, f"{base}.setdefault({key}, {value})", 0.4)


@template("element for its number", 0.15, ast.Name)
def element_for_number(site: Site) -> Iterator[Fix]:
    """The number of an element taken for the element: `a[i]` for `i` where a loop counts through `a` (array index changes: Pan
    et al. 2009)."""
    node, function = site.node, site.source.function_of(site.node)
    assert isinstance(node, ast.Name)
    if function is None or not loaded(node) or site.place in ("func", "slice"):
        return
    for counted in site.source.once_of_text(_counted, function).get(node.id, ()):
        if not isinstance(site.parent, ast.Subscript):
            yield site.swap(node, f"{counted}[{node.id}]")


def _counted(source: Source, function: ast.AST) -> dict[str, list[str]]:
    """What each loop variable counts through: `a` for `for i in range(len(a))`."""
    found: dict[str, list[str]] = {}
    for loop in ast.walk(function):
        if isinstance(loop, _LOOPS) and isinstance(loop.target, ast.Name):
            lengths = (
                n.args[0]
                for n in ast.walk(loop.iter)
                if isinstance(n, ast.Call) and source.text_of(n.func) == "len" and n.args
            )
            found.setdefault(loop.target.id, []).extend(source.text_of(n) for n in lengths)
    return found


@template("put in front", 0.2, ast.AugAssign, ast.Expr)
def put_in_front(site: Site) -> Iterator[Fix]:
    """What is added at the end and belongs at the front: `x = y + x`, `x.insert(0, y)` (operand swap: DeMarco et al. 2014)."""
    node = site.node
    if (
        isinstance(node, ast.AugAssign)
        and isinstance(node.op, ast.Add)
        and not isinstance(node.value, ast.Constant)
    ):
        target = site.text(node.target)
        yield site.raw(*site.source.span(node), f"{target} = {site.operand(node.value)} + {target}")
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        if isinstance(call.func, ast.Attribute) and call.func.attr == "append" and len(call.args) == 1:
            yield site.swap(call, f"{site.text(call.func.value)}.insert(0, {site.text(call.args[0])})")
