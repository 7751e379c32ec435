"""Wording: texts of the source that show in what a test got, changed to what it wanted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.template import Fix, Site, template

SHORTEST, LONGEST = 2, 300


def reworded(literal: str, actual: str, expected: str) -> Iterator[str]:
    """What a literal that made a part of `actual` would have to be to make that part of `expected`.

    The two texts differ between what begins and what ends alike; each place where the literal stands across the beginning
    or the end of that part, or holds all of it, gives one answer.
    """
    if not literal or actual == expected:
        return
    head = _alike_from_start(actual, expected)
    tail = _alike_from_start(actual[head:][::-1], expected[head:][::-1])
    first, last = head, len(actual) - tail
    new = expected[head : len(expected) - tail]
    at = actual.find(literal)
    while at >= 0:
        end = at + len(literal)
        if at <= first and last <= end:
            yield actual[at:first] + new + actual[last:end]
        elif first <= at and end <= last and literal == actual[first:last]:
            yield new
        at = actual.find(literal, at + 1)


def _alike_from_start(one: str, other: str) -> int:
    for place, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return place
    return min(len(one), len(other))


@template("text as wanted", 0.9, ast.Constant)
def text_as_wanted(site: Site) -> Iterator[Fix]:
    """A text literal changed as the failing test's two texts differ (the output as the specification of a text: string
    repairs are a frequent kind of small fix; literal donors: ssFix, Xin and Reiss 2017)."""
    node = site.node
    assert isinstance(node, ast.Constant)
    if not isinstance(node.value, str) or isinstance(site.parent, ast.Expr | ast.JoinedStr):
        return
    if not SHORTEST <= len(node.value) <= LONGEST and not (node.value and not node.value.isascii()):
        return
    made: dict[str, None] = {}
    for actual, expected in site.donors.differences:
        made |= dict.fromkeys(reworded(node.value, actual, expected))
    for text in list(made)[:6]:
        if text != node.value and len(text) <= LONGEST:
            yield site.swap(node, _quoted(text, site.text(node)), 1.0)


def _quoted(value: str, like: str) -> str:
    """The text as a literal, in the quotes that stood there."""
    shown = repr(value)
    if like[:1] == '"' and '"' not in value and shown[0] == "'" and "\\'" not in shown:
        return f'"{shown[1:-1]}"'
    return shown
