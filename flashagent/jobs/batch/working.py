"""Work on one item: the rule first, for nothing; then the model, in a tree of its own, judged as every other job is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from flashagent.agent.limits import Budget
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError, WorkspaceError
from flashagent.events import Emit
from flashagent.jobs.batch.events import ItemState
from flashagent.jobs.batch.renaming import renamed
from flashagent.jobs.batch.rules import Rewriter
from flashagent.jobs.batch.spec import BatchSpec, Item
from flashagent.jobs.batch.stacking import on_base
from flashagent.jobs.batch.unchecked import NOTHING, unchecked
from flashagent.jobs.house import House, Models
from flashagent.jobs.job import FixJob, Result
from flashagent.jobs.observing import FOCUS_SYMBOLS, Observation
from flashagent.jobs.trees import candidate
from flashagent.models.tokens import estimate_within
from flashagent.ports import MapQuery
from flashagent.repair.validate import Trees
from flashagent.values import CheckReport, FileChange, FocusQuery
from flashagent.verify.commands import Check, check_from_text
from flashagent.verify.verdict import judge

GOOD = ("fixed", "changed_unverified")
_FURTHER = "Say more in the instruction, give each item more attempts, or use a stronger model."


@dataclass(frozen=True)
class Ground:
    """What all items stand on: the checks with their reports on the base, and the map of it."""

    checks: tuple[Check, ...]
    reports: tuple[CheckReport, ...]
    map: MapQuery


@dataclass(frozen=True)
class Worked:
    """What one try came to. `patch` is against the tree that it was made in."""

    state: ItemState
    how: str
    patch: tuple[FileChange, ...]
    message: str
    files: tuple[str, ...] = ()


class TreesAbove:
    """Candidate trees with `below` always in them: an item that is done again stands on what was merged before it."""

    def __init__(self, trees: Trees, below: Sequence[FileChange]) -> None:
        self._trees = trees
        self._below = tuple(below)

    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> AbstractContextManager[Path]:
        return self._trees.tree(on_base(changes, self._below), quick=quick)


@dataclass(frozen=True)
class Workshop:
    """Works on items. `record(item, attempt)` gives the sink for the events of one try."""

    spec: BatchSpec
    house: House
    ground: Ground
    models: Models | None
    rewriter: Rewriter | None
    record: Callable[[str, int], contextlib.AbstractContextManager[Emit]]

    async def work(
        self, item: Item, attempt: int, budget: Budget, below: Sequence[FileChange] = ()
    ) -> Worked:
        """One try of one item on the base with `below` on top. Errors of the work are results; only cancellation and
        bugs of ours are raised."""
        with self.record(item.id, attempt) as emit:
            try:
                async with asyncio.timeout(budget.limits.seconds):
                    return await self._tried(item, attempt, budget, emit, tuple(below))
            except TimeoutError:
                why = f"The time limit of {budget.limits.seconds:g} s is reached."
            except FlashagentError as error:
                why = f"{error.message} {error.hint}".strip()
            except OSError as error:
                why = f"The machine refused: {error.strerror or error}."
            return Worked("failed", "", (), why)

    async def _tried(
        self, item: Item, attempt: int, budget: Budget, emit: Emit, below: tuple[FileChange, ...]
    ) -> Worked:
        house = self._house_of(item, attempt, emit, below)
        ground = await self._ground_of(item, house)
        if self.rewriter is not None:
            worked = await self._by_rule(self.rewriter, item, house, ground, below)
            if worked.state != "failed" or self.models is None or not self.spec.instruction:
                return worked
        if self.models is None:
            return Worked("failed", "", (), "There is no rule that did it, and no model to ask.")
        if ground.checks == (NOTHING,):
            house = unchecked(house)
        return await self._by_model(self.models, item, house, ground, budget, emit)

    def _house_of(self, item: Item, attempt: int, emit: Emit, below: tuple[FileChange, ...]) -> House:
        house = self.house
        return replace(
            house,
            session_id=f"{house.session_id}-{item.id}-{attempt}",
            verifier=house.verifier.telling(emit),
            trees=TreesAbove(house.trees, below) if below else house.trees,  # type: ignore[arg-type]
            editable=TreesAbove(house.editable, below) if below and house.editable else house.editable,
        )

    async def _ground_of(self, item: Item, house: House) -> Ground:
        """The item's own check where it has one, with its report on the base."""
        command = item.check
        if not command:
            return self.ground
        check = check_from_text(command, why=f"the check of {item.title}")
        async with candidate(house) as tree:
            before = await house.verifier.run(check, tree=tree, original=True)
        return replace(self.ground, checks=(check,), reports=(before,))

    async def _by_rule(
        self, rewriter: Rewriter, item: Item, house: House, ground: Ground, below: tuple[FileChange, ...]
    ) -> Worked:
        now = {change.path: change.after for change in below}
        texts = {path: now.get(path, house.read(path)) for path in item.paths}
        present = {path: text for path, text in texts.items() if text is not None}
        try:
            changes = await self._rewritten(rewriter, item, house, ground, present, below)
        except WorkspaceError as error:
            return Worked("failed", "rule", (), str(error))
        if not changes:
            return Worked("unchanged", "rule", (), "The rule changes nothing here.")
        found = await house.inspect(changes)
        if found:
            worst = found[0]
            return Worked("failed", "rule", (), f"After the rule {worst.path}:{worst.line}: {worst.message}.")
        for check, before in zip(ground.checks, ground.reports, strict=True):
            async with candidate(house, changes) as tree:
                verdict = judge(before, await house.verifier.run(check, tree=tree))
            if not verdict.green:
                return Worked("failed", "rule", (), f"After the rule: {'; '.join(verdict.reasons)}.")
        files = tuple(change.path for change in changes)
        return Worked("done", "rule", changes, "Done by the rule.", files)

    async def _rewritten(
        self,
        rewriter: Rewriter,
        item: Item,
        house: House,
        ground: Ground,
        texts: dict[str, str],
        below: Sequence[FileChange],
    ) -> tuple[FileChange, ...]:
        rule = self.spec.rule
        if rule is not None and rule.kind == "rename":
            return await renamed(item, rule.find, rule.replace, house, ground.map, below)
        return await rewriter.changes(texts)

    async def _by_model(
        self,
        models: Models,
        item: Item,
        house: House,
        ground: Ground,
        budget: Budget,
        emit: Emit,
    ) -> Worked:
        from flashagent.jobs.asking import ask_model  # brings pydantic and the tools: not needed by rules

        job = FixJob(
            goal=self.spec.instruction_for(item),
            paths=item.paths,
            change=True,
            limits=budget.limits,
            tests_may_change=self.spec.tests_may_change,
        )
        seen = await self._seen(job, item, ground)
        result = await ask_model(job, seen, house, models, budget, emit)
        return _worked(result)

    async def _seen(self, job: FixJob, item: Item, ground: Ground) -> Observation:
        failures = tuple(failure for report in ground.reports for failure in report.failures)
        query = FocusQuery(text=job.goal, failures=failures, paths=item.paths)
        near = replace(query, text=item.particulars()) if self._fits(item) else query
        focus = await asyncio.to_thread(ground.map.rank, near, limit=FOCUS_SYMBOLS)
        return Observation(ground.checks, ground.reports, ground.map, query, tuple(focus))

    def _fits(self, item: Item) -> bool:
        """Whether the item's files are shown whole anyway. Then the words of the instruction, which all items share, only
        lead to the places of others, and looking for them in a huge repository costs more than all the rest."""
        text = "\n".join(self.house.read(path) or "" for path in item.paths)
        return bool(text) and estimate_within(text, self.house.focus_tokens) is not None


def _worked(result: Result) -> Worked:
    said = " ".join(f"{result.how} {result.message}".split())
    if result.outcome in GOOD and result.patch:
        files = tuple(change.path for change in result.patch)
        return Worked("done", "model", result.patch, said, files)
    if result.outcome == "already_green":
        return Worked("unchanged", "model", (), said)
    hint = _FURTHER if result.outcome == "not_fixed" else result.hint
    return Worked("failed", "model", (), f"{said} {hint}".strip() or result.outcome)
