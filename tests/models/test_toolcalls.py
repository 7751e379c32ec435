from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.messages import ToolCall
from flashagent.models.toolcalls import repair_arguments, repaired, with_distinct_ids


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", {}),
        ("  \n", {}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('{"a": "one\ntwo\tthree"}', {"a": "one\ntwo\tthree"}),
        ('{"a": [1, 2,], }', {"a": [1, 2]}),
        ('{"a": "x,}", }', {"a": "x,}"}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('{"a": 1}{"a": 1}', {"a": 1}),
        ("{'a': True, 'b': None}", {"a": True, "b": None}),
        (r'{"pattern": "\d+\s*"}', {"pattern": r"\d+\s*"}),
        (r'{"pattern": "\d \"x\" \\n"}', {"pattern": r'\d "x" \n'}),
        ('{"a": "x"', {"a": "x"}),
        ('{"a": [{"b": "x"}', {"a": [{"b": "x"}]}),
        ('{"a": {"b": true', {"a": {"b": True}}),
    ],
)
def test_repairs_what_has_one_meaning(text: str, meant: object) -> None:
    found = repair_arguments(text)
    assert found is not None
    assert json.loads(found) == meant


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "x',  # ends inside a string
        '{"a": 1',  # the number may lack digits
        '{"a": 1}{"a": 2}',  # which one?
        '{"a": "x", "b":',
        '{"a": "x"]',
        '{"a": "x" "b": 2}',
        r'{"pattern": "\bword\d"}',  # is \b a backspace?
        '{"text": "say "hi" now"}',
        "[1, 2]",
        "42",
        "null",
        "edit the file",
        "{'a': {1, 2}}",
        "__import__('os').getcwd()",
        "[" * 100_000,
    ],
)
def test_leaves_what_would_be_a_guess(text: str) -> None:
    assert repair_arguments(text) is None


@given(
    st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
)
def test_json_objects_come_back_as_they_are(value: dict[str, object]) -> None:
    text = json.dumps(value)
    assert repair_arguments(text) == text


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers(), min_size=1), st.data())
def test_a_cut_text_is_never_closed_after_a_length_limit(
    value: dict[str, object], data: st.DataObject
) -> None:
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    assert repair_arguments(cut, complete=False) is None


def test_repaired_keeps_broken_arguments_for_the_loop() -> None:
    calls = (ToolCall("1", "edit", '{"a": "x"'), ToolCall("2", "edit", '{"a": "x'))
    assert repaired(calls, "tool_calls") == (ToolCall("1", "edit", '{"a": "x"}'), calls[1])
    assert repaired(calls, "length") == calls


def test_ids_become_distinct_and_good_ones_stay() -> None:
    calls = [ToolCall(call_id, "read", "{}") for call_id in ("a", "a", "", "a-2", "old")]
    ids = [call.id for call in with_distinct_ids(calls, taken=["old", "call-3"])]
    assert ids == ["a", "a-2", "call-3-2", "a-2-2", "old-2"]
