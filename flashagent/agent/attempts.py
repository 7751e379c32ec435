"""Try until the checks are green or a cap is reached: one attempt is one turn of the model, judged by the harness."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Literal, Protocol

from flashagent.agent.calls import Carried
from flashagent.agent.effort import Effort, Level, Situation, Tried, choose, settled
from flashagent.agent.requests import start_afresh
from flashagent.agent.session import Session
from flashagent.agent.thread import Ruling
from flashagent.agent.witness import Judgement, Witness
from flashagent.dataclass import dataclass
from flashagent.edits.choose import DEFAULT, Asking
from flashagent.edits.values import Format
from flashagent.errors import FlashagentError
from flashagent.events import AttemptFinished, AttemptStarted, Emit
from flashagent.models.base import ChatModel
from flashagent.tools.landing import Landing, land_text
from flashagent.values import CheckReport, Diagnostic, FileChange

MOST_TEXT_EDITS = 4  # edits in plain text that one attempt may hold
End = Literal["again", "over", "interrupted"]
OnBest = Callable[[int, tuple[FileChange, ...]], None]


class Words(Protocol):
    """How results are put to the model."""

    def after_edit(self, judgement: Judgement | None, problems: Sequence[Diagnostic] = ()) -> str:
        """A few lines with the result of an edit, None when the checks did not run, and what a linter says of it."""
        ...

    def feedback(self, judgement: Judgement | None, landed_anything: bool, refusal: str) -> str:
        """The prompt of the next attempt."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """`judgement` is the last one, None when nothing was ever checked; `best` is the patch with the fewest failures;
    `error` is what ended the attempts early; `learned` says in a line each what the attempts came to, `tried` the same for
    the choice of effort; `split` is the effort that asks for several ways at once, None when none does."""

    judgement: Judgement | None
    attempts: int
    best: tuple[FileChange, ...] = ()
    interrupted: bool = False
    error: FlashagentError | None = None
    learned: tuple[str, ...] = ()
    tried: tuple[Tried, ...] = ()
    split: Effort | None = None

    @property
    def green(self) -> bool:
        return self.judgement is not None and self.judgement.green


@dataclass(frozen=True, slots=True)
class Start:
    """Where the attempts of a session begin: after `made` others, which came to `tried` and `learned`. `may_split` says that
    somebody can try several ways at once when that is worth it; `after` counts the attempts that others may make later."""

    made: int = 0
    tried: tuple[Tried, ...] = ()
    learned: tuple[str, ...] = ()
    may_split: bool = False
    after: int = 0


@dataclass(frozen=True)
class Plan:
    """How the attempts go about it. `red` says that the goal is to make failing checks pass, so that a green check ends the
    work at once; else the model decides when it is done, and the check only guards. `asking` is the format of edits that
    is asked first; `formats` tells how to write edits in each format that can be asked for. `level` is the effort that the
    user has settled, None for the one that fits the situation. `on_best` hears of each patch that is judged and no worse than
    those before it, with its failures: so it is not lost when the work is cut off."""

    model_for: Callable[[Effort], ChatModel]
    situation: Situation = field(default_factory=Situation)
    has_architect: bool = False
    red: bool = True
    asking: Asking = field(default_factory=lambda: Asking(DEFAULT))
    formats: Mapping[Format, str] = field(default_factory=dict)
    hint: str = ""
    temperature: float | None = None
    start: Start = field(default_factory=Start)
    level: Level | None = None
    on_best: OnBest = lambda failures, changes: None


class Attempts:
    """The attempts of one session, by a plan."""

    def __init__(
        self, session: Session, landing: Landing, witness: Witness, words: Words, emit: Emit, plan: Plan
    ) -> None:
        self._session = session
        self._landing = landing
        self._witness = witness
        self._words = words
        self._emit = emit
        self._plan = plan
        self._temperature = session.thread.temperature if plan.temperature is None else plan.temperature
        self._asking = plan.asking
        self._text_edits = 0
        self._refusal = ""
        self._tried = list(plan.start.tried)
        self._learned = list(plan.start.learned)
        self._unjudged = False
        self.judgement: Judgement | None = None
        self._best: tuple[int, tuple[FileChange, ...]] | None = None
        session.thread.on_text = self._after_text

    async def until_green(self, prompt: str, cap: int) -> Outcome:
        """At most `cap` attempts with those before, fewer when another one is in vain, or when several should be tried at
        once and somebody can. Whatever landed has been judged when this returns, unless the user interrupted."""
        start = self._plan.start
        end, error, number, split = "again", None, start.made, None
        while end == "again" and number < cap:
            effort = self._effort(cap - number + start.after)
            if effort.stop:
                self._learned.append(f"stopped: {effort.why}")
                break
            if effort.candidates > 1 and start.may_split:
                split = effort
                break
            number += 1
            end, error, prompt = await self._attempt(number, prompt, effort)
        best = self._best[1] if self._best else self._landing.changes()
        return Outcome(
            self.judgement,
            number,
            best,
            end == "interrupted",
            error,
            tuple(self._learned),
            tuple(self._tried),
            split,
        )

    async def again(self, prompt: str, number: int, cap: int) -> Outcome:
        """One attempt more after a green one, when somebody objects to its patch."""
        end, error, _ = await self._attempt(number, prompt, self._effort(max(1, cap - number + 1)))
        best = self._best[1] if self._best else ()
        return Outcome(self.judgement, number, best, end == "interrupted", error, tuple(self._learned))

    async def _attempt(
        self, number: int, prompt: str, effort: Effort
    ) -> tuple[End, FlashagentError | None, str]:
        """One turn, judged; the prompt of the next attempt when there should be one."""
        prompt = "\n\n".join(filter(None, (self._handed_over(prompt, effort), effort.hint, self._plan.hint)))
        self._emit(AttemptStarted(number, effort.level, self._session.thread.model.name, effort.why))
        before, refused_before = self._failures(), self._landing.refused
        self._refusal, self._text_edits, interrupted = "", 0, True
        try:
            finished = await self._session.turn(prompt, self._after_step)
            interrupted = finished.end == "interrupted"
            if self._unjudged and not interrupted:
                await self._judge()
        finally:
            self._emit(AttemptFinished(before, self._failures()))
        if interrupted:
            return "interrupted", None, ""
        if self._is_done() or self._session.error is not None:
            return "over", None if self._is_done() else self._session.error, ""
        tried = self._fingerprint(self._landing.refused - refused_before, effort)
        self._tried.append(tried)
        self._learned.append(self._account(number, effort, tried))
        return (
            "again",
            None,
            self._words.feedback(self.judgement, bool(self._landing.changes()), self._refusal),
        )

    def _effort(self, left: int) -> Effort:
        situation = replace(self._plan.situation, failing=self._failures())
        chosen = choose(self._tried, situation, has_architect=self._plan.has_architect, left=left)
        return settled(chosen, self._plan.level)

    def _handed_over(self, prompt: str, effort: Effort) -> str:
        """Set the thread to the effort. A model that takes over begins with a short account instead of the whole history."""
        thread = self._session.thread
        model = self._plan.model_for(effort)
        thread.effort = effort
        thread.temperature = self._plan.temperature or effort.temperature or self._temperature
        if model is not thread.model and self._tried:
            start_afresh(thread, self._learned, self._emit)
        thread.model = model
        return prompt

    def _failures(self) -> int:
        return len(self._report().failures)

    def _report(self) -> CheckReport:
        return self._witness.before if self.judgement is None else self.judgement.report

    def _is_done(self) -> bool:
        return self.judgement is not None and self.judgement.green

    async def _after_step(self, carried: Carried) -> Ruling:
        """After a step that changed files the harness runs the checks by itself: the model need not ask for it."""
        other = self._after_edits([False] * carried.refused_edits + [True] * bool(carried.changes))
        if not carried.changes:
            return Ruling(tell=other)
        return await self._after_landing()

    async def _after_text(self, text: str) -> Ruling:
        """Edits in plain text land like those of a call; a reply without any is the model's word that it rests."""
        landed, refusal = await land_text(text, self._landing, self._emit)
        self._refusal = refusal
        self._text_edits += 1
        if refusal:
            told = "\n\n".join(filter(None, (refusal, self._after_edits([False]))))
            return Ruling(tell=told if self._text_edits < MOST_TEXT_EDITS else "")
        if not landed:
            return Ruling()
        self._after_edits([True])
        ruling = await self._after_landing()
        return ruling if self._text_edits < MOST_TEXT_EDITS else replace(ruling, tell="")

    async def _after_landing(self) -> Ruling:
        self._unjudged = True
        if not self._plan.red:
            return Ruling(tell=self._words.after_edit(None, await self._landing.problems()))
        linting = asyncio.create_task(self._linted())
        try:
            judgement = await self._judge()
            # Also of a green patch: who inspects may have something to tell the user.
            problems = await linting
        finally:
            linting.cancel()
            await asyncio.gather(linting, return_exceptions=True)
        return Ruling(stop=self._is_done(), tell=self._words.after_edit(judgement, problems))

    async def _linted(self) -> Sequence[Diagnostic]:
        """A linter's processes would hold up the start of the check, so they are started after it."""
        await self._witness.running.wait()
        return await self._landing.problems()

    def _after_edits(self, landed: Sequence[bool]) -> str:
        """Note how edits fared; how to write them from now on, after two refusals in a row, '' while the format stays."""
        before = self._asking.without_tools() if self._session.thread.text_only else self._asking
        self._asking = before
        for one in landed:
            self._asking = self._asking.after(one)
        if self._asking.format == before.format:
            return ""
        known = self._plan.formats.get(self._asking.format, "")
        return known and f"Edits were refused twice. {known}"

    async def _judge(self) -> Judgement:
        self.judgement = judgement = await self._witness.judge()
        self._unjudged = False
        failures = len(judgement.report.failures)
        if self._best is None or failures <= self._best[0]:
            self._best = failures, self._landing.changes()
            self._plan.on_best(*self._best)
        return judgement

    def _fingerprint(self, refused: int, effort: Effort) -> Tried:
        failures = frozenset((failure.test_id, failure.message) for failure in self._report().failures)
        patch = self._landing.diff()
        digest = hashlib.sha256(patch.encode("utf-8", "surrogateescape")).hexdigest() if patch else ""
        return Tried(failures, digest, refused, effort.role)

    def _account(self, number: int, effort: Effort, tried: Tried) -> str:
        """One line on a finished attempt, for the model that takes over and for the person who reads the end."""
        what = (
            f"changed {', '.join(c.path for c in self._landing.changes())}"
            if tried.patch
            else "changed nothing"
        )
        refused = f", {tried.refused_edits} edits refused" if tried.refused_edits else ""
        first = next((failure for failure in self._report().failures), None)
        left = (
            f"; {first.test_id or first.kind}: {first.message.partition(chr(10))[0][:120]}" if first else ""
        )
        who = self._session.thread.model.name
        return f"attempt {number} ({who}, {effort.level} effort) {what}{refused}; {tried.failing} still failing{left}"
