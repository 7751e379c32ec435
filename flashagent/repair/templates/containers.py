"""Containers: indices, slices, missing keys, order, the kind of container."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import Source
from flashagent.repair.template import Fix, Site, template


@template("index", 0.28, ast.Subscript, kinds=("index",))
def index(site: Site) -> Iterator[Fix]:
    """The first, the last or the next element instead (array index changes: Pan et al. 2009; TBar)."""
    node = site.node
    assert isinstance(node, ast.Subscript)
    if isinstance(node.slice, ast.Slice | ast.Tuple):
        return
    text = site.text(node.slice)
    for other, weight in (("0", 0.6), ("-1", 0.8), ("1", 0.4), ("-2", 0.15)):
        if other != text:
            yield site.swap(node.slice, other, weight)
    if isinstance(node.slice, ast.Name):
        yield site.swap(node.slice, f"-{text}", 0.3)
    if isinstance(node.slice, ast.BinOp) and not isinstance(
        node.slice.op, ast.Mod
    ):  # round the end to the beginning
        yield site.swap(node.slice, f"({text}) % len({site.text(node.value)})", 0.5)


@template("slice bounds", 0.5, ast.Slice, kinds=("index", "loop"))
def slice_bounds(site: Site) -> Iterator[Fix]:
    """Bounds of a slice added, dropped or moved (off-by-one fixes of SOFix, Liu and Zhong 2018)."""
    node = site.node
    assert isinstance(node, ast.Slice)
    lower = site.text(node.lower) if node.lower else ""
    upper = site.text(node.upper) if node.upper else ""
    step = f":{site.text(node.step)}" if node.step else ""
    start, end = site.source.span(node)
    options = {
        f":{upper}{step}": 0.5,
        f"{lower}:{step}": 0.5,
        f"{upper}:{lower}{step}": 0.3 if lower and upper else 0.8,
        f"{lower}:{upper}": 0.4,
    }
    options |= {
        f"{lower}:{upper}:-1": 0.08 if lower or upper else 0.3,
        f"1:{upper}{step}": 0.4,
        f"{lower}:-1{step}": 0.4,
        f"{lower}:1{step}": 0.2,
    }
    for name in site.scope.variables[:8]:
        options.setdefault(f"{name}:{upper}{step}", 0.15)
        options.setdefault(f"{lower}:{name}{step}", 0.15)
    for text, weight in options.items():
        if text != site.source.text[start:end]:
            yield site.raw(start, end, text, weight)


@template("slice it", 0.14, ast.Name, ast.Attribute, ast.Subscript, ast.Call, kinds=("index", "recursion"))
def slice_it(site: Site) -> Iterator[Fix]:
    """A part of a sequence instead of the whole, or it reversed (argument templates of TBar, Liu et al. 2019)."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if isinstance(parent, ast.For | ast.comprehension | ast.Return | ast.Assign | ast.Starred) or (
        isinstance(parent, ast.Call) and site.place == "args"
    ):
        if site.place in ("target", "targets"):
            return
        for part, weight in (("[1:]", 1.0), ("[:-1]", 0.8), ("[::-1]", 1.0), ("[0]", 0.5), ("[-1]", 0.5)):
            share = 0.5 if isinstance(parent, ast.Call) else 1.0
            yield site.swap(node, site.operand(node) + part, weight * share)  # type: ignore[arg-type]


@template("whole instead of part", 0.18, ast.Subscript)
def whole(site: Site) -> Iterator[Fix]:
    """The whole value where a part was taken (expression deletion, Delamaro et al. 2014)."""
    node = site.node
    assert isinstance(node, ast.Subscript)
    if isinstance(node.ctx, ast.Load):
        yield site.swap(node, site.text(node.value))
        if isinstance(node.value, ast.Subscript):
            outer, inner = node.value, node
            pair = (
                site.source.replace(outer.slice, site.text(inner.slice)),
                site.source.replace(inner.slice, site.text(outer.slice)),
            )
            if not isinstance(outer.slice, ast.Slice) and not isinstance(inner.slice, ast.Slice):
                yield Fix(pair, 1.5)


@template("missing key", 0.2, ast.Subscript, kinds=("key",))
def missing_key(site: Site) -> Iterator[Fix]:
    """`d.get(k, ...)` for `d[k]` (missing key guards: Getafix, Bader et al. 2019; PyTER)."""
    node = site.node
    assert isinstance(node, ast.Subscript)
    if isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice):
        key, base = site.text(node.slice), site.text(node.value)
        for default, weight in (
            ("", 0.5),
            (", 0", 0.8),
            (", []", 0.5),
            (", ''", 0.4),
            (", None", 0.1),
            (f", {key}", 0.4),
            (", {}", 0.3),
        ):
            yield site.swap(node, f"{base}.get({key}{default})", weight)


