from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from helpers.agent_events import assert_promises, kinds
from helpers.agent_session import EchoTool, WaitingTool, session_of

from flashagent.agent.approvals import Command
from flashagent.agent.calls import INTERRUPTED, Approver
from flashagent.agent.limits import Limits
from flashagent.agent.loop import Ruling
from flashagent.agent.session import Session
from flashagent.errors import ModelUnreachable, UsageError
from flashagent.events import ApprovalRequested, AssistantReplied, Event, ToolFinished, TurnFinished
from flashagent.messages import ToolMessage, UserMessage
from flashagent.models.scripted import ScriptedReply, call


async def test_a_turn_without_tools_is_one_step() -> None:
    session, model, seen = session_of(["Hello."])
    finished = await session.turn("Hi")
    assert_promises(seen)
    assert finished.end == "done"
    assert kinds(seen) == ["TurnStarted", "StepStarted", "AssistantReplied", "BudgetSpent", "TurnFinished"]
    assert session.last_text == "Hello."


async def test_tool_results_go_back_and_each_request_extends_the_one_before() -> None:
    calls = (call("echo", {"text": "a"}), call("echo", {"text": "b"}))
    session, model, seen = session_of([ScriptedReply(tool_calls=calls), "Done."], [EchoTool()])
    await session.turn("Go")
    assert_promises(seen)
    first, second = (request.messages for request in model.requests)
    assert second[: len(first)] == first
    assert [m.text for m in second if isinstance(m, ToolMessage)] == ["echo: a", "echo: b"]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("nope", {}, "There is no tool 'nope'"),
        ("echo", '{"text": ', "not valid JSON"),
        ("echo", {"txt": "a"}, "Wrong arguments for echo"),
        ("echo", "[1]", "must be a JSON object"),
        ("echo", {"text": "break"}, "The tool broke: RuntimeError: as asked"),
    ],
)
async def test_a_bad_call_is_told_to_the_model(name: str, arguments: object, said: str) -> None:
    session, model, seen = session_of(
        [ScriptedReply(tool_calls=(call(name, arguments),)), "Done."], [EchoTool()]
    )
    finished = await session.turn("Go")
    assert_promises(seen)
    assert finished.end == "done"
    assert said in model.requests[1].messages[-1].text


async def test_interrupting_a_tool_answers_every_call_and_closes_the_turn() -> None:
    waiting = WaitingTool()
    calls = (call("wait", {}), call("echo", {"text": "later"}))
    session, _, seen = session_of([ScriptedReply(tool_calls=calls), "After."], [waiting, EchoTool()])
    turn = asyncio.create_task(session.turn("Go"))
    await waiting.begun.wait()
    session.interrupt()
    assert (await turn).end == "interrupted"
    assert_promises(seen)
    answers = [m for m in session.thread.history if isinstance(m, ToolMessage)]
    assert [m.text for m in answers] == [INTERRUPTED, INTERRUPTED]
    assert (await session.turn("Again")).end == "done"
    assert_promises(seen)


async def test_interrupting_before_the_first_step_still_closes_the_turn() -> None:
    session, _, seen = session_of(["never said"])
    stream = session.run("Go")
    async with aclosing(stream) as events:
        first = await anext(events)
        session.interrupt()
        rest = [event async for event in events]
    assert kinds([first, *rest]) == ["TurnStarted", "TurnFinished"]
    assert isinstance(rest[-1], TurnFinished) and rest[-1].end == "interrupted"


async def test_a_reader_that_leaves_early_ends_the_turn() -> None:
    session, _, seen = session_of([ScriptedReply("late", after=asyncio.Event())])
    async with aclosing(session.run("Go")) as events:
        await anext(events)
    assert_promises(seen)
    assert isinstance(seen[-1], TurnFinished) and seen[-1].end == "interrupted"
    assert not session.running


async def test_one_turn_at_a_time() -> None:
    session, _, _ = session_of([ScriptedReply("late", after=asyncio.Event())])
    async with aclosing(session.run("Go")) as events:
        await anext(events)
        with pytest.raises(UsageError, match="running already"):
            await session.turn("Too early")


async def test_steering_reaches_the_model_with_the_next_request() -> None:
    session, model, seen = session_of(
        [ScriptedReply(tool_calls=(call("echo", {"text": "a"}),)), "Done."], [EchoTool()]
    )
    session.steer("Only in b.py.")
    await session.turn("Go")
    assert_promises(seen)
    assert UserMessage("Only in b.py.") in model.requests[0].messages


