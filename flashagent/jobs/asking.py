"""Repair or change with a model: a session in a candidate tree, judged by the harness after every edit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from flashagent import untrusted
from flashagent.agent.attempts import Attempts, Outcome
from flashagent.agent.calls import Approver
from flashagent.agent.context import Focus, choose_focus
from flashagent.agent.effort import Effort, choose
from flashagent.agent.limits import Budget
from flashagent.agent.loop import Thread
from flashagent.agent.session import Session
from flashagent.agent.witness import RunCheck, Watched, Witness
from flashagent.agent.words import PromptWords
from flashagent.errors import Interrupted
from flashagent.events import Emit, FocusChosen, Notice
from flashagent.jobs.house import House, Models
from flashagent.jobs.job import FixJob, Result, failed
from flashagent.jobs.observing import Observation
from flashagent.messages import SystemMessage
from flashagent.models.base import ChatModel
from flashagent.ports import Command
from flashagent.repomap.render import skeleton
from flashagent.syntax.parse import definitions
from flashagent.tools.base import Tool
from flashagent.tools.edit import EditTool
from flashagent.tools.landing import Landing
from flashagent.tools.read import ReadTool, neighbours, symbol_finder
from flashagent.tools.registry import Toolbox
from flashagent.tools.search import SearchTool
from flashagent.tools.shell import CheckTool, RunTool
from flashagent.values import CheckReport, FileChange
from flashagent.verify.detect import Check
from flashagent.verify.tamper import Tampering, tampering


async def ask_model(
    job: FixJob, seen: Observation, house: House, models: Models, budget: Budget, emit: Emit
) -> Result:
    """Ask until green or a cap is reached. What is returned has been judged on a fresh tree that holds the patch alone."""
    async with candidate(house, ()) as tree:
        bench = Bench(job, seen, house, models, budget, emit, tree)
        outcome = await bench.attempts().until_green(bench.first_prompt(), job.limits.attempts)
        return await bench.result(outcome)


@asynccontextmanager
async def candidate(house: House, changes: Sequence[FileChange]) -> AsyncIterator[Path]:
    """A candidate tree, made and given back beside the event loop."""
    tree = house.trees.tree(changes)
    path = await asyncio.to_thread(tree.__enter__)
    try:
        yield path
    finally:
        await asyncio.to_thread(tree.__exit__, None, None, None)


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
        self.landing = Landing(house.open_tree(self.tree), house.repository.files, self.emit, house.inspect)
        self.witness = Witness(
            [Watched(self._runner_of(c), r) for c, r in zip(self.seen.checks, self.seen.reports, strict=True)]
        )
        self.words = PromptWords(house.texts.fix, house.texts.do, house.texts.feedback, self.landing.read, self.clean)

    def clean(self, text: str) -> str:
        return self.house.mask(untrusted.plain(text))

    def first_prompt(self) -> str:
        focus = self._focus()
        for path, text in focus.files:
            self.landing.show(path, text)
        self.emit(FocusChosen(focus.shown, focus.tokens, "shown to the model in full"))
        goal = self.job.goal
        if self.job.log:
            goal = f"{goal}\n\n{untrusted.fence(self.clean(self.job.log), 'failure log', untrusted.nonce())}".strip()
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
            found = tampering(patch)
            if found:
                return await self._without_test_changes(found, patch, outcome)
        if outcome.green:
            return self._green(patch, outcome)
        if outcome.error is not None:
            broken = failed(outcome.error)
            return Result(broken.outcome, outcome.best, message=broken.message, hint=broken.hint, attempts=outcome.attempts)
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
            message="" if witnessed else "The check passes as before; no test witnesses that the goal is reached.",
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
            how=self._last_words(),
            attempts=outcome.attempts,
            message=message,
            hint="Raise --max-attempts, name the place in the goal, or use a stronger model.",
        )

    async def _without_test_changes(
        self, found: Sequence[Tampering], patch: tuple[FileChange, ...], outcome: Outcome
    ) -> Result:
        """Tests were weakened. What counts is the verdict with the original tests, so they are put back and judged."""
        what = "; ".join(f"{one.path}: {one.what}" for one in found)
        touched = {one.path for one in found}
        honest = tuple(change for change in patch if change.path not in touched)
        self.emit(Notice("warning", f"The patch changes tests: {what}.", "They are judged as they were."))
        if honest:
            self.landing.put_back([change for change in patch if change.path in touched])
            judgement = await self.witness.judge()
            if judgement.green:
                return self._green(honest, Outcome(judgement, outcome.attempts))
        return Result(
            "not_fixed", patch, attempts=outcome.attempts, message=f"Green only because tests were changed: {what}."
        )

    def _last_words(self) -> str:
        return self.clean(self._talk.last_text).strip()[:600]

    def _focus(self) -> Focus:
        return choose_focus(self.seen.focus, self.landing.read, self.house.focus_tokens)

    def _session(self) -> Session:
        house = self.house
        approver = Approver(house.mode, house.runner.protects, house.ask)
        system = house.texts.system.fill()
        if not self.models.tools:
            system = f"{system}\n{house.texts.text_edits.fill()}"
        if house.notes:
            system = f"{system}\n\n{house.notes}"
        first_effort = choose((), failing=0, has_architect=False)
        thread = Thread(
            self.models.router.flash,
            Toolbox.of(self._tools() if self.models.tools else (), house.texts.tools),
            self.budget,
            approver,
            house.clock,
            first_effort,
            [SystemMessage(system)],
            self.models.temperature,
        )
        self._talk = Session(house.session_id, thread, (self.emit,))
        return self._talk

    def _tools(self) -> tuple[Tool, ...]:
        house = self.house
        looking = self._command()
        find = symbol_finder(definitions)
        near = neighbours(house.repository.files)
        return (
            EditTool(self.landing),
            ReadTool(self.landing, skeleton, find, near, house.mask),
            SearchTool(house.runner, looking, self.seen.map, house.mask),
            RunTool(house.runner, looking, house.mask),
            CheckTool(self._check_for_model),
        )

    def _command(self) -> Command:
        """A command in the candidate tree that may look and run but not write: only edits change files, so that the
        patch is all there is."""
        environment = self.house.environment
        return Command(
            ("true",),
            self.house.root,
            env=environment.variables,
            path=environment.path,
            tree=self.tree,
            keep=environment.keep,
            binds=environment.binds,
            read_only=True,
        )

    def _runner_of(self, check: Check) -> RunCheck:
        async def run(tests: Sequence[str] = ()) -> CheckReport:
            left = max(1.0, self.budget.seconds_left)
            if tests:
                return await self.house.verifier.run(check, tests=tests, tree=self.tree, timeout_s=left)
            # The run that decides gets a tree of its own: what earlier runs left behind cannot make it pass.
            async with candidate(self.house, self.landing.changes()) as fresh:
                return await self.house.verifier.run(check, tree=fresh, timeout_s=left)

        return run

    async def _check_for_model(self, test: str | None) -> tuple[bool, str]:
        check = self.seen.check
        report = await self.house.verifier.run(check, tests=(test,) if test else (), tree=self.tree)
        return report.green, self.words.report(report)

    def _model_for(self, effort: Effort) -> ChatModel:
        return self.models.router.for_role(effort.role) or self.models.router.flash
