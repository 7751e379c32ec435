"""Lost statements and lost halves of conditions: what was there is among what is offered."""

from __future__ import annotations

import pytest
from helpers.repair_offers import offers

COUNTER = """\
class Counter:
    __slots__ = ("seen", "total")

    def __init__(self, limit, step):
{lost}        self.total = 0

    def add(self, value):
        if value not in self.seen and self.total < self.limit:
            self.seen.add(value)
            self.total += 1
"""
STATEMENTS = [
    ("lost binding", "def f(items):\n{lost}    for x in items:\n        seen.add(x)\n    return seen\n", "seen = set()"),
    ("lost binding", "def f(items):\n{lost}    return [x * size for x in range(size)]\n", "size = len(items)"),
    ("lost binding", "def f(pair):\n{lost}    return {{left: right}}\n", "left, right = pair"),
    ("lost binding", "def f(make, *args, **more):\n{lost}    key += 1\n    return key\n", "key = make(*args, **more)"),
    ("lost binding", "TABLE = {{}}\n\n\ndef g(x):\n    row = TABLE[x]\n    return row\n\n\ndef f(name):\n{lost}    return row\n", "row = TABLE[name]"),
    ("lost attribute", COUNTER, "    self.seen = set()"),
    ("lost attribute", COUNTER, "    self.limit = limit"),
    ("lost in one branch", "def f(a):\n    if a:\n        b = 1\n    else:\n        c = 3\n{lost}    return b\n", "    b = 0"),
    ("lost in one branch", "def f(a, b):\n    if a < 1:\n        c = 1\n    else:\n        b += 1\n{lost}    return c\n", "    c = b - a"),
    ("lost in one branch", "def f(a, b):\n    if a:\n        c = list(b) + list(a)\n    else:\n        b += 1\n{lost}    return c\n", "    c = list(b)"),
    ("base left out", "class A:\n    def __init__(self, a):\n        self.a = a\n\n\nclass B(A):\n    def __init__(self, a, b):\n{lost}        self.b = b\n", "    super().__init__(a)"),
    ("base left out", "class B(Base):\n    def __init__(self, a, **more):\n{lost}        self.a = a\n", "    Base.__init__(self, a, **more)"),
]  # fmt: skip
CONDITIONS = [
    ("lost half", "def f(a, b):\n    if {}:\n        return a\n    return b\n", "a is None", "b is None or a is None"),
    ("lost half", "def f(a, strict):\n    if {}:\n        return a\n", "a > 1", "strict and a > 1"),
    ("lost half", "KNOWN = {{}}\n\n\ndef f(a):\n    if {}:\n        return a\n", "not a", "not a or a in KNOWN"),
    ("lost half", "def g(x):\n    return isinstance(x, str)\n\n\ndef f(a):\n    if {}:\n        return a\n", "not a.strip()", "isinstance(a, str) and not a.strip()"),
    ("lost half", "def _isnumber(x):\n    return x\n\n\ndef f(cell, flag):\n    if {}:\n        return cell\n", "flag", "_isnumber(cell) and flag"),
    ("lost half", "def f(order, now):\n    while {}:\n        order.pop()\n", "order[0] < now", "order and order[0] < now"),
    ("lost half", "def f(a, kinds):\n    if {}:\n        return a\n", "kinds", "kinds and isinstance(a, kinds)"),
    ("lost half of a value", "def g(x):\n    return x or x == 1\n\n\ndef f(a):\n    return {}\n", "a is None", "a is None or a == 1"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "code", "line"), STATEMENTS)
def test_the_lost_statement_is_offered_where_its_hole_is(template: str, code: str, line: str) -> None:
    assert code.format(lost=f"    {line}\n") in offers(code.format(lost=""), template)


@pytest.mark.parametrize(("template", "code", "left", "whole"), CONDITIONS)
def test_the_lost_half_is_offered(template: str, code: str, left: str, whole: str) -> None:
    assert code.format(whole) in offers(code.format(left), template)


def test_where_everything_is_bound_nothing_is_offered() -> None:
    code = "def f(a):\n    b = a\n    return [c for c in b if c]\n"
    assert offers(code, "lost binding") == set()
    assert offers("from m import *\n\n\ndef f(a):\n    return b\n", "lost binding") == set()


def test_a_pass_is_a_hole_too() -> None:
    code = (
        "def f(items, seen):\n    for x in items:\n        pass\n        found.append(x)\n    return found\n"
    )
    assert any(
        "        found = []\n        found.append(x)\n" in text for text in offers(code, "lost binding")
    )


def test_a_pass_gives_way_to_a_statement_of_the_file_in_its_own_names() -> None:
    code = "def g(row, total):\n    total.append(row[0])\n\n\ndef f(pair, total):\n    if pair:\n        pass\n    return total\n"
    assert code.replace("pass", "total.append(pair[0])") in offers(code, "nothing done")


def test_the_other_branch_is_done_again_with_what_nothing_reads() -> None:
    code = "def f(d, k, func, default):\n    if k in d:\n        d[k] = func(d[k])\n    else:\n        pass\n    return d\n"
    assert code.replace("pass", "d[k] = func(default)") in offers(code, "nothing done")


def test_a_pass_in_a_handler_or_a_class_says_nothing() -> None:
    code = "class A:\n    pass\n\n\ndef f(a):\n    try:\n        a()\n    except E:\n        pass\n"
    assert offers(code, "nothing done") == set()


def test_a_called_variable_gives_way_to_another() -> None:
    assert "def f(a, b):\n    return b(a)\n" in offers("def f(a, b):\n    return a(a)\n", "called variable")
