"""Gaps: a statement that the flow of data misses, put where the suspicious lines are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.flow import Flow, calls_itself, flow, text
from flashagent.repair.source import Edit, FunctionNode
from flashagent.repair.template import Fix, Site, template

PLACES = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Pass, ast.If, ast.For, ast.While, ast.With, ast.Return,
           ast.Raise, ast.Break, ast.Continue)  # fmt: skip
_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_OTHER_FLAG = {"True": "False", "False": "True"}


def places(site: Site, line: str) -> Iterator[Edit]:
    """The line behind the statement, and before it where it opens its block or ends it."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    block = source.block_of(node)
    ends = isinstance(node, _ENDS)
    is_elif = isinstance(node, ast.If) and source.text.startswith("elif", source.span(node)[0])
    if (node is block[0] or ends) and node not in source.docstring_nodes and not is_elif:
        before = source.insert_before(node, [line])
        if before is not None:
            yield before
    after = None if ends else source.insert_after(node, [line])
    if after is not None:
        yield after


def offered(site: Site, lines: dict[str, float], enough: int, most: int = 40) -> Iterator[Fix]:
    for line, weight in sorted(lines.items(), key=lambda item: -item[1])[:most]:
        for edit in places(site, line):
            yield Fix((edit,), weight * min(1.0, enough / len(lines)), "insertion")


def around(site: Site) -> tuple[FunctionNode, Flow] | None:
    """The outermost function around the place with its flow: nested functions share its variables."""
    inner = site.source.function_of(site.node)
    if inner is None:
        return None
    outer = inner
    for ancestor in site.source.ancestors(inner):
        if isinstance(ancestor, FunctionNode):
            outer = ancestor
    return outer, site.source.once(flow, outer)


@template("mark as seen", 0.4, *PLACES, kinds=("loop", "recursion"))
def mark_as_seen(site: Site) -> Iterator[Fix]:
    """What is looked for in a container and never put there (insertion templates of SOFix, Liu and Zhong 2018)."""
    known = around(site)
    if known is None:
        return
    lines: dict[str, float] = {}
    for element, container in known[1].memberships:
        kind = known[1].kinds.get(container, "")
        forms = {"set": ("add",), "list": ("append",), "dict": ()}.get(kind, ("add", "append"))
        for form in forms:
            line = f"{container}.{form}({element})"
            lines[line] = 0.2 if line in known[1].statements else 1.0
        if kind == "dict":
            for value in [*known[1].targets, *site.scope.variables, "True"][:6]:
                if value not in (element, container):
                    lines.setdefault(f"{container}[{element}] = {value}", 0.5)
    yield from offered(site, lines, 4)


@template("move on", 0.4, *PLACES, kinds=("loop",))
def move_on(site: Site) -> Iterator[Fix]:
    """What a `while` tests and its body never changes: a step, the next node, a division (a loop that does not progress:
    insertion templates of SOFix, Liu and Zhong 2018; infinite loops: Marcote and Monperrus 2015)."""
    loop = next((a for a in [site.node, *site.source.ancestors(site.node)] if isinstance(a, ast.While)), None)
    if loop is None:
        return
    inside = site.source.once(flow, loop)
    changed = {*inside.bound, *inside.filled, *inside.changed_in_loops}
    tested = dict.fromkeys(name for n in ast.walk(loop.test) if (name := text(n)) and isinstance(n, ast.Name))
    lines: dict[str, float] = {}
    # What is compared as larger or smaller is counted, what is asked for identity or truth is followed.
    counts = any(
        isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
        for n in ast.walk(loop.test)
        for op in getattr(n, "ops", ())
    )
    for name in tested:
        if name == site.scope.self_name:
            continue
        share = 1.0 if name not in changed else 0.3
        for line in (f"{name} += 1", f"{name} -= 1"):
            lines[line] = (0.8 if counts else 0.3) * share
        for line in _steps(site, name, loop, inside):
            lines.setdefault(line, (0.6 if counts else 1.0) * share)
    yield from offered(site, lines, 8)


