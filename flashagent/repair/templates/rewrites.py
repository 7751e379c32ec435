"""Expressions written another way: an operand inside or outside the brackets, two names exchanged, a thing taken out
where it is looked at, a condition said of its partner too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations, islice, product

from flashagent.repair.nodes import own_nodes, unread
from flashagent.repair.source import Edit, FunctionNode, Source
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.names import loaded
from flashagent.repair.templates.operators import symbol

_HEADED = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr, ast.If, ast.While, ast.For)
_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)


@template("operand moved", 0.3, ast.BinOp, ast.Subscript, ast.Call)
def operand_moved(site: Site) -> Iterator[Fix]:
    """`a[i] - 1` against `a[i - 1]`, `f(x) + 1` against `f(x + 1)` (expression templates of TBar, Liu et al. 2019)."""
    node, text = site.node, site.text
    if isinstance(node, ast.BinOp):
        inner, sign = node.left, symbol(node.op)
        moved = f"{sign} {site.operand(node.right)}"
        if isinstance(inner, ast.Subscript) and not isinstance(inner.slice, ast.Slice | ast.Tuple):
            yield site.swap(node, f"{text(inner.value)}[{site.operand(inner.slice)} {moved}]")
        elif isinstance(inner, ast.Call) and inner.args and not inner.keywords:
            for place, argument in enumerate(inner.args):
                texts = [text(a) for a in inner.args]
                texts[place] = f"{site.operand(argument)} {moved}"
                yield site.swap(node, f"{text(inner.func)}({', '.join(texts)})", 0.7)
    elif isinstance(node, ast.Subscript):
        if loaded(node) and isinstance(node.slice, ast.BinOp):
            within = node.slice
            yield site.swap(node, f"{text(node.value)}[{text(within.left)}] {symbol(within.op)} {site.operand(within.right)}", 0.6)  # fmt: skip
    elif isinstance(node, ast.Call) and not node.keywords:
        for place, argument in enumerate(node.args):
            if isinstance(argument, ast.BinOp):
                texts = [text(a) for a in node.args]
                texts[place] = text(argument.left)
                call = f"{text(node.func)}({', '.join(texts)})"
                yield site.swap(node, f"{call} {symbol(argument.op)} {site.operand(argument.right)}", 0.6)


@template("names exchanged", 0.18, *_HEADED)
def names_exchanged(site: Site) -> Iterator[Fix]:
    """Two variables taken for one another in a whole statement (two places of one slip; variable replacement: Offutt et
    al. 1996)."""
    node = site.node
    assert isinstance(node, ast.stmt)
    places: dict[str, list[ast.Name]] = {}
    for n in own_nodes(node):
        if isinstance(n, ast.Name) and loaded(n) and site.source.fields.get(n) != "func":
            places.setdefault(n.id, []).append(n)
    for one, other in islice(combinations(places, 2), 6):
        edits = [(site.source.span(n), other) for n in places[one]] + [
            (site.source.span(n), one) for n in places[other]
        ]
        yield Fix(tuple(Edit(*span, text) for span, text in edits), 1.0 if len(edits) > 2 else 0.6)


@template("name throughout", 0.12, *_HEADED)
def name_throughout(site: Site) -> Iterator[Fix]:
    """A variable that stands several times in a statement, replaced each time (two places of one slip; variable
    replacement: Offutt et al. 1996)."""
    node = site.node
    assert isinstance(node, ast.stmt)
    places: dict[str, list[ast.Name]] = {}
    for n in own_nodes(node):
        if isinstance(n, ast.Name) and loaded(n) and site.source.fields.get(n) != "func":
            places.setdefault(n.id, []).append(n)
    others = site.scope.variables
    for name, some in places.items():
        if len(some) >= 2 and name in others:
            for other in others:
                if other != name:
                    edits = tuple(Edit(*site.source.span(n), other) for n in some)
                    yield Fix(edits, min(1.0, 4.0 / (len(others) + 1)))


@template("exchange instead of copy", 0.25, ast.Assign)
def exchange(site: Site) -> Iterator[Fix]:
    """`a = b` that should exchange both, and an exchange that should only copy (half a swap; Pan et al. 2009)."""
    node = site.node
    assert isinstance(node, ast.Assign)
    target, value, span = node.targets[0], node.value, site.source.span(node)
    movable = ast.Name | ast.Attribute | ast.Subscript
    if isinstance(target, movable) and isinstance(value, movable):
        one, other = site.text(target), site.text(value)
        yield site.raw(*span, f"{one}, {other} = {other}, {one}")
    if (
        isinstance(target, ast.Tuple)
        and isinstance(value, ast.Tuple)
        and len(target.elts) == len(value.elts) == 2
    ):
        for one_target, one_value in zip(target.elts, value.elts, strict=True):
            yield site.raw(*span, f"{site.text(one_target)} = {site.text(one_value)}", 0.4)


@template("taken out", 0.3, ast.Subscript, ast.Call, kinds=("loop",))
def taken_out(site: Site) -> Iterator[Fix]:
    """The first or the last taken out where it is only looked at, and the other way round (method templates of SOFix,
    Liu and Zhong 2018)."""
    node = site.node
    if isinstance(node, ast.Subscript):
        place = site.text(node.slice)
        if loaded(node) and place in ("0", "-1"):
            base = site.text(node.value)
            forms = ("pop(0)", "popleft()", "pop()") if place == "0" else ("pop()", "pop(0)")
            for weight, form in zip((1.0, 0.7, 0.7), forms, strict=False):
                yield site.swap(node, f"{base}.{form}", weight)
        return
    assert isinstance(node, ast.Call)
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("pop", "popleft") and len(node.args) < 2:
        base = site.text(node.func.value)
        if not isinstance(site.parent, ast.Expr):
            for place in ("-1", "0"):
                yield site.swap(node, f"{base}[{place}]", 0.7)
        if node.func.attr == "pop":
            yield site.swap(node, f"{base}.pop({'' if node.args else '0'})", 0.8)


@template("new or emptied", 0.35, ast.Expr, ast.Assign)
def new_or_emptied(site: Site) -> Iterator[Fix]:
    """`x.clear()` empties what others hold too, `x = []` does not (aliasing slips; SOFix, Liu and Zhong 2018)."""
    node = site.node
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
    ):
        if node.value.func.attr == "clear":
            base = site.text(node.value.func.value)
            for weight, text in ((1.0, "[]"), (0.6, "{}"), (0.6, "set()")):
                yield site.raw(*site.source.span(node), f"{base} = {text}", weight)
    elif isinstance(node, ast.Assign) and site.text(node.value) in ("[]", "{}", "set()"):
        yield site.raw(*site.source.span(node), f"{site.text(node.targets[0])}.clear()", 0.3)


@template("bits turned", 0.29, ast.Name, ast.BinOp, ast.Call, ast.Subscript)
def bits_turned(site: Site) -> Iterator[Fix]:
    """`~x` where bits are combined (unary operator insertion: Agrawal et al. 1989)."""
    if (
        isinstance(site.parent, ast.BinOp | ast.AugAssign)
        and isinstance(site.parent.op, _BITS)
        and loaded_value(site)
    ):
        yield site.raw(*site.source.span(site.node), f"~{site.operand(site.node)}")  # type: ignore[arg-type]


def loaded_value(site: Site) -> bool:
    return isinstance(getattr(site.node, "ctx", ast.Load()), ast.Load)


@template("at least", 0.07, ast.BinOp, ast.Call, ast.Subscript, ast.Name, kinds=("division", "index"))
def at_least(site: Site) -> Iterator[Fix]:
    """A value kept from falling below 0 or 1 (range checkers of PAR, Kim et al. 2013)."""
    if not loaded_value(site) or site.place in ("func", "targets", "target"):
        return
    if isinstance(site.parent, ast.Assign | ast.Return | ast.Slice | ast.AugAssign | ast.Call | ast.BinOp):
        share = 0.4 if isinstance(site.node, ast.Name) else 1.0
        for low in ("0", "1"):
            yield site.swap(site.node, f"max({low}, {site.text(site.node)})", share)


@template("between", 0.25, ast.Compare, kinds=("index",))
def between(site: Site) -> Iterator[Fix]:
    """`i < n` that also asks for `0 <= i` (range checkers of PAR, Kim et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.Compare)
    if (
        len(node.ops) == 1
        and isinstance(node.ops[0], ast.Lt | ast.LtE)
        and not isinstance(node.left, ast.Constant)
    ):
        for low, weight in (("0 <=", 1.0), ("0 <", 0.4), ("1 <=", 0.3)):
            yield site.swap(node, f"{low} {site.text(node)}", weight)
    elif len(node.ops) == 1 and isinstance(node.ops[0], ast.GtE | ast.Gt):
        for high in dict.fromkeys(_uppers(site)):
            yield site.swap(node, f"{high} > {site.text(node)}", 0.5)


