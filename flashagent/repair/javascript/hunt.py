"""The search in JavaScript from the first look to ranked patches: coverage, candidates, the failing files' tests, rank.

Ordered and stopped by counts, so that the same project gives the same patches on one core and on many until a time limit is hit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from flashagent.events import SearchProgress
from flashagent.repair.hunt import Found
from flashagent.repair.javascript.compare import Answers, compared
from flashagent.repair.javascript.lanes import Job, Lanes, Told
from flashagent.repair.javascript.look import SUFFIXES, JsLook
from flashagent.repair.javascript.mutate import mutations, ordered
from flashagent.repair.javascript.project import JsProject
from flashagent.repair.javascript.runners import JsRunner
from flashagent.repair.localize import SuspiciousLine, reported, suspicion
from flashagent.repair.mutate import Mutation
from flashagent.repair.rank import Judged, rank
from flashagent.repair.schedule import pairs
from flashagent.values import CheckReport

MAX_CANDIDATES, MAX_PLAUSIBLE = 4000, 12
BATCH, WARM_BATCH, SETTLE, MAX_PAIRS = 8, 40, 60, 400
START_CPU_S = 0.5  # more than a start of node and of a test runner needs


class JsHunt:
    """Holds what one search knows."""

    def __init__(
        self, project: JsProject, runner: JsRunner, baseline: CheckReport, lanes: Lanes, folder: str
    ) -> None:
        self.project = project
        self.look = JsLook(project, runner, baseline, lanes, folder)
        self._baseline = baseline
        self._lanes = lanes
        self._scores: dict[tuple[str, int], float] = {}
        self._candidates: list[Mutation] = []
        self._single = 0
        self._told: dict[int, Told] = {}
        self._answers = Answers()

    async def run(self, deadline: float) -> Found | str:
        """Everything until `deadline`; or why there is nothing to search."""
        await self.observe()
        if not self.look.files:
            return "No test file of the failures is known, so the search has nothing to run."
        if self.look.runs and all(run.passed for run in self.look.runs):
            return "The failing tests pass when their files are run alone: a search has nothing to go by."
        if not self._scores:
            return "No line of the project was seen running while the failing tests ran, so there is nothing to change."
        self._candidates = self._made()
        self._single = len(self._candidates)
        await self.look.warm_up()
        await self._try(deadline)
        if not self._plausible():
            await self._try_pairs(deadline)
        plausible = self._plausible()
        patches = {place: self._candidates[place] for place in plausible}
        self._answers = await compared(self.project, self._lanes, self.look.commands(), patches)
        ranked = rank([self._judged(place) for place in plausible])
        notes = [] if plausible else [self._misses()]
        return Found(tuple(ranked), self.reported(), len(self._told), tuple(note for note in notes if note))

    @property
    def warm(self) -> str:
        """The test runner that is kept warm for the candidates, '' when each takes a start."""
        return self._lanes.warm.name if self._lanes.warm is not None else ""

    # what is seen

    async def observe(self) -> None:
        """The failing test files run; the lines are scored."""
        await self.look.see()
        if not self.look.files:
            return
        slowest = max((run.cpu_s for run in self.look.runs if run.passed), default=0.5)
        self._lanes.cpu_s = round(START_CPU_S + 2.0 * slowest, 2)
        tests = {path for run in self.look.runs for path in run.lines if self.project.is_test(path)} | set(
            self.look.files
        )
        tests |= {
            f.path
            for failure in self._baseline.failures
            for f in failure.frames
            if self.project.is_test(f.path)
        }
        self._scores = suspicion(self.look.runs, self._baseline.failures, tests)

    # what is tried

    def _made(self) -> list[Mutation]:
        tests = "\n".join(self.project.text(path) or "" for path in self.look.files)
        by_path: dict[str, dict[int, float]] = {}
        for (path, line), score in self._scores.items():
            if path.endswith(SUFFIXES) and not self.project.is_test(path):
                by_path.setdefault(path, {})[line] = score
        found: list[Mutation] = []
        for path, lines in sorted(by_path.items()):
            source = self.project.javascript(path)
            if source is not None:
                found.extend(mutations(source, lines, tests))
        return ordered(found, MAX_CANDIDATES)

    def _job(self, place: int) -> Job:
        """The failing files' tests on a candidate."""
        change = self.project.change(self._candidates[place])
        files = ((change.path, change.after or ""),)
        return Job(place, self.look.commands(), files, text="green", warm=bool(self.warm))

    async def _try(self, deadline: float, first: int = 0) -> None:
        """The candidates from `first` on, in their order."""
        jobs = [self._job(place) for place in range(first, len(self._candidates))]
        # Runners that keep what they translated start faster in a tree that has seen them.
        size = WARM_BATCH if self._lanes.warm else BATCH if self.look.name == "node" else 2 * BATCH
        batches = [jobs[at : at + size] for at in range(0, len(jobs), size)]

        def go_on(job: Job) -> bool:
            last = _last(self._passing(), first)
            return time.monotonic() < deadline and (last is None or job.place <= last)

        def on_told(told: Told) -> None:
            self._told[told.place] = replace(
                told, statuses=told.statuses if self.look.genuine(told) else (1,), texts=()
            )

        await self._lanes.each(batches, on_told, go_on, deadline)

    async def _try_pairs(self, deadline: float) -> None:
        """Two edits at once, where one alone made more tests pass."""
        before = self.look.good
        partial = {
            place: (told.good - before, self._candidates[place])
            for place, told in sorted(self._told.items()) if told.good > before and not told.passed
        }  # fmt: skip
        if (self.look.name == "node" or self._lanes.warm) and len(self._told) == len(self._candidates):
            first = len(self._candidates)
            self._candidates += pairs(partial, self._candidates)[:MAX_PAIRS]
            await self._try(deadline, first)

    def _passing(self) -> list[int]:
        return sorted(place for place, told in self._told.items() if told.passed)

    def _plausible(self) -> list[int]:
        """Places of candidates that pass, none beyond the last one that was asked for."""
        places = self._passing()
        last = _last(places, self._single if places and places[0] >= self._single else 0)
        return [place for place in places if last is not None and place <= last]

    # what is said

    def _judged(self, place: int) -> Judged:
        mutation = self._candidates[place]
        on = [run.passed for run in self.look.runs if mutation.line in run.lines.get(mutation.path, ())]
        added = "".join(edit.text for edit in mutation.edits)
        answers = self._answers.get(place)
        return Judged(mutation, answers, self._answers.base if answers else (), on.count(True), max(1, on.count(False)), added,
                      self._from_test(mutation, added), self.project.pointless(mutation))  # fmt: skip

    def _from_test(self, mutation: Mutation, added: str) -> bool:
        """Does the patch bring in a value that the failing tests have, and the file has not?"""
        values = set(re.findall(r"(?<![\w.])\d{2,}(?![\w.])|'[^'\n]+'", added))
        own = self.project.text(mutation.path) or ""
        tests = "\n".join(self.project.text(path) or "" for path in self.look.files)
        return any(value in tests and value not in own for value in values)

    def _misses(self) -> str:
        if len(self._told) < len(self._candidates):
            return f"{len(self._candidates) - len(self._told)} candidates were left when the time was over."
        return ""

    def reported(self) -> tuple[SuspiciousLine, ...]:
        texts = {path: self.project.lines(path) for path, _ in self._scores}
        return reported(self._scores, self._baseline.failures, texts, {}, self.look.runs)

    def nearest_miss(self) -> str:
        return ""

    def progress(self, seconds: float) -> SearchProgress:
        plausible = [place for place, told in self._told.items() if told.passed]
        best = self._candidates[min(plausible)] if plausible else None
        words = f"{best.template} at {best.path}:{best.line}" if best is not None else ""
        return SearchProgress(
            len(self._told), len(self._candidates), len(plausible), round(seconds, 1), words
        )


def _last(places: Sequence[int], first: int = 0) -> int | None:
    """The last place that is still tried: as many again as it took from the `first` to the first plausible one, since a second
    patch is the best evidence against it. None while there is none."""
    if not places:
        return None
    limit = places[0] + max(SETTLE, places[0] - first)
    return min(limit, places[MAX_PLAUSIBLE - 1]) if len(places) >= MAX_PLAUSIBLE else limit
