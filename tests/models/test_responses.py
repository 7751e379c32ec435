"""The Responses API against a real HTTP server on loopback that speaks its wire format. The fault table is run over it in
test_openai_compatible.py."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from helpers.model_server import Call, Reply
from helpers.models_asked import EDIT, GOOD, REQUEST, asked

from flashagent.events import ModelRetrying, ReasoningDelta, TextDelta
from flashagent.messages import AssistantMessage, ToolCall, ToolMessage
from flashagent.models.base import ModelRequest
from flashagent.models.responses import read_event
from flashagent.models.wire import Piece
from flashagent.values import Usage

USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 64},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 12},
    "total_tokens": 120,
}
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "Let me see."}],
    "encrypted_content": "c2VhbGVk",
}
ARGUMENTS = json.dumps(EDIT.arguments)


async def test_a_streamed_reply_with_its_calls_usage_and_deltas() -> None:
    async with asked([replace(GOOD, usage=USAGE, model="scripted-0613")], api="responses") as it:
        reply = await it.reply(replace(REQUEST, reasoning_effort="low"))
        assert replace(reply, items=()) == AssistantMessage(
            text=GOOD.text,
            tool_calls=(ToolCall("c1", "edit", ARGUMENTS),),
            reasoning="Let me see.",
            usage=Usage(100, 64, 20, 12),
            model="scripted-0613",
            finish="tool_calls",
        )
        assert [json.loads(item) for item in reply.items] == [THOUGHT]
        assert "".join(e.text for e in it.events if isinstance(e, TextDelta)) == GOOD.text
        assert "".join(e.text for e in it.events if isinstance(e, ReasoningDelta)) == "Let me see."
        (sent,) = it.server.requests
        assert sent.path == "/v1/responses"
        assert sent.body == {
            "model": "scripted",
            "input": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Fix it."},
            ],
            "stream": True,
            "tools": [
                {
                    "type": "function",
                    "name": "edit",
                    "description": "Replace text.",
                    "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
                    "strict": False,
                }
            ],
            "max_output_tokens": 500,
            "reasoning": {"effort": "low"},
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }


async def test_a_longer_history_extends_the_shorter_and_thoughts_go_back_sealed() -> None:
    async with asked([GOOD, Reply("Done.")], api="responses") as it:
        first = await it.reply()
        history = (*REQUEST.messages, first, ToolMessage(first.tool_calls[0].id, "Written."))
        await it.reply(replace(REQUEST, messages=history))
        before, after = (body["input"] for body in it.server.bodies)
        assert after[: len(before)] == before
        assert after[len(before) :] == [
            THOUGHT,
            {"role": "assistant", "content": GOOD.text},
            {"type": "function_call", "call_id": "c1", "name": "edit", "arguments": ARGUMENTS},
            {"type": "function_call_output", "call_id": "c1", "output": "Written."},
        ]


@pytest.mark.parametrize("parameter", ["include", "max_output_tokens", "store", "text"])
async def test_an_optional_parameter_that_is_refused_is_left_out_from_then_on(parameter: str) -> None:
    refused = Reply(fault="bad_parameter", parameter=parameter)
    async with asked([refused, GOOD, GOOD], api="responses") as it:
        for _ in range(2):
            await it.reply(replace(REQUEST, json_object=True))
        assert [parameter in body for body in it.server.bodies] == [True, False, False]
        assert len([e for e in it.events if isinstance(e, ModelRetrying)]) == 1


async def test_thoughts_stay_here_where_the_endpoint_does_not_take_them() -> None:
    async with asked([Reply(fault="bad_parameter", parameter="include"), GOOD], api="responses") as it:
        earlier = AssistantMessage("Hm.", items=(json.dumps(THOUGHT),))
        await it.reply(replace(REQUEST, messages=(*REQUEST.messages, earlier)))
        assert [THOUGHT in body["input"] for body in it.server.bodies] == [True, False]


@pytest.mark.parametrize("fault", ["", "json"])
async def test_several_calls_and_none(fault: str) -> None:
    calls = [Call("read", {"path": "a"}, "c1"), Call("read", {"path": "b"}, "c2")]
    script = [Reply(calls=calls, fault=fault), Reply("Done.", fault=fault)]  # type: ignore[arg-type]
    async with asked(script, api="responses") as it:
        assert [call.arguments for call in (await it.reply()).tool_calls] == [
            '{"path": "a"}',
            '{"path": "b"}',
        ]
        reply = await it.reply()
        assert (reply.text, reply.tool_calls, reply.finish) == ("Done.", (), "stop")


async def test_a_length_limit_in_a_call_is_told_and_not_repaired() -> None:
    async with asked([replace(GOOD, fault="length")], api="responses") as it:
        reply = await it.reply()
        assert (reply.finish, reply.tool_calls[0].arguments) == ("length", ARGUMENTS[: len(ARGUMENTS) // 2])


async def test_a_filtered_reply_is_told() -> None:
    async with asked([Reply("I", finish="content_filter")], api="responses") as it:
        assert (await it.reply()).finish == "content_filter"


async def test_a_response_that_failed_is_asked_for_again() -> None:
    failed = {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "Oh."}}}
    assert read_event(failed) == Piece(error={"code": "server_error", "message": "Oh."})


@pytest.mark.parametrize("event", [None, [], 3, {}, {"type": 3}, {"type": "response.output_item.done"}])
def test_what_is_no_event_adds_nothing(event: object) -> None:
    assert read_event(event) == Piece()


async def test_json_mode_is_asked_for_by_either_api() -> None:
    wanted = ModelRequest(REQUEST.messages, json_object=True)
    async with asked([Reply("{}")], api="responses") as it:
        await it.reply(wanted)
        assert it.server.bodies[0]["text"] == {"format": {"type": "json_object"}}
    async with asked([Reply("{}")]) as it:
        await it.reply(wanted)
        assert it.server.bodies[0]["response_format"] == {"type": "json_object"}
