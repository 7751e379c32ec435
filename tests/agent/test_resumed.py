"""A record becomes the history that a model saw, whatever cut the session off."""

from __future__ import annotations

from flashagent.agent.resumed import UNRECORDED, history_of
from flashagent.events import AssistantReplied, ContextCompacted, Event, ToolFinished, TurnStarted, to_plain
from flashagent.messages import AssistantMessage, Message, ToolCall, ToolMessage, UserMessage
from flashagent.values import Usage

CALL, OTHER = ToolCall("c1", "read", "{}"), ToolCall("c2", "read", "{}")


def replied(text: str, *calls: ToolCall) -> AssistantReplied:
    return AssistantReplied(text, calls, Usage(), "m", "thought")


def said(text: str, *calls: ToolCall) -> AssistantMessage:
    return AssistantMessage(text, calls, "thought", Usage(), "m")


def result(call_id: str, text: str) -> ToolFinished:
    return ToolFinished(call_id, "read", "ok", "", 0.0, text)


def history(*events: Event) -> list[Message]:
    return history_of(to_plain(event) for event in events)


def test_prompts_replies_and_results_in_order() -> None:
    events = (TurnStarted("p"), replied("", CALL), result("c1", "text"), replied("done"))
    assert history(*events) == [
        UserMessage("p"), said("", CALL), ToolMessage("c1", "text"), said("done"),
    ]  # fmt: skip


def test_a_call_that_was_cut_off_is_answered() -> None:
    events = (TurnStarted("p"), replied("", CALL, OTHER), result("c2", "two"), TurnStarted("q"), replied("r"))
    assert history(*events) == [
        UserMessage("p"), said("", CALL, OTHER), ToolMessage("c2", "two"), ToolMessage("c1", UNRECORDED),
        UserMessage("q"), said("r"),
    ]  # fmt: skip


def test_a_prompt_without_a_reply_is_left_out() -> None:
    assert history(TurnStarted("p"), TurnStarted("q"), replied("r"), TurnStarted("z")) == [
        UserMessage("q"), said("r"),
    ]  # fmt: skip


def test_what_was_read_by_lines_of_text_is_a_message() -> None:
    events = (TurnStarted("p"), replied("READ a.py"), result("text-1", "its text"), replied("r"))
    assert history(*events) == [UserMessage("p"), said("READ a.py"), UserMessage("its text"), said("r")]


def test_a_compaction_leaves_the_prompt_and_what_came_after() -> None:
    events = (TurnStarted("p"), replied("", CALL), result("c1", "x"), ContextCompacted(9, 1), replied("r"))
    assert history(*events) == [UserMessage("p"), said("r")]


def test_lines_that_nobody_knows_are_passed_over() -> None:
    lines = [
        {"type": "New"},
        {},
        to_plain(TurnStarted("p")),
        {"type": "ToolFinished"},
        to_plain(replied("r")),
    ]
    assert history_of(lines) == [UserMessage("p"), said("r")]


def test_a_compaction_that_says_what_was_left_is_gone_on_with() -> None:
    before = (TurnStarted("p"), replied("", CALL), result("c1", "x"), replied("one"))
    for kept, left in (
        (1, [said("one")]),
        (2, [said("one")]),
        (3, [said("", CALL), ToolMessage("c1", "x"), said("one")]),
    ):
        compacted = ContextCompacted(9, 1, "in short", kept)
        assert history(*before, compacted) == [UserMessage("in short"), *left]
    assert history(*before, ContextCompacted(9, 1, "in short", 0), TurnStarted("q"), replied("r")) == [
        UserMessage("in short"), UserMessage("q"), said("r"),
    ]  # fmt: skip
