"""From the events of a session to what its page tells: entries in order, and the figures of each step. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from flashagent.frontends import words
from flashagent.frontends.report.moments import simple
from flashagent.frontends.report.values import (
    CheckRun,
    Entry,
    Mark,
    Piece,
    Plain,
    Step,
    Story,
    filled,
    inner,
    items,
    number,
    said,
)  # fmt: skip


def story_of(events: Iterable[Plain]) -> Story:
    teller = _Teller()
    for event in events:
        teller.tell(event)
    return teller.finished()


class _Teller:
    """Holds what began and has not ended yet."""

    def __init__(self) -> None:
        self._story = Story()
        self._start: float | None = None
        self._at = 0.0
        self._asked_at = 0.0
        self._spent: float | None = None
        self._tools: dict[str, Plain] = {}
        self._check: Plain = {}
        self._approval: Plain = {}

    def finished(self) -> Story:
        story = self._story
        story.seconds = self._at
        costs = [step.cost for step in story.steps]
        story.cost = sum(cost for cost in costs if cost is not None) if costs and None not in costs else None
        return story

    def tell(self, event: Plain) -> None:
        self._clock(said(event, "time"))
        match event.get("type"):
            case "StepStarted":
                self._asked_at = self._at
            case "AssistantReplied":
                self._reply(event)
            case "BudgetSpent":
                self._paid(event)
            case "ToolStarted":
                self._tools[said(event, "call_id")] = event
            case "ToolFinished":
                self._tool(event)
            case "ApprovalRequested":
                self._approval = event
            case "ApprovalResolved":
                self._approved(event)
            case "CheckStarted":
                self._check = event
            case "CheckFinished":
                self._checked(event)
            case "TurnFinished":
                self._turn_ended(event)
            case "JobFinished":
                self._job_ended(event)
            case _:
                self._add(simple(event))

    def _add(self, entry: Entry | None) -> None:
        if entry is not None:
            self._story.entries.append(
                Entry(entry.sort, entry.title, self._at, entry.mark, entry.pieces, entry.rows)
            )

    def _clock(self, time: str) -> None:
        try:
            now = datetime.fromisoformat(time).timestamp()
        except (ValueError, OverflowError):
            return
        self._start = now if self._start is None else self._start
        self._at = max(self._at, now - self._start)

    def _reply(self, event: Plain) -> None:
        usage = inner(event, "usage")
        cached = int(number(usage, "cached_tokens"))
        fresh = max(0, int(number(usage, "prompt_tokens")) - cached)
        written, model = int(number(usage, "completion_tokens")), said(event, "model")
        count = len(self._story.steps) + 1
        took = self._at - self._asked_at
        self._story.steps.append(
            Step(count, model, fresh, cached, written, None, took, usage.get("estimated") is True)
        )
        pieces = [Piece(said(event, "reasoning"), name="reasoning", folded=True), Piece(said(event, "text"))]
        title = (
            f"{model or 'the model'} · step {count} · {fresh + cached:,} tokens read"
            f" ({cached:,} from the cache), {written:,} written · {words.seconds(took)}"
        )
        self._add(Entry("Reply", title, 0.0, pieces=filled(pieces)))

    def _paid(self, event: Plain) -> None:
        """What is told is the sum of a budget; a new budget begins at nothing."""
        if not self._story.steps or not isinstance(event.get("cost"), int | float):
            return
        total = number(event, "cost")
        before = self._spent if self._spent is not None and self._spent <= total else 0.0
        self._spent = total
        last = self._story.steps[-1]
        self._story.steps[-1] = Step(
            last.number, last.model, last.fresh, last.cached, last.written,
            (last.cost or 0.0) + total - before, last.seconds, last.estimated,
        )  # fmt: skip

    def _tool(self, event: Plain) -> None:
        begun = self._tools.pop(said(event, "call_id"), {})
        outcome = said(event, "outcome")
        pieces = [
            Piece(said(begun, "arguments"), "code", "arguments", folded=True),
            Piece(said(event, "for_model"), "code", "what went back to the model", folded=True),
        ]
        about = said(event, "for_person") or said(begun, "summary")
        title = f"{said(event, 'tool')} · {about} · {outcome}, {words.seconds(number(event, 'seconds'))}"
        self._add(Entry("Tool", title, 0.0, "" if outcome == "ok" else "warning", filled(pieces)))

    def _approved(self, event: Plain) -> None:
        asked, decision = self._approval, said(event, "decision")
        self._approval = {}
        argv = " ".join(map(str, items(asked, "argv")))
        pieces = [
            Piece(argv, "code"),
            *(Piece(text) for text in (said(asked, "reason"), said(event, "reason"))),
        ]
        title = f"{said(asked, 'action') or 'a wish of the model'} · {decision}"
        self._add(Entry("Approval", title, 0.0, "bad" if decision == "deny" else "good", filled(pieces)))

    def _checked(self, event: Plain) -> None:
        begun, self._check = self._check, {}
        passed, failed = int(number(event, "passed")), int(number(event, "failed"))
        failures = [one for one in items(event, "failures") if isinstance(one, Mapping)]
        good = event.get("exit_code") == 0 and not failed and not failures
        took = number(event, "seconds")
        cut = bool(event.get("cut"))
        if not cut:
            self._story.checks.append(CheckRun(passed, failed, took, good))
        result = (
            "stopped before its end" if cut else
            f"{passed:,} passed, {failed:,} failed" if event.get("counted") else "exit status 0" if good else
            f"exit status {event.get('exit_code')}"
        )  # fmt: skip
        argv = " ".join(map(str, items(begun, "command")))
        why = said(begun, "why")
        pieces = [
            Piece(f"known from: {why}" if why else ""),
            *(piece for one in failures for piece in _failure(one)),
        ]
        title = f"{argv or 'check'} · {result} · {words.seconds(took)}"
        mark: Mark = "warning" if cut else "good" if good else "bad"
        self._add(Entry("Check", title, 0.0, mark, filled(pieces)))

    def _turn_ended(self, event: Plain) -> None:
        end = said(event, "end")
        self._story.outcome = end
        if end not in ("done", "stopped"):
            pieces = filled([Piece(said(event, "message")), Piece(said(event, "hint"))])
            self._add(Entry("End", f"the turn ended: {end}", 0.0, "warning", pieces))

    def _job_ended(self, event: Plain) -> None:
        report, outcome = inner(event, "report"), said(event, "outcome")
        self._story.outcome = outcome
        good = event.get("exit_code") == 0
        tests = [
            f"{name.replace('_', ' ')}: {test}"
            for name in ("fixed", "still_failing", "newly_failing", "disappeared")
            for test in items(report, name)
        ]
        reasons = "; ".join(map(str, items(report, "reasons")))
        confidence = (
            f"confidence: {said(report, 'confidence')} ({reasons})" if said(report, "confidence") else ""
        )
        pieces = [
            Piece(said(report, "message")), Piece(said(report, "hint")), Piece(said(report, "how")), Piece(confidence),
            Piece("\n".join(map(str, items(report, "suspicious"))), "code", "where to look"),
            Piece("\n".join(tests)), Piece(said(event, "patch"), "diff", "the whole patch", folded=True),
        ]  # fmt: skip
        self._add(Entry("End", outcome.replace("_", " "), 0.0, "good" if good else "bad", filled(pieces)))


def _failure(one: Plain) -> list[Piece]:
    head = said(one, "test_id") or "the whole check"
    message = ": ".join(filter(None, (said(one, "exception"), said(one, "message"))))
    frames = [
        f"{said(frame, 'path')}:{int(number(frame, 'line'))} {said(frame, 'function')}\n    {said(frame, 'source')}"
        for frame in items(one, "frames")
        if isinstance(frame, Mapping) and frame.get("in_project") is not False
    ]
    details = "\n".join([*frames, said(one, "details")])
    return [Piece(f"{head}\n{message}", "code"), Piece(details, "code", "where", folded=True)]
