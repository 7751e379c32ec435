"""What a search looks at first: the tests run plain and traced, and the suspicion that this throws on lines."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from flashagent.repair import plan
from flashagent.repair.localize import TestRun, suspicion
from flashagent.repair.phases import Phases
from flashagent.repair.pool import Pool
from flashagent.repair.project import Project
from flashagent.repair.weigh import weighed_lines
from flashagent.values import CheckReport
from flashagent.verify.commands import Check

LOOP_CPU_S = 0.4


class Look:
    """What was seen of one red check. Ask `observe` first; the pool belongs to the caller.

    `runs` are the tests whose outcome is that of the baseline, `scores` the suspicion of lines, `reasons` what speaks for some of them in words, `broken` test files that do
    not load, `modules` what tests import late, `notes` what a person should know, `untraced` why the lines of a failing test are not known ('' where they are).
    """

    def __init__(
        self, project: Project, check: Check, baseline: CheckReport, pool: Pool, phases: Phases,
        changed: frozenset[tuple[str, int]] = frozenset(),
    ) -> None:  # fmt: skip
        """`changed` are the lines of the commit that broke the test, where that is known."""
        self._project = project
        self._check = check
        self._baseline = baseline
        self._pool = pool
        self._phases = phases
        self._changed = changed
        self._test_root = ""
        self._paths: dict[str, str] = {}
        self.notes: list[str] = []
        self.runs: list[TestRun] = []
        self.scores: dict[tuple[str, int], float] = {}
        self.reasons: dict[tuple[str, int], str] = {}
        self.broken: tuple[str, ...] = ()
        self.modules: list[str] = []
        self.untraced = ""

    async def observe(self, budget_s: float) -> None:
        """Load the tests, run a sample plain, trace it, score the lines. Raises WorkerGone when nothing loads."""
        with self._phases("loading"):
            first = await self._pool.start()
        self._test_root = str(first.get("test_root", ""))
        for test in first["tests"]:
            path = self._project.relative(str(test.get("path", "")))
            self._paths[str(test["id"])] = path or ""
            # A doctest lives in the code that it tests: its file is no test file.
            if path and not test.get("broken") and not test.get("doctest"):
                self._project.collected.add(path)
        chosen = plan.sample(first["tests"], self._baseline, 0.1 * budget_s * len(self._pool.slots))
        self.broken = chosen.broken
        with self._phases("plain run"):
            plain = await self._plain([*chosen.failing, *chosen.passing])
        with self._phases("tracing"):
            traced = await self._traced(plain)
        red = set(chosen.failing)
        self.untraced = next((str(traced[t]["died"]) for t in chosen.failing if "died" in traced[t]), "")
        self.runs = self._as_runs(red, plain, traced)
        if not any(not run.passed for run in self.runs):
            await self._import_lines()
        files = {path for run in self.runs for path in run.lines} | set(self._paths.values())
        excluded = {p for p in files if p and self._project.is_test(p)}
        excluded |= self._foreign_frames()
        failures = self._baseline.failures
        self.scores, self.reasons = await asyncio.to_thread(
            weighed_lines, self._project, self.runs, failures, excluded, self._changed
        )
        self.scores = self.scores or suspicion(self.runs, failures, excluded, self._changed)

    def _foreign_frames(self) -> set[str]:
        frames = {f.path for failure in self._baseline.failures for f in failure.frames}
        return {path for path in frames if self._project.is_test(path)}

    async def _plain(self, tests: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Pass and fail are decided without a tracer: some tests are only too slow under one. A test that takes much
        longer than any test of the baseline took is hanging; one that the baseline has no time of may well be."""
        known = {r.test_id: r.seconds for r in self._baseline.results if r.test_id in self._paths}
        slowest = max((seconds for seconds in known.values() if seconds < 20.0), default=0.0)
        found: dict[str, dict[str, Any]] = {}
        for some, least in (
            ([t for t in tests if t in known], 1.5),
            ([t for t in tests if t not in known], 0.6),
        ):
            limit = least + 3.0 * slowest
            found |= await self._pool.spread(some, {"do": "plain", "cpu": limit, "wall": limit * 3 + 5})
        return {test: found[test] for test in tests}

    async def _traced(self, plain: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The lines of every test. Loops, and tests that wait without end, are cut soon; others may take ten times as long under
        a tracer, and of time several times what they took before, as the machine may have got busier."""
        loops = [test for test, result in plain.items() if result.get("stack")]
        lost = [test for test, result in plain.items() if "died" in result]
        others = [test for test in plain if test not in {*loops, *lost}]
        limit = 2.0 + 10.0 * max((float(plain[test].get("cpu", 0.0)) for test in others), default=0.0)
        waited = max((float(plain[test].get("wall", 0.0)) for test in others), default=0.0)
        found: dict[str, dict[str, Any]] = {}
        for some, cpu, wall in (
            (others, limit, 3.0 * limit + 5.0 + 5.0 * waited),
            (loops, LOOP_CPU_S, 30.0),
            (lost, limit, 10.0 + 2.0 * waited),
        ):
            found |= await self._pool.spread(some, {"do": "trace", "cpu": cpu, "wall": wall})
        # Late imports may take longer than that before the loop is reached: once more, with as long as it may take.
        short = [test for test in loops if not _reached(plain[test], found[test])]
        enough = 10.0 * max((float(plain[test].get("cpu", 0.0)) for test in short), default=0.0)
        again = {"do": "trace", "cpu": enough, "wall": 3.0 * enough + 5.0}
        return found | await self._pool.spread(short, again)

    def _as_runs(
        self, red: set[str], plain: dict[str, dict[str, Any]], traced: dict[str, dict[str, Any]]
    ) -> list[TestRun]:
        """Tests whose outcome here is the one of the baseline; the others are left out, and said to be."""
        runs, strange = [], 0
        modules: set[str] = set()
        for test, result in plain.items():
            outcome = str(result.get("outcome", "failed: " + str(result.get("died", ""))))
            passed = outcome == "passed"
            if outcome == "skipped" or (passed == (test in red) and self._baseline.counted):
                strange += outcome != "skipped"
                continue
            trace = traced.get(test, {})
            modules.update(trace.get("modules", ()))
            lines = {
                p: frozenset(n)
                for path, n in trace.get("lines", {}).items()
                if (p := self._project.relative(path))
            }
            stack = tuple(
                (p, int(n)) for path, n in result.get("stack", ()) if (p := self._project.relative(path))
            )
            cpu = float(result.get("cpu", 0.0))
            hung = stack or (("", 0),) if "OutOfTime" in outcome or "died" in result else ()
            runs.append(
                TestRun(
                    test,
                    self._paths.get(test, ""),
                    passed,
                    cpu,
                    lines,
                    hung,
                    outcome.partition(": ")[2],
                    bool(trace.get("elsewhere")),
                )
            )
        if strange:
            self.notes.append(
                f"{strange} test{'s behave' if strange > 1 else ' behaves'} otherwise alone and read-only, and played no part in the search."
            )
        self.modules = sorted(modules)
        return runs

    async def _import_lines(self) -> None:
        """For tests that do not load: the lines that their import runs."""
        if not self.broken:
            return
        lines = await self.loading_lines(self.broken)
        self.runs = [r for r in self.runs if r.passed]
        self.runs.append(TestRun(self.broken[0], self._paths.get(self.broken[0], ""), False, 0.0, lines))

    async def loading_lines(self, tests: Sequence[str]) -> dict[str, frozenset[int]]:
        """The project's lines that run while these tests are loaded in a fresh process. Raises WorkerGone."""
        worker = await self._pool.slots[0].cold()
        request = {
            "do": "try", "trace": True, "candidates": [{}], "failing": [], "cover": {}, "control": [], "batch": 1,
            "wall": 60.0, "arguments": self.arguments(tests), "import_cpu": 20.0,
        }  # fmt: skip
        result = (await worker.ask(request))["results"][0]
        return {
            p: frozenset(n)
            for path, n in result.get("lines", {}).items()
            if (p := self._project.relative(path))
        }

    def arguments(self, tests: Sequence[str]) -> list[str]:
        """The runner's arguments that load no more than these tests need."""
        return plan.cold_arguments(self._check, self._project.root, self._test_root, tests)


def _reached(plain: Mapping[str, Any], traced: Mapping[str, Any]) -> bool:
    """Did the test come as far under the tracer as to the files in which it was cut without one?"""
    return {path for path, _ in plain["stack"]} <= set(traced.get("lines", ()))
