"""Work on all waiting items, many at once; one that fails never stops the others, and every result is saved at once."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import field, replace
from typing import Any

from flashagent.agent.limits import Budget, Limits
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError
from flashagent.jobs.batch.events import BatchNotice, EmitBatch, ItemFinished, ItemStarted
from flashagent.jobs.batch.limits import SharedBudget
from flashagent.jobs.batch.spec import BatchSpec, Item
from flashagent.jobs.batch.store import Attempt, BatchStore, Row
from flashagent.jobs.batch.working import Worked
from flashagent.ports import Clock
from flashagent.values import FileChange

WorkOn = Callable[[Item, int, Budget, Sequence[FileChange]], Awaitable[Worked]]
OpenBudget = Callable[[Limits], Budget]

ENOUGH_SEEN = 5  # items that ended, before one can be called slow
SLOW = 3.0  # times the median of those
RIVAL = 100  # is added to the number of a try for a second one beside it
POLL_S = (0.05, 5.0)


def under_way(spec: BatchSpec) -> int:
    """How many items are worked on at the same time: `jobs` of them may ask the model, and so that this many always do, some
    more get their tree, their check or a pause that the endpoint asked for meanwhile."""
    return spec.jobs + spec.jobs // 2 if spec.instruction else spec.jobs


@dataclass
class _Trying:
    """A try under way. `beaten_by` is the result of a rival that was done first."""

    item: Item
    number: int
    began: float
    task: asyncio.Future[Worked]
    rival: asyncio.Future[Worked] | None = None
    beaten_by: Worked | None = None


@dataclass
class Crew:
    """Runs items side by side. `work` does one try inside of what `open_budget` gives; `below` lies under every item of
    this round, in which they are done `again`. `settled` hears of each item that ended for good."""

    spec: BatchSpec
    store: BatchStore
    work: WorkOn
    clock: Clock
    emit: EmitBatch
    budget: SharedBudget
    open_budget: OpenBudget
    below: tuple[FileChange, ...] = ()
    again: bool = False
    settled: Callable[[str], None] = lambda item: None
    _trying: dict[str, _Trying] = field(default_factory=dict)
    _took: list[float] = field(default_factory=list)
    _told: bool = False

    async def run(self, rows: Sequence[Row]) -> None:
        """One try (and its retries) of each. Cancelling stops all; what was finished stays finished. Who has nothing left
        to do tries beside those that take long: the first result counts. An error of ours that ends a try also ends the
        others, and is raised."""
        waiting = list(reversed(rows))
        free = asyncio.Condition()

        async def worker() -> None:
            while True:
                async with free:
                    row = waiting.pop() if waiting else None
                    limits = None
                    while row is not None and (limits := self._reserved(row)) is None and self.budget.waits:
                        await free.wait()
                if row is None:
                    return await self._beside_the_slow()
                if limits is None:
                    return self._at_the_limit()
                await self._tries(row, limits)
                self.settled(row.item.id)
                async with free:
                    free.notify_all()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(under_way(self.spec), len(rows))):
                    group.create_task(worker())
        except ExceptionGroup as several:
            told, _ = several.split(FlashagentError)
            if told is None:
                raise
            raise told.exceptions[0] from several

    def _at_the_limit(self) -> None:
        if not self._told:
            self._told = True
            text = "The limit of the whole batch is reached."
            self.emit(BatchNotice("warning", text, "Raise it and resume."))

    def _reserved(self, row: Row) -> Limits | None:
        return self.budget.reserve(row.item.id, self.spec.item_limits)

    async def _tries(self, row: Row, limits: Limits) -> None:
        """The item until it is done or its retries are used up. What a try used is taken from the item's own limit. A rule
        does the same again each time, so it gets no second try."""
        last = row.attempts + 1 + self.spec.retries
        for number in range(row.attempts + 1, last + 1):
            worked, attempt = await self._try(row.item, number, limits)
            limits, again = _less(limits, attempt), None
            if worked.state == "failed" and worked.how != "rule" and number < last and limits.tokens > 0:
                again = self.budget.reserve(row.item.id, limits)
            self.emit(_finished(row.item, worked, attempt, retried=again is not None))
            if again is None:
                return
            limits = again

    async def _try(self, item: Item, number: int, limits: Limits) -> tuple[Worked, Attempt]:
        self.emit(ItemStarted(item.id, item.title, number))
        started, budget = self.clock.now(), self.open_budget(limits)
        task = asyncio.ensure_future(self._safely(item, number, budget))
        trying = self._trying[item.id] = _Trying(item, number, self.clock.monotonic(), task)
        try:
            worked = await self._first_of(trying)
        except BaseException:
            stopped = Worked("waiting", "", (), "Stopped before it was finished.")
            self._save(item, stopped, self._account(item.id, number, stopped, budget, started))
            raise
        finally:
            del self._trying[item.id]
            if trying.rival is not None:
                trying.rival.cancel()
        attempt = self._account(item.id, number, worked, budget, started)
        if worked.state != "failed":
            self._took.append(attempt.seconds)
        await finished(asyncio.to_thread(self._save, item, worked, attempt))  # waits for the disk
        return worked, attempt

    async def _first_of(self, trying: _Trying) -> Worked:
        """What the try came to, or its rival before it."""
        try:
            return await trying.task
        except asyncio.CancelledError:
            asked = asyncio.current_task()
            if trying.beaten_by is None or (asked is not None and asked.cancelling()):
                raise
            return trying.beaten_by

    async def _safely(self, item: Item, number: int, budget: Budget) -> Worked:
        try:
            return await self.work(item, number, budget, self.below)
        except FlashagentError:  # nobody can work: the others would meet with the same
            raise
        except Exception as error:  # one item's trouble, also a bug of ours, is not the others'
            return Worked("failed", "", (), f"A bug of ours: {type(error).__name__}: {error}")

    async def _beside_the_slow(self) -> None:
        """As long as others are at work: a second try beside each that takes much longer than most."""
        while self.spec.rivals and self.spec.instruction and self._trying:
            slow = self._slow()
            if slow is not None and (limits := self.budget.reserve(_rival(slow.item), self.spec.item_limits)):
                await self._race(slow, limits)
            else:
                low, high = POLL_S
                median = statistics.median(self._took) if self._took else high
                await self.clock.sleep(min(high, max(low, median / 4)))

    def _slow(self) -> _Trying | None:
        if len(self._took) < ENOUGH_SEEN:
            return None
        limit = SLOW * statistics.median(self._took)
        now = self.clock.monotonic()
        alone = [one for one in self._trying.values() if one.rival is None and now - one.began > limit]
        return min(alone, key=lambda one: one.began, default=None)

    async def _race(self, slow: _Trying, limits: Limits) -> None:
        """A second try of the same. What it uses counts, whoever is first."""
        number, started, budget = slow.number + RIVAL, self.clock.now(), self.open_budget(limits)
        self.emit(BatchNotice("info", f"{slow.item.id} takes long: it is tried a second time beside."))
        slow.rival = asyncio.ensure_future(self._safely(slow.item, number, budget))
        worked = Worked("waiting", "", (), "The other try was first.")
        try:
            worked = await slow.rival
        except asyncio.CancelledError:
            asked = asyncio.current_task()
            if asked is not None and asked.cancelling():
                raise
        finally:
            attempt = self._account(_rival(slow.item), number, worked, budget, started)
            self.store.beside(slow.item.id, attempt)
        if worked.state in ("done", "unchanged") and not slow.task.done():
            slow.beaten_by = worked
            slow.task.cancel()

    def _account(self, key: str, number: int, worked: Worked, budget: Budget, started: str) -> Attempt:
        """One try is over: what it used counts, and what was set aside for it is free."""
        usage, cost, seconds = budget.usage, budget.cost, budget.seconds
        self.budget.settle(key, usage, cost)
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


def _finished(item: Item, worked: Worked, attempt: Attempt, *, retried: bool) -> ItemFinished:
    return ItemFinished(
        item.id, worked.state, worked.how, worked.message, attempt.usage, attempt.cost, attempt.seconds,
        worked.files, retried,
    )  # fmt: skip


def _rival(item: Item) -> str:
    return f"{item.id}+"


def _less(limits: Limits, used: Attempt) -> Limits:
    left = None if limits.cost is None else max(0.0, limits.cost - (used.cost or 0.0))
    return replace(limits, tokens=limits.tokens - used.usage.total_tokens, cost=left)
