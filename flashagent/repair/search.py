"""Try candidates in sandboxed workers, best first, until time, candidates or interest run out.

All candidates run in worker processes; here is only the order in which they go out and what comes back.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flashagent.repair.localize import TestRun
from flashagent.repair.mutate import Mutation, patched
from flashagent.repair.plan import timed
from flashagent.repair.pool import Pool, Slot
from flashagent.repair.source import Source
from flashagent.repair.workers import WorkerGone

WARM_BATCH, COLD_BATCH = 24, 3
COLD_HANDICAP = 0.3  # a fresh import takes so much longer that only the better ones are worth it
MAX_PLAUSIBLE, CONFIRMED_INLINE = 40, 6
COLD_ROUND = 1200
COVER_CAP = 80


@dataclass(frozen=True, slots=True)
class Plausible:
    """A candidate that made the failing tests pass and broke none of those that run its function."""

    order: int
    mutation: Mutation
    seconds: float
    confirmed: bool


@dataclass(slots=True)
class Tally:
    """What the search has done so far; read by the progress line while it runs."""

    tried: int = 0
    candidates: int = 0
    plausible: list[Plausible] = field(default_factory=list)
    partial: dict[int, int] = field(default_factory=dict)
    dirty: int = 0
    unreachable: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Task:
    order: int
    mutation: Mutation
    cold: bool
    alone: bool = False


class Search:
    """One search over one list of candidates. `sources` by path relative to `root`; `runs` as the workers told them."""

    def __init__(self, pool: Pool, root: Path, sources: Mapping[str, Source], runs: Sequence[TestRun],
                 candidates: Sequence[Mutation], arguments: Callable[[Sequence[str]], list[str]],
                 settle_s: float = 10.0) -> None:  # fmt: skip
        self._pool = pool
        self._root = root
        self._sources = sources
        self._runs = runs
        self._arguments = arguments
        self._settle_s = settle_s
        self.tally = Tally(candidates=len(candidates))
        self._candidates = candidates
        self._warm = deque(Task(i, m, False) for i, m in enumerate(candidates) if not m.cold)
        self._cold = deque(Task(i, m, True) for i, m in enumerate(candidates) if m.cold)
        self._again: deque[Task] = deque()
        failing = sorted((r for r in runs if not r.passed), key=lambda r: (bool(r.stack), r.cpu_s, r.test_id))
        self._failing = [timed(run) for run in failing]
        self._broken: list[dict[str, Any]] = []
        self._cover = _cover(runs, sources)
        self._control = self._control_tests()
        self._stop_at = 0.0
        self._began = time.monotonic()

    def add_broken(self, tests: Sequence[str]) -> None:
        """Test files that do not load: every candidate must make them load and pass. Only fresh imports can show it."""
        self._failing += [{"id": test, "cpu": 5.0, "outcome": ""} for test in tests]
        self._cold = deque(Task(i, m, True) for i, m in enumerate(self._candidates))
        self._warm.clear()

    async def run(self, deadline: float) -> Tally:
        """Search until `deadline` (monotonic seconds) or until the stop rule holds. Cancelling is safe: the pool ends
        the processes."""
        self._began = time.monotonic()
        self._stop_at = deadline
        await self._all_slots()
        if not self.tally.plausible and time.monotonic() < self._stop_at:
            # Leaking state or code that no swap reaches may have hidden the right one: fresh processes for the best.
            self._cold.extend(
                Task(i, m, True) for i, m in enumerate(self._candidates[:COLD_ROUND]) if not m.cold
            )
            await self._all_slots()
        self.tally.seconds = time.monotonic() - self._began
        self.tally.plausible.sort(key=lambda p: p.order)
        return self.tally

    async def _all_slots(self) -> None:
        async with asyncio.TaskGroup() as group:
            for slot in self._pool.slots:
                group.create_task(self._serve(slot))

    async def _serve(self, slot: Slot) -> None:
        failures = 0
        while time.monotonic() < self._stop_at and failures < 3:
            batch = self._next_batch()
            if not batch:
                return
            try:
                await self._carry_out(slot, batch)
            except WorkerGone:
                failures += 1
                await slot.drop(cold=batch[0].cold)

    def _next_batch(self) -> list[Task]:
        """The next candidates of one kind, the likelier kind first."""
        if self._again:
            return [self._again.popleft()]
        warm, cold = self._warm, self._cold
        take_cold = bool(cold) and (
            not warm or cold[0].mutation.score * COLD_HANDICAP > warm[0].mutation.score
        )  # fmt: skip
        queue, size = (cold, COLD_BATCH) if take_cold else (warm, WARM_BATCH)
        return [queue.popleft() for _ in range(min(size, len(queue)))]

    async def _carry_out(self, slot: Slot, batch: list[Task]) -> None:
        answer = await self._ask(slot, batch)
        if not answer.get("clean", True) and len(batch) > 1:
            self.tally.dirty += 1
            self._again.extend(Task(t.order, t.mutation, t.cold, alone=True) for t in batch)
            return
        for task, result in zip(batch, answer["results"], strict=True):
            await self._note(slot, task, result)

    async def _note(self, slot: Slot, task: Task, result: Mapping[str, Any]) -> None:
        verdict = result.get("verdict")
        if verdict == "unreachable":
            self.tally.unreachable += 1
            if len(self._cold) < COLD_ROUND:
                self._cold.append(Task(task.order, task.mutation, True))
            return
        self.tally.tried += 1
        fixed = int(result.get("fixed", 0))
        if verdict in ("failed", "regressed") and fixed > 0:
            self.tally.partial[task.order] = fixed
        if verdict == "plausible":
            await self._keep(slot, task)

    async def _keep(self, slot: Slot, task: Task) -> None:
        """Note a plausible candidate, the first ones only after a fresh process agreed; then the clock of the stop
        rule runs."""
        confirmed = task.cold
        if not confirmed and len(self.tally.plausible) < CONFIRMED_INLINE:
            again = await self._ask(slot, [Task(task.order, task.mutation, True)])
            if again["results"][0].get("verdict") != "plausible":
                return
            confirmed = True
        since = time.monotonic() - self._began
        if not self.tally.plausible:
            self._stop_at = min(self._stop_at, time.monotonic() + max(self._settle_s, since))
        if any(p.order == task.order for p in self.tally.plausible):
            return
        self.tally.plausible.append(Plausible(task.order, task.mutation, since, confirmed))
        if len(self.tally.plausible) >= MAX_PLAUSIBLE:
            self._stop_at = 0.0

    async def _ask(self, slot: Slot, batch: list[Task]) -> dict[str, Any]:
        cold = batch[0].cold
        units = dict.fromkeys(self.unit_key(t.mutation) for t in batch)
        cover = {unit: self._covering(unit) for unit in units}
        tests = [*self._failing, *(t for tests in cover.values() for t in tests)]
        request: dict[str, Any] = {
            "do": "try",
            "candidates": [self.message(t.mutation, cold) for t in batch],
            "failing": self._failing,
            "cover": cover,
            "control": [] if cold else self._control,
            "batch": 1 if cold or batch[0].alone else len(batch),
            "wall": min(60.0, 4.0 + 4.0 * sum(t["cpu"] for t in tests)),
        }
        if cold:
            request["failing"], request["cover"] = (
                patient(self._failing),
                {u: patient(t) for u, t in cover.items()},
            )
            request["arguments"] = self._arguments([t["id"] for t in tests])
            request["import_cpu"] = 20.0
            request["wall"] += 15.0
        worker = await (slot.cold() if cold else slot.warm())
        return await worker.ask(request)

    # what goes out

    def message(self, mutation: Mutation, cold: bool) -> dict[str, Any]:
        """A candidate as a worker takes it."""
        source = self._sources[mutation.path]
        path = str((self._root / mutation.path).resolve())
        if cold:
            return {"path": path, "text": patched(source, mutation), "cover": self.unit_key(mutation)}
        unit = source.units[mutation.unit]
        code, offset = source.unit_text(unit, mutation.edits)
        return {
            "path": path, "line": unit.first_line, "name": unit.name, "code": code, "offset": offset,
            "cover": self.unit_key(mutation),
        }  # fmt: skip

    def unit_key(self, mutation: Mutation) -> str:
        return f"{mutation.path}:{mutation.unit}"

    def _covering(self, unit: str) -> list[dict[str, Any]]:
        """Passing tests that run the function (or, for module level, the file), fast ones first."""
        runs = sorted(self._cover.get(unit, ()), key=lambda r: (r.cpu_s, r.test_id))
        return [timed(run) for run in runs[:COVER_CAP]]

    def covering(self, mutation: Mutation) -> list[TestRun]:
        """Passing tests that run a changed line itself."""
        source = self._sources[mutation.path]
        last = source.line_at(max(e.end for e in mutation.edits))
        lines = {mutation.statement, *range(mutation.line, last + 1)}
        passing = (run for run in self._runs if run.passed)
        return [run for run in passing if lines & run.lines.get(mutation.path, frozenset())]

    def _control_tests(self) -> list[dict[str, Any]]:
        quick = [r for r in self._runs if not r.stack and r.cpu_s < 0.05]
        red = [r for r in quick if not r.passed][:1]
        green = sorted(
            (r for r in quick if r.passed), key=lambda r: (-sum(map(len, r.lines.values())), r.test_id)
        )[:1]
        return [timed(run) for run in [*red, *green]]


def patient(tests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same tests with more time: in a fresh process everything is done for the first time."""
    return [{**test, "cpu": 5.0 * float(test["cpu"]) + 0.2} for test in tests]


def _cover(runs: Sequence[TestRun], sources: Mapping[str, Source]) -> dict[str, list[TestRun]]:
    """Passing tests by the function they run ('path:first line'), and by file under 'path:0'."""
    covered: dict[str, list[TestRun]] = {}
    for run in runs:
        if not run.passed:
            continue
        for path, lines in run.lines.items():
            if path not in sources:
                continue
            units = {u.first_line for line in lines if (u := sources[path].unit_of_line(line)) is not None}
            for first in [0, *sorted(units)]:
                covered.setdefault(f"{path}:{first}", []).append(run)
    return covered
