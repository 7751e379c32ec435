from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from helpers.clock import FrozenClock
from hypothesis import given
from hypothesis import strategies as st

from flashagent.agent.limits import Budget, Limits
from flashagent.errors import UsageError
from flashagent.jobs.batch.events import BatchEvent, ItemFinished
from flashagent.jobs.batch.limits import SharedBudget
from flashagent.jobs.batch.running import RIVAL, Crew, WorkOn
from flashagent.jobs.batch.spec import BatchSpec, Item, Target
from flashagent.jobs.batch.store import BatchStore
from flashagent.jobs.batch.working import Worked
from flashagent.values import FileChange, Usage


class Turning(FrozenClock):
    """Time that moves on by a second whenever somebody sleeps, and lets all others run meanwhile."""

    async def sleep(self, seconds: float) -> None:
        self.seconds += 1.0
        for _ in range(5):
            await asyncio.sleep(0)


def items(count: int) -> list[Item]:
    return [Item(f"{n:04}", f"f{n}", (Target(f"f{n}"),)) for n in range(1, count + 1)]


def changed(item: Item, after: str = "y") -> Worked:
    return Worked("done", "model", (FileChange(item.title, "x", after),), "Done.")


async def crew(
    folder: Path, count: int, work: WorkOn, clock: FrozenClock, **spec: object
) -> tuple[BatchStore, list[BatchEvent], SharedBudget]:
    store = BatchStore(folder / "batch.sqlite")
    store.begin({"id": "b"}, items(count))
    events: list[BatchEvent] = []
    limits = Limits(tokens=1_000_000)
    job = BatchSpec("b", (), item_limits=limits, **{"instruction": "do it", "jobs": 3, "retries": 0, **spec})  # type: ignore[arg-type]
    budget = SharedBudget()
    made = Crew(job, store, work, clock, events.append, budget, lambda one: Budget(one, clock))
    await made.run(store.rows())
    return store, events, budget


async def test_what_takes_long_is_tried_beside_and_the_first_result_counts(tmp_path: Path) -> None:
    clock, stopped = Turning(), []

    async def work(item: Item, number: int, budget: Budget, below: Sequence[FileChange]) -> Worked:
        budget.usage += Usage(10, 0, 1)
        if item.id == "0004" and number < RIVAL:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                stopped.append(number)
                raise
        clock.seconds += 1.0
        return changed(item, f"by {number}")

    store, events, budget = await crew(tmp_path, 8, work, clock)
    with closing(store):
        rows = {row.item.id: row for row in store.rows()}
        assert {row.state for row in rows.values()} == {"done"}
        assert rows["0004"].patch[0].after == f"by {1 + RIVAL}"
        assert [one.number for one in store.attempts("0004")] == [1, 1 + RIVAL]
        assert store.spent().usage == budget.used == Usage(90, 0, 9)  # the one that was stopped counts too
    assert stopped == [1]
    ended = Counter(event.item for event in events if isinstance(event, ItemFinished))
    assert ended == Counter(item.id for item in items(8))
    assert not budget.waits


async def test_a_rival_that_is_slower_is_stopped_and_paid_for(tmp_path: Path) -> None:
    clock, first = Turning(), asyncio.Event()

    async def work(item: Item, number: int, budget: Budget, below: Sequence[FileChange]) -> Worked:
        budget.usage += Usage(1)
        if item.id == "0001" and number < RIVAL:
            await first.wait()
        elif number > RIVAL:
            first.set()
            await asyncio.Event().wait()
        clock.seconds += 1.0
        return changed(item, f"by {number}")

    store, _, budget = await crew(tmp_path, 7, work, clock)
    with closing(store):
        assert store.rows()[0].patch[0].after == "by 1"
        assert [one.state for one in store.attempts("0001")] == ["done", "waiting"]
        assert store.spent().usage == budget.used == Usage(8)
    assert not budget.waits


async def test_without_rivals_nothing_is_tried_twice(tmp_path: Path) -> None:
    clock, numbers = Turning(), []
    gate = asyncio.Event()

    async def work(item: Item, number: int, budget: Budget, below: Sequence[FileChange]) -> Worked:
        numbers.append(number)
        if len(numbers) == 8:
            gate.set()
        if item.id == "0001":
            await gate.wait()
        clock.seconds += 100.0
        return changed(item)

    store, *_ = await crew(tmp_path, 8, work, clock, rivals=False)
    store.close()
    assert numbers == [1] * 8


@given(st.lists(st.sampled_from(["done", "failed", "error", "unchanged"]), min_size=1, max_size=12))
def test_one_that_fails_stops_no_other(ends: list[str]) -> None:
    import tempfile

    async def work(item: Item, number: int, budget: Budget, below: Sequence[FileChange]) -> Worked:
        end = ends[int(item.id) - 1]
        if end == "error":
            raise RuntimeError("broken")
        return changed(item) if end == "done" else Worked(end, "model", (), "so")  # type: ignore[arg-type]

    async def whole(folder: str) -> list[str]:
        store, *_ = await crew(Path(folder), len(ends), work, FrozenClock(), rivals=False)
        with closing(store):
            return [row.state for row in store.rows()]

    with tempfile.TemporaryDirectory() as folder:
        states = asyncio.run(whole(folder))
    assert states == ["failed" if end == "error" else end for end in ends]


async def test_only_the_last_try_of_an_item_is_its_end(tmp_path: Path) -> None:
    async def work(item: Item, number: int, budget: Budget, below: Sequence[FileChange]) -> Worked:
        return Worked("failed", "model", (), f"try {number}")

    store, events, _ = await crew(tmp_path, 1, work, FrozenClock(), retries=2, rivals=False)
    store.close()
    told = [(event.message, event.retried) for event in events if isinstance(event, ItemFinished)]
    assert told == [("try 1", True), ("try 2", True), ("try 3", False)]


async def test_where_nobody_can_work_the_error_is_raised_and_all_items_wait(tmp_path: Path) -> None:
    async def work(item: Item, number: int, budget: Budget, below: Sequence[FileChange]) -> Worked:
        if item.id == "0002":
            raise UsageError("No scheduler answers.")
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    with pytest.raises(UsageError, match="No scheduler answers"):
        await crew(tmp_path, 3, work, FrozenClock())
    with closing(BatchStore(tmp_path / "batch.sqlite")) as store:
        assert [row.state for row in store.rows()] == ["waiting"] * 3


async def test_more_items_than_may_ask_are_under_way_so_that_the_model_never_waits(tmp_path: Path) -> None:
    for instruction, jobs, expected in (("do it", 4, 6), ("do it", 1, 1), ("", 4, 4)):
        started: list[str] = []
        all_wait = asyncio.Event()

        async def work(
            item: Item, number: int, budget: Budget, below: Sequence[FileChange],
            started: list[str] = started, all_wait: asyncio.Event = all_wait,
        ) -> Worked:  # fmt: skip
            started.append(item.id)
            await all_wait.wait()
            return changed(item)

        folder = tmp_path / f"{jobs}{instruction}"
        folder.mkdir()
        running = asyncio.create_task(
            crew(folder, 20, work, FrozenClock(), instruction=instruction, jobs=jobs, rivals=False)
        )
        while len(started) < expected:
            await asyncio.sleep(0)
        for _ in range(50):  # whoever else could start would have
            await asyncio.sleep(0)
        assert started == [f"{n:04}" for n in range(1, expected + 1)]
        all_wait.set()
        store, _, _ = await running
        store.close()
