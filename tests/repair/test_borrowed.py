"""Pieces that a file lends: keywords of other calls, defaults for parts."""

from __future__ import annotations

import pytest
from helpers.repair_offers import offers

KEYWORDS = """\
import json


def show(text, *, loud=False, end="."):
    return (text.upper() if loud else text) + end


def both(data, end):
    first = json.dumps(data, sort_keys=True, default=str)
    return first + json.dumps(data) + show("x") + show("y", end=end)
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("json.dumps(data) +", "json.dumps(data, default=str) +"),
        ("json.dumps(data) +", "json.dumps(data, sort_keys=True) +"),
        ('show("x")', 'show("x", loud=True)'),
        ('show("x")', 'show("x", end=end)'),
    ],
)
def test_a_call_is_given_the_keyword_that_others_have(old: str, new: str) -> None:
    assert KEYWORDS.replace(old, new) in offers(KEYWORDS, "keyword as elsewhere")


def test_no_keyword_is_given_twice_or_out_of_reach() -> None:
    code = "def f(a):\n    return g(a, key=a)\n\n\ndef h(b):\n    return g(b) + g(b, key=b, **{})\n"
    # `key=a` needs a name that `h` has not; behind `**` nothing is added.
    assert offers(code, "keyword as elsewhere") == {code.replace("g(b) +", "g(b, key=b) +")}


def test_an_attribute_of_the_object_is_handed_on_under_its_name() -> None:
    code = (
        "class A:\n    def __init__(self, wide):\n        self.wide = wide\n\n"
        "    def one(self):\n        return make(1)\n\n    def two(self):\n        return paint(2, wide=3)\n"
    )
    assert code.replace("make(1)", "make(1, wide=self.wide)") in offers(code, "keyword as elsewhere")


def test_parameters_by_place_only_have_switches_too() -> None:
    code = "def f(a, b=True, /):\n    return a\n\n\ndef g():\n    return h(1)\n"
    assert offers(code, "keyword as elsewhere") == set()


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("return 4 + e.offset", "return 4 + (e.offset or 0)"),
        ("return f(row[1], 2)", "return f(row[1] or 0, 2)"),
        ("return name + row[1]", "return name + (row[1] or '')"),
    ],
)
def test_a_part_gets_a_default(code: str, wanted: str) -> None:
    head = "def g(e, row, f, name):\n    "
    assert f"{head}{wanted}\n" in offers(f"{head}{code}\n", "part or default")
