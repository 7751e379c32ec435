"""What the project says of a patch before any test runs."""

from __future__ import annotations

import ast

import pytest

from flashagent.repair.project import self_made


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("len(x) - 0", 1),
        ("0 + n", 1),
        ("n * 1", 1),
        ("n // 1", 1),
        ("n - n", 1),
        ("a and a", 1),
        ("a == a", 1),
        ("0 - n", 0),  # the negative is not the number
        ("1 / n", 0),
        ("n * 0", 0),
        ("n * 1.0", 0),  # makes a float
        ("n - 1", 0),
    ],
)
def test_expressions_that_say_nothing_are_counted(text: str, count: int) -> None:
    assert self_made(ast.parse(text)) == count
