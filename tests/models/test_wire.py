from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.messages import AssistantMessage, SystemMessage, ToolCall, ToolMessage, ToolSpec, UserMessage
from flashagent.models.assemble import ReplyBuilder
from flashagent.models.base import ModelRequest
from flashagent.models.responses import request_body as responses_body
from flashagent.models.wire import CallPiece, Piece, read_chunk, read_usage, request_body
from flashagent.values import Usage

TOOL = ToolSpec("read", "Read a file.", '{"type":"object","properties":{"path":{"type":"string"}}}')
HISTORY = (
    SystemMessage("Be brief."),
    UserMessage("Fix it."),
    AssistantMessage(
        "", (ToolCall("c1", "read", '{"path":"a.py"}'), ToolCall("c2", "read", '{"path":')), "hm"
    ),
    ToolMessage("c1", "x = 1"),
    ToolMessage("c2", "broken arguments"),
    AssistantMessage("Done."),
)


def test_the_request_in_the_protocols_shape() -> None:
    request = ModelRequest(HISTORY, (TOOL,), max_output_tokens=100, temperature=0.0, reasoning_effort="low")
    assert request_body("m", request) == {
        "model": "m",
        "stream": True,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Fix it."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "read", "arguments": '{"path":"a.py"}'},
                    },
                    {
                        "id": "c2",
                        "type": "function",
                        "function": {"name": "read", "arguments": '{"invalid_json": "{\\"path\\":"}'},
                    },
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "x = 1"},
            {"role": "tool", "tool_call_id": "c2", "content": "broken arguments"},
            {"role": "assistant", "content": "Done."},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "read",
                    "description": "Read a file.",
                    "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
                },
            }
        ],
        "max_tokens": 100,
        "temperature": 0.0,
        "reasoning_effort": "low",
        "stream_options": {"include_usage": True},
    }


def test_what_is_not_set_is_not_sent() -> None:
    assert request_body("m", ModelRequest(()), omit=frozenset({"stream_options"})) == {
        "model": "m",
        "messages": [],
        "stream": True,
    }


def test_the_newer_name_of_the_cap() -> None:
    body = request_body("m", ModelRequest((), max_output_tokens=9), omit=frozenset({"max_tokens"}))
    assert body["max_completion_tokens"] == 9
    assert "max_tokens" not in body


def test_reasoning_goes_back_only_where_wanted() -> None:
    bodies = [request_body("m", ModelRequest(HISTORY), reasoning=wanted) for wanted in (False, True)]
    assert [body["messages"][2].get("reasoning_content") for body in bodies] == [None, "hm"]


def test_a_longer_history_only_adds_at_its_end() -> None:
    texts = [
        json.dumps(request_body("m", ModelRequest(HISTORY[:n], (TOOL,)))["messages"]) for n in range(1, 7)
    ]
    for shorter, longer in itertools.pairwise(texts):
        assert longer.startswith(shorter[:-1])


@pytest.mark.parametrize(
    ("chunk", "piece"),
    [
        ({"choices": [{"delta": {"content": "hi"}}], "model": "m"}, Piece(text="hi", model="m")),
        ({"choices": [{"delta": {"content": [{"type": "text", "text": "hi"}]}}]}, Piece(text="hi")),
        ({"choices": [{"delta": {"reasoning_content": "hm"}}]}, Piece(reasoning="hm")),
        ({"choices": [{"delta": {"reasoning": "hm", "content": None}}]}, Piece(reasoning="hm")),
        ({"choices": [{"delta": {"refusal": "no"}}]}, Piece(text="no")),
        ({"choices": [{"delta": {}, "finish_reason": "max_tokens"}]}, Piece(finish="length")),
        ({"choices": [{"delta": {}, "finish_reason": "weird"}]}, Piece(finish="unknown")),
        ({"choices": [{"delta": {}, "finish_reason": ""}]}, Piece()),
        (
            {
                "choices": [
                    {"delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f"}}, None]}}
                ]
            },
            Piece(calls=(CallPiece(0, "c", "f"),)),
        ),
        (
            {"choices": [{"delta": {"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}}]},
            Piece(calls=(CallPiece(None, "", "f", '{"a": 1}'),)),
        ),
        (
            {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}},
            Piece(usage=Usage(prompt_tokens=7, completion_tokens=2)),
        ),
        ({}, Piece()),
        ("text", Piece()),
        ({"choices": "no", "usage": []}, Piece()),
    ],
)
def test_chunks_as_endpoints_send_them(chunk: object, piece: Piece) -> None:
    assert read_chunk(chunk) == piece


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "content", "tool_calls", "function", "id", "index", "usage", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_chunk_breaks_the_reader(data: object) -> None:
    builder = ReplyBuilder(ModelRequest(()), "m")
    builder.add(read_chunk(data))
    builder.message()


@pytest.mark.parametrize(
    ("data", "usage"),
    [
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "prompt_tokens_details": {"cached_tokens": 64},
                "completion_tokens_details": {"reasoning_tokens": 12},
            },
            Usage(100, 64, 20, 12),
        ),
        ({"prompt_tokens": 100, "completion_tokens": 20, "prompt_cache_hit_tokens": 40}, Usage(100, 40, 20)),
        (
            {"prompt_tokens": 10, "completion_tokens": -1, "prompt_tokens_details": {"cached_tokens": 99}},
            Usage(10, 10),
        ),
        ({"prompt_tokens": None, "completion_tokens": 1}, None),
        ({}, None),
        (None, None),
    ],
)
def test_usage_as_endpoints_count_it(data: object, usage: Usage | None) -> None:
    assert read_usage(data) == usage


@pytest.mark.parametrize("text", ["", " \n"])
def test_no_empty_message_goes_back(text: str) -> None:
    call = ToolCall("c", "read", "{}")
    request = ModelRequest((AssistantMessage(text), UserMessage("Go on."), AssistantMessage(text, (call,))))
    chat, responses = request_body("m", request)["messages"], responses_body("m", request)["input"]
    assert [message["content"] for message in chat] == ["(nothing)", "Go on.", None]
    assert [item.get("content", item.get("type")) for item in responses] == [
        "(nothing)",
        "Go on.",
        "function_call",
    ]
