"""The order of a search on answers that are made up: how many fresh imports it spends, and on what."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import count
from typing import Any, cast

import pytest

from flashagent.repair.mutate import Mutation
from flashagent.repair.pool import Pool
from flashagent.repair.schedule import SETTLE, WARM_BATCH, Task
from flashagent.repair.search import COLD_ROUND, COLD_SETTLE, UNHIDDEN_ROUND, Search
from flashagent.repair.source import Edit
from flashagent.repair.trials import Trials
from flashagent.repair.workers import WorkerGone

Answer = Callable[[Task], dict[str, Any]]


class Answering:
    """A pool of one seat whose worker answers by rule, and the trials that it is asked; `asked` is all it was asked."""

    def __init__(self, answer: Answer, leaks: bool = False) -> None:
        self._answer, self._leaks = answer, leaks
        self.asked: list[Task] = []

    async def everywhere(self, work: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
        await work(self)

    async def spread(self, tests: Sequence[str], request: dict[str, Any]) -> dict[str, dict[str, Any]]:
        return {}

    async def warm(self) -> Answering:
        return self

    async def cold(self) -> Answering:
        return self

    async def drop(self, *, cold: bool) -> None: ...

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        batch: list[Task] = request["batch"]
        self.asked += batch
        leaks = self._leaks and not batch[0].alone and not batch[0].cold
        return {"results": [self._answer(task) for task in batch], "clean": not leaks}

    def counting(self, units: Sequence[tuple[str, int]]) -> tuple[list[str], dict[str, Any]]:
        return [], {}

    def learn_rounds(self, units: Sequence[tuple[str, int]], counted: dict[str, Any]) -> None: ...

    def trial(self, batch: Sequence[Task], *, alone: bool) -> dict[str, Any]:
        return {"batch": list(batch)}

    @property
    def fresh(self) -> list[int]:
        return [task.place for task in self.asked if task.cold]


def candidates(number: int, cold: frozenset[int] = frozenset()) -> list[Mutation]:
    return [
        Mutation(
            "m.py", (Edit(n, n, "x"),), "t", 1, 1.0 / (1 + n) / (0.3 if n in cold else 1.0), "", n in cold
        )
        for n in range(number)
    ]


async def searched(pool: Answering, some: Sequence[Mutation]) -> Search:
    search = Search(cast(Pool, pool), cast(Trials, pool), some)
    await search.run(time.monotonic() + 600.0)
    return search


def failed(task: Task) -> dict[str, Any]:
    return {"verdict": "failed", "fixed": 0}


@pytest.mark.parametrize(("leaks", "most"), [(False, UNHIDDEN_ROUND), (True, COLD_ROUND)])
async def test_without_a_sign_of_hidden_state_few_are_imported_anew(leaks: bool, most: int) -> None:
    pool = Answering(failed, leaks)
    search = await searched(pool, candidates(3000))
    assert pool.fresh == list(range(most))
    assert (search.tally.plausible, search.tally.exhausted) == ([], True)


async def test_a_search_that_the_clock_ended_is_not_exhausted() -> None:
    search = Search(cast(Pool, pool := Answering(failed)), cast(Trials, pool), candidates(100))
    await search.run(time.monotonic())
    assert (search.tally.tried, search.tally.exhausted) == (0, False)


async def test_a_search_whose_workers_went_away_is_not_exhausted() -> None:
    def gone(task: Task) -> dict[str, Any]:
        if not task.cold:
            raise WorkerGone("it ended")
        return failed(task)

    search = await searched(Answering(gone), candidates(1000))
    assert (search.tally.plausible, search.tally.exhausted) == ([], False)


async def test_behind_the_first_repair_no_far_candidate_is_imported_anew() -> None:
    def third(task: Task) -> dict[str, Any]:
        return {"verdict": "plausible" if task.mutation.edits[0].start == 3 else "failed", "fixed": 1}

    near, far = 3 + COLD_SETTLE, 3 + COLD_SETTLE + 1
    pool = Answering(third)
    search = await searched(pool, candidates(1000, cold=frozenset({near, far, 900})))
    assert [p.order for p in search.tally.plausible] == [3]
    assert pool.fresh == [3, near]  # the repair is asked for once more in a fresh process
    assert search.tally.hurried is False


async def test_what_no_swap_reaches_is_imported_anew() -> None:
    def unreachable(task: Task) -> dict[str, Any]:
        return failed(task) if task.cold or task.place != 700 else {"verdict": "unreachable"}

    pool = Answering(unreachable)
    await searched(pool, candidates(1000))
    assert pool.fresh == [*range(UNHIDDEN_ROUND), 700]


def endless(made: list[int]) -> Iterator[Mutation]:
    for number in count():
        made.append(number)
        yield Mutation("m.py", (Edit(number, number, "y"),), "e", 1, 0.01, "enumerated", False)


async def test_small_changes_are_made_while_they_are_tried_and_only_when_nothing_else_was_found() -> None:
    made: list[int] = []

    async def last() -> Iterator[Mutation]:
        return endless(made)

    def hundredth(task: Task) -> dict[str, Any]:
        found = task.mutation.edits == (Edit(100, 100, "y"),)
        return {"verdict": "plausible", "fixed": 1} if found else failed(task)

    pool = Answering(hundredth)
    search = Search(cast(Pool, pool), cast(Trials, pool), candidates(200), last=last)
    await search.run(time.monotonic() + 600.0)
    assert [p.mutation.template for p in search.tally.plausible] == ["e"]
    assert 100 + SETTLE <= len(made) <= 100 + SETTLE + WARM_BATCH
    assert search.tally.hurried is False

    made.clear()
    found = Answering(lambda task: {"verdict": "plausible" if task.place == 5 else "failed", "fixed": 1})
    search = Search(cast(Pool, found), cast(Trials, found), candidates(200), last=last)
    await search.run(time.monotonic() + 600.0)
    assert ([p.order for p in search.tally.plausible], made) == ([5], [])
