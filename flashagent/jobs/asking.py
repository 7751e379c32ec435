"""Repair or change with a model: one way to a patch or several at once, and the account of what came of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol

from flashagent.agent.attempts import OnBest, Outcome, Start
from flashagent.agent.effort import Effort, choose
from flashagent.agent.limits import Budget
from flashagent.agent.risk import risks
from flashagent.dataclass import dataclass
from flashagent.diffs import unified_diffs
from flashagent.errors import Interrupted
from flashagent.events import Emit, Notice
from flashagent.jobs.architect import Architect
from flashagent.jobs.bench import Bench
from flashagent.jobs.candidates import Variant, first_green, is_good, rank
from flashagent.jobs.house import House, Models
from flashagent.jobs.job import FixJob, Result, failed
from flashagent.jobs.observing import Observation
from flashagent.jobs.trees import tree_to_edit
from flashagent.values import FileChange
from flashagent.verify.flaky import Flaky, none_known
from flashagent.verify.tamper import Tampering, examine, is_test_file, touches_tests

NO_START = Start()


async def ask_model(
    job: FixJob, seen: Observation, house: House, models: Models, budget: Budget, emit: Emit,
    learned: Callable[[], str] = lambda: "", flaky: Flaky = none_known,
    on_best: OnBest = lambda failures, changes: None,
) -> Result:  # fmt: skip
    """Ask until green or a cap is reached. What is returned has been judged on a fresh tree that holds the patch alone.
    `learned` says what somebody else found out meanwhile, `flaky` which failing tests count for nothing; `on_best` hears of
    patches that were judged, so that the best is not lost when the time is up."""

    async def one_way(
        variant: Variant, sink: Emit, start: Start = NO_START, cap: int = job.limits.attempts
    ) -> tuple[Result, Outcome]:
        async with tree_to_edit(house) as tree:
            bench = Bench(
                job, seen, house, models, budget, sink, tree, variant, learned, start, flaky, on_best
            )
            return await _Way(bench, Architect(house, models, budget, sink), cap).to_the_end()

    async def alone(variant: Variant, sink: Emit) -> Result:
        return (await one_way(variant, sink))[0]

    if job.candidates > 1:
        return await first_green(job.candidates, alone, emit)
    result, outcome = await one_way(Variant(), emit, Start(may_split=True))
    if outcome.split is None:
        return result
    return await _other_ways(one_way, result, outcome, outcome.split, job.limits.attempts, emit)


class _OneWay(Protocol):
    def __call__(
        self, variant: Variant, sink: Emit, start: Start, cap: int
    ) -> Awaitable[tuple[Result, Outcome]]: ...


async def _other_ways(
    one_way: _OneWay, result: Result, outcome: Outcome, effort: Effort, cap: int, emit: Emit
) -> Result:
    """Several ways at once, one attempt each, each told what was tried; when none is green, the attempts that are left go
    on from what all came to (which is where the stronger model takes over)."""
    emit(Notice("info", f"{effort.why[0].upper()}{effort.why[1:]}."))
    ended: list[Outcome] = []
    made = outcome.attempts + effort.candidates
    start = Start(outcome.attempts, outcome.tried, outcome.learned, after=cap - outcome.attempts - 1)

    async def candidate(variant: Variant, sink: Emit) -> Result:
        found, end = await one_way(variant, sink, start, start.made + 1)
        ended.append(end)
        return found

    best = min(await first_green(effort.candidates, candidate, emit), result, key=rank)
    if is_good(best) or made >= cap or not ended or any(end.error or end.interrupted for end in ended):
        return replace(best, attempts=made)
    new = [line for end in ended for line in end.learned[len(start.learned) :]]
    going_on = Start(made, (*start.tried, ended[0].tried[-1]), (*start.learned, *new))
    last, _ = await one_way(Variant(), emit, going_on, cap)
    return min(last, best, key=rank)


@dataclass
class _Way:
    """One way to a patch, from the first prompt to its result."""

    bench: Bench
    architect: Architect
    cap: int
    objection: str = ""

    def __post_init__(self) -> None:
        bench = self.bench
        self.job, self.seen, self.emit = bench.job, bench.seen, bench.emit
        self.landing, self.witness, self.clean = bench.landing, bench.witness, bench.clean

    async def to_the_end(self) -> tuple[Result, Outcome]:
        outcome = await self.bench.attempts.until_green(await self._prompt(), self.cap)
        outcome = await self._reviewed(outcome, self.cap)
        return await self.result(outcome), outcome

    async def _prompt(self) -> str:
        """The first prompt, with the architect's plan where the work is large and an architect is there."""
        prompt = self.bench.first_prompt()
        effort = choose(self.bench.start.tried, self.bench.situation, has_architect=self.architect.is_there)
        if not (effort.plan and self.architect.is_there):
            return prompt
        plan = await self.architect.plan(prompt)
        return f"{prompt}\n\nA plan to follow:\n{plan}" if plan else prompt

    async def _reviewed(self, outcome: Outcome, cap: int) -> Outcome:
        """A green patch that is risky is shown to the architect; one objection is worth one more attempt."""
        patch = self.landing.changes()
        found = risks(patch, is_test_file) if outcome.green else ()
        if not found:
            return outcome
        said = f"The patch is risky: {'; '.join(found)}."
        if not self.architect.is_there:
            self.emit(Notice("warning", said, "Read the diff before you keep it."))
            return outcome
        self.objection = await self.architect.objection(self.job.goal, unified_diffs(patch), found)
        if not self.objection:
            self.emit(Notice("info", f"{said} The architect keeps it."))
            return outcome
        self.emit(Notice("warning", f"{said} The architect rejects it: {self.objection}"))
        if outcome.attempts >= cap:
            return outcome
        prompt = f"The checks pass, but a review rejects the patch: {self.objection} Change it accordingly."
        again = await self.bench.attempts.again(prompt, outcome.attempts + 1, cap)
        if again.green and self.landing.changes() != patch:
            self.objection = ""
        return again

    async def result(self, outcome: Outcome) -> Result:
        if outcome.interrupted:
            raise Interrupted("Stopped by you; your files are as they were.")
        patch = self.landing.changes()
        if outcome.green and self.objection:
            message = f"The checks pass, but the review rejects the patch: {self.objection}"
            return Result("not_fixed", patch, attempts=outcome.attempts, message=message)
        if outcome.green and not self.job.tests_may_change:
            found = examine(patch, existing=self.bench.existing, tests=self._failing_tests())
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

    def _failing_tests(self) -> list[str]:
        """The texts of the test files that the failures came from."""
        failures = (failure for report in self.seen.reports for failure in report.failures)
        frames = (frame for failure in failures for frame in failure.frames if frame.in_project)
        paths = dict.fromkeys(frame.path for frame in frames if is_test_file(frame.path))
        return [text for path in paths if (text := self.bench.house.read(path)) is not None]

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
            message = f"Not done: {'; '.join(judgement.verdict.reasons)}."
        return Result(
            "not_fixed",
            outcome.best,
            judgement.verdict if judgement else None,
            attempts=outcome.attempts,
            message=f"{message} {self._claim()}".strip(),
            reasons=outcome.learned,
            hint="Raise --max-attempts, name the place in the goal, or use a stronger model.",
        )

    async def _without_test_changes(
        self, found: Sequence[Tampering], patch: tuple[FileChange, ...], outcome: Outcome
    ) -> Result:
        """Tests were weakened. What counts is the verdict with the original tests, so they are put back and judged."""
        what = "; ".join(dict.fromkeys(f"{one.path}: {one.text}" for one in found))
        flagged = {one.path for one in found}
        honest = tuple(c for c in patch if not (c.path in flagged and touches_tests(c, self.bench.existing)))
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
            self.clean(self.bench.session.last_text),
            maxsplit=1,
            flags=re.MULTILINE,
        )
        return said[0].strip()[:600]

    def _claim(self) -> str:
        """A model that called a red check green is quoted, so that nobody takes its word for ours."""
        said = " ".join(self._last_words().split())
        return f"The model's last words were: {said[:160]!r}." if said else ""
