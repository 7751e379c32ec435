"""Repair or change with a model: a session in a candidate tree, judged by the harness after every edit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flashagent import untrusted
from flashagent.agent.attempts import Attempts, Outcome
from flashagent.agent.context import Focus, choose_focus
from flashagent.agent.effort import Effort
from flashagent.agent.limits import Budget
from flashagent.agent.session import Session
from flashagent.agent.witness import RunBare, RunCheck, Watched, Witness
from flashagent.agent.words import PromptWords
from flashagent.errors import Interrupted
from flashagent.events import Emit, FocusChosen, Notice
from flashagent.jobs.house import House, Models
from flashagent.jobs.job import FixJob, Result, failed
from flashagent.jobs.observing import Observation
from flashagent.jobs.trees import candidate
from flashagent.jobs.workbench import clean, guard_for, landing_in, new_session, toolbox
from flashagent.models.base import ChatModel
from flashagent.values import CheckReport, FileChange
from flashagent.verify.detect import Check
from flashagent.verify.feedback import important_frames
from flashagent.verify.tamper import Tampering, examine, is_test_file, touches_tests


async def ask_model(
    job: FixJob, seen: Observation, house: House, models: Models, budget: Budget, emit: Emit
) -> Result:
    """Ask until green or a cap is reached. What is returned has been judged on a fresh tree that holds the patch alone."""
    async with candidate(house) as tree:
        bench = Bench(job, seen, house, models, budget, emit, tree)
        outcome = await bench.attempts().until_green(bench.first_prompt(), job.limits.attempts)
        return await bench.result(outcome)


@dataclass
class Bench:
    """The workbench of one session: the candidate tree and what works on it."""

    job: FixJob
    seen: Observation
    house: House
    models: Models
    budget: Budget
    emit: Emit
    tree: Path

    def __post_init__(self) -> None:
        house = self.house
        self.guard = guard_for(house, self.job.goal, self.job.paths)
        self.landing = landing_in(house, self.tree, self.emit, self.guard)
        self._existing = house.repository.files()
        self.witness = Witness(
            [
                Watched(self._runner_of(check), report, self._bare_runner_of(check))
                for check, report in zip(self.seen.checks, self.seen.reports, strict=True)
            ]
        )
        self.words = PromptWords(
            house.texts.fix, house.texts.do, house.texts.feedback, self.landing.read, self.clean
        )

    def clean(self, text: str) -> str:
        return clean(self.house, text)

    def first_prompt(self) -> str:
        focus = self._focus()
        for path, text in focus.files:
            self.landing.show(path, text)
        self.emit(FocusChosen(focus.shown, focus.tokens, "shown to the model in full"))
        goal = self.job.goal
        if self.job.log:
            goal = f"{goal}\n\n{untrusted.fence(self.clean(self.job.log), 'failure log', untrusted.new_nonce())}".strip()
        return self.words.first(goal, self.seen.check_text, self.seen.before, focus.text)

    def attempts(self) -> Attempts:
        return Attempts(
            self._session(),
            self.landing,
            self.witness,
            self.words,
            self.emit,
            model_for=self._model_for,
            has_architect=self.models.router.architect is not None,
            red=not self.seen.green,
            goal_words=len(self.job.goal.split()),
        )

    async def result(self, outcome: Outcome) -> Result:
        if outcome.interrupted:
            raise Interrupted("Stopped by you; your files are as they were.")
        patch = self.landing.changes()
        if outcome.green and not self.job.tests_may_change:
            found = examine(patch, existing=self._existing)
            if found:
                return await self._without_test_changes(found, patch, outcome)
        if outcome.green:
            return self._green(patch, outcome)
        if outcome.error is not None:
            broken = failed(outcome.error)
            return Result(
                broken.outcome,
                outcome.best,
                message=broken.message,
                hint=broken.hint,
                attempts=outcome.attempts,
            )
        return self._red(outcome)

    def _green(self, patch: tuple[FileChange, ...], outcome: Outcome) -> Result:
        judgement = outcome.judgement
        assert judgement is not None
        witnessed = not self.seen.green
        return Result(
            "fixed" if witnessed else "changed_unverified",
            patch,
            judgement.verdict,
            how=self._last_words(),
            reasons=judgement.verdict.reasons,
            attempts=outcome.attempts,
            message=""
            if witnessed
            else "The check passes as before; no test witnesses that the goal is reached.",
        )

    def _red(self, outcome: Outcome) -> Result:
        judgement = outcome.judgement
        if judgement is None:
            message = "The model changed nothing."
        else:
            message = "Not done: " + "; ".join(judgement.verdict.reasons)
        return Result(
            "not_fixed",
            outcome.best,
            judgement.verdict if judgement else None,
            attempts=outcome.attempts,
            message=f"{message} {self._claim()}".strip(),
            hint="Raise --max-attempts, name the place in the goal, or use a stronger model.",
        )

    async def _without_test_changes(
        self, found: Sequence[Tampering], patch: tuple[FileChange, ...], outcome: Outcome
    ) -> Result:
        """Tests were weakened. What counts is the verdict with the original tests, so they are put back and judged."""
        what = "; ".join(dict.fromkeys(f"{one.path}: {one.text}" for one in found))
        flagged = {one.path for one in found}
        honest = tuple(c for c in patch if not (c.path in flagged and touches_tests(c, self._existing)))
        self.emit(Notice("warning", f"The patch changes tests: {what}.", "They are judged as they were."))
        if honest and honest != patch:
            self.landing.put_back([change for change in patch if change not in honest])
            judgement = await self.witness.judge()
            if judgement.green:
                return self._green(honest, Outcome(judgement, outcome.attempts))
        return Result(
            "not_fixed",
            patch,
            attempts=outcome.attempts,
            message=f"{'Green only because tests were changed' if honest != patch else 'Green, but not to be trusted'}: {what}.",
        )

    def _last_words(self) -> str:
        """What the model said last, in prose: blocks of edits and code are shown as the diff already."""
        said = re.split(
            r"```|^<{5,}|^\*\*\* Begin Patch|^--- ",
            self.clean(self._talk.last_text),
            maxsplit=1,
            flags=re.MULTILINE,
        )
        return said[0].strip()[:600]

    def _claim(self) -> str:
        """A model that called a red check green is quoted, so that nobody takes its word for ours."""
        said = " ".join(self._last_words().split())
        return f"The model's last words were: {said[:160]!r}." if said else ""

    def _focus(self) -> Focus:
        told_in_full = self.seen.before.failures[:1]
        frames = (frame for failure in told_in_full for frame in important_frames(failure))
        quoted = {(frame.path, frame.line) for frame in frames if is_test_file(frame.path)}
        return choose_focus(self.seen.focus, self.landing.read, self.house.focus_tokens, quoted)

    def _session(self) -> Session:
        house = self.house
        self._talk = new_session(house, self.models, self.budget, self.emit)
        if self.models.tools:
            self._talk.thread.tools = toolbox(
                house, self.landing, self.tree, self.seen.map, self._check_for_model, self.guard
            )
        return self._talk

    def _runner_of(self, check: Check) -> RunCheck:
        async def run(tests: Sequence[str] = ()) -> CheckReport:
            return await self._run(check, tests)

        return run

    def _bare_runner_of(self, check: Check) -> RunBare:
        async def run() -> CheckReport:
            left = max(1.0, self.budget.seconds_left)
            async with candidate(self.house, self.landing.changes()) as fresh:
                return await self.house.verifier.run(check, tree=fresh, timeout_s=left, quiet=True, bare=True)

        return run

    async def _run(self, check: Check, tests: Sequence[str]) -> CheckReport:
        """A run on a tree that holds the patch and nothing else: what earlier runs left behind cannot make it pass, and
        no test can write into what becomes the patch."""
        left = max(1.0, self.budget.seconds_left)
        async with candidate(self.house, self.landing.changes()) as fresh:
            return await self.house.verifier.run(check, tests=tests, tree=fresh, timeout_s=left)

    async def _check_for_model(self, test: str | None) -> tuple[bool, str]:
        report = await self._run(self.seen.check, (test,) if test else ())
        return report.green, self.words.report(report)

    def _model_for(self, effort: Effort) -> ChatModel:
        return self.models.router.for_role(effort.role) or self.models.router.flash
