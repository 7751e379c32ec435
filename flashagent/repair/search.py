"""Try candidates in sandboxed workers, best first, until candidates or time run out.

All candidates run in worker processes; here is only the order in which they go out and what comes back.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.repair.mutate import Mutation
from flashagent.repair.phases import Phases
from flashagent.repair.pool import Pool, Slot
from flashagent.repair.schedule import PAIRS, Task, batches, drawn, last_place, pairs, tasks
from flashagent.repair.trials import Trials
from flashagent.repair.workers import WorkerGone

MAX_PLAUSIBLE, CONFIRMED = 40, 6
FIRST_ROUND, COLD_ROUND, LIVE_ROUND, CUT_ROUND = 4000, 1200, 300, 300
# Fresh imports cost a hundred times what a swap does. Where nothing speaks for hidden state few are worth it, and so is a
# second patch that is far behind the first.
UNHIDDEN_ROUND, UNREACHED_ROUND, COLD_SETTLE = 150, 600, 200
COUNTED_UNITS = 400
MOST_LOST = 6  # workers of one seat, one after the other
Later = Callable[[], Awaitable[Sequence[Mutation]]]
Last = Callable[[], Awaitable[Iterator[Mutation]]]


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
    candidate made pass, by the candidate's place. `hurried` = the clock ended the search before it had looked for others as
    long as the stop rule asks; `exhausted` = every candidate that is worth a try was tried."""

    tried: int = 0
    candidates: int = 0
    plausible: list[Plausible] = field(default_factory=list)
    partial: dict[int, tuple[int, Mutation]] = field(default_factory=dict)
    dirty: int = 0
    hurried: bool = False
    exhausted: bool = False
    seconds: float = 0.0


