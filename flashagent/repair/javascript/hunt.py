"""The search in JavaScript from the first look to ranked patches: coverage by V8, candidates, the failing files' tests, rank.

Ordered and stopped by counts, so that the same project gives the same patches on one core and on many until a time limit is hit.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from flashagent.events import SearchProgress
from flashagent.repair.hunt import Found
from flashagent.repair.javascript.compare import Answers, compared
from flashagent.repair.javascript.lanes import Job, Lanes, Told, Warm
from flashagent.repair.javascript.mutate import mutations, ordered
from flashagent.repair.javascript.project import JsProject
from flashagent.repair.javascript.runners import JsRunner
from flashagent.repair.localize import SuspiciousLine, TestRun, reported, suspicion
from flashagent.repair.mutate import Mutation
from flashagent.repair.quick.foreign import may_change, own_files
from flashagent.repair.rank import Judged, rank
from flashagent.repair.schedule import pairs
from flashagent.values import CheckReport
from flashagent.verify.frameworks import node_test
from flashagent.verify.places import Places
from flashagent.verify.tamper import is_test_file

SUFFIXES = (".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx")
KILLED = 137
_TEST = re.compile(r"^\s*(?:test|it)\(\s*['\"`]([^'\"`\n]+)['\"`]", re.MULTILINE)
MAX_FILES, MAX_TESTS, MAX_STARTS, MAX_CANDIDATES, MAX_PLAUSIBLE = 8, 60, 12, 4000, 12
BATCH, WARM_BATCH, SETTLE, OWN_FILES, MAX_PAIRS = 8, 40, 60, 10, 400
# How a warm runner may shield test files from each other, the fastest first; each must say of the tests what the check said.
MODES = {"jest": ("",), "vitest": ("vmThreads", "threads")}
WARM_CPU_S = 0.6  # more than a warm runner needs beside the tests
START_CPU_S = 0.5  # more than a start of node and of a test runner needs


class JsHunt:
    """Holds what one search knows."""

    def __init__(
        self, project: JsProject, runner: JsRunner, baseline: CheckReport, lanes: Lanes, folder: str
    ) -> None:
        self.project = project
        self._runner = runner
        self._baseline = baseline
        self._lanes = lanes
        self._folder = folder
        self._files: list[str] = []
        self._runs: list[TestRun] = []
        self._scores: dict[tuple[str, int], float] = {}
        self._candidates: list[Mutation] = []
        self._single = 0
        self._told: dict[int, Told] = {}
        self._expected: dict[str, frozenset[str]] = {}
        self._good = 0
        self._passed: frozenset[str] = frozenset()  # what passes in a warm runner when all does
        self._answers = Answers()

    async def run(self, deadline: float) -> Found | str:
        """Everything until `deadline`; or why there is nothing to search."""
        await self.observe()
        if not self._files:
            return "No test file of the failures is known, so the search has nothing to run."
        if self._runs and all(run.passed for run in self._runs):
            return "The failing tests pass when their files are run alone: a search has nothing to go by."
        if not self._scores:
            return "No line of the project was seen running while the failing tests ran, so there is nothing to change."
        self._candidates = self._made()
        self._single = len(self._candidates)
        await self._prepare()
        await self._try(deadline)
        if not self._plausible():
            await self._try_pairs(deadline)
        plausible = self._plausible()
        patches = {place: self._candidates[place] for place in plausible}
        self._answers = await compared(self.project, self._lanes, self._commands(), patches)
        ranked = rank([self._judged(place) for place in plausible])
        notes = [] if plausible else [self._misses()]
        return Found(tuple(ranked), self.reported(), len(self._told), tuple(note for note in notes if note))

    @property
    def warm(self) -> str:
        """The test runner that is kept warm for the candidates, '' when each takes a start."""
        return self._lanes.warm.name if self._lanes.warm is not None else ""

    # what is seen

    async def observe(self) -> None:
        """The failing test files run test by test under V8's coverage; the lines are scored."""
        self._files = self._failing_files()
        if not self._files:
            return
        names = await self._names()
        jobs = [
            Job(
                place,
                (tuple(self._runner.file(self._inside(path), name)),),
                coverage=True,
            )
            for place, (path, name) in enumerate(names)
        ]
        for (path, name), told in zip(names, await self._lanes.all(jobs), strict=True):
            self._runs.append(TestRun(name, path, told.passed, told.seconds, told.lines))
        self._runs = [self._with_lines(run) for run in self._runs]
        slowest = max((run.cpu_s for run in self._runs if run.passed), default=0.5)
        self._lanes.cpu_s = round(START_CPU_S + 2.0 * slowest, 2)
        tests = {path for run in self._runs for path in run.lines if self.project.is_test(path)} | set(
            self._files
        )
        tests |= {
            f.path
            for failure in self._baseline.failures
            for f in failure.frames
            if self.project.is_test(f.path)
        }
        self._scores = suspicion(self._runs, self._baseline.failures, tests)

    def _with_lines(self, run: TestRun) -> TestRun:
        """A test that was cut leaves no coverage: any line of the files that the others run may be its."""
        if run.passed or run.lines:
            return run
        seen = {path for other in self._runs for path in other.lines if not self.project.is_test(path)}
        every = {
            path: frozenset(range(1, len(self.project.lines(path)) + 1)) for path in seen or self._own_files()
        }
        return replace(run, lines=every)

    def _own_files(self) -> list[str]:
        """Files of the project that tests may run, where nothing tells."""
        every = own_files(self.project, *SUFFIXES)
        return [path for path in every if may_change(self.project, path)][:OWN_FILES]

    def _failing_files(self) -> list[str]:
        """Files of the tests that failed, by their frames and by the commands that run them alone."""
        found: dict[str, None] = {}
        for failure in self._baseline.failures:
            paths = [frame.path for frame in failure.frames if frame.in_project]
            for path in paths:
                if path.endswith(SUFFIXES) and self.project.is_test(path):
                    found[path] = None
        if not found:  # the run was cut, or its runner names no place
            every = own_files(self.project, *SUFFIXES)
            found = dict.fromkeys(path for path in every if _runs_tests(path, self.project.text(path) or ""))
        return list(found)[:MAX_FILES]

    async def _names(self) -> list[tuple[str, str]]:
        """Test file and test of what is to be traced: single tests where the runner names them, else whole files."""
        if self._runner.name != "node":
            return self._reported_names()
        jobs = [
            Job(n, (tuple(self._runner.file(self._inside(path))),), text="all")
            for n, path in enumerate(self._files)
        ]
        names: list[tuple[str, str]] = []
        green = True
        for path, told in zip(self._files, await self._lanes.all(jobs), strict=True):
            results = node_test.results("\n".join(told.texts))
            if green:  # a candidate's files are run up to the first that fails
                self._good += told.good
            green = green and told.passed
            ids = [one.test_id for one in results if one.outcome in ("passed", "failed")]
            self._expected[path] = frozenset(ids)
            leaves = [one for one in ids if not any(other.startswith(one + " > ") for other in ids)]
            if KILLED in told.statuses:  # cut before it came to the others
                leaves = list(dict.fromkeys([*leaves, *_TEST.findall(self.project.text(path) or "")]))
            red = {one.test_id for one in results if one.outcome == "failed"}
            leaves.sort(key=lambda one: one not in red)
            names += [(path, leaf) for leaf in leaves[:MAX_TESTS]] or [(path, "")]
        return names[:MAX_TESTS]

    def _reported_names(self) -> list[tuple[str, str]]:
        """Tests of the failing files as the check told them, those that failed first; each takes a start of the runner."""
        names: list[tuple[str, str]] = []
        for path in self._files:
            own = [one for one in self._baseline.results if one.test_id.startswith(path + " > ")]
            own = [one for one in own if one.outcome in ("passed", "failed")]
            red = [one for one in own if one.outcome == "failed"][:MAX_STARTS]
            green = [one for one in own if one.outcome == "passed"][: MAX_STARTS - len(red)]
            names += [(path, one.test_id.removeprefix(path + " > ")) for one in (*red, *green)] or [
                (path, "")
            ]
        return names[:MAX_TESTS]

    def _inside(self, path: str) -> str:
        return Places((), folder=self._folder).from_folder(path)

    # what is tried

    def _made(self) -> list[Mutation]:
        tests = "\n".join(self.project.text(path) or "" for path in self._files)
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

    def _commands(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(self._runner.file(self._inside(path))) for path in self._files)

    async def _prepare(self) -> None:
        """The program as it is, run as the candidates will be: how many tests pass then, and whether a warm runner sees the same."""
        known = {
            one.test_id: one.outcome for one in self._baseline.results if one.outcome in ("passed", "failed")
        }
        files = tuple(self._inside(path) for path in self._files)
        for mode in () if self._baseline.limit else MODES.get(self._runner.name, ()):
            self._lanes.warm = Warm(
                self._runner.name, files, self._runner.options, self._runner.variables, mode
            )
            told = (await self._lanes.all([self._job(-1)]))[0]
            seen = _outcomes(told, self._folder)
            if told.warm and seen and seen == {name: known[name] for name in known if name.startswith(tuple(f"{p} > " for p in self._files))}:  # fmt: skip
                self._lanes.warm = replace(self._lanes.warm, cpu_s=round(WARM_CPU_S + 4.0 * told.seconds, 2))
                self._passed = frozenset(seen)
                self._good = told.good
                return
        self._lanes.warm = None

    def _job(self, place: int) -> Job:
        """The failing files' tests on a candidate, or (-1) on the program as it is."""
        changed = self.project.change(self._candidates[place]) if place >= 0 else None
        files = ((changed.path, changed.after or ""),) if changed is not None else ()
        warm = self._lanes.warm is not None
        return Job(place, self._commands(), files, text="green" if place >= 0 else "all", warm=warm)

    async def _try(self, deadline: float, first: int = 0) -> None:
        """The candidates from `first` on, in their order."""
        jobs = [self._job(place) for place in range(first, len(self._candidates))]
        # Runners that keep what they translated start faster in a tree that has seen them.
        size = WARM_BATCH if self._lanes.warm else BATCH if self._runner.name == "node" else 2 * BATCH
        batches = [jobs[at : at + size] for at in range(0, len(jobs), size)]

        def go_on(job: Job) -> bool:
            last = _last(self._passing(), first)
            return time.monotonic() < deadline and (last is None or job.place <= last)

        def on_told(told: Told) -> None:
            self._told[told.place] = replace(
                told, statuses=told.statuses if self._genuine(told) else (1,), texts=()
            )

        await self._lanes.each(batches, on_told, go_on, deadline)

    async def _try_pairs(self, deadline: float) -> None:
        """Two edits at once, where one alone made more tests pass."""
        before = self._good
        partial = {
            place: (told.good - before, self._candidates[place])
            for place, told in sorted(self._told.items()) if told.good > before and not told.passed
        }  # fmt: skip
        if (self._runner.name == "node" or self._lanes.warm) and len(self._told) == len(self._candidates):
            first = len(self._candidates)
            self._candidates += pairs(partial, self._candidates)[:MAX_PAIRS]
            await self._try(deadline, first)

    def _genuine(self, told: Told) -> bool:
        """Did each test that is known run and pass? A process that ends early, with status 0, proves nothing."""
        if told.passed and told.warm:
            return {
                name for name, outcome in _outcomes(told, self._folder).items() if outcome == "passed"
            } >= self._passed
        if not told.passed or self._runner.name != "node":
            return True
        for path, text in zip(self._files, told.texts, strict=False):
            passed = {one.test_id for one in node_test.results(text) if one.outcome == "passed"}
            if not self._expected.get(path, frozenset()) <= passed:
                return False
        return True

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
        on = [run.passed for run in self._runs if mutation.line in run.lines.get(mutation.path, ())]
        added = "".join(edit.text for edit in mutation.edits)
        answers = self._answers.get(place)
        return Judged(mutation, answers, self._answers.base if answers else (), on.count(True), max(1, on.count(False)), added,
                      self._from_test(mutation, added), self.project.pointless(mutation))  # fmt: skip

    def _from_test(self, mutation: Mutation, added: str) -> bool:
        """Does the patch bring in a value that the failing tests have, and the file has not?"""
        values = set(re.findall(r"(?<![\w.])\d{2,}(?![\w.])|'[^'\n]+'", added))
        own = self.project.text(mutation.path) or ""
        tests = "\n".join(self.project.text(path) or "" for path in self._files)
        return any(value in tests and value not in own for value in values)

    def _misses(self) -> str:
        if len(self._told) < len(self._candidates):
            return f"{len(self._candidates) - len(self._told)} candidates were left when the time was over."
        return ""

    def reported(self) -> tuple[SuspiciousLine, ...]:
        texts = {path: self.project.lines(path) for path, _ in self._scores}
        return reported(self._scores, self._baseline.failures, texts, {}, self._runs)

    def nearest_miss(self) -> str:
        return ""

    def progress(self, seconds: float) -> SearchProgress:
        plausible = [place for place, told in self._told.items() if told.passed]
        best = self._candidates[min(plausible)] if plausible else None
        words = f"{best.template} at {best.path}:{best.line}" if best is not None else ""
        return SearchProgress(
            len(self._told), len(self._candidates), len(plausible), round(seconds, 1), words
        )


def _outcomes(told: Told, folder: str) -> dict[str, str]:
    """Tests by the names that the check gives them, with what they did in a warm runner."""
    if not told.warm or not told.texts:
        return {}
    found = {}
    for name, outcome in json.loads(told.texts[0] or "[]"):
        path, _, rest = str(name).partition(" > ")
        if outcome in ("passed", "failed"):
            found[f"{PurePosixPath(folder) / path} > {rest}"] = str(outcome)
    return found


def _runs_tests(path: str, text: str) -> bool:
    """Whether a file holds tests, and not only what tests use."""
    return (
        is_test_file(path)
        and re.search(r"^\s*(?:test|it|describe)(?:\.\w+)?\s*\(", text, re.MULTILINE) is not None
    )


def _last(places: Sequence[int], first: int = 0) -> int | None:
    """The last place that is still tried: as many again as it took from the `first` to the first plausible one, since a second
    patch is the best evidence against it. None while there is none."""
    if not places:
        return None
    limit = places[0] + max(SETTLE, places[0] - first)
    return min(limit, places[MAX_PLAUSIBLE - 1]) if len(places) >= MAX_PLAUSIBLE else limit
