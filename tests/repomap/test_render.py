"""Outlines keep the budget and the rank order; skeletons leave bodies out."""

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


def test_each_path_once_in_rank_order() -> None:
    assert (
        outline(RANKED)
        == "a.py:\n  5: def one()\n  1: def three()\nb.py:\n  9: Two: def two()\nc.py:\n  7: def four()\n"
    )
    assert outline([RankedSymbol(one, 1.0) for one in RANKED[:1]], lines=False) == "a.py:\n  def one()\n"


@pytest.mark.parametrize("tokens", range(40))
def test_outline_keeps_the_budget_and_grows_with_it(tokens: int) -> None:
    small, large = outline(RANKED, tokens=tokens), outline(RANKED, tokens=tokens + 1)
    assert token_count(small) <= tokens
    assert set(small.splitlines()) <= set(large.splitlines())
    assert small == "" or small.endswith("\n")


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