@template("default of get", 0.35, ast.Call, kinds=("none",))
def default_of_get(site: Site) -> Iterator[Fix]:
    """The default of `.get` and `.pop` (None templates of PyTER, Oh and Oh 2022)."""
    node = site.node
    assert isinstance(node, ast.Call)
    if (
        isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "pop", "setdefault")
        and 1 <= len(node.args) <= 2
    ):
        key = site.text(node.args[0])
        for default in ("0", "[]", "''", "{}", "None", "1", key):
            yield site.swap(node, f"{site.text(node.func)}({key}, {default})", 0.5)
        if isinstance(site.parent, ast.Assign) and node.func.attr == "get":  # a count that does not go on
            yield site.swap(node, f"{site.text(node.func)}({key}, 0) + 1", 0.5)


@template("kind of container", 0.15, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.List, ast.Set)
def kind_of_container(site: Site) -> Iterator[Fix]:
    """List for set, generator for list (type templates of PyTER, Oh and Oh 2022)."""
    node = site.node
    if (isinstance(site.parent, ast.Call) and isinstance(node, ast.GeneratorExp)) or not isinstance(
        getattr(node, "ctx", ast.Load()), ast.Load
    ):
        return
    inner = site.text(node)[1:-1]
    for left, right in (("[", "]"), ("{", "}"), ("(", ")")):
        text = f"{left}{inner}{right}" if inner.strip() or left != "{" else "set()"
        if text != site.text(node):
            yield site.swap(node, text)


@template("elements", 0.4, ast.Tuple, ast.List)
def elements(site: Site) -> Iterator[Fix]:
    """Two neighbouring elements exchanged, one dropped (expression templates of TBar, Liu et al. 2019)."""
    node = site.node
    assert isinstance(node, ast.Tuple | ast.List)
    if len(node.elts) > 12:
        return
    for first, second in zip(node.elts, node.elts[1:], strict=False):
        if site.text(first) != site.text(second):
            yield Fix(
                (site.source.replace(first, site.text(second)), site.source.replace(second, site.text(first)))
            )
    if isinstance(node.ctx, ast.Load) and isinstance(node, ast.List):
        for element in node.elts:
            rest = ", ".join(site.text(e) for e in node.elts if e is not element)
            yield site.swap(node, f"[{rest}]", 0.4)


@template("element added", 0.092, ast.List, ast.Dict)
def element_added(site: Site) -> Iterator[Fix]:
    """A literal list given one element from what is in scope or named by the test (literal donors of ssFix)."""
    node = site.node
    if not isinstance(node, ast.List) or len(node.elts) > 6 or not isinstance(node.ctx, ast.Load):
        return
    inner = site.text(node)[1:-1].strip().rstrip(",")
    for name in [*site.scope.variables[:8], "0", "1", "[]", "''", "None"]:
        yield site.swap(node, f"[{inner}, {name}]" if inner else f"[{name}]", 0.5)


@template("dictionary entry", 0.3, ast.Dict)
def dictionary_entry(site: Site) -> Iterator[Fix]:
    """Values of neighbouring entries exchanged (data table fixes; literal templates of TBar)."""
    node = site.node
    assert isinstance(node, ast.Dict)
    for first, second in list(zip(node.values, node.values[1:], strict=False))[:30]:
        yield Fix(
            (site.source.replace(first, site.text(second)), site.source.replace(second, site.text(first))),
            0.5,
        )


@template("indices as elsewhere", 0.2, ast.Subscript)
def indices_as_elsewhere(site: Site) -> Iterator[Fix]:
    """Both indices of a table element as another table of the function has them (ingredients at the level of expressions:
    Martinez et al. 2014)."""
    node, function = site.node, site.source.function_of(site.node)
    assert isinstance(node, ast.Subscript)
    if (
        function is None
        or not isinstance(node.value, ast.Subscript)
        or isinstance(site.parent, ast.Subscript)
    ):
        return
    pairs = site.source.once_of_text(_pairs_of_indices, function)
    base, mine = site.text(node.value.value), (site.text(node.value.slice), site.text(node.slice))
    for pair in pairs[:10]:
        if pair != mine:
            yield site.swap(node, f"{base}[{pair[0]}][{pair[1]}]", min(1.0, 4 / len(pairs)))


def _pairs_of_indices(source: Source, function: ast.AST) -> list[tuple[str, str]]:
    """With which two indices the function takes elements of tables."""
    pairs = (
        (source.text_of(n.value.slice), source.text_of(n.slice))
        for n in ast.walk(function)
        if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Subscript)
    )
    return list(dict.fromkeys(pairs))
