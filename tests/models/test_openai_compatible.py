"""The client against a real HTTP server on loopback, with time that only moves when told."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from dataclasses import replace

import pytest
from helpers.clock import VirtualClock
from helpers.model_server import Call, ModelServer, Reply
from helpers.models_asked import EDIT, GOOD, PASSING, REQUEST, SILENT, asked, until

from flashagent.errors import ContextTooLong, ModelError, ModelRefused, ModelUnreachable, UsageError
from flashagent.events import ModelRetrying, Notice, ReasoningDelta, TextDelta
from flashagent.messages import AssistantMessage, ToolCall, ToolMessage
from flashagent.models.dialect import Api
from flashagent.models.endpoint import Endpoint, Timeouts
from flashagent.models.openai_compatible import OpenAICompatibleModel
from flashagent.models.retries import RetryPolicy
from flashagent.models.tokens import estimate_request
from flashagent.models.waste import wasted_by
from flashagent.values import Usage

USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "prompt_tokens_details": {"cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 12},
}


async def test_a_streamed_reply_with_its_calls_usage_and_deltas() -> None:
    async with asked([replace(GOOD, usage=USAGE, model="scripted-0613")]) as it:
        reply = await it.reply()
        assert reply == AssistantMessage(
            text=GOOD.text,
            tool_calls=(ToolCall("c1", "edit", '{"path": "shop/cart.py", "old": "a - b", "new": "a + b"}'),),
            reasoning="Let me see.",
            usage=Usage(100, 64, 20, 12),
            model="scripted-0613",
            finish="tool_calls",
        )
        assert "".join(e.text for e in it.events if isinstance(e, TextDelta)) == GOOD.text
        assert "".join(e.text for e in it.events if isinstance(e, ReasoningDelta)) == "Let me see."
        assert it.server.bodies == [
            {
                "model": "scripted",
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "Fix it."},
                ],
                "stream": True,
                "tools": [
                    {
                        "type": "function",
                        "function": {
                            "name": "edit",
                            "description": "Replace text.",
                            "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
                        },
                    }
                ],
                "max_tokens": 500,
                "stream_options": {"include_usage": True},
            }
        ]


@pytest.fixture(params=["chat", "responses"])
def api(request: pytest.FixtureRequest) -> Api:
    """What holds for faults holds for both APIs."""
    found: Api = request.param
    return found


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("before", [0, 1], ids=["first request", "later request"])
@pytest.mark.parametrize("times", [1, 3])
async def test_a_fault_that_passes_is_recovered(fault: str, before: int, times: int, api: Api) -> None:
    async with asked([*[GOOD] * before, replace(GOOD, fault=fault, times=times), GOOD], api=api) as it:  # type: ignore[arg-type]
        for _ in range(before):
            await it.reply()
        it.events.clear()
        reply = await it.reply()
        assert (reply.text, len(reply.tool_calls), reply.finish) == (GOOD.text, 1, "tool_calls")
        assert [retry.attempt for retry in it.retries] == list(range(2, times + 2))
        assert it.shown() == GOOD.reasoning + GOOD.text
        assert len(it.server.requests) == before + times + 1
        assert len({request.raw for request in it.server.requests}) == 1


@pytest.mark.parametrize("fault", SILENT)
@pytest.mark.parametrize("before", [0, 1], ids=["first request", "later request"])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_silent_stream_is_noticed_and_asked_again(
    fault: str, before: int, times: int, api: Api
) -> None:
    policy = RetryPolicy(deadline_s=1000.0)
    script = [*[GOOD] * before, replace(GOOD, fault=fault, times=times), GOOD]  # type: ignore[arg-type]
    async with asked(script, retries=policy, api=api) as it:
        for _ in range(before):
            await it.reply()
        it.events.clear()
        reply = await it.through_silences(silence_s=31.0 if fault == "stall" else 121.0)
        assert (reply.text, reply.finish) == (GOOD.text, "tool_calls")
        expected = "no further word came for 30 s" if fault == "stall" else "no word came for 120 s"
        assert [retry.reason for retry in it.retries] == [expected] * times
        assert it.shown() == GOOD.reasoning + GOOD.text


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("before", [0, 1], ids=["first request", "later request"])
async def test_the_same_fault_for_ever_ends_with_a_clear_error(fault: str, before: int, api: Api) -> None:
    async with asked([*[GOOD] * before, replace(GOOD, fault=fault, times=0)], api=api) as it:  # type: ignore[arg-type]
        for _ in range(before):
            await it.reply()
        with pytest.raises(ModelUnreachable) as caught:
            await it.reply()
        assert caught.value.exit_code == 4
        assert f"No usable reply from {it.server.base_url}, tried 6 times" in caught.value.message
        assert caught.value.hint
        assert len(it.server.requests) == before + 6
        assert it.clock.seconds < 60


@pytest.mark.parametrize("fault", SILENT)
async def test_silence_for_ever_ends_within_the_deadline(fault: str, api: Api) -> None:
    async with asked([replace(GOOD, fault=fault, times=0)], api=api) as it:  # type: ignore[arg-type]
        with pytest.raises(ModelUnreachable, match=r"no (further )?word came"):
            await it.through_silences()
        assert len(it.server.requests) >= 2


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("unauthorized", ModelRefused, "HTTP 401"),
        ("forbidden", ModelRefused, "HTTP 403"),
        ("not_found", ModelRefused, "HTTP 404"),
        ("no_credit", ModelRefused, "HTTP 429"),
        ("too_long", ContextTooLong, "maximum context length is 8192"),
        ("redirect", ModelRefused, "HTTP 307"),
    ],
)
async def test_what_another_try_does_not_change_is_explained_at_once(
    fault: str, error: type[ModelError], said: str
) -> None:
    async with asked([Reply(fault=fault, message="", times=0)]) as it:  # type: ignore[arg-type]
        with pytest.raises(error, match=said) as caught:
            await it.reply()
        assert caught.value.hint
        assert it.retries == []
        assert len(it.server.requests) == 1


async def test_waits_as_long_as_the_endpoint_asks() -> None:
    async with asked([Reply(fault="429", retry_after="7"), GOOD]) as it:
        await it.reply()
        assert it.retries == [ModelRetrying(2, 7.25, "HTTP 429: Rate limit reached")]


async def test_a_wait_past_the_deadline_is_not_begun() -> None:
    async with asked([Reply(fault="429", retry_after="400", times=0)]) as it:
        with pytest.raises(ModelUnreachable, match="It asks to wait 400 s"):
            await it.reply()
        assert it.retries == []


async def test_an_endpoint_that_does_not_stream() -> None:
    async with asked([replace(GOOD, fault="json", usage=USAGE)]) as it:
        reply = await it.reply()
        assert (reply.text, reply.usage, reply.finish) == (GOOD.text, Usage(100, 64, 20, 12), "tool_calls")
        assert it.shown() == GOOD.text


@pytest.mark.parametrize("parameter", ["max_tokens", "stream_options"])
async def test_an_optional_parameter_that_is_refused_is_left_out_from_then_on(parameter: str) -> None:
    refusal = replace(GOOD, fault="bad_parameter", parameter=parameter, times=0)
    async with asked([refusal]) as it:
        await it.reply()
        await it.reply()
        assert [parameter in body for body in it.server.bodies] == [True, False, False]
        assert "max_completion_tokens" in it.server.bodies[1] or parameter != "max_tokens"
        assert it.clock.slept == [] or max(it.clock.slept) < 0.01


@pytest.mark.parametrize("parameter", ["max_tokens", "stream_options"])
async def test_requests_at_once_may_all_meet_the_same_refusal(parameter: str) -> None:
    refusal = replace(GOOD, fault="bad_parameter", parameter=parameter, times=0)
    async with asked([refusal]) as it:
        replies = await asyncio.gather(*(it.reply() for _ in range(3)))
        assert [reply.text for reply in replies] == [GOOD.text] * 3
        assert [parameter in body for body in it.server.bodies].count(False) == 3


async def test_usage_that_is_not_told_is_estimated() -> None:
    async with asked([replace(GOOD, usage=False)]) as it:
        usage = (await it.reply()).usage
        assert usage.estimated
        assert usage.prompt_tokens > 5
        assert usage.completion_tokens > 20


async def test_tries_that_came_to_nothing_are_accounted_for() -> None:
    async with asked([replace(GOOD, fault="reset"), Reply(fault="500"), replace(GOOD, usage=USAGE)]) as it:
        reply = await it.reply()
        assert reply.usage == Usage(100, 64, 20, 12)
        assert reply.wasted.estimated
        assert 0 < reply.wasted.completion_tokens < 40
        assert 0 < reply.wasted.prompt_tokens < 100


@pytest.mark.parametrize("kind", ["text", "reasoning", "calls"])
async def test_a_reply_far_over_its_cap_is_ended_and_the_connection_closed(kind: str) -> None:
    words = "word " * 200_000
    endless = Reply(calls=[Call("edit", words)]) if kind == "calls" else Reply(**{kind: words})  # type: ignore[arg-type]
    async with asked([endless, GOOD]) as it:
        reply = await it.reply()
        assert reply.finish == "length"
        assert reply.usage.estimated
        assert 500 < reply.usage.completion_tokens < 800
        notices = [event for event in it.events if isinstance(event, Notice)]
        assert [notice.level for notice in notices] == ["warning"]
        assert "ignored the reply cap" in notices[0].text
        assert it.retries == []
        await until(lambda: it.server.dropped == 1)
        assert (await it.reply()).text == GOOD.text


async def test_usage_told_as_nothing_is_not_believed() -> None:
    nothing = {"prompt_tokens": 0, "completion_tokens": 0}
    async with asked([replace(GOOD, usage=nothing)]) as it:
        usage = (await it.reply()).usage
        assert usage.estimated
        assert usage.prompt_tokens == estimate_request(REQUEST)
        assert usage.completion_tokens > 20


async def test_no_retry_that_the_budget_does_not_bear() -> None:
    prompt = estimate_request(REQUEST)
    asked_about: list[Usage] = []

    def may_retry(wasted: Usage) -> bool:
        asked_about.append(wasted)
        return len(asked_about) < 3

    allowed = replace(REQUEST, may_retry=may_retry)
    cut = Reply(text="word " * 800, fault="cut", times=0)  # half of it comes: 400 words
    async with asked([cut]) as it:
        with pytest.raises(
            ModelUnreachable, match="another one could go over the limit of this run"
        ) as caught:
            await it.reply(allowed)
        wasted = wasted_by(caught.value)
        assert wasted is not None
        assert len(it.server.requests) == 3
        assert asked_about[-1] == wasted
        assert 3 * (prompt + 395) < wasted.total_tokens < 3 * (prompt + 405)
        assert "--max-tokens" in caught.value.hint


async def test_tries_that_used_nothing_need_no_further_budget() -> None:
    allowed = replace(REQUEST, may_retry=lambda wasted: False)
    async with asked([Reply(fault="500", times=3), GOOD]) as it:
        assert (await it.reply(allowed)).text == GOOD.text


async def test_an_error_tells_what_its_tries_used() -> None:
    async with asked([Reply(text="word " * 400, fault="drop", times=0)]) as it:
        with pytest.raises(ModelUnreachable) as caught:
            await it.reply()
        wasted = wasted_by(caught.value)
        assert wasted is not None
        assert wasted.estimated
        assert wasted.prompt_tokens == 6 * estimate_request(REQUEST)
        assert 6 * 195 < wasted.completion_tokens < 6 * 205


@pytest.mark.parametrize("fault", ["silent", "no_headers"])
async def test_a_try_that_nothing_came_of_has_used_its_prompt(fault: str) -> None:
    policy = RetryPolicy(deadline_s=1000.0)
    async with asked([Reply(fault=fault, times=2), GOOD], retries=policy) as it:  # type: ignore[arg-type]
        reply = await it.through_silences()
        assert reply.wasted == Usage(2 * estimate_request(REQUEST), estimated=True)


async def test_a_refusal_has_used_nothing() -> None:
    async with asked([Reply(fault="unauthorized")]) as it:
        with pytest.raises(ModelRefused) as caught:
            await it.reply()
        assert wasted_by(caught.value) is None


async def test_a_cancellation_tells_what_its_tries_used() -> None:
    text = "word " * 400
    async with asked([Reply(text=text, fault="cut"), Reply(text=text, fault="stall")]) as it:
        task = asyncio.create_task(it.reply())
        await it.server.stalled.wait()
        await until(lambda: len(it.shown()) >= len(text) // 2 - 16)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        wasted = wasted_by(caught.value)
        assert wasted is not None
        assert wasted.prompt_tokens == 2 * estimate_request(REQUEST)
        assert 2 * 195 < wasted.completion_tokens < 2 * 205


async def test_broken_tool_json_is_left_for_the_loop() -> None:
    async with asked([replace(GOOD, fault="broken_json")]) as it:
        reply = await it.reply()
        assert reply.tool_calls[0].arguments.endswith(" oops")
        assert it.retries == []


async def test_a_length_limit_in_a_tool_call_is_told_and_not_repaired() -> None:
    async with asked([replace(GOOD, fault="length")]) as it:
        reply = await it.reply()
        assert reply.finish == "length"
        assert reply.tool_calls == (ToolCall("c1", "edit", '{"path": "shop/cart.py", "ol'),)


async def test_duplicate_call_ids_become_distinct() -> None:
    async with asked(
        [Reply(calls=[replace(EDIT, id="x"), replace(EDIT, id="x"), replace(EDIT, id="")])]
    ) as it:
        assert [call.id for call in (await it.reply()).tool_calls] == ["x", "x-2", "call-3"]


async def test_history_goes_back_as_it_came() -> None:
    async with asked([GOOD, Reply(text="Done.")]) as it:
        first = await it.reply()
        await it.reply(replace(REQUEST, messages=(*REQUEST.messages, first, ToolMessage("c1", "edited"))))
        before, after = it.server.bodies
        assert after["messages"][: len(before["messages"])] == before["messages"]
        assert after["messages"][2]["tool_calls"][0]["id"] == after["messages"][3]["tool_call_id"] == "c1"


async def test_another_build_under_the_same_name_is_noticed_once() -> None:
    builds = [replace(GOOD, fingerprint=mark) for mark in ("fp_1", "fp_1", "fp_2", "fp_1")]
    async with asked(builds) as it:
        assert [(await it.reply()).fingerprint for _ in builds] == ["fp_1", "fp_1", "fp_2", "fp_1"]
        said = [event.text for event in it.events if isinstance(event, Notice)]
        assert said == ["scripted is now answered by scripted fp_2; it was scripted fp_1."]


async def test_the_connection_is_used_again() -> None:
    async with asked([GOOD] * 3) as it:
        for _ in range(3):
            await it.reply()
        assert len(it.server._writers) == 1


async def test_replies_at_once() -> None:
    async with asked([replace(GOOD, times=8)]) as it:
        replies = await asyncio.gather(*(it.reply() for _ in range(8)))
        assert {reply.text for reply in replies} == {GOOD.text}


async def test_cancelling_ends_the_request_at_once() -> None:
    async with asked([replace(GOOD, fault="stall"), GOOD]) as it:
        task = asyncio.create_task(it.reply())
        await it.server.stalled.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: it.server.dropped == 1)
        assert (await it.reply()).text == GOOD.text


async def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        model = OpenAICompatibleModel(
            Endpoint(url, "m"), VirtualClock(hold_from=25.0), timeouts=Timeouts(connect_s=5)
        )
        with pytest.raises(ModelUnreachable, match="connection failed"):
            await model.reply(REQUEST, lambda event: None)
        await model.aclose()


@pytest.mark.parametrize("key", ["sk-test-key", ""])
async def test_only_our_own_headers_are_sent(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_API_KEY": "sk-of-another-endpoint",
        "OPENAI_ADMIN_KEY": "sk-admin",
        "OPENAI_ORG_ID": "org-private",
        "OPENAI_PROJECT_ID": "proj-private",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_CUSTOM_HEADERS": "X-Private: yes\nAuthorization: Bearer other",
    }.items():
        monkeypatch.setenv(name, value)
    async with asked([GOOD], key=key) as it:
        await it.reply()
        headers = it.server.requests[0].headers
    assert headers.pop("authorization", "") == (f"Bearer {key}" if key else "")
    assert headers.keys() == {"host", "content-type", "content-length", "accept-encoding", "connection"} | {
        "accept",
        "user-agent",
    }


async def test_a_redirect_is_not_followed() -> None:
    async with ModelServer([GOOD]) as other:
        async with asked([Reply(fault="redirect", message=f"{other.base_url}/chat/completions")]) as it:
            with pytest.raises(ModelRefused, match="HTTP 307"):
                await it.reply()
        assert other.requests == []


async def test_the_key_is_never_shown() -> None:
    async with asked([Reply(fault="unauthorized", message="Incorrect key: sk-test-key.")]) as it:
        with pytest.raises(ModelRefused) as caught:
            await it.reply()
        assert "sk-test-key" not in str(caught.value)
        assert "sk-test-key" not in repr(it.model.endpoint)


@pytest.mark.parametrize(
    "url", ["http://h/v1", "http://h/v1/", "http://h/v1/chat/completions", " http://h/v1/ "]
)
def test_the_address_in_the_forms_that_people_write(url: str) -> None:
    assert Endpoint(url, "m").root == "http://h/v1"


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://h/v1", "http://"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(UsageError):
        Endpoint(url, "m")


def test_the_shown_address_holds_no_secret() -> None:
    assert Endpoint("https://me:pass@h:8080/v1?key=abc", "m").shown == "https://h:8080/v1"


def test_the_sdk_is_imported_only_when_it_is_needed() -> None:
    code = (
        "import sys, flashagent.models.openai_compatible, flashagent.models.router, flashagent.models.pricing\n"
        "print([name for name in ('openai', 'httpx2', 'pydantic', 'anyio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
