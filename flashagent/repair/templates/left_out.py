"""A part left out of an expression: a filter, the case in which there is no neighbour, the sign of what a heap holds, the other
end of a range, the sequence that a number counts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.nodes import unread
from flashagent.repair.source import Source
from flashagent.repair.template import Fix, Site, template
from flashagent.repair.templates.expressions import is_value
from flashagent.repair.templates.names import elements_beside, expressions_beside, loaded, nearest
from flashagent.repair.templates.rewrites import loaded_value

_ORDERS = ("<=", "<", "!=", ">=", ">")
_NOTHING = ("None", "-1", "[]", "False", "0", "''")
_TURNED = frozenset({"heappush", "heappushpop", "heapreplace", "append", "put"})
MOST_NAMES = 5


@template("filter left out", 0.12, ast.comprehension)
def filter_left_out(site: Site) -> Iterator[Fix]:
    """A comprehension that should pass over some: those beyond a bound, those of another kind, a pair of one thing with itself
    (condition synthesis: SPR, Long and Rinard 2015)."""
    node, comprehension = site.node, site.parent
    assert isinstance(node, ast.comprehension)
    heads = getattr(comprehension, "generators", [])
    own = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
    around = [n.id for h in heads if h is not node for n in ast.walk(h.target) if isinstance(n, ast.Name)]
    others = [*around, *(v for v in nearest(site) if v not in own)][:MOST_NAMES]
    tests: dict[str, float] = {}
    for name in own[:2]:
        tests |= {f"{name} {order} {other}": 0.7 for other in others for order in _ORDERS}
        tests |= {f"{name} or {other}": 0.7 for other in around[:1]}
        tests |= {f"{name} {word} {other}": 0.6 for other in others for word in ("in", "not in")}
        tests |= {f"{name}.{asked}()": 0.5 for asked in ("isdigit", "isalpha", "isalnum", "strip")}
    if not node.ifs:
        end = site.source.span(node.iter)[1]
        for text, weight in tests.items():
            yield site.raw(end, end, f" if {text}", weight)
        return
    last = node.ifs[-1]
    ending = last.values[-1] if isinstance(last, ast.BoolOp) else last
    for text, weight in tests.items():
        if " or " not in text and "." not in text:
            end = site.source.span(ending)[1]
            yield site.raw(end, end, f" and {text}", weight * 0.8)


@template("no neighbour there", 0.15, ast.Subscript, kinds=("index",))
def no_neighbour(site: Site) -> Iterator[Fix]:
    """`x[i - 1] if i > 0 else 0`: the first has none before it and the last none behind it (range checkers of PAR, Kim et al.
    2013)."""
    node = site.node
    assert isinstance(node, ast.Subscript)
    place = node.slice
    if not loaded(node) or not isinstance(place, ast.BinOp) or not isinstance(place.op, ast.Add | ast.Sub):
        return
    own, at = site.text(node), site.text(place)
    there = f"{at} < len({site.text(node.value)})" if isinstance(place.op, ast.Add) else f"{at} >= 0"
    for nothing, weight in (("0", 1.0), ("None", 1.0), ("''", 0.4), ("1", 0.3)):
        yield site.swap(node, f"({own} if {there} else {nothing})", weight)


@template("only when complete", 0.09, ast.Return)
def only_when_complete(site: Site) -> Iterator[Fix]:
    """What was found is given only when it is all, or when anything was found: `x if len(x) == len(y) else None` (conditional
    value: SPR, Long and Rinard 2015)."""
    node = site.node
    assert isinstance(node, ast.Return)
    function = site.source.function_of(node)
    if (
        function is None
        or node is not function.body[-1]
        or not isinstance(node.value, ast.Name | ast.Subscript)
    ):
        return
    own = site.text(node.value)
    names = [n for n in site.scope.variables if n != own]
    asked = [f"len({own}) == len({p})" for p in site.scope.parameters[:2] if p != own]
    asked += [f"{own} < {n}" for n in names[:4]] + [f"{own} == {n}" for n in names[:4]] + [own]
    for test in asked:
        for nothing in _NOTHING[:4]:
            yield site.swap(node.value, f"{own} if {test} else {nothing}", min(1.0, 8 / len(asked)) * 0.5)


@template("turned for the heap", 0.15, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp)
def turned_for_heap(site: Site) -> Iterator[Fix]:
    """The sign of what goes into a heap or stands in a key, so that the largest comes first (unary operator insertion: Agrawal
    et al. 1989)."""
    node, parent = site.node, site.parent
    pair = parent if isinstance(parent, ast.Tuple) else node
    call = site.source.parents.get(pair)
    keyed = isinstance(call, ast.Lambda) and pair is call.body
    pushed = isinstance(call, ast.Call) and pair in call.args and _called(call) in _TURNED
    popped = isinstance(node, ast.Call) and _called(node) in ("heappop", "heappushpop")
    if loaded_value(site) and (keyed or pushed or popped):
        start, end = site.source.span(node)
        turned = f"-{site.operand(node)}"  # type: ignore[arg-type]
        yield site.raw(start, end, turned) if keyed or pushed else site.swap(node, turned)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@template("round and round", 0.07, ast.BinOp)
def round_and_round(site: Site) -> Iterator[Fix]:
    """A sum that begins again behind the last: `(i + 1) % n` (arithmetic of indices: Pan et al. 2009)."""
    node, function = site.node, site.source.function_of(site.node)
    assert isinstance(node, ast.BinOp)
    if function is None or not isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        return
    given = [p for p in site.scope.parameters if p != site.scope.self_name]
    rounds = [*site.source.once_of_text(_rounds, function), *(f"len({p})" for p in given[:3]), *given[:3]]
    for end in dict.fromkeys(rounds[:8]):
        if end not in site.text(node):
            yield site.swap(node, f"({site.text(node)}) % {end}", 0.7)


def _rounds(source: Source, function: ast.AST) -> list[str]:
    """What the function divides by elsewhere, and its larger numbers."""
    found = [
        source.text_of(n.right)
        for n in ast.walk(function)
        if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mod)
    ]
    numbers = (n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and type(n.value) is int)
    return list(
        dict.fromkeys([text for text in found if len(text) < 20] + [str(n) for n in numbers if n > 4])
    )[:5]


@template("from where it stood", 0.25, ast.Call, kinds=("loop", "recursion"))
def from_where(site: Site) -> Iterator[Fix]:
    """`range(start, n)` for `range(n)`, with what the function was given and forgot, and `range(1 << n)` for all subsets
    (boundary errors: Pan et al. 2009; SOFix, Liu and Zhong 2018)."""
    node, function = site.node, site.source.function_of(site.node)
    assert isinstance(node, ast.Call)
    if function is None or _called(node) != "range" or not node.args or node.keywords:
        return
    idle, end = site.source.once(unread, function), site.text(node.args[-1])
    if len(node.args) == 1:
        for name in nearest(site)[:6]:
            share = 1.0 if name in idle else 0.3
            for begin in (name, f"{name} + 1"):
                if name not in end:
                    yield site.swap(node, f"range({begin}, {end})", share)
        yield site.swap(node, f"range(1 << {site.operand(node.args[0])})", 0.3)
    elif len(node.args) == 2:
        for name in [n for n in nearest(site) if n != site.text(node.args[0])][:4]:
            yield site.swap(
                node, f"range({site.text(node.args[0])}, {end}, {name})", 0.6 if name in idle else 0.3
            )


@template("other end", 0.12, ast.Compare)
def other_end(site: Site) -> Iterator[Fix]:
    """`x[i] <= a < x[j]` where only one end is asked for (range checkers of PAR, Kim et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.Compare)
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Lt | ast.LtE):
        return
    left, right = site.text(node.left), node.comparators[0]
    if isinstance(right, ast.Subscript):
        base = site.text(right.value) + "["
        beside = (*expressions_beside(site), *elements_beside(site))
        ends = [text for text in beside if text.startswith(base) and text != site.text(right)]
    else:
        ends = [name for name in nearest(site) if name not in (left, site.text(right))]
    start = site.source.span(node)[0]
    for end in ends[:MOST_NAMES]:
        for order in ("<=", "<"):
            yield site.raw(start, start, f"{end} {order} ", 0.8)