async def test_what_is_said_during_the_last_reply_is_answered_too() -> None:
    gate = asyncio.Event()
    session, model, seen = session_of([ScriptedReply("First.", after=gate), "Second."])
    turn = asyncio.create_task(session.turn("Go"))
    while not model.requests:
        await asyncio.sleep(0)
    session.steer("One more thing.")
    gate.set()
    assert (await turn).end == "done"
    assert model.requests[1].messages[-1] == UserMessage("One more thing.")
    assert_promises(seen)


async def test_an_unreachable_model_ends_the_turn_as_failed() -> None:
    session, _, seen = session_of([ModelUnreachable("No answer.", hint="Is it running?")])
    finished = await session.turn("Go")
    assert (finished.end, finished.message, finished.hint) == ("failed", "No answer.", "Is it running?")
    assert isinstance(session.error, ModelUnreachable)
    assert_promises(seen)


async def test_a_limit_ends_the_turn_before_the_request_is_sent() -> None:
    session, model, seen = session_of(["never"], limits=Limits(tokens=10))
    finished = await session.turn("Go")
    assert finished.end == "limit"
    assert model.requests == []
    assert_promises(seen)


async def test_the_job_may_stop_the_turn_after_a_step_and_speak_to_the_model() -> None:
    answers = [ScriptedReply(tool_calls=(call("echo", {"text": str(n)}),)) for n in range(3)]
    session, model, seen = session_of(answers, [EchoTool()])
    steps = 0

    async def after(carried: object) -> Ruling:
        nonlocal steps
        steps += 1
        return Ruling(stop=steps == 2, tell=f"after step {steps}")

    finished = await session.turn("Go", after)
    assert finished.end == "stopped"
    assert len(model.requests) == 2
    assert model.requests[1].messages[-1].text == "echo: 0\n\nafter step 1"
    assert_promises(seen)


async def _answering(session, seen: list[Event], decision: str, after_s: float = 0.0) -> None:
    while not any(isinstance(event, ApprovalRequested) for event in seen):
        await asyncio.sleep(0)
    session.thread.clock.seconds += after_s
    request = next(event for event in seen if isinstance(event, ApprovalRequested))
    session.answer(request.call_id, decision, "because")


@pytest.mark.parametrize(("decision", "outcome"), [("once", "ok"), ("session", "ok"), ("deny", "denied")])
async def test_an_approval_pauses_that_call_only(decision: str, outcome: str) -> None:
    tool = EchoTool(kind="run", parallel=False)
    session, model, seen = session_of(
        [ScriptedReply(tool_calls=(call("echo", {"text": "a"}),)), "Done."],
        [tool],
        approver=Approver(sandboxed=False),
        can_ask=True,
    )
    turn = asyncio.create_task(session.turn("Go"))
    await _answering(session, seen, decision, after_s=60.0)
    await turn
    assert_promises(seen)
    finished = next(event for event in seen if isinstance(event, ToolFinished))
    assert (finished.outcome, finished.seconds) == (outcome, 0.0)  # the user's time is not the tool's
    assert (
        tool.kind,
        Command(("echo", "a"), "", outside=True) in session.thread.approver.grants.allowed,
    ) == (
        "run",
        decision == "session",
    )


async def test_without_anyone_to_ask_a_question_is_a_denial() -> None:
    session, model, seen = session_of(
        [ScriptedReply(tool_calls=(call("echo", {"text": "a"}),)), "Done."],
        [EchoTool(kind="run", parallel=False)],
        approver=Approver(sandboxed=False),
    )
    await session.turn("Go")
    assert "nobody is there" in model.requests[1].messages[-1].text
    assert_promises(seen)


async def test_a_sink_that_takes_no_more_ends_the_turn_and_is_told() -> None:
    session, _, seen = session_of(["Hello.", "Again."])
    full = True

    def sink(event: Event) -> None:
        if full and isinstance(event, AssistantReplied | TurnFinished):
            raise BrokenPipeError("the reader has gone")

    session = Session("s1", session.thread, (seen.append, sink))
    with pytest.raises(BrokenPipeError, match="the reader has gone"):
        await session.turn("Hi")
    assert_promises(seen)
    assert isinstance(seen[-1], TurnFinished) and not session.running
    full = False
    assert (await session.turn("Hi again")).end == "done"
