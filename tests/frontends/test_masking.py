"""No front end and no record sees a secret, however the pieces of a stream are cut."""

from __future__ import annotations

from flashagent import events as e
from flashagent.frontends.masking import masked
from flashagent.secrecy import MASK, Secrets
from flashagent.values import Usage

SECRET = "Zq7abcXYZ123456def"


def through(*events: e.Event) -> list[e.Event]:
    seen: list[e.Event] = []
    emit = masked(Secrets([SECRET]), seen.append)
    for event in events:
        emit(event)
    return seen


def replied(text: str) -> e.AssistantReplied:
    return e.AssistantReplied(text, (), Usage(), "m")


def test_deltas_repeat_the_masked_reply_whole() -> None:
    pieces = [e.TextDelta(f"say {SECRET}"[n]) for n in range(4 + len(SECRET))]
    seen = through(*pieces, replied(f"say {SECRET}"))
    assert "".join(one.text for one in seen if isinstance(one, e.TextDelta)) == f"say {MASK}"
    assert seen[-1] == replied(f"say {MASK}")
    assert SECRET not in repr(seen)


def test_output_of_two_calls_is_told_apart_and_flushed_at_their_ends() -> None:
    seen = through(
        e.ToolOutput("a", SECRET[:9]),
        e.ToolOutput("b", "plain\n"),
        e.ToolOutput("a", SECRET[9:]),
        e.ToolFinished("a", "run", "ok", "done", 0.1),
        e.CheckOutput(f"tail {SECRET[:5]}"),
        e.CheckFinished(0, 0, (), 0.1, 0, False),
    )
    assert [one for one in seen if isinstance(one, e.ToolOutput | e.CheckOutput)] == [
        e.ToolOutput("b", "plain\n"),
        e.ToolOutput("a", MASK),
        e.CheckOutput("tail "),
        e.CheckOutput(SECRET[:5]),
    ]
    assert isinstance(seen[2], e.ToolFinished) and isinstance(seen[-1], e.CheckFinished)


def test_a_retry_voids_what_was_held_back() -> None:
    seen = through(
        e.TextDelta("one tw"), e.ModelRetrying(1, 0.0, "again"), e.TextDelta("three "), replied("three ")
    )
    assert seen == [
        e.TextDelta("one "),
        e.ModelRetrying(1, 0.0, "again"),
        e.TextDelta("three "),
        replied("three "),
    ]


def test_thought_comes_before_what_was_said() -> None:
    seen = through(e.ReasoningDelta("think"), e.TextDelta("say"), replied("say"))
    assert seen == [e.ReasoningDelta("think"), e.TextDelta("say"), replied("say")]
