"""Work on all waiting items, many at once; one that fails never stops the others, and every result is saved at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flashagent.agent.limits import Budget, Limits
from flashagent.jobs.batch.events import BatchNotice, EmitBatch, ItemFinished, ItemStarted
from flashagent.jobs.batch.limits import SharedBudget
from flashagent.jobs.batch.spec import BatchSpec, Item
from flashagent.jobs.batch.store import Attempt, BatchStore, Row
from flashagent.jobs.batch.working import Worked
from flashagent.ports import Clock
from flashagent.values import FileChange

WorkOn = Callable[[Item, int, Budget, Sequence[FileChange]], Awaitable[Worked]]
OpenBudget = Callable[[Limits], Budget]


@dataclass
class Crew:
    """Runs items side by side. `work` does one try inside of what `open_budget` gives; `below` lies under every item of
    this round, in which they are done `again`."""

    spec: BatchSpec
    store: BatchStore
    work: WorkOn
    clock: Clock
    emit: EmitBatch
    budget: SharedBudget
    open_budget: OpenBudget
    below: tuple[FileChange, ...] = ()
    again: bool = False

    async def run(self, rows: Sequence[Row]) -> None:
        """One try (and its retries) of each. Cancelling stops all; what was finished stays finished."""
        waiting = list(reversed(rows))
        free = asyncio.Condition()
        told = False

        async def worker() -> None:
            nonlocal told
            while True:
                async with free:
                    row = waiting.pop() if waiting else None
                    limits = None
                    while row is not None and (limits := self._reserved(row)) is None and self.budget.waits:
                        await free.wait()
                if row is None:
                    return
                if limits is None:
                    if not told:
                        told = True
                        self.emit(
                            BatchNotice(
                                "warning", "The limit of the whole batch is reached.", "Raise it and resume."
                            )
                        )
                    return
                await self._tries(row, limits)
                async with free:
                    free.notify_all()

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.spec.jobs, len(rows))):
                group.create_task(worker())

    def _reserved(self, row: Row) -> Limits | None:
        return self.budget.reserve(row.item.id, self.spec.item_limits)

    async def _tries(self, row: Row, limits: Limits) -> None:
        """The item until it is done or its retries are used up. What a try used is taken from the item's own limit. A rule
        does the same again each time, so it gets no second try."""
        last = row.attempts + 1 + self.spec.retries
        for number in range(row.attempts + 1, last + 1):
            worked, used = await self._try(row.item, number, limits)
            limits = _less(limits, used)
            if worked.state != "failed" or worked.how == "rule" or number == last or limits.tokens <= 0:
                return
            again = self.budget.reserve(row.item.id, limits)
            if again is None:
                return
            limits = again

    async def _try(self, item: Item, number: int, limits: Limits) -> tuple[Worked, Budget]:
        self.emit(ItemStarted(item.id, item.title, number))
        started, budget = self.clock.now(), self.open_budget(limits)
        try:
            worked = await self.work(item, number, budget, self.below)
        except Exception as error:  # one item's trouble, also a bug of ours, is not the others'
            worked = Worked("failed", "", (), f"A bug of ours: {type(error).__name__}: {error}")
        except BaseException:
            worked = Worked("waiting", "", (), "Stopped before it was finished.")
            self._save(item, worked, self._account(item, number, worked, budget, started))
            raise
        attempt = self._account(item, number, worked, budget, started)
        await finished(asyncio.to_thread(self._save, item, worked, attempt))  # waits for the disk
        self.emit(
            ItemFinished(
                item.id,
                worked.state,
                worked.how,
                worked.message,
                attempt.usage,
                attempt.cost,
                attempt.seconds,
                worked.files,
            )
        )
        return worked, budget

    def _account(self, item: Item, number: int, worked: Worked, budget: Budget, started: str) -> Attempt:
        """One try is over: what it used counts, and what was set aside for it is free."""
        usage, cost, seconds = budget.usage, budget.cost, budget.seconds
        self.budget.settle(item.id, usage, cost)
        return Attempt(number, worked.state, worked.how, worked.message, usage, cost, seconds, started)

    def _save(self, item: Item, worked: Worked, attempt: Attempt) -> None:
        self.store.finished(item.id, attempt, worked.patch, again=self.again, below=self.below)


async def finished(work: Coroutine[Any, Any, None]) -> None:
    """Wait for work that must not be left half done, also when cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


def _less(limits: Limits, used: Budget) -> Limits:
    left = None if limits.cost is None else max(0.0, limits.cost - (used.cost or 0.0))
    return replace(limits, tokens=limits.tokens - used.usage.total_tokens, cost=left)
