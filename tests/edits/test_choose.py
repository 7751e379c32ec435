"""The format asked of a model, and the change after two refusals in a row."""

from __future__ import annotations

import pytest

from flashagent.edits.choose import Asking, ask, format_for, next_format
from flashagent.edits.values import FORMATS


@pytest.mark.parametrize(
    ("model", "tools", "form"),
    [
        ("some-flash-model", True, "edit"),
        ("some-flash-model", False, "sr"),
        ("gpt-5-mini", True, "apply_patch"),
        ("openai/GPT-5-mini", False, "apply_patch"),
        ("gpt-oss-120b", True, "edit"),
        ("glm-4.7", True, "edit"),
    ],
)
def test_the_table(model, tools, form):
    assert format_for(model, tools=tools) == form


def test_the_users_patterns_go_first():
    assert format_for("gpt-5-mini", extra={"gpt-5*": "udiff"}) == "udiff"


@pytest.mark.parametrize(
    ("landed", "changes"),
    [([], False), ([False], False), ([False, True], False), ([True, False, False], True)],
)
def test_two_refusals_in_a_row_change_it(landed, changes):
    for asked in FORMATS:
        assert (next_format(asked, landed) != asked) == changes


def test_two_refusals_in_a_row_change_what_is_asked_for():
    asking = ask("some-gpt-9")
    assert asking.format == "apply_patch"
    once = asking.after(False).after(True).after(False)
    assert once.format == "apply_patch"
    assert once.after(False) == Asking("edit")


def test_a_model_without_tools_is_never_asked_for_calls():
    asking = ask("some-gpt-9", tools=False).after(False).after(False)
    assert asking == Asking("sr", tools=False)
    assert ask("some-model").without_tools() == Asking("sr", tools=False)


def test_the_users_own_table_goes_first():
    assert ask("Some-GPT-9", extra={"some-*": "udiff"}) == Asking("udiff")