def _uppers(site: Site) -> list[str]:
    """What the function takes for upper bounds elsewhere."""
    function = site.source.function_of(site.node)
    return [] if function is None else site.source.once_of_text(_upper_bounds, function)


def _upper_bounds(source: Source, function: ast.AST) -> list[str]:
    found: dict[str, None] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and isinstance(node.ops[-1], ast.Lt | ast.LtE):
            found[source.text_of(node.comparators[-1])] = None
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("range", "len")
            and node.args
        ):
            bound = node if node.func.id == "len" else node.args[min(1, len(node.args) - 1)]
            found[source.text_of(bound)] = None
    return [text for text in found if len(text) <= 20 and not text.lstrip("-").isdigit()][:4]


@template("index within", 0.2, ast.If, ast.While, ast.BoolOp, ast.Compare, kinds=("index",))
def index_within(site: Site) -> Iterator[Fix]:
    """A condition that first asks whether the index it uses is in bounds (range checkers of PAR, Kim et al. 2013)."""
    node = site.node
    if isinstance(node, ast.Compare | ast.BoolOp) and not isinstance(
        site.parent, ast.BoolOp | ast.Return | ast.Call
    ):
        return
    test = node.test if isinstance(node, ast.If | ast.While) else node
    assert isinstance(test, ast.expr)
    text = (
        f"({site.text(test)})"
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or)
        else site.text(test)
    )
    indices = dict.fromkeys(
        site.text(n.slice) for n in ast.walk(test)
        if isinstance(n, ast.Subscript) and not isinstance(n.slice, ast.Slice | ast.Constant | ast.Tuple)
    )  # fmt: skip
    for key in list(indices)[:3]:
        for upper in _uppers(site):
            if upper != key:
                yield site.swap(test, f"{key} < {upper} and {text}", 0.7)
        for low in (">= 0", "> 0"):
            yield site.swap(test, f"{key} {low} and {text}", 0.5)


