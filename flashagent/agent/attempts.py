"""Try until the checks are green or a cap is reached: one attempt is one turn of the model, judged by the harness."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from flashagent.agent.calls import Carried
from flashagent.agent.effort import Effort, Tried, choose
from flashagent.agent.loop import Ruling
from flashagent.agent.session import Session
from flashagent.agent.witness import Judgement, Witness
from flashagent.errors import FlashagentError
from flashagent.events import AttemptFinished, AttemptStarted, Emit
from flashagent.models.base import ChatModel
from flashagent.tools.landing import Landing, land_text
from flashagent.values import CheckReport, FileChange

End = Literal["again", "over", "interrupted"]


class Words(Protocol):
    """How results are put to the model."""

    def after_edit(self, judgement: Judgement) -> str:
        """A few lines with the result of an edit."""
        ...

    def feedback(self, judgement: Judgement | None, landed_anything: bool, refusal: str) -> str:
        """The prompt of the next attempt."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """`judgement` is the last one, None when nothing was ever checked; `best` is the patch with the fewest failures;
    `error` is what ended the attempts early."""

    judgement: Judgement | None
    attempts: int
    best: tuple[FileChange, ...] = ()
    interrupted: bool = False
    error: FlashagentError | None = None

    @property
    def green(self) -> bool:
        return self.judgement is not None and self.judgement.green


class Attempts:
    """`red` says that the goal is to make failing checks pass, so that a green check ends the work at once; else the
    model decides when it is done, and the check only guards."""

    def __init__(
        self,
        session: Session,
        landing: Landing,
        witness: Witness,
        words: Words,
        emit: Emit,
        *,
        model_for: Callable[[Effort], ChatModel],
        has_architect: bool = False,
        red: bool = True,
        goal_words: int = 0,
    ) -> None:
        self._session = session
        self._landing = landing
        self._witness = witness
        self._words = words
        self._emit = emit
        self._model_for = model_for
        self._has_architect = has_architect
        self._red = red
        self._goal_words = goal_words
        self._tried: list[Tried] = []
        self._unjudged = False
        self._judgement: Judgement | None = None
        self._best: tuple[int, tuple[FileChange, ...]] | None = None

    async def until_green(self, prompt: str, cap: int) -> Outcome:
        """At most `cap` attempts. Whatever landed has been judged when this returns, unless the user interrupted."""
        for number in range(1, cap + 1):
            end, error, prompt = await self._attempt(number, prompt)
            if end != "again":
                break
        best = self._best[1] if self._best else self._landing.changes()
        return Outcome(self._judgement, number, best, interrupted=end == "interrupted", error=error)

    async def _attempt(self, number: int, prompt: str) -> tuple[End, FlashagentError | None, str]:
        """One turn, judged; the prompt of the next attempt when there should be one."""
        effort = self._prepare()
        self._emit(AttemptStarted(number, effort.level, self._session.thread.model.name))
        before, refused_before = self._failures(), self._landing.refused
        refusal, interrupted = "", True
        try:
            finished = await self._session.turn(prompt, self._after_step)
            interrupted = finished.end == "interrupted"
            if finished.end == "done":
                landed, refusal = await land_text(self._session.last_text, self._landing, self._emit)
                self._unjudged = self._unjudged or landed
            if self._unjudged and not interrupted:
                await self._judge()
        finally:
            self._emit(AttemptFinished(before, self._failures()))
        if interrupted:
            return "interrupted", None, ""
        if self._is_done() or self._session.error is not None:
            return "over", None if self._is_done() else self._session.error, ""
        self._tried.append(self._fingerprint(self._landing.refused - refused_before))
        return "again", None, self._words.feedback(self._judgement, bool(self._landing.changes()), refusal)

    def _prepare(self) -> Effort:
        effort = choose(
            self._tried,
            failing=self._failures(),
            has_architect=self._has_architect,
            goal_words=self._goal_words,
        )
        self._session.thread.effort = effort
        self._session.thread.model = self._model_for(effort)
        return effort

    def _failures(self) -> int:
        report = self._witness.before if self._judgement is None else self._judgement.report
        return len(report.failures)

    def _is_done(self) -> bool:
        return self._judgement is not None and self._judgement.green

    async def _after_step(self, carried: Carried) -> Ruling:
        """After a step that changed files the harness runs the checks by itself: the model need not ask for it."""
        if not carried.changes:
            return Ruling()
        self._unjudged = True
        if not self._red:
            return Ruling()
        judgement = await self._judge()
        return Ruling(stop=self._is_done(), tell=self._words.after_edit(judgement))

    async def _judge(self) -> Judgement:
        self._judgement = judgement = await self._witness.judge()
        self._unjudged = False
        failures = len(judgement.report.failures)
        if self._best is None or failures <= self._best[0]:
            self._best = failures, self._landing.changes()
        return judgement

    def _fingerprint(self, refused: int) -> Tried:
        report: CheckReport = self._witness.before if self._judgement is None else self._judgement.report
        failures = frozenset((failure.test_id, failure.message) for failure in report.failures)
        patch = self._landing.diff()
        return Tried(
            failures,
            hashlib.sha256(patch.encode("utf-8", "surrogateescape")).hexdigest() if patch else "",
            refused,
        )
