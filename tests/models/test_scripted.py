from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from flashagent.errors import ContextTooLong, ModelError, ModelRefused, ModelUnreachable
from flashagent.events import Event, ModelRetrying, ReasoningDelta, TextDelta
from flashagent.messages import AssistantMessage, ToolCall, UserMessage
from flashagent.models.base import ChatModel, ModelRequest
from flashagent.models.router import FallbackModel, Router
from flashagent.models.scripted import ScriptedModel, ScriptedReply, call
from flashagent.models.waste import tell_waste, wasted_by
from flashagent.values import Usage

REQUEST = ModelRequest((UserMessage("Fix it."),))


async def test_answers_in_order_and_keeps_the_requests() -> None:
    usage = Usage(9, 0, 3)
    model: ChatModel = ScriptedModel(
        [
            "Hello there.",
            ScriptedReply("Look:", (call("read", {"path": "a.py"}), call("read", "{")), "hm", usage),
            lambda request: f"{len(request.messages)} message",
        ],
        delta_chars=6,
    )
    seen: list[Event] = []
    replies = [await model.reply(REQUEST, seen.append) for _ in range(3)]
    assert [reply.text for reply in replies] == ["Hello there.", "Look:", "1 message"]
    assert replies[1] == AssistantMessage(
        "Look:",
        (ToolCall("call-1", "read", '{"path": "a.py"}'), ToolCall("call-2", "read", "{")),
        "hm",
        usage,
        "scripted",
        "tool_calls",
    )
    assert seen[:4] == [TextDelta("Hello "), TextDelta("there."), ReasoningDelta("hm"), TextDelta("Look:")]
    assert replies[0].usage.estimated


async def test_an_error_is_raised_and_a_finished_script_is_a_mistake() -> None:
    model = ScriptedModel([ModelRefused("No.")])
    with pytest.raises(ModelRefused):
        await model.reply(REQUEST, lambda event: None)
    with pytest.raises(AssertionError, match="request 2"):
        await model.reply(REQUEST, lambda event: None)
    assert model.requests == [REQUEST, REQUEST]


async def test_speaks_only_when_its_event_is_set() -> None:
    go = asyncio.Event()
    task = asyncio.create_task(
        ScriptedModel([ScriptedReply("x", after=go)]).reply(REQUEST, lambda event: None)
    )
    await asyncio.sleep(0)
    assert not task.done()
    go.set()
    assert (await task).text == "x"


def test_roles() -> None:
    flash, strong = ScriptedModel([]), ScriptedModel([])
    assert [Router(flash).for_role(role) for role in ("flash", "architect", "embed")] == [flash, flash, None]
    assert Router(flash, strong).for_role("architect") is strong


async def test_the_next_model_is_asked_and_stays() -> None:
    model = FallbackModel(
        [
            ScriptedModel([ModelUnreachable("Gone.")], name="one"),
            ScriptedModel([ModelRefused("No.")], name="two"),
            ScriptedModel(["a", "b"], name="three"),
        ]
    )
    seen: list[Event] = []
    assert [(await model.reply(REQUEST, seen.append)).text for _ in range(2)] == ["a", "b"]
    assert [event for event in seen if isinstance(event, ModelRetrying)] == [
        ModelRetrying(2, 0.0, "Gone. Asking two instead."),
        ModelRetrying(3, 0.0, "No. Asking three instead."),
    ]
    assert model.name == "three"


@pytest.mark.parametrize("error", [ContextTooLong("Long."), ModelUnreachable("Gone.")])
async def test_what_a_fallback_cannot_help(error: ModelError) -> None:
    names = ["only"] if isinstance(error, ModelUnreachable) else ["one", "two"]
    model = FallbackModel([ScriptedModel([error], name=name) for name in names])
    with pytest.raises(type(error)):
        await model.reply(REQUEST, lambda event: None)


async def test_what_failed_models_used_is_told_and_kept_to_the_budget() -> None:
    used = Usage(30, 0, 20, 0, estimated=True)
    told: list[Usage] = []
    request = replace(REQUEST, max_output_tokens=100, may_retry=lambda wasted: not told.append(wasted))  # type: ignore[func-returns-value]

    def broken() -> ModelUnreachable:
        error = ModelUnreachable("Gone.")
        tell_waste(error, used)
        return error

    last = ScriptedModel(["a"], name="two")
    reply = await FallbackModel([ScriptedModel([broken()]), last]).reply(request, lambda event: None)
    assert (reply.text, reply.wasted) == ("a", used)
    assert told == [used]
    further = last.requests[0].may_retry
    assert further is not None and further(used)
    assert told == [used, used + used]

    unasked = ScriptedModel([])
    model = FallbackModel([ScriptedModel([broken()]), unasked])
    with pytest.raises(ModelUnreachable, match="could go over the limit") as caught:
        await model.reply(replace(request, may_retry=lambda wasted: False), lambda event: None)
    assert wasted_by(caught.value) == used
    assert unasked.requests == []
