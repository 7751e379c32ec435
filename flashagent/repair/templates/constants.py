"""Constants: numbers, booleans, strings, None, and values that are off by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.template import Fix, Site, template

_COUNTING = (
    ast.Subscript,
    ast.Slice,
    ast.Compare,
    ast.Return,
    ast.Assign,
    ast.AugAssign,
    ast.BinOp,
    ast.Tuple,
)
_COUNTING_CALLS = frozenset({"range", "len", "min", "max", "abs", "int", "round", "sum", "pow"})


def _plain(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant)


@template("number", 0.7, ast.Constant, kinds=("index", "loop", "recursion"))
def number(site: Site) -> Iterator[Fix]:
    """Constant replacement: one more, one less, 0, 1, -1, the opposite (Offutt et al. 1996; Debroy and Wong 2010)."""
    node = site.node
    assert isinstance(node, ast.Constant)
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    far = 0.4 if abs(value) > 4 else 1.0  # small numbers are hardly ever meant where a large one stands
    usual = {"0": 0.5 * far, "1": 0.5 * far, "-1": 0.25 * far, "2": 0.3 * far, repr(-value): 0.3}
    near = {**usual, **_scaled(value), repr(value + 1): 1.0, repr(value - 1): 1.0}
    for text in site.donors.test_numbers[:6]:
        near.setdefault(text, 0.06)
    for text in site.donors.numbers[:8]:
        near.setdefault(text, 0.12)
    for text, weight in near.items():
        if text != repr(value):
            yield site.swap(node, text, weight)


def _scaled(value: int | float) -> dict[str, float]:
    """Ten times as much, a tenth, twice, half: one slip of a digit or of a unit, likelier for round numbers."""
    if value <= 3 and value != 1:
        return {}
    share = 0.4 if value in (10, 100, 1000) else 0.25 if value % 10 == 0 else 0.1
    if isinstance(value, float):
        return {repr(value * 10): share, repr(value / 10): share, repr(value * 2): 0.1, repr(value / 2): 0.15}
    if value == 1:
        return {"10": 0.1}
    found = {str(value * 10): share, str(value * 2): 0.1, str(value // 2): 0.15}
    return found | ({str(value // 10): share} if value >= 10 else {})


@template("boolean", 0.96, ast.Constant)
def boolean(site: Site) -> Iterator[Fix]:
    """Boolean constant flipped (Offutt et al. 1996)."""
    node = site.node
    assert isinstance(node, ast.Constant)
    if isinstance(node.value, bool):
        yield site.swap(node, repr(not node.value))
        yield site.swap(node, "None", 0.15)
        if isinstance(site.parent, ast.Assign) and isinstance(
            site.parent.targets[0], ast.Name | ast.Attribute
        ):
            yield site.swap(node, f"not {site.text(site.parent.targets[0])}", 0.4)  # a switch


@template("empty value", 0.19, ast.Constant, ast.List, ast.Dict, ast.Tuple)
def empty_value(site: Site) -> Iterator[Fix]:
    """None and empty values exchanged: a wrong initial or returned value (PyTER, Oh and Oh 2022)."""
    node, texts = site.node, ("None", "[]", "0", "''", "{}", "()", "set()", "False", "1")
    text = site.text(node)
    if text in texts or text == '""':
        if not isinstance(
            site.parent, ast.Return | ast.Assign | ast.Call | ast.IfExp | ast.AnnAssign | ast.arguments
        ):
            return
        for other in texts:
            if other != text:
                yield site.swap(node, other, 0.35)


@template("string", 0.26, ast.Constant, kinds=("key",))
def string(site: Site) -> Iterator[Fix]:
    """A string replaced by another of the file or of the failing test (literal donors: ssFix, Xin and Reiss 2017)."""
    node = site.node
    assert isinstance(node, ast.Constant)
    if not isinstance(node.value, str) or isinstance(site.parent, ast.Expr | ast.JoinedStr):
        return
    own = repr(node.value)
    double = site.text(node)[:1] == '"'
    beside = _strings_beside(site)
    for text in _string_donors(site, node.value):
        if text != own:
            same_kind = text in beside and abs(len(text) - len(own)) <= 2
            shown = f'"{text[1:-1]}"' if double and '"' not in text and "\\" not in text else text
            yield site.swap(
                node, shown, 0.8 if same_kind else 0.12, "literal" if len(text) > 12 and not same_kind else ""
            )


def _strings_beside(site: Site) -> frozenset[str]:
    """Short strings of the same function: what stands beside a wrong one is often the right one."""
    function = site.source.function_of(site.node)
    return frozenset() if function is None else site.source.once(_short_strings, function)


def _short_strings(function: ast.AST) -> frozenset[str]:
    found = (n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return frozenset(list(dict.fromkeys(repr(v) for v in found if len(v) <= 12))[:8])


def _string_donors(site: Site, value: str) -> list[str]:
    near = ["''", "' '", repr(value.strip()), repr(value.lower()), repr(value.upper()), repr(value + " ")]
    if len(value) > 1:
        near += [repr(value[1:]), repr(value[:-1]), repr(value[1:-1])]
    same = [t for t in [*site.donors.strings, *site.donors.test_strings] if abs(len(t) - 2 - len(value)) <= 4]
    return list(dict.fromkeys([*near, *same]))[:30]


@template(
    "off by one", 0.42, ast.Name, ast.Call, ast.BinOp, ast.Attribute, ast.Subscript, kinds=("index", "loop")
)
def off_by_one(site: Site) -> Iterator[Fix]:
    """One added or taken away where things are counted (boundary errors: Pan et al. 2009; SOFix, Liu and Zhong 2018)."""
    node, parent = site.node, site.parent
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or not _counts(parent, site.place):
        return
    weight = 0.5
    if isinstance(parent, ast.Slice | ast.Subscript):
        weight = 1.0
    elif isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        weight = 1.0 if parent.func.id in _COUNTING_CALLS else 0.6
    elif isinstance(parent, ast.Tuple):
        weight = 0.25
    elif isinstance(parent, ast.Call):
        weight = 0.4 if isinstance(node, ast.BinOp | ast.Name) else 0.15
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and node.right.value == 1:
        weight *= 0.4  # `number` and `operand` already change that one
    yield site.swap(node, f"{site.text(node)} + 1", weight)
    yield site.swap(node, f"{site.text(node)} - 1", weight)


def _counts(parent: ast.AST | None, place: str) -> bool:
    if isinstance(parent, ast.Call):
        return place == "args"
    if isinstance(parent, ast.Subscript):
        return place == "slice"
    return isinstance(parent, _COUNTING) and place != "target" and place != "targets"


@template("counting call", 0.4, ast.Call, kinds=("index", "loop"))
def counting_call(site: Site) -> Iterator[Fix]:
    """Bounds of `range` and starts of `enumerate` (off-by-one fixes of SOFix, Liu and Zhong 2018)."""
    node = site.node
    assert isinstance(node, ast.Call)
    if not isinstance(node.func, ast.Name) or node.keywords or not node.args:
        return
    texts = [site.text(a) for a in node.args]
    if node.func.id == "range":
        if len(texts) == 1:
            yield site.swap(node, f"range(1, {texts[0]})")
            yield site.swap(node, f"range(1, {texts[0]} + 1)", 0.7)
            yield site.swap(node, f"range({texts[0]} - 1, -1, -1)", 0.3)
            yield site.swap(node, f"range({texts[0]}, 0, -1)", 0.2)
        elif len(texts) == 2:
            yield site.swap(node, f"range({texts[1]})", 0.6)
            yield site.swap(node, f"range({texts[0]}, {texts[1]}, 2)", 0.15)
            yield site.swap(node, f"range({texts[0]}, {texts[1]}, -1)", 0.2)
        elif len(texts) == 3:
            yield site.swap(node, f"range({texts[0]}, {texts[1]})", 0.4)
    elif node.func.id == "enumerate":
        start = texts[1] if len(texts) > 1 else "0"
        for other in ("0", "1"):
            if other != start:
                yield site.swap(
                    node, f"enumerate({texts[0]}, {other})" if other != "0" else f"enumerate({texts[0]})"
                )
