"""From the events of a session to what its page tells: entries in order, and the figures of each step. Pure.

A record is foreign data: a field that lacks or is of another kind than it should be counts as empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Literal

from flashagent.dataclass import dataclass
from flashagent.frontends import words

Mark = Literal["", "good", "bad", "warning"]
Kind = Literal["text", "code", "diff"]
Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """A body of an entry. `name` says what it is; a folded one opens by a click."""

    body: str
    kind: Kind = "text"
    name: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment. `at` is in seconds after the start of the session; `sort` is the word that stands before the title."""

    sort: str
    title: str
    at: float
    mark: Mark = ""
    pieces: tuple[Piece, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One reply: tokens as the endpoint told them, US dollars (None where no price is known), seconds from asking."""

    number: int
    model: str
    fresh: int
    cached: int
    written: int
    cost: float | None
    seconds: float
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class CheckRun:
    passed: int
    failed: int
    seconds: float
    good: bool


@dataclass(slots=True)
class Story:
    """What a page tells. `outcome` is that of the job, else how the last turn ended."""

    entries: list[Entry] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    checks: list[CheckRun] = field(default_factory=list)
    outcome: str = ""
    seconds: float = 0.0
    cost: float | None = None


def story_of(events: Iterable[Plain]) -> Story:
    teller = _Teller()
    for event in events:
        teller.tell(event)
    return teller.finished()


def said(event: Plain, key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def number(event: Plain, key: str) -> float:
    value = event.get(key)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if usable and value is not None else 0.0


def items(event: Plain, key: str) -> list[Any]:
    value = event.get(key)
    return value if isinstance(value, list) else []


def inner(event: Plain, key: str) -> Plain:
    value = event.get(key)
    return value if isinstance(value, Mapping) else {}


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
                self._add(_simple(event))

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
        self._add(Entry("Reply", title, 0.0, pieces=_filled(pieces)))

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
        self._add(Entry("Tool", title, 0.0, "" if outcome == "ok" else "warning", _filled(pieces)))

    def _approved(self, event: Plain) -> None:
        asked, decision = self._approval, said(event, "decision")
        self._approval = {}
        argv = " ".join(map(str, items(asked, "argv")))
        pieces = [
            Piece(argv, "code"),
            *(Piece(text) for text in (said(asked, "reason"), said(event, "reason"))),
        ]
        title = f"{said(asked, 'action') or 'a wish of the model'} · {decision}"
        self._add(Entry("Approval", title, 0.0, "bad" if decision == "deny" else "good", _filled(pieces)))

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
        self._add(Entry("Check", title, 0.0, mark, _filled(pieces)))

    def _turn_ended(self, event: Plain) -> None:
        end = said(event, "end")
        self._story.outcome = end
        if end not in ("done", "stopped"):
            pieces = _filled([Piece(said(event, "message")), Piece(said(event, "hint"))])
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
            Piece("\n".join(tests)), Piece(said(event, "patch"), "diff", "the whole patch", folded=True),
        ]  # fmt: skip
        self._add(Entry("End", outcome.replace("_", " "), 0.0, "good" if good else "bad", _filled(pieces)))


def _filled(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if piece.body.strip())


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


def _simple(event: Plain) -> Entry | None:
    """What needs nothing but itself. `at` is filled in by the teller."""
    match event.get("type"):
        case "TurnStarted":
            return Entry("Prompt", "", 0.0, pieces=_filled(_prompt(said(event, "prompt"))))
        case "FocusChosen":
            rows = tuple(_chosen(one) for one in items(event, "symbols") if isinstance(one, Mapping))
            title = f"{words.count(len(rows), 'place')}, about {int(number(event, 'tokens')):,} tokens"
            return Entry("Shown", title, 0.0, pieces=_filled([Piece(said(event, "why"))]), rows=rows)
        case "MapReady":
            files, symbols = int(number(event, "files")), int(number(event, "symbols"))
            return Entry(
                "Map",
                f"{files:,} files, {symbols:,} symbols, {words.seconds(number(event, 'seconds'))}",
                0.0,
            )
        case "AttemptStarted":
            title = (
                f"{int(number(event, 'number'))} · {said(event, 'model')} · effort {said(event, 'effort')}"
            )
            return Entry("Attempt", title, 0.0, pieces=_filled([Piece(said(event, "why"))]))
        case "AttemptFinished":
            before, after = int(number(event, "failures_before")), int(number(event, "failures_after"))
            mark: Mark = "good" if after < before else "warning"
            return Entry("Attempt", f"ended: {before} failures before, {after} after", 0.0, mark)
        case "FileChanged":
            diff = said(event, "diff")
            title = f"{said(event, 'path')} · {said(event, 'kind')} {words.diff_size(diff)}"
            return Entry("Changed", title, 0.0, "good", _filled([Piece(diff, "diff")]))
        case "EditRejected":
            pieces = [
                Piece(said(event, "reason")),
                Piece(said(event, "nearest"), "code", "the current text", True),
            ]
            return Entry("Refused", f"an edit of {said(event, 'path')}", 0.0, "warning", _filled(pieces))
        case "ModelRetrying":
            return Entry("Again", said(event, "reason"), 0.0, "warning")
        case "ContextCompacted":
            before, after = int(number(event, "tokens_before")), int(number(event, "tokens_after"))
            told = Piece(said(event, "told"), name="the summary", folded=True)
            return Entry("Shortened", f"from {before:,} to {after:,} tokens", 0.0, pieces=_filled([told]))
        case "Notice":
            level = said(event, "level")
            pieces = [Piece(said(event, "hint"))]
            return Entry(
                "Note", said(event, "text"), 0.0, "" if level == "info" else "warning", _filled(pieces)
            )
        case _:
            return None


def _prompt(prompt: str) -> list[Piece]:
    """The first paragraph, and all of it where there is more: behind it stands what the harness adds for the model."""
    first, _, rest = prompt.strip().partition("\n\n")
    return [Piece(first), Piece(prompt if rest else "", "code", "all that the model was told", folded=True)]


def _chosen(one: Plain) -> tuple[str, ...]:
    symbol = inner(one, "symbol")
    where = f"{said(symbol, 'path')}:{int(number(symbol, 'start_line'))}"
    return where, said(symbol, "qualified"), ", ".join(map(str, items(one, "why")))
