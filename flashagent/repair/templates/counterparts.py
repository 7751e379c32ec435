"""Statements that come in pairs, of which one is missing, or whose order in time is wrong.

What belongs together is read off the function itself: two pieces of the same shape say which names stand for one another
(`left[i]` and `right[j]`: left for right, i for j).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from flashagent.repair.source import FunctionNode, Source
from flashagent.repair.template import Fix, Site, template

_SHAPED = (ast.Subscript, ast.BinOp, ast.Compare, ast.Call, ast.Assign, ast.AugAssign, ast.Expr)
_OPPOSITES = {
    "min": "max", "append": "appendleft", "appendleft": "append", "max": "min", "pop": "popleft", "popleft": "pop",
    "add": "remove", "remove": "add",
}  # fmt: skip
MOST_PAIRS, MOST_LINES, MOST_ALIKE = 8, 12, 6


def counterparts(source: Source, function: ast.AST) -> list[dict[str, str]]:
    """Which variables stand for one another, each way, those of most pieces alike first."""
    groups: dict[str, list[list[str]]] = {}
    for node in ast.walk(function):
        if isinstance(node, _SHAPED):
            names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
            groups.setdefault(_shape(node), []).append(names)
    variables, found = (
        set(source.scope(_inside(function)).variables),
        dict[tuple[tuple[str, str], ...], int](),
    )
    for alike in groups.values():
        for one, other in combinations(alike[:MOST_ALIKE], 2):
            pairs = tuple(sorted({(a, b) for a, b in zip(one, other, strict=True) if a != b}))
            if pairs and _one_to_one(pairs) and all(a in variables and b in variables for a, b in pairs):
                found[pairs] = found.get(pairs, 0) + 1
    for node in ast.walk(function):
        # Both of a pair that a loop goes through: what is said of the edge from one to the other holds the other way too.
        if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple) and len(node.target.elts) >= 2:
            ends = [e.id for e in node.target.elts[-2:] if isinstance(e, ast.Name)]
            if len(ends) == 2:
                found.setdefault(((ends[0], ends[1]),), 1)
    ordered = sorted(found, key=lambda pairs: (-found[pairs], pairs))[:MOST_PAIRS]
    return [dict(pairs) | {b: a for a, b in pairs} for pairs in ordered]


def _inside(function: ast.AST) -> ast.AST:
    return function.body[0] if isinstance(function, FunctionNode) else function


def _shape(node: ast.AST) -> str:
    """The syntax with its names taken out."""
    return re.sub(r"Name\(id='[^']*'", "Name(", ast.dump(node))


def _one_to_one(pairs: tuple[tuple[str, str], ...]) -> bool:
    firsts, seconds = {a for a, _ in pairs}, {b for _, b in pairs}
    return len(firsts) == len(seconds) == len(pairs) and not firsts & seconds


def _opposite(text: str) -> str:
    """The text with `min` for `max`, `+=` for `-=` and their like."""
    either = "|".join(_OPPOSITES)
    turned = re.sub(rf"\b({either})(?=\()", lambda m: _OPPOSITES[m[1]], text)
    if turned == text and (found := re.search(r"[+-]=", text)):
        turned = f"{text[: found.start()]}{'-=' if found[0] == '+=' else '+='}{text[found.end() :]}"
    return turned


@template("counterpart", 0.3, ast.Assign, ast.AugAssign, ast.Expr, kinds=("loop",))
def counterpart(site: Site) -> Iterator[Fix]:
    """A statement said of one side and forgotten for the other: `yield from right[j:]` after `yield from left[i:]`, `low =
    min(ends)` beside `high = max(ends)` (a copied statement with names exchanged: GenProg, Le Goues et al. 2012; ingredients:
    Martinez et al. 2014)."""
    node, source, function = site.node, site.source, site.source.function_of(site.node)
    assert isinstance(node, ast.stmt)
    own = site.text(node)
    if function is None or "\n" in own or node in source.docstring_nodes:
        return
    there = {source.text_of(n) for n in source.block_of(node)}
    pairs = source.once_of_text(counterparts, function)
    lines: dict[str, float] = {}
    for names in pairs:
        for text, weight in ((own, 1.0), (_opposite(own), 0.8)):
            lines.setdefault(_exchanged(text, names), weight)
            if isinstance(node, ast.Assign | ast.AugAssign):
                lines.setdefault(_target_alone(text, names), weight * 0.8)
    for line in [text for text in lines if text not in there and text != own][:MOST_LINES]:
        for edit, share in (
            (source.insert_after(node, [line]), 1.0),
            (source.insert_before(node, [line]), 0.6),
        ):
            if edit is not None:
                yield Fix((edit,), lines[line] * share, "insertion")


def _exchanged(text: str, names: Mapping[str, str]) -> str:
    """The text with whole names exchanged, attributes left as they are."""
    either = "|".join(map(re.escape, names))
    return re.sub(rf"(?<![\w.])({either})\b", lambda m: names[m[1]], text)


def _target_alone(text: str, names: Mapping[str, str]) -> str:
    """Only what is assigned to exchanged."""
    target, sign, value = text.partition("=")
    return _exchanged(target, names) + sign + value


@template("at the same time", 0.3, ast.Assign)
def same_time(site: Site) -> Iterator[Fix]:
    """Two assignments made one, so that the second still sees the old value: `a, b = b, a + b`; and one taken apart
    (assignment patterns of Pan et al. 2009)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.Assign)
    target, value = node.targets[0], node.value
    indent = source.indent_of(node)
    if (
        isinstance(target, ast.Tuple)
        and isinstance(value, ast.Tuple)
        and len(target.elts) == len(value.elts) == 2
    ):
        if indent is None:
            return
        lines = [f"{site.text(t)} = {site.text(v)}" for t, v in zip(target.elts, value.elts, strict=True)]
        for weight, order in ((0.6, lines), (0.5, lines[::-1])):
            yield site.raw(*source.span(node), f"{source.newline}{indent}".join(order), weight)
        return
    block = source.block_of(node)
    place = block.index(node) if node in block else len(block)
    after = block[place + 1] if place + 1 < len(block) else None
    if not isinstance(after, ast.Assign) or isinstance(target, ast.Tuple) or len(node.targets) > 1:
        return
    other = after.targets[0]
    if (
        isinstance(other, ast.Tuple)
        or len(after.targets) > 1
        or site.text(target) not in site.text(after.value)
    ):
        return
    text = f"{site.text(target)}, {site.text(other)} = {site.text(value)}, {site.text(after.value)}"
    if "\n" not in text:
        yield site.raw(source.span(node)[0], source.span(after)[1], text)