def _steps(site: Site, name: str, loop: ast.While, inside: Flow) -> list[str]:
    """Ways to move a variable on that the function itself suggests."""
    found: dict[str, None] = {}
    function = site.source.function_of(loop)
    for node in ast.walk(function or loop):
        if isinstance(node, ast.Attribute | ast.Subscript) and _is_of(node, name):
            written = site.text(node)
            if len(written) <= 30 and "\n" not in written:
                found[f"{name} = {written}"] = None
        elif (
            isinstance(node, ast.BinOp)
            and text(node.left) == name
            and isinstance(node.op, ast.Mod | ast.BitAnd)
        ):
            found |= dict.fromkeys(_taken_apart(name, site.text(node.right)))
    found |= {f"{name} = {other}": None for other in inside.bound_in_loops if other != name}
    return list(found)[:10]


def _taken_apart(name: str, by: str) -> list[str]:
    return [f"{name} //= {by}", f"{name} >>= 1", f"{name} //= 2"]


def _is_of(node: ast.Attribute | ast.Subscript, name: str) -> bool:
    """An attribute of the variable, or what stands at it in another: `node.next`, `parent[node]`."""
    if isinstance(node, ast.Attribute):
        return text(node.value) == name
    return text(node.slice) == name or text(node.value) == name


@template("fill", 0.35, *PLACES)
def fill(site: Site) -> Iterator[Fix]:
    """A container, text or count that starts empty and is never added to (forgotten accumulation; missing statement
    patterns of Pan et al. 2009)."""
    known = around(site)
    if known is None:
        return
    data = known[1]
    values = list(dict.fromkeys([*data.unused, *data.targets, *data.bound_in_loops, *site.scope.variables]))[
        :8
    ]
    lines: dict[str, float] = {}
    for name in data.unfilled:
        kind = data.kinds.get(name, "list")
        for value in values:
            if value != name:
                weight = 1.0 if value in data.unused or value in data.targets else 0.6
                lines |= dict.fromkeys(_added(name, kind, value, values), weight)
                if kind == "list":
                    lines |= {
                        f"{name}[{place}] = {value}": 0.6 for place in data.targets[:3] if place != value
                    }
        if kind == "number":
            lines |= {f"{name} += 1": 1.0}
    yield from offered(site, lines, 8)


def _added(name: str, kind: str, value: str, values: list[str]) -> list[str]:
    if kind == "set":
        return [f"{name}.add({value})"]
    if kind == "dict":
        return [f"{name}[{key}] = {value}" for key in values[:5] if key not in (name, value)]
    if kind in ("str", "number"):
        return [f"{name} += {value}"]
    return [f"{name}.append({value})", *([f"{name}.extend({value})"] if kind != "value" else [])]


@template("carry over", 0.35, *PLACES, kinds=("loop",))
def carry_over(site: Site) -> Iterator[Fix]:
    """A variable from before the loop that is read in it and never changed there takes what the round found
    (forgotten update; missing statement patterns of Pan et al. 2009)."""
    known = around(site)
    loops = [a for a in site.source.ancestors(site.node) if isinstance(a, ast.For | ast.While)]
    if known is None or not loops:
        return
    data = known[1]
    read = {name for loop in loops for name in site.source.once(flow, loop).read}
    news = list(dict.fromkeys([*data.unused, *data.targets, *data.bound_in_loops]))[:6]
    lines: dict[str, float] = {}
    for name in data.stale:
        if name not in read:
            continue
        for other in news:
            if other != name:
                lines[f"{name} = {other}"] = 1.0
        if data.kinds[name] == "number":
            lines |= {f"{name} += 1": 1.0, f"{name} -= 1": 0.6}
        if data.kinds[name] == "flag":
            lines |= {f"{name} = True": 0.8, f"{name} = False": 0.8}
    for node in ast.walk(loops[0]):
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Mod | ast.BitAnd)
            and (name := text(node.left)) in site.scope.variables
        ):
            lines |= dict.fromkeys(
                _taken_apart(name, site.text(node.right)), 0.3 if name in data.changed_in_loops else 0.8
            )
    yield from offered(site, lines, 6)