@template("partner too", 0.16, ast.If, ast.While, ast.Return, ast.IfExp)
def partner_too(site: Site) -> Iterator[Fix]:
    """A condition said of one side that also holds for the other, with a pair of names exchanged: `a in x` with `b in y`
    (condition synthesis: SPR, Long and Rinard 2015)."""
    node, function = site.node, site.source.function_of(site.node)
    test = node.value if isinstance(node, ast.Return) else node.test  # type: ignore[attr-defined]
    if function is None or not isinstance(test, ast.Compare | ast.BoolOp | ast.Call | ast.Name | ast.UnaryOp):
        return
    atoms = test.values if isinstance(test, ast.BoolOp) else [test]
    forgotten = site.source.once(unread, function)
    text = site.text(test)
    variables = {*site.scope.variables}
    for atom in atoms[:3]:
        for other in dict.fromkeys(_partners(atom, variables, sorted(forgotten & variables))):
            for word in ("and", "or"):
                mixed = isinstance(test, ast.BoolOp) and symbol_of(test) != word
                own = f"({text})" if mixed else text
                yield site.swap(test, f"{own} {word} {other}", 1.0 if word == symbol_of(test) else 0.7)


def symbol_of(test: ast.expr) -> str:
    """The connective of a condition; one comparison alone may be joined by either."""
    return "" if not isinstance(test, ast.BoolOp) else "and" if isinstance(test.op, ast.And) else "or"


def _partners(atom: ast.expr, variables: set[str], forgotten: list[str]) -> Iterator[str]:
    names = list(
        dict.fromkeys(n.id for n in ast.walk(atom) if isinstance(n, ast.Name) and n.id in variables)
    )[:4]
    exchanges: list[dict[str, str]] = [{a: b, b: a} for a, b in combinations(names, 2)]
    renamings: list[dict[str, str]] = [{}] + [{n: f} for n, f in product(names, forgotten[:2])]
    for exchanged, renamed in product([{}, *exchanges], renamings):
        mapping = {**exchanged, **renamed}
        if mapping:
            yield _renamed(atom, mapping)


