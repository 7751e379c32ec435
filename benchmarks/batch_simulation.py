"""A batch past one machine, before anybody pays for it: 10,000 items on 200 workers, by the real scheduler in virtual time.

    python benchmarks/batch_simulation.py [--items N] [--workers N] [--requests-per-minute N] [--seed N]

Real: the crew with its retries, rivals and budget (`jobs/batch/running.py`), the state in SQLite, the pace that is learned
from an endpoint (`models/pace.py`) and the retry policy. Modelled: how long requests and checks take, how often an endpoint
refuses or breaks, its limits, and workers that are lost. Time is virtual: an hour passes in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import selectors
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flashagent.agent.limits import Budget, Limits
from flashagent.jobs.batch.limits import SharedBudget
from flashagent.jobs.batch.running import RIVAL, Crew
from flashagent.jobs.batch.spec import BatchSpec, Item, Target
from flashagent.jobs.batch.store import BatchStore
from flashagent.jobs.batch.working import Worked
from flashagent.models.pace import Pace
from flashagent.models.retries import RetryPolicy
from flashagent.values import FileChange, Usage

QUICK = ("--items", "300", "--workers", "20")


class _Selector(selectors.DefaultSelector):
    """Waits for nothing: the time that a loop would have slept is added to its clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.virtual = _Selector()
        super().__init__(self.virtual)
        self.set_default_executor(_Inline())

    def time(self) -> float:
        return self.virtual.now