@template("start again", 0.25, *PLACES)
def start_again(site: Site) -> Iterator[Fix]:
    """What a loop collects in and never empties is begun anew once it was handed over (forgotten reset; missing statement
    patterns of Pan et al. 2009)."""
    known = around(site)
    if known is None or not any(isinstance(a, ast.For | ast.While) for a in site.source.ancestors(site.node)):
        return
    lines = {
        f"{name} = {begins}": 1.0 for name, begins in known[1].begun.items() if known[1].kinds[name] != "none"
    }
    yield from offered(site, lines, 5)


@template("use it", 0.25, *PLACES)
def use_it(site: Site) -> Iterator[Fix]:
    """A value that is made and never used goes where the function collects or ends (forgotten use; Pan et al. 2009)."""
    known = around(site)
    if known is None:
        return
    data = known[1]
    lines: dict[str, float] = {}
    for value in [u for u in data.unused if u in site.scope.variables][:3]:
        for name, kind in list(data.kinds.items())[:8]:
            if name == value:
                continue
            lines |= dict.fromkeys(_added(name, kind, value, data.targets), 0.8) if kind != "none" else {}
            lines[f"{name} = {value}"] = 0.6
        lines |= {f"return {value}": 0.6, f"yield {value}": 0.3}
    yield from offered(site, lines, 8)


@template("take back", 0.35, *PLACES, kinds=("recursion",))
def take_back(site: Site) -> Iterator[Fix]:
    """What a recursive function put on a path or marked is taken off again (backtracking without its way back; paired
    calls: Engler et al. 2001)."""
    known = around(site)
    if known is None or not site.source.once(calls_itself, known[0]):
        return
    lines: dict[str, float] = {}
    for statement in sorted(known[1].statements):
        node = ast.parse(statement).body[0]
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or len(call.args) != 1:
            continue
        owner, element = ast.unparse(call.func.value), ast.unparse(call.args[0])
        if call.func.attr == "append":
            lines[f"{owner}.pop()"] = 1.0
        elif call.func.attr == "add":
            lines |= {f"{owner}.discard({element})": 1.0, f"{owner}.remove({element})": 0.6}
    yield from offered(site, {k: v for k, v in lines.items() if k not in known[1].statements}, 4)


@template("state of the object", 0.3, *PLACES)
def object_state(site: Site) -> Iterator[Fix]:
    """An attribute that the class sets up and this method does not touch: counted, switched, given what came in
    (forgotten state change; missing statement patterns of Pan et al. 2009)."""
    function = site.source.function_of(site.node)
    owner = site.source.class_of(site.node)
    if function is None or owner is None or not site.scope.self_name or function.name == "__init__":
        return
    whole, mine = site.source.once(flow, owner), site.source.once(flow, function)
    begun = next(
        (
            site.source.once(flow, f)
            for f in owner.body
            if isinstance(f, FunctionNode) and f.name == "__init__"
        ),
        Flow(),
    )
    given = site.scope.variables[:4]
    lines: dict[str, float] = {}
    for name, kind in begun.kinds.items():
        if not name.startswith(f"{site.scope.self_name}.") or name in mine.bound or name in mine.filled:
            continue
        lonely = whole.bound.get(name, 0) == 1 and name not in whole.filled
        share = 1.0 if lonely or name in mine.read else 0.5
        lines |= dict.fromkeys(_state_changes(name, kind, given), share)
    yield from offered(site, lines, 8)


def _state_changes(name: str, kind: str, given: list[str]) -> list[str]:
    if kind == "number":
        return [f"{name} += 1", f"{name} -= 1", *(f"{name} += {value}" for value in given[:2])]
    if kind == "flag":
        return [f"{name} = True", f"{name} = False"]
    if kind in ("list", "set"):
        return [f"{name}.{'append' if kind == 'list' else 'add'}({value})" for value in given]
    if kind == "dict":
        return [f"{name}[{key}] = {value}" for key in given[:3] for value in given[:3] if key != value]
    return [f"{name} = {value}" for value in given]
