"""Work on all waiting items, many at once; one that fails never stops the others, and every result is saved at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from flashagent.agent.limits import Limits
from flashagent.jobs.batch.events import BatchNotice, EmitBatch, ItemFinished, ItemStarted
from flashagent.jobs.batch.limits import SharedBudget
from flashagent.jobs.batch.spec import BatchSpec, Item
from flashagent.jobs.batch.store import Attempt, BatchStore, Row
from flashagent.jobs.batch.working import Worked
from flashagent.ports import Clock
from flashagent.values import FileChange, Usage

WorkOn = Callable[[Item, int, Limits, Sequence[FileChange]], Awaitable[Worked]]


@dataclass
class Crew:
    """Runs items side by side. `work` does one try; `below` lies under every item of this round."""

    spec: BatchSpec
    store: BatchStore
    work: WorkOn
    clock: Clock
    emit: EmitBatch
    budget: SharedBudget
    below: tuple[FileChange, ...] = ()

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
        """The item until it is done or its retries are used up. What a try used is taken from the item's own limit."""
        for number in range(row.attempts + 1, row.attempts + 2 + self.spec.retries):
            worked = await self._try(row.item, number, limits)
            limits = _less(limits, worked.usage, worked.cost)
            if (
                worked.state != "failed"
                or number == row.attempts + 1 + self.spec.retries
                or limits.tokens <= 0
            ):
                return
            again = self.budget.reserve(row.item.id, limits)
            if again is None:
                return
            limits = again

    async def _try(self, item: Item, number: int, limits: Limits) -> Worked:
        self.emit(ItemStarted(item.id, item.title, number))
        started, began = self.clock.now(), self.clock.monotonic()
        try:
            worked = await self.work(item, number, limits, self.below)
        except Exception as error:  # one item's trouble, also a bug of ours, is not the others'
            worked = Worked("failed", "", (), f"A bug of ours: {type(error).__name__}: {error}")
        except BaseException:
            self.budget.settle(item.id, Usage(), 0.0)
            raise
        seconds = self.clock.monotonic() - began
        self.budget.settle(item.id, worked.usage, worked.cost)
        attempt = Attempt(
            number, worked.state, worked.how, worked.message, worked.usage, worked.cost, seconds, started
        )
        self.store.finished(item.id, attempt, worked.patch)
        self.emit(
            ItemFinished(
                item.id,
                worked.state,
                worked.how,
                worked.message,
                worked.usage,
                worked.cost,
                seconds,
                worked.files,
            )
        )
        return worked


def _less(limits: Limits, usage: Usage, cost: float | None) -> Limits:
    left = None if limits.cost is None else max(0.0, limits.cost - (cost or 0.0))
    return replace(limits, tokens=limits.tokens - usage.total_tokens, cost=left)