class _Inline(ThreadPoolExecutor):
    """Runs at once, in the thread of the loop: real threads know nothing of virtual time."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*args, **more))
        except BaseException as error:
            done.set_exception(error)
        return done


@dataclass
class Clock:
    loop: _Loop

    def monotonic(self) -> float:
        return self.loop.time()

    def now(self) -> str:
        return f"2026-01-01T00:00:00.{int(self.loop.time() * 1000) % 1000:03}Z"

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Endpoint:
    """Takes `per_minute` requests (a bucket that fills evenly), tells what is left in its headers if `tells`, refuses and
    breaks now and then for no reason."""

    clock: Clock
    chance: random.Random
    per_minute: float
    tells: bool
    refused_by_chance: float = 0.02
    broken: float = 0.02
    requests: int = 0
    refused: int = 0
    busy_s: float = 0.0
    _room: float = field(default=0.0)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._room = self.per_minute / 6  # ten seconds' worth may come at once

    async def ask(self, output_tokens: int) -> tuple[int, dict[str, str]]:
        """The status and the headers, after as long as it takes."""
        self.requests += 1
        now = self.clock.monotonic()
        self._room = min(self.per_minute / 6, self._room + (now - self._at) * self.per_minute / 60)
        self._at = now
        if self._room < 1 or self.chance.random() < self.refused_by_chance:
            self.refused += 1
            await self.clock.sleep(0.05)
            return 429, self._headers()
        self._room -= 1
        first = self.chance.lognormvariate(-0.5, 0.6)
        seconds = first + output_tokens / self.chance.uniform(60, 140)
        if self.chance.random() < self.broken:
            seconds *= self.chance.random()
            await self._take(seconds)
            return 500, self._headers()
        await self._take(seconds)
        return 200, self._headers()

    async def _take(self, seconds: float) -> None:
        self.busy_s += seconds
        await self.clock.sleep(seconds)

    def _headers(self) -> dict[str, str]:
        if not self.tells:
            return {"retry-after": "2"}
        full = self.per_minute / 6
        return {
            "x-ratelimit-limit-requests": f"{full:.0f}",
            "x-ratelimit-remaining-requests": f"{int(self._room)}",
            "x-ratelimit-reset-requests": f"{(full - self._room) * 60 / self.per_minute:.2f}s",
            "retry-after": "2",
        }


@dataclass
class Cluster:
    """Workers that do one item each; with one pace for all, or one for each as on a real cluster."""

    clock: Clock
    chance: random.Random
    endpoint: Endpoint
    workers: int
    shared_pace: bool
    losses_per_hour: float
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    lost: int = 0
    worked_s: float = 0.0
    rivals: int = 0

    def __post_init__(self) -> None:
        one = Pace(self.clock)
        self._paces = [one if self.shared_pace else Pace(self.clock) for _ in range(self.workers)]
        self._free = list(range(self.workers))

    async def work(self, item: Item, number: int, budget: Budget, below: Sequence[FileChange]) -> Worked:
        self.rivals += number > RIVAL
        began = self.clock.monotonic()
        while True:
            worker = self._free.pop()
            try:
                lives = self.chance.expovariate(self.losses_per_hour / 3600) if self.losses_per_hour else 1e9
                async with asyncio.timeout(lives):
                    return await self._on(worker, item, budget)
            except TimeoutError:  # the worker is gone; another takes its place, and the item begins anew
                self.lost += 1
            finally:
                self._free.append(worker)
                self.worked_s += self.clock.monotonic() - began

    async def _on(self, worker: int, item: Item, budget: Budget) -> Worked:
        chance = random.Random(f"{item.id}-{self.chance.random()}")
        for _ in range(2 + int(chance.expovariate(0.8))):
            output = int(chance.lognormvariate(5.0, 0.6))
            if not await self._reply(self._paces[worker], output):
                return Worked("failed", "model", (), "No answer after all retries.")
            budget.usage += Usage(3_000, 2_400, output)
        await self.clock.sleep(chance.lognormvariate(2.3, 0.7))  # the check, about ten seconds
        if chance.random() < 0.06:
            return Worked("failed", "model", (), "The check stays red.")
        return Worked("done", "model", (FileChange(item.title, "x", "y"),), "Done.")

    async def _reply(self, pace: Pace, output: int) -> bool:
        began, tried = self.clock.monotonic(), 0
        while True:
            tried += 1
            await pace.ready(3_000 + output)
            status, headers = await self.endpoint.ask(output)
            if status == 200:
                pace.answered(headers)
                return True
            asked = float(headers["retry-after"]) if status == 429 else None
            if status == 429:
                pace.refused(asked, headers)
            elapsed = self.clock.monotonic() - began
            wait = self.retries.wait_s(tried, elapsed, asked, self.chance.random())
            if wait is None:
                return False
            await self.clock.sleep(wait)


def simulated(args: argparse.Namespace, *, shared: bool, tells: bool, rivals: bool) -> None:
    loop = _Loop()
    clock, chance = Clock(loop), random.Random(args.seed)
    endpoint = Endpoint(clock, chance, args.requests_per_minute, tells)
    cluster = Cluster(clock, chance, endpoint, args.workers, shared, args.losses)
    items = [Item(f"{n:05}", f"f{n}.py", (Target(f"f{n}.py"),)) for n in range(args.items)]
    spec = BatchSpec(
        "simulated",
        (),
        "do it",
        item_limits=Limits(tokens=10**9, seconds=10**9),
        jobs=args.workers,
        rivals=rivals,
    )
    fast = Path("/dev/shm")
    folder = fast if fast.is_dir() else None
    with (
        tempfile.TemporaryDirectory(dir=folder) as scratch,
        contextlib.closing(BatchStore(Path(scratch) / "batch.sqlite")) as store,
    ):
        store.begin({"id": "simulated"}, items)
        crew = Crew(
            spec, store, cluster.work, clock, lambda event: None, SharedBudget(),
            lambda limits: Budget(limits, clock),
        )  # fmt: skip
        began = time.monotonic()
        loop.run_until_complete(crew.run(store.rows()))
        real, rows = time.monotonic() - began, store.rows()
        took = sorted(attempt.seconds for row in rows for attempt in store.attempts(row.item.id))
    loop.close()
    total = clock.monotonic()
    done = sum(row.state == "done" for row in rows)
    by_work, by_limit = (
        cluster.worked_s / args.workers,
        (endpoint.requests - endpoint.refused) / args.requests_per_minute * 60,
    )
    print(f"pace {'shared' if shared else 'per worker':<10} limits {'told' if tells else 'hidden':<6} rivals {'on' if rivals else 'off':<3}: "
          f"{total / 60:6.1f} min for {done} of {len(rows)} items ({done * 60 / total:.0f} a minute); a try takes "
          f"{statistics.median(took):.0f} s, the longest {took[-1]:.0f} s")  # fmt: skip
    print(f"    {endpoint.requests} requests, {endpoint.refused} refused ({endpoint.refused / endpoint.requests:.0%}); "
          f"{cluster.lost} workers lost, {cluster.rivals} second tries; {total / max(by_work, by_limit):.2f} of the bound "
          f"({by_work / 60:.1f} min by work, {by_limit / 60:.1f} min by the limit); simulated in {real:.0f} s")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--requests-per-minute", type=float, default=1_500.0)
    parser.add_argument("--losses", type=float, default=0.5, metavar="PER_HOUR", help="of one worker (0.5)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(
        f"{args.items} items, {args.workers} workers, {args.requests_per_minute:.0f} requests a minute allowed"
    )
    for shared, tells, rivals in (
        (True, True, True),
        (True, True, False),
        (False, True, True),
        (False, False, True),
    ):
        simulated(args, shared=shared, tells=tells, rivals=rivals)
    return 0


if __name__ == "__main__":
    sys.exit(main())
