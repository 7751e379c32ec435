"""What the stream of events promises, asserted on every test that runs a turn or a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flashagent import events as e


def kinds(
    events: Sequence[e.Event], *, without: tuple[type, ...] = (e.TextDelta, e.ReasoningDelta)
) -> list[str]:
    return [type(event).__name__ for event in events if not isinstance(event, without)]


def assert_promises(events: Sequence[e.Event]) -> None:
    """The promises of the event table: pairs close, turns nest nothing, a job's end comes last, all of it survives JSON."""
    _assert_turns(events)
    _assert_tools(events)
    _assert_pairs(events, e.AttemptStarted, e.AttemptFinished)
    _assert_pairs(events, e.CheckStarted, e.CheckFinished)
    _assert_steps(events)
    ends = [i for i, event in enumerate(events) if isinstance(event, e.JobFinished)]
    assert ends in ([], [len(events) - 1]), "JobFinished is the last event, and there is one"
    for number, event in enumerate(events):
        line = e.to_line(event, seq=number, time="2026-01-01T00:00:00.000Z", session="s")
        import json

        assert "\n" not in line
        assert e.from_plain(json.loads(line)) == event


def _assert_turns(events: Sequence[e.Event]) -> None:
    inside = False
    for event in events:
        if isinstance(event, e.TurnStarted):
            assert not inside, "a turn began inside a turn"
            inside = True
        elif isinstance(event, e.TurnFinished):
            assert inside, "a turn ended that had not begun"
            inside = False
        elif isinstance(event, e.StepStarted | e.AssistantReplied | e.ToolStarted | e.TextDelta):
            assert inside, f"{type(event).__name__} outside of a turn"
    assert not inside, "a turn was not closed"


def _assert_tools(events: Sequence[e.Event]) -> None:
    started = Counter(event.call_id for event in events if isinstance(event, e.ToolStarted))
    finished = Counter(event.call_id for event in events if isinstance(event, e.ToolFinished))
    assert started == finished, "one ToolFinished for each ToolStarted"
    asked = Counter(event.call_id for event in events if isinstance(event, e.ApprovalRequested))
    resolved = Counter(event.call_id for event in events if isinstance(event, e.ApprovalResolved))
    assert not resolved - asked, "an approval was resolved that nobody asked for"


def _assert_pairs(events: Sequence[e.Event], start: type, finish: type) -> None:
    depth = 0
    for event in events:
        depth += isinstance(event, start) - isinstance(event, finish)
        assert depth in (0, 1), f"{start.__name__} and {finish.__name__} must alternate"
    assert depth == 0, f"{start.__name__} without {finish.__name__}"


def _assert_steps(events: Sequence[e.Event]) -> None:
    expected, deltas = 1, ""
    for event in events:
        if isinstance(event, e.TurnStarted):
            expected = 1
        elif isinstance(event, e.StepStarted):
            assert event.number == expected, "steps are numbered from 1"
            expected, deltas = expected + 1, ""
        elif isinstance(event, e.ModelRetrying):
            deltas = ""
        elif isinstance(event, e.TextDelta):
            deltas += event.text
        elif isinstance(event, e.AssistantReplied):
            assert not deltas or deltas == event.text, "AssistantReplied repeats all deltas"