class Search:
    """One search over one list of candidates.

    What is tried depends on counts alone, so the same seed gives the same patches on one core and on many; the clock
    ends a search only at its deadline, or when `patience_s` (or as long again as it took) is over after the first patch.
    """

    def __init__(
        self, pool: Pool, trials: Trials, candidates: Sequence[Mutation], patience_s: float = 20.0,
        later: Later | None = None, phases: Phases | None = None, last: Last | None = None,
    ) -> None:  # fmt: skip
        """`later` is asked for further candidates, to be tried by fresh imports, when the best of these are no repair;
        `last`, when nothing else is left, for ever more in the order in which they should be tried, made as they are taken;
        `phases` takes the seconds of each round."""
        self._pool = pool
        self._phases = phases or Phases()
        self._later = later
        self._last = last
        self.trials = trials
        self._patience_s = patience_s
        self.tally = Tally(candidates=len(candidates))
        self._candidates = candidates
        self._queue: deque[list[Task]] = deque()
        self._drawn: Iterator[list[Task]] = iter(())
        self._begins = 0  # the place from which the stop rule counts
        self._reached = 0  # how far candidates were made
        self._gave_up = False  # a seat lost too many workers: what it would have tried is left
        self._unreachable: list[Task] = []
        self._cut: list[Task] = []
        self._rejected: dict[int, Mutation] = {}
        self._only_cold = False
        self._stop_at = 0.0
        self._began = time.monotonic()

    def add_broken(self, tests: Sequence[str]) -> None:
        """Test files that do not load: every candidate must make them load and pass. Only fresh imports can show it."""
        self.trials.add_broken(tests)
        self._only_cold = True

    async def run(self, deadline: float) -> Tally:
        """Search until `deadline` (monotonic seconds) or until the stop rule holds. Cancelling is safe: the pool ends
        the processes."""
        self._began = time.monotonic()
        self._stop_at = deadline
        ordered = tasks(self._candidates, cold=self._only_cold)
        if not self._only_cold:
            with self._phases("counting"):
                await self._count()
        await self._round("search", ordered[:FIRST_ROUND])
        if self.tally.dirty:
            # State leaks from one candidate into the next, perhaps unseen: the best again, each in a process of its own.
            best = (t for t in ordered[:COLD_ROUND] if not t.cold)
            await self._round("search alone", [Task(t.place, t.mutation, False, alone=True) for t in best])
        if not self.tally.plausible and self._later is not None:
            more = await self._later()
            self.tally.candidates += len(more)
            await self._round("search loading", tasks(more, len(ordered) + PAIRS, cold=True))
        if not self.tally.plausible:
            both = pairs(self.tally.partial, [t.mutation for t in ordered])
            self.tally.candidates += len(both)
            await self._round("search pairs", tasks(both, len(ordered), cold=self._only_cold))
        await self._round("search rest", ordered[FIRST_ROUND:])
        if not self.tally.plausible:
            # A repair may well make many more rounds than the faulty code did: the clock decides for these.
            cut = sorted(self._cut, key=lambda t: t.place)
            await self._round("search uncounted", [replace(t, uncounted=True) for t in cut])
        if not self.tally.plausible:
            # Leaking state or code that no swap reaches may have hidden the right one: fresh processes for the best.
            data = [t for t in ordered if t.mutation.live and not t.cold][:LIVE_ROUND]
            most = COLD_ROUND if self._hides() else UNHIDDEN_ROUND
            hidden = [*self._unreachable, *data, *(t for t in ordered[:most] if not t.cold)]
            again = {t.place: Task(t.place, t.mutation, True) for t in hidden}
            await self._round("search fresh", sorted(again.values(), key=lambda t: t.place))
        if not self.tally.plausible and self._last is not None and not self._only_cold:
            await self._enumerate(await self._last(), 2 * (len(ordered) + PAIRS))
        self.tally.exhausted = not self._gave_up and time.monotonic() < self._stop_at
        self.tally.seconds = time.monotonic() - self._began
        self.tally.plausible = self._settled()
        return self.tally

    async def _count(self) -> None:
        """How many rounds each function that may be changed makes in each test."""
        inside = (m for m in self._candidates if not m.cold and m.unit)
        units = list(dict.fromkeys((m.path, m.unit) for m in inside))[:COUNTED_UNITS]
        tests, request = self.trials.counting(units)
        try:
            self.trials.learn_rounds(units, await self._pool.spread(tests, request))
        except WorkerGone:
            return  # a clock cuts the loops then

    async def _round(self, name: str, some: Sequence[Task]) -> None:
        """All of these candidates, or as far as the stop rule lets it go; ends when every answer is in."""
        if not some:
            return
        self._queue = deque(batches(some))
        with self._phases(name):
            await self._pool.everywhere(self._serve)
        limit = self._limit()
        if limit is not None and any(self._wanted(task, limit) for batch in self._queue for task in batch):
            self.tally.hurried = True

    async def _enumerate(self, some: Iterator[Mutation], first_place: int) -> None:
        """Candidates that are made while they are tried, until the time is over or the stop rule holds. A place behind all
        others begins them, so that the rule counts these alone."""
        self._begins = first_place
        self._drawn = drawn(some, first_place)
        with self._phases("search enumerated"):
            await self._pool.everywhere(self._serve)
        self.tally.hurried = self.tally.hurried or (bool(self.tally.plausible) and not self._is_over())

    def _next(self) -> list[Task] | None:
        """The next batch; None when there is none, or the stop rule holds for all that come."""
        if self._queue:
            return self._queue.popleft()
        if self._is_over():
            return None
        batch = next(self._drawn, None)
        if batch is not None:
            self.tally.candidates += len(batch)
            self._reached = batch[-1].place
        return batch

    def _is_over(self) -> bool:
        limit = self._limit()
        return limit is not None and self._reached >= limit

    def _hides(self) -> bool:
        """Was there a sign that candidates were not seen as they are: state that stayed, a pass that a fresh process did
        not confirm?"""
        return bool(self.tally.dirty or self._rejected)

    def _wanted(self, task: Task, limit: int | None) -> bool:
        if limit is None:
            return True
        near = min(p.order for p in self.tally.plausible) + COLD_SETTLE
        return task.place <= (min(limit, near) if task.cold else limit)

    async def _serve(self, slot: Slot) -> None:
        failures = 0
        while time.monotonic() < self._stop_at and failures < MOST_LOST:
            taken = self._next()
            if taken is None:
                return
            limit = self._limit()
            batch = [t for t in taken if self._wanted(t, limit)]
            if not batch:
                continue
            try:
                await self._carry_out(slot, batch)
                failures = 0
            except WorkerGone:
                failures += 1
                if len(batch) > 1:  # one of them took the worker with it; the others are tried all the same
                    self._queue.extendleft([task] for task in reversed(batch))
                else:
                    self.tally.tried += 1
        self._gave_up = self._gave_up or failures >= MOST_LOST

    def _limit(self) -> int | None:
        return last_place([p.order for p in self.tally.plausible], MAX_PLAUSIBLE, self._begins)

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
            if len(self._unreachable) < UNREACHED_ROUND:
                self._unreachable.append(task)
            return
        self.tally.tried += 1
        if result.get("cut") and len(self._cut) < CUT_ROUND:
            self._cut.append(task)
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
            try:
                again = await self._ask(slot, [Task(task.place, task.mutation, True)])
            except WorkerGone:
                again = {"results": [{}]}
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
        """The answer of a worker. Raises WorkerGone; the next to ask gets another one."""
        worker = await (slot.cold() if batch[0].cold else slot.warm())
        try:
            return await worker.ask(self.trials.trial(batch, alone=self.tally.dirty > 0))
        except WorkerGone:
            await slot.drop(cold=batch[0].cold)
            raise
