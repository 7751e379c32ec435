"""Outlines keep the budget, the order and what a smaller budget showed; skeletons leave bodies out."""

from __future__ import annotations

import pytest

from flashagent.repomap.render import outline, skeleton, token_count
from flashagent.values import RankedSymbol, Symbol

SOURCE = '''
"""A module."""

LIMIT = 3


class Cart:
    """What was chosen."""

    def add(self, item: str) -> None:
        """Put one in."""

        def inner():
            return item

        self.items.append(inner())


def total(items):
    return sum(items)
'''


def symbol(path: str, qualified: str, line: int) -> Symbol:
    name = qualified.rpartition(".")[2]
    return Symbol(path, name, qualified, "function", line, line + 1, f"def {name}()")


RANKED = [
    symbol("a.py", "one", 5),
    symbol("b.py", "Two.two", 9),
    symbol("a.py", "three", 1),
    symbol("c.py", "four", 7),
]


def test_each_path_once_and_always_in_the_same_order() -> None:
    whole = "a.py:\n  1: def three()\n  5: def one()\nb.py:\n  9: Two: def two()\nc.py:\n  7: def four()\n"
    assert [outline(order) for order in (RANKED, RANKED[::-1])] == [whole, whole]
    assert outline([RankedSymbol(one, 1.0) for one in RANKED[:1]], lines=False) == "a.py:\n  def one()\n"


def body(one: Symbol) -> str:
    return "" if one.name == "three" else f"def {one.name}():\n    return {one.start_line}\n"


def detail(one: Symbol, text: str) -> int:
    """0 when it is not shown, 1 by its name, 2 by its signature, 3 whole."""
    place = f"  {one.start_line}: "
    outer = one.qualified.rpartition(".")[0]
    forms = (
        f"{place}{one.qualified}\n",
        f"{place}{outer}: {one.signature}\n" if outer else f"{place}{one.signature}\n",
        f"{place}def {one.name}():\n  {one.start_line + 1}:     return {one.start_line}\n",
    )
    _, _, section = text.partition(f"{one.path}:\n")
    return max((level for level, form in enumerate(forms, 1) if form in section), default=0)


MANY = [symbol(f"pkg{n % 7}/file{n % 13}.py", f"Class{n % 5}.method_{n}", n + 1) for n in range(260)]


def test_a_larger_budget_shows_all_that_a_smaller_one_does_in_no_less_detail() -> None:
    before = dict.fromkeys(MANY, 0)
    seen: set[int] = set()
    for tokens in range(0, 4200, 37):
        text = outline(MANY, tokens=tokens, body=body)
        assert token_count(text) <= tokens
        assert text == "" or text.endswith("\n")
        now = {one: detail(one, text) for one in MANY}
        assert all(now[one] >= level for one, level in before.items()), tokens
        before = now
        seen.update(now.values())
    assert seen == {0, 1, 2, 3}


@pytest.mark.parametrize("tokens", range(40))
def test_outline_keeps_the_budget(tokens: int) -> None:
    small, large = outline(RANKED, tokens=tokens), outline(RANKED, tokens=tokens + 1)
    assert token_count(small) <= tokens
    assert small.count("\n") <= large.count("\n")
    whole = [
        f"  {one.start_line}: {form}"
        for one in RANKED
        for form in (one.qualified, one.signature, f"Two: {one.signature}")
    ]
    assert {line for line in small.splitlines() if line.startswith(" ")} <= set(whole)


def test_whole_definitions_come_where_there_is_room_and_huge_ones_never() -> None:
    assert outline(RANKED[:1], tokens=1000, body=body) == "a.py:\n  5: def one():\n  6:     return 5\n"
    assert outline(RANKED[:1], tokens=9000, body=lambda one: "x\n" * 9000) == "a.py:\n  5: def one()\n"
    assert outline([RANKED[2]], tokens=9000, body=body) == "a.py:\n  1: def three()\n"


def test_the_same_definition_is_shown_once() -> None:
    assert outline([RANKED[0], RANKED[0]]) == "a.py:\n  5: def one()\n"


def test_skeleton() -> None:
    assert skeleton(SOURCE, "cart.py") == (
        "    4  LIMIT = 3\n"
        "    7  class Cart\n"
        "           # What was chosen.\n"
        "   10      def add(self, item: str) -> None\n"
        "               # Put one in.\n"
        "   19  def total(items)\n"
    )


@pytest.mark.parametrize("tokens", range(12, 60))
def test_skeleton_keeps_the_budget(tokens: int) -> None:
    shown = skeleton(SOURCE, "cart.py", tokens=tokens)
    assert token_count(shown) <= tokens
    assert shown.endswith("\n")


def test_a_language_without_a_grammar_has_no_skeleton() -> None:
    assert skeleton("text", "notes.txt") == ""