@template("what the number counts", 0.1, ast.Subscript, ast.Call)
def what_it_counts(site: Site) -> Iterator[Fix]:
    """A number out of a stack or queue of places taken for what stands there: `x[stack[-1]]` (array index changes: Pan et al.
    2009)."""
    node = site.node
    if not loaded_value(site) or not (is_value(site) or isinstance(site.parent, ast.Compare)):
        return
    if isinstance(node, ast.Call) and _called(node) not in (
        "pop",
        "popleft",
        "index",
        "bisect_left",
        "bisect_right",
    ):
        return
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice | ast.Tuple):
        return
    for owner in [p for p in site.scope.parameters if p != site.scope.self_name][:3]:
        if not site.text(node).startswith(owner):
            yield site.swap(node, f"{owner}[{site.text(node)}]")


@template("piece left out", 0.3, ast.BinOp)
def piece_left_out(site: Site) -> Iterator[Fix]:
    """A text or list put together without what stands before or behind the changed place: `x[:i] + c + x[i + 1:]` (expression
    insertion: SemFix, Nguyen et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.BinOp)
    if not isinstance(node.op, ast.Add):
        return
    first: ast.expr = node.left
    while isinstance(first, ast.BinOp):
        first = first.left
    own = site.text(node)
    for piece, before in ((node.right, True), (first, False)):
        if not isinstance(piece, ast.Subscript) or not isinstance(piece.slice, ast.Slice):
            continue
        base, cut = site.text(piece.value), piece.slice
        if before and isinstance(cut.lower, ast.BinOp) and f"{base}[:" not in own:
            yield site.swap(node, f"{base}[:{site.text(cut.lower.left)}] + {own}")
        elif not before and cut.upper is not None and cut.lower is None and own.count(f"{base}[") == 1:
            yield site.swap(node, f"{own} + {base}[{site.text(cut.upper)} + 1:]")
            yield site.swap(node, f"{own} + {base}[{site.text(cut.upper)}:]", 0.6)


@template("taken along", 0.15, ast.Name, kinds=("recursion",))
def taken_along(site: Site) -> Iterator[Fix]:
    """What is handed on with one more: `path + [x[i]]`, the other of two sides: `1 - side` (expression insertion: SemFix, Nguyen
    et al. 2013)."""
    node = site.node
    assert isinstance(node, ast.Name)
    if not loaded(node) or not isinstance(site.parent, ast.Call) or site.place != "args":
        return
    yield site.swap(node, f"1 - {node.id}", 0.6)
    for text in [t for t in (*expressions_beside(site), *elements_beside(site)) if t.endswith("]")][:4]:
        if node.id not in text:
            yield site.swap(node, f"{node.id} + [{text}]", 0.8)
            yield site.swap(node, f"{node.id} + {text}", 0.4)


@template("never nothing", 0.1, ast.BinOp, ast.Call, kinds=("division",))
def never_nothing(site: Site) -> Iterator[Fix]:
    """`x or 1` for what is divided by (division guards: NPEfix's and PAR's checkers, Kim et al. 2013)."""
    divides = (
        isinstance(site.parent, ast.BinOp)
        and site.place == "right"
        and isinstance(site.parent.op, ast.Div | ast.FloorDiv | ast.Mod)
    )
    if divides or isinstance(site.parent, ast.Assign):
        yield site.swap(site.node, f"{site.operand(site.node)} or 1")  # type: ignore[arg-type]


@template("guard turned round", 0.35, ast.BoolOp)
def guard_turned(site: Site) -> Iterator[Fix]:
    """`not x or y` for `x and y` and the other way: what is asked first must be false for the rest to be asked (decision
    negation: Agrawal et al. 1989; condition templates of TBar, Liu et al. 2019)."""
    node = site.node
    assert isinstance(node, ast.BoolOp)
    if len(node.values) == 2:
        word = "or" if isinstance(node.op, ast.And) else "and"
        rest = node.values[1]
        bare = (
            site.operand(rest) if isinstance(rest, ast.BoolOp | ast.IfExp | ast.Lambda) else site.text(rest)
        )
        yield site.swap(node, f"{_denied(site, node.values[0])} {word} {bare}")
    for value in node.values:
        if not isinstance(value, ast.Compare | ast.BoolOp):
            yield site.raw(*site.source.span(value), _denied(site, value), 0.5)


def _denied(site: Site, node: ast.expr) -> str:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return site.text(node.operand)
    return f"not {site.operand(node)}"
