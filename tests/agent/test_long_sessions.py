"""Sessions that outgrow the context window, over HTTP: asserted on the requests that the server saw."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from helpers.agent_events import assert_promises
from helpers.agent_session import EchoTool, session_of
from helpers.clock import VirtualClock
from helpers.model_server import Call, ModelServer, Reply

from flashagent.agent.compaction import Compactor, Memory
from flashagent.agent.limits import Budget, Limits
from flashagent.agent.loop import CUT
from flashagent.agent.session import Session
from flashagent.errors import ContextTooLong
from flashagent.events import ContextCompacted, Event, Notice
from flashagent.messages import UserMessage
from flashagent.models.endpoint import Endpoint
from flashagent.models.openai_compatible import OpenAICompatibleModel
from flashagent.models.scripted import ScriptedReply, call
from flashagent.models.tokens import estimate
from flashagent.prompts import load
from flashagent.tools.outputs import Outputs

GOAL, FAILING, DOCS = "Make discounts right.", "tests.test_cart.test_discount", "quux() takes two arguments"
WINDOW = 8_192


def tokens_of(body: dict[str, Any]) -> int:
    """What an endpoint would count, with the reply that the request asks for."""
    prompt = estimate(json.dumps(body["messages"])) + estimate(json.dumps(body.get("tools", [])))
    return prompt + int(body["max_tokens"])


class Server:
    """Refuses what is over its window, as endpoints do, and calls a tool `steps` times."""

    def __init__(
        self, steps: int, text: Callable[[int], str], window: int = WINDOW, message: str = ""
    ) -> None:
        self.steps, self.text, self.window, self.message = steps, text, window, message
        self.asked = self.refused = 0

    def __call__(self, body: dict[str, Any]) -> Reply:
        if tokens_of(body) > self.window:
            self.refused += 1
            return Reply(fault="too_long", message=self.message)
        self.asked += 1
        if self.asked > self.steps:
            return Reply("Done.")
        usage = {"prompt_tokens": tokens_of(body) - body["max_tokens"], "completion_tokens": 20}
        return Reply(calls=[Call("echo", {"text": self.text(self.asked)})], usage=usage)


@asynccontextmanager
async def session_on(
    script: Any, window: int, memory: Memory, *, by_model: bool = False
) -> AsyncIterator[tuple[Session, list[Event], ModelServer]]:
    async with ModelServer(script) as server:
        session, _, seen = session_of([], [EchoTool()])
        thread = session.thread
        thread.budget = Budget(Limits(requests=300, tokens=10**8, seconds=10**6), VirtualClock())
        thread.model = model = OpenAICompatibleModel(
            Endpoint(server.base_url, "m"), VirtualClock(hold_from=25.0), randomly=lambda: 0.5
        )
        thread.compactor = Compactor(window, load("compact"), lambda: memory, by_model)
        thread.sum_up = load("sum_up")
        try:
            yield session, seen, server
        finally:
            await model.aclose()


def memory_of(patch: str = "+ the last patch") -> Memory:
    return Memory(GOAL, FAILING, patch, lambda tokens: "def total(): ..."[:tokens], DOCS)


async def test_200_steps_in_a_small_window_never_overflow_and_lose_nothing() -> None:
    numbers = itertools.count()
    patch = ["+ line 0"]
    script = Server(200, lambda step: f"step {step} " + "word " * (step * 37 % 900))

    def remember() -> Memory:
        patch[0] = f"+ patch {next(numbers)}"
        return memory_of(patch[0])

    async with session_on(script, WINDOW, memory_of()) as (session, seen, server):
        assert session.thread.compactor is not None
        session.thread.compactor.memory = remember
        finished = await session.turn(f"{GOAL} {FAILING}")
    assert_promises(seen)
    assert (finished.end, script.asked, script.refused) == ("done", 201, 0)
    compacted = sum(isinstance(event, ContextCompacted) for event in seen)
    assert compacted > 5
    for body in server.bodies:
        assert tokens_of(body) <= WINDOW
        text = json.dumps(body["messages"])
        assert GOAL in text and FAILING in text
    after = [body for body in server.bodies if "Your patch so far" in json.dumps(body["messages"])]
    assert all("+ patch " in json.dumps(body["messages"]) for body in after)
    assert f"+ patch {next(numbers) - 1}" in json.dumps(server.bodies[-1]["messages"])
    assert DOCS in json.dumps(server.bodies[-1]["messages"])
    anew = [
        later
        for earlier, later in itertools.pairwise(server.bodies)
        if later["messages"][: len(earlier["messages"])] != earlier["messages"]
    ]
    assert len(anew) == compacted
    assert len({json.dumps([body["messages"][0], body["tools"]]) for body in server.bodies}) == 1


@pytest.mark.parametrize(
    "message",
    [
        "",
        "the request exceeds the available context size (8192 tokens), try increasing it",
        "input is too long for the model",
    ],
)
async def test_a_window_that_nobody_told_is_learned_from_the_refusal(message: str) -> None:
    script = Server(30, lambda step: "word " * 700, message=message)
    async with session_on(script, 0, memory_of()) as (session, seen, server):
        finished = await session.turn(GOAL)
    assert_promises(seen)
    assert finished.end == "done"
    assert script.refused in (1, 2)
    assert all(GOAL in json.dumps(body["messages"]) for body in server.bodies)


async def test_a_window_in_which_nothing_fits_ends_with_a_clear_error() -> None:
    async with session_on([Reply(fault="too_long", times=0)], 0, memory_of()) as (session, _, server):
        session.thread.history[0] = replace(session.thread.history[0], text="rule " * 9_000)
        finished = await session.turn(GOAL)
    assert finished.end == "failed"
    assert isinstance(session.error, ContextTooLong)
    assert session.error.hint
    assert len(server.bodies) <= 2


async def test_the_model_sums_up_where_that_is_wanted() -> None:
    def script(body: dict[str, Any]) -> Reply:
        last = json.dumps(body["messages"][-1])
        if "Sum up for yourself" in last:
            return Reply("The user wants tabs; b.py was ruled out.")
        asked = sum(message["role"] == "assistant" for message in body["messages"])
        if "b.py was ruled out" in json.dumps(body) and asked:
            return Reply("Done.")
        usage = {"prompt_tokens": tokens_of(body) - body["max_tokens"], "completion_tokens": 20}
        return Reply(calls=[Call("echo", {"text": "word " * 700})], usage=usage)

    async with session_on(script, WINDOW, memory_of(), by_model=True) as (session, seen, server):
        finished = await session.turn(GOAL)
    assert_promises(seen)
    assert finished.end == "done"
    assert sum(isinstance(event, ContextCompacted) for event in seen) == 1
    assert "b.py was ruled out" in json.dumps(server.bodies[-1])
    assert all(tokens_of(body) <= WINDOW for body in server.bodies)


async def test_a_model_that_takes_no_tools_is_asked_in_plain_text() -> None:
    def script(body: dict[str, Any]) -> Reply:
        return Reply(fault="no_tools") if "tools" in body else Reply("Done.")

    async with session_on(script, 0, memory_of()) as (session, seen, server):
        session.thread.text_protocol = "Answer with SEARCH/REPLACE blocks."
        finished = await session.turn(GOAL)
        again = await session.turn("And now?")
    assert_promises(seen)
    assert (finished.end, again.end) == ("done", "done")
    assert ["tools" in body for body in server.bodies] == [True, False, False]
    assert "SEARCH/REPLACE" in server.bodies[1]["messages"][0]["content"]
    assert [event.text for event in seen if isinstance(event, Notice)] == [
        "m takes no tools: asking in plain text."
    ]


async def test_a_text_that_is_cut_is_continued_with_a_longer_cap() -> None:
    script = [Reply("first half, ", fault="length"), Reply("second half")]
    async with session_on(script, 0, memory_of()) as (session, seen, server):
        finished = await session.turn(GOAL)
    assert_promises(seen)
    assert finished.end == "done"
    assert session.last_text == "first half, second half"
    assert UserMessage(CUT) in session.thread.history
    caps = [body["max_tokens"] for body in server.bodies]
    assert caps[1] == 2 * caps[0]


async def test_a_call_that_is_cut_is_asked_for_in_smaller_parts() -> None:
    cut = Reply(calls=[Call("echo", {"text": "word " * 50})], fault="length")
    async with session_on(
        [cut, Reply(calls=[Call("echo", {"text": "a"})]), Reply("Done.")], 0, memory_of()
    ) as (
        session,
        seen,
        server,
    ):
        finished = await session.turn(GOAL)
    assert_promises(seen)
    assert finished.end == "done"
    told = server.bodies[1]["messages"][-1]["content"]
    assert "not valid JSON" in told and "smaller calls" in told


async def test_a_reply_that_is_always_cut_ends_the_turn() -> None:
    async with session_on([Reply("more and more", fault="length", times=0)], 0, memory_of()) as (
        session,
        seen,
        server,
    ):
        finished = await session.turn(GOAL)
    assert finished.end == "done"
    assert len(server.bodies) == 3


async def test_a_long_result_is_shortened_and_kept(tmp_path: Any) -> None:
    long = "\n".join(f"line {number}" for number in range(20_000))
    session, model, _ = session_of(
        [ScriptedReply(tool_calls=(call("echo", {"text": long}),)), "Done."],
        [EchoTool()],
        limits=Limits(tokens=10**7),
    )
    session.thread.outputs = outputs = Outputs(tmp_path / "outputs")
    await session.turn(GOAL)
    told = model.requests[1].messages[-1].text
    assert estimate(told) < 12_100
    assert told.startswith("echo: line 0") and told.endswith("line 19999")
    assert "`read` output:1" in told
    assert outputs.read("output:1") == f"echo: {long}"
    assert [outputs.read(name) for name in ("output:2", "output:../1", "output:")] == [None] * 3


async def test_a_history_that_the_budget_cannot_pay_again_is_shortened() -> None:
    script = Server(12, lambda step: f"step {step} " + "word " * 1_500, window=10**6)
    async with session_on(script, 0, memory_of()) as (session, events, server):
        session.thread.budget = Budget(Limits(requests=300, tokens=60_000, seconds=10**6), VirtualClock())
        finished = await session.turn(GOAL)
        assert_promises(events)
        assert finished.usage.total_tokens <= 60_000
        compacted = [event for event in events if isinstance(event, ContextCompacted)]
        assert compacted and all(one.tokens_after < one.tokens_before / 2 for one in compacted)
        assert all(GOAL in json.dumps(body["messages"]) for body in server.bodies)
