"""Try candidates in sandboxed workers, best first, until candidates or time run out.

All candidates run in worker processes; here is only the order in which they go out and what comes back.
"""

from __future__ import annotations

import ast
import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.repair import livedata
from flashagent.repair.localize import TestRun
from flashagent.repair.mutate import Mutation, patched
from flashagent.repair.plan import timed
from flashagent.repair.pool import Pool, Slot
from flashagent.repair.schedule import Task, batches, last_place, pairs, tasks
from flashagent.repair.source import Edit, Source
from flashagent.repair.workers import WorkerGone

MAX_PLAUSIBLE, CONFIRMED = 40, 6
FIRST_ROUND, COLD_ROUND, LIVE_ROUND = 4000, 1200, 300
COVER_CAP = 80


@dataclass(frozen=True, slots=True)
class Plausible:
    """A candidate that made the failing tests pass and broke none of those that run its function. `order` is its place
    among all candidates; `confirmed` = a process of its own agreed."""

    order: int
    mutation: Mutation
    seconds: float
    confirmed: bool


@dataclass(slots=True)
class Tally:
    """What the search has done so far; read by the progress line while it runs. `partial` has the failing tests that a
    candidate made pass, by the candidate's place."""

    tried: int = 0
    candidates: int = 0
    plausible: list[Plausible] = field(default_factory=list)
    partial: dict[int, tuple[int, Mutation]] = field(default_factory=dict)
    dirty: int = 0
    seconds: float = 0.0