def _renamed(expression: ast.expr, mapping: dict[str, str]) -> str:
    tree = ast.parse(ast.unparse(expression), mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = mapping.get(node.id, node.id)
    return ast.unparse(tree)


@template("first entry", 0.25, ast.Dict, ast.Call)
def first_entry(site: Site) -> Iterator[Fix]:
    """A table or set that starts with one entry instead of empty (wrong initial value; literal donors of ssFix)."""
    node = site.node
    names = site.scope.parameters[:3]
    if isinstance(node, ast.Dict) and not node.keys and isinstance(site.parent, ast.Assign | ast.Tuple):
        keys = ["0", "1", "''", "None", *names]
        for key, value in product(keys, ("1", "0", "-1", "None", "True", "[]")):
            yield site.swap(
                node, f"{{{key}: {value}}}", 0.8 if key == "0" and value in ("0", "1", "-1") else 0.3
            )
    elif isinstance(node, ast.Call) and site.text(node) in ("set()", "deque()", "list()"):
        kind = site.text(node.func)
        for name in [*site.scope.variables[:6], "0"]:
            yield site.swap(node, f"{{{name}}}" if kind == "set" else f"{kind}([{name}])", 0.4)


@template("other way down", 0.15, ast.Return, kinds=("recursion",))
def other_way_down(site: Site) -> Iterator[Fix]:
    """A recursive function that forgot one of its calls: joined to what it returns (ingredients at the level of
    expressions: Martinez et al. 2014)."""
    node, function = site.node, site.source.function_of(site.node)
    assert isinstance(node, ast.Return)
    if function is None or node.value is None or isinstance(node.value, ast.Constant):
        return
    calls = [c for c in ast.walk(function) if isinstance(c, ast.Call) and _calls(c, function.name)]
    here = [site.text(c) for c in ast.walk(node) if isinstance(c, ast.Call)]
    own = site.operand(node.value)
    for call in list(dict.fromkeys(_other_calls(site, calls, function)))[:12]:
        if call not in here:
            for form, weight in (
                ("{1} or {0}", 1.0),
                ("{0} and {1}", 0.7),
                ("{0} + {1}", 0.8),
                ("max({0}, {1})", 0.4),
                ("min({0}, {1})", 0.3),
            ):
                yield site.swap(node.value, form.format(own, call), weight * 0.8)


def _calls(call: ast.Call, name: str) -> bool:
    return (isinstance(call.func, ast.Name) and call.func.id == name) or (
        isinstance(call.func, ast.Attribute) and call.func.attr == name
    )


def _other_calls(site: Site, calls: list[ast.Call], function: FunctionNode) -> Iterator[str]:
    """The function's calls of itself with one argument as another such call has it, or as it came in."""
    parameters = [p for p in site.scope.parameters if p != site.scope.self_name]
    for call in calls[:3]:
        texts = [site.text(a) for a in call.args]
        for place, argument in enumerate(call.args):
            pool = [site.text(c.args[place]) for c in calls if len(c.args) > place]
            pool += parameters[place : place + 1]
            if isinstance(argument, ast.Name):
                pool += [f"{argument.id}[1:]", f"{argument.id} - 1"]
            pool += other_sides(site, argument)
            for other in dict.fromkeys(pool):
                if other != texts[place]:
                    yield f"{site.text(call.func)}({', '.join([*texts[:place], other, *texts[place + 1 :]])})"


def other_sides(site: Site, argument: ast.expr) -> list[str]:
    """What lies on the other side of an argument: `node.right` for `node.left`, `tree[2]` for `tree[1]`, `n + 1` for
    `n - 1`."""
    text = site.text
    if isinstance(argument, ast.Attribute):
        base = text(argument.value)
        return [f"{base}.{name}" for name in site.donors.attributes[:6] if name != argument.attr]
    if isinstance(argument, ast.Subscript) and isinstance(argument.slice, ast.Constant):
        place = argument.slice.value
        steps = (place + 1, place - 1) if isinstance(place, int) else ()
        return [f"{text(argument.value)}[{step}]" for step in steps]
    if isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Add | ast.Sub):
        sign = "-" if isinstance(argument.op, ast.Add) else "+"
        return [f"{text(argument.left)} {sign} {site.operand(argument.right)}"]
    return []


@template("other side too", 0.3, ast.Expr, kinds=("recursion",))
def other_side_too(site: Site) -> Iterator[Fix]:
    """A call made for one side and forgotten for the other: the right subtree, the next neighbour (a copied statement with
    one part exchanged: GenProg, Le Goues et al. 2012; ingredients: Martinez et al. 2014)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.Expr)
    call = node.value.value if isinstance(node.value, ast.YieldFrom | ast.Await | ast.Yield) else node.value
    if not isinstance(call, ast.Call):
        return
    start, end = source.span(node)
    lines: dict[str, None] = {}
    for argument in call.args:
        first, last = source.span(argument)
        for other in other_sides(site, argument):
            lines[source.text[start:first] + other + source.text[last:end]] = None
    for line in [text for text in lines if "\n" not in text][:10]:
        for edit in (source.insert_after(node, [line]), source.insert_before(node, [line])):
            if edit is not None:
                yield Fix((edit,), min(1.0, 3 / len(lines)), "insertion")
