"""One batch from its items to its branch: work and merge side by side, send back once what did not fit, commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import field

from flashagent.agent.limits import Budget
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError
from flashagent.jobs.batch.events import (
    BatchFinished,
    BatchNotice,
    BatchOutcome,
    BatchStarted,
    EmitBatch,
    ItemMerged,
)
from flashagent.jobs.batch.integrating import Aside, Checks, Integration, Merger, lay, sound
from flashagent.jobs.batch.limits import SharedBudget
from flashagent.jobs.batch.publishing import publish
from flashagent.jobs.batch.running import Crew, WorkOn
from flashagent.jobs.batch.spec import BatchSpec
from flashagent.jobs.batch.store import BatchStore, Row
from flashagent.jobs.house import House
from flashagent.ports import Clock


@dataclass
class Batch:
    """A batch that is written down in `store`; `run` may be called again after whatever ended it. `final` names the
    check that decides about the branch, for people."""

    id: str
    spec: BatchSpec
    store: BatchStore
    house: House
    work: WorkOn
    checks: Checks
    emit: EmitBatch
    clock: Clock
    final: str = ""
    _began: float = field(default=0.0)

    async def run(self) -> BatchFinished:
        """Work on what is left, bring it together, and tell the end. Cancelling ends as 'interrupted', resumable."""
        self._began = self.clock.monotonic()
        rows = self.store.rows()
        left = [row for row in rows if row.state == "waiting"]
        self.emit(BatchStarted(self.id, self.spec.name, len(rows), len(rows) - len(left), self.spec.jobs))
        try:
            async with asyncio.timeout(self.spec.total_seconds):
                finished = await self._to_the_end()
        except TimeoutError:
            hint = "Raise the limit and resume."
            finished = self._finished("partly", "The time limit of the whole batch is reached.", hint)
        except asyncio.CancelledError:
            hint = f"`flashagent batch resume {self.id}` goes on."
            finished = self._finished("interrupted", "Stopped by you; what is finished is kept.", hint)
        except FlashagentError as error:
            finished = self._finished("failed", error.message, error.hint)
        self.emit(finished)
        return finished

    async def _to_the_end(self) -> BatchFinished:
        found = await self._second_round(await self._first_round())
        for one in found.aside:
            why = f"The check fails with it: {one.why}" if one.state == "broke" else one.why
            self.store.set_state(one.row.item.id, one.state, message=why)
            self.emit(ItemMerged(one.row.item.id, one.state, message=why))
        if not found.parts:
            states = {row.state for row in self.store.rows()}
            failed = not states.isdisjoint(("failed", "conflict", "broke"))
            outcome: BatchOutcome = "partly" if "waiting" in states else "failed" if failed else "nothing"
            return self._finished(outcome, "No item brought a change.")
        commits = await asyncio.to_thread(publish, found, self.spec, self.store, self.house.repository)
        for item, commit in commits:
            self.emit(ItemMerged(item, "merged", commit))
        good = all(row.state in ("merged", "unchanged") for row in self.store.rows())
        return self._finished("done" if good else "partly")

    async def _first_round(self) -> Integration:
        """Every item on the base, merged in the order of the batch; what a killed run had brought together already is laid
        down as it was."""
        rows = {row.item.id: row for row in self.store.rows()}
        laid = self.store.laid()
        if laid is not None:
            return lay([rows[item] for item in laid])
        first = [row for row in rows.values() if not row.again or row.state == "waiting"]
        return await self._sound(await self._round(first, Integration()), 0)

    async def _second_round(self, first: Integration) -> Integration:
        """Once, each item that did not fit, or broke a check, is done again on top of what did; and merged there."""
        on_branch = {row.item.id for row in first.rows}
        laid = self.store.laid() is not None
        stopped = not laid and any(row.state == "waiting" for row in self.store.rows())
        chances = [one for one in first.aside if not one.row.again]
        if chances and not (laid or stopped):
            self._set_aside(first, chances)
        later = [row for row in self.store.rows() if row.item.id not in on_branch and _has_a_chance(row)]
        if stopped:  # by a limit, in the first round: nothing is done again now, and what was stays
            later = [row for row in later if row.again and row.state != "waiting"]
        if not later:
            return first
        tried = {row.item.id for row in later}
        first.aside = [one for one in first.aside if one.row.item.id not in tried]
        known_good = len(first.parts)
        return await self._sound(await self._round(later, first, again=True), known_good)

    def _set_aside(self, first: Integration, chances: Sequence[Aside]) -> None:
        laid = [row.item.id for row in first.rows]
        self.store.set_aside(laid, [(one.row.item.id, one.state, one.why) for one in chances])
        for one in chances:
            self.emit(ItemMerged(one.row.item.id, one.state, message=one.why))
        what = "1 item is" if len(chances) == 1 else f"{len(chances)} items are"
        self.emit(BatchNotice("info", f"{what} done again on top of the others."))

    async def _round(self, rows: Sequence[Row], below: Integration, *, again: bool = False) -> Integration:
        """Work on those of the rows that wait, and merge all of them in their order while others are still worked on."""
        todo = [row for row in rows if row.state == "waiting" or (again and not row.again)]
        merger = Merger([row.item.id for row in rows], self.checks, below)
        waiting = {row.item.id for row in todo}
        for row in rows:
            if row.item.id not in waiting:
                merger.ended(row)
        crew = self._crew(below, again=again, merger=merger)
        merging = asyncio.ensure_future(merger.run())
        try:
            await crew.run(todo)
            merger.close()
            return await merging
        finally:
            merging.cancel()
            await asyncio.gather(merging, return_exceptions=True)  # what ended the work is told, not this

    def _crew(self, below: Integration, *, again: bool, merger: Merger) -> Crew:
        spent = self.store.spent()
        budget = SharedBudget(self.spec.total_tokens, self.spec.total_cost, spent.usage, spent.cost)
        return Crew(
            self.spec, self.store, self.work, self.clock, self.emit, budget,
            lambda limits: Budget(limits, self.clock, self.house.price), below.changes, again,
            settled=lambda item: merger.ended(self.store.row(item)),
        )  # fmt: skip

    async def _sound(self, found: Integration, known_good: int) -> Integration:
        if found.parts and self.final:
            self.emit(BatchNotice("info", f"The final check runs on all of it: {self.final}"))
        return await sound(found, self.checks, known_good)

    def _finished(self, outcome: BatchOutcome, message: str = "", hint: str = "") -> BatchFinished:
        rows, spent, meta = self.store.rows(), self.store.spent(), self.store.meta()
        states = [row.state for row in rows]
        return BatchFinished(
            batch=self.id,
            outcome=outcome,
            branch=meta["branch"] if meta.get("tip") else "",
            commit=meta.get("tip", ""),
            merged=states.count("merged"),
            unchanged=states.count("unchanged"),
            failed=sum(state in ("failed", "conflict", "broke") for state in states),
            left=states.count("waiting"),
            usage=spent.usage,
            cost=spent.cost,
            seconds=self.clock.monotonic() - self._began,
            check=self.final,
            message=message,
            hint=hint,
        )


def _has_a_chance(row: Row) -> bool:
    """Whether an item that is not on the branch after the first round belongs to the second: it was set aside, or has been
    done, or begun, on top of the others already."""
    if row.again:
        return row.state != "failed"
    return row.state in ("conflict", "broke")