class Search:
    """One search over one list of candidates. `sources` by path relative to `root`; `runs` as the workers told them.

    What is tried depends on counts alone, so the same seed gives the same patches on one core and on many; the clock
    ends a search only at its deadline, or when `patience_s` (or as long again as it took) is over after the first patch.
    """

    def __init__(self, pool: Pool, root: Path, sources: Mapping[str, Source], runs: Sequence[TestRun],
                 candidates: Sequence[Mutation], arguments: Callable[[Sequence[str]], list[str]],
                 patience_s: float = 20.0) -> None:  # fmt: skip
        self._pool = pool
        self._root = root
        self._sources = sources
        self._runs = runs
        self._arguments = arguments
        self._patience_s = patience_s
        self.tally = Tally(candidates=len(candidates))
        self._candidates = candidates
        self._queue: deque[list[Task]] = deque()
        self._unreachable: list[Task] = []
        self._rejected: dict[int, Mutation] = {}
        self._only_cold = False
        failing = sorted(
            (r for r in runs if not r.passed), key=lambda r: (bool(r.stack), round(r.cpu_s, 1), r.test_id)
        )
        self._failing = [timed(run) for run in failing]
        self._cover = _cover(runs, sources)
        self._control = self._control_tests()
        self._stop_at = 0.0
        self._began = time.monotonic()

    def add_broken(self, tests: Sequence[str]) -> None:
        """Test files that do not load: every candidate must make them load and pass. Only fresh imports can show it."""
        self._failing += [{"id": test, "cpu": 5.0, "outcome": ""} for test in tests]
        self._only_cold = True

    async def run(self, deadline: float) -> Tally:
        """Search until `deadline` (monotonic seconds) or until the stop rule holds. Cancelling is safe: the pool ends
        the processes."""
        self._began = time.monotonic()
        self._stop_at = deadline
        ordered = tasks(self._candidates, cold=self._only_cold)
        await self._round(ordered[:FIRST_ROUND])
        if self.tally.dirty:
            # State leaks from one candidate into the next, perhaps unseen: the best again, each in a process of its own.
            best = (t for t in ordered[:COLD_ROUND] if not t.cold)
            await self._round([Task(t.place, t.mutation, False, alone=True) for t in best])
        if not self.tally.plausible:
            both = pairs(self.tally.partial, [t.mutation for t in ordered])
            self.tally.candidates += len(both)
            await self._round(tasks(both, len(ordered), cold=self._only_cold))
        await self._round(ordered[FIRST_ROUND:])
        if not self.tally.plausible:
            # Leaking state or code that no swap reaches may have hidden the right one: fresh processes for the best.
            data = [t for t in ordered if t.mutation.live and not t.cold][:LIVE_ROUND]
            hidden = [*self._unreachable, *data, *(t for t in ordered[:COLD_ROUND] if not t.cold)]
            again = {t.place: Task(t.place, t.mutation, True) for t in hidden}
            await self._round(sorted(again.values(), key=lambda t: t.place))
        self.tally.seconds = time.monotonic() - self._began
        self.tally.plausible = self._settled()
        return self.tally

    async def _round(self, some: Sequence[Task]) -> None:
        """All of these candidates, or as far as the stop rule lets it go; ends when every answer is in."""
        self._queue = deque(batches(some))
        async with asyncio.TaskGroup() as group:
            for slot in self._pool.slots:
                group.create_task(self._serve(slot))

    async def _serve(self, slot: Slot) -> None:
        failures = 0
        while time.monotonic() < self._stop_at and failures < 3 and self._queue:
            limit = self._limit()
            batch = [t for t in self._queue.popleft() if limit is None or t.place <= limit]
            if not batch:
                continue
            try:
                await self._carry_out(slot, batch)
            except WorkerGone:
                failures += 1
                await slot.drop(cold=batch[0].cold)

    def _limit(self) -> int | None:
        return last_place([p.order for p in self.tally.plausible], MAX_PLAUSIBLE)

    def _settled(self) -> list[Plausible]:
        """The plausible candidates up to the place where the search may stop. The first few must have been confirmed;
        what lies behind those counts unconfirmed, whether or not somebody had the time to ask."""
        found = [*self.tally.plausible, *(Plausible(n, m, 0.0, False) for n, m in self._rejected.items())]
        limit = self._limit()
        kept: list[Plausible] = []
        for one in sorted(found, key=lambda p: p.order):
            settled = sum(p.confirmed for p in kept) >= CONFIRMED
            if (settled or one.confirmed) and (limit is None or one.order <= limit):
                kept.append(one)
        return kept[:MAX_PLAUSIBLE]

    async def _carry_out(self, slot: Slot, batch: list[Task]) -> None:
        answer = await self._ask(slot, batch)
        if not answer.get("clean", True) and not batch[0].alone:
            self.tally.dirty += 1
            self._queue.extendleft([Task(t.place, t.mutation, t.cold, alone=True)] for t in reversed(batch))
            return
        for task, result in zip(batch, answer["results"], strict=True):
            await self._note(slot, task, result)

    async def _note(self, slot: Slot, task: Task, result: Mapping[str, Any]) -> None:
        verdict = result.get("verdict")
        if verdict == "unreachable":
            if len(self._unreachable) < COLD_ROUND:
                self._unreachable.append(task)
            return
        self.tally.tried += 1
        fixed = int(result.get("fixed", 0))
        if verdict in ("failed", "regressed") and fixed > 0:
            self.tally.partial[task.place] = (fixed, task.mutation)
        if verdict == "plausible":
            await self._keep(slot, task)

    async def _keep(self, slot: Slot, task: Task) -> None:
        """Note a plausible candidate, the first ones only after a fresh process agreed; the first of all starts the
        clock of the patience."""
        confirmed = task.cold
        ahead = sum(p.confirmed and p.order < task.place for p in self.tally.plausible)
        if not confirmed and ahead < CONFIRMED:
            again = await self._ask(slot, [Task(task.place, task.mutation, True)])
            if again["results"][0].get("verdict") != "plausible":
                self._rejected[task.place] = task.mutation
                return
            confirmed = True
        since = time.monotonic() - self._began
        if not self.tally.plausible:
            self._stop_at = min(self._stop_at, time.monotonic() + max(self._patience_s, since))
        if not any(p.order == task.place for p in self.tally.plausible):
            self.tally.plausible.append(Plausible(task.place, task.mutation, since, confirmed))

    async def _ask(self, slot: Slot, batch: list[Task]) -> dict[str, Any]:
        cold = batch[0].cold
        alone = cold or batch[0].alone or self.tally.dirty > 0
        cover = {self.unit_key(t.mutation): self._covering(t.mutation) for t in batch}
        tests = [*self._failing, *(t for tests in cover.values() for t in tests)]
        request: dict[str, Any] = {
            "do": "try",
            "candidates": [self.message(t.mutation, cold) for t in batch],
            "failing": self._failing,
            "cover": cover,
            "control": [] if alone else self._control,
            "batch": 1 if alone else len(batch),
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
        live = mutation.cold and mutation.live
        parts = [livedata.part(source, path, mutation.edits)] if live else self._parts(source, path, mutation)
        return {"parts": parts, "cover": self.unit_key(mutation)}

    def _parts(self, source: Source, path: str, mutation: Mutation) -> list[dict[str, Any]]:
        """The changed functions, each as one text."""
        edits: dict[int, list[Edit]] = {}
        for edit in mutation.edits:
            edits.setdefault(self._unit_line(source, mutation, edit), []).append(edit)
        parts = []
        for first_line, some in edits.items():
            unit = source.units[first_line]
            code, offset = source.unit_text(unit, some)
            parts.append(
                {"path": path, "line": first_line, "name": unit.name, "code": code, "offset": offset}
            )
        return parts

    def _unit_line(self, source: Source, mutation: Mutation, edit: Edit) -> int:
        """The first line of the function that an edit belongs to; an insertion behind its last line does too."""
        unit = source.units.get(mutation.unit)
        if unit is not None:
            last = unit.node.end_lineno or unit.first_line
            line = source.line_at(edit.start)
            if unit.first_line <= line <= last or (line == last + 1 and edit.start == edit.end):
                return unit.first_line
        other = source.unit_of_line(source.line_at(edit.start)) or source.unit_of_line(
            source.line_at(edit.start) - 1
        )
        return other.first_line if other is not None else mutation.unit

    def unit_key(self, mutation: Mutation) -> str:
        return f"{mutation.path}:{'+'.join(map(str, self._unit_lines(mutation)))}"

    def _unit_lines(self, mutation: Mutation) -> list[int]:
        source = self._sources[mutation.path]
        return sorted({self._unit_line(source, mutation, edit) for edit in mutation.edits})

    def _covering(self, mutation: Mutation) -> list[dict[str, Any]]:
        """Passing tests that run the function (or, for module level, the file), fast ones first."""
        lines = self._unit_lines(mutation)
        found = {run.test_id: run for line in lines for run in self._cover.get(f"{mutation.path}:{line}", ())}
        runs = sorted(found.values(), key=lambda r: (r.cpu_s, r.test_id))
        return [timed(run) for run in runs[:COVER_CAP]]

    def covering(self, mutation: Mutation) -> list[TestRun]:
        """Passing tests that run a changed line itself, or a line that names what it gives a value."""
        source = self._sources[mutation.path]
        if mutation.cold and mutation.live:
            return self._reading(source, livedata.names_changed(source, mutation.edits))
        spans = ((source.line_at(e.start), source.line_at(e.end)) for e in mutation.edits)
        lines = {mutation.statement, *(line for first, last in spans for line in range(first, last + 1))}
        passing = (run for run in self._runs if run.passed)
        return [run for run in passing if lines & run.lines.get(mutation.path, frozenset())]

    def _reading(self, source: Source, names: Sequence[str]) -> list[TestRun]:
        """Passing tests that run a line of the file on which one of the names stands."""
        lines = {
            node.lineno
            for node in ast.walk(source.tree)
            if (isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load))
            or (isinstance(node, ast.Attribute) and node.attr in names)
            or (isinstance(node, ast.FunctionDef) and node.name in names)
        }
        lines |= {
            n.body[0].lineno
            for n in ast.walk(source.tree)
            if isinstance(n, ast.FunctionDef) and n.name in names
        }
        return [run for run in self._runs if run.passed and lines & run.lines.get(source.path, frozenset())]

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
