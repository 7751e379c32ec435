"""What a search in JavaScript sees before it tries anything: the failing tests' files, what each test runs, how the program as it
is does, and whether a runner that is kept warm sees the same."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from flashagent.repair.javascript import cover
from flashagent.repair.javascript.lanes import Job, Lanes, Told, Warm
from flashagent.repair.javascript.project import JsProject
from flashagent.repair.javascript.runners import JsRunner
from flashagent.repair.localize import TestRun
from flashagent.repair.quick.foreign import may_change, own_files
from flashagent.values import CheckReport
from flashagent.verify.frameworks import node_test
from flashagent.verify.places import Places
from flashagent.verify.tamper import is_test_file

SUFFIXES = (".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx")
KILLED = 137
_TEST = re.compile(r"^\s*(?:test|it)\(\s*['\"`]([^'\"`\n]+)['\"`]", re.MULTILINE)
MAX_FILES, MAX_TESTS, MAX_STARTS, OWN_FILES = 8, 60, 12, 10
WARM_CPU_S = 0.6  # more than a warm runner needs beside the tests
# How a warm runner may shield test files from each other, the fastest first; each must say of the tests what the check said.
MODES = {"jest": ("",), "vitest": ("vmThreads", "threads")}


class JsLook:
    """`files` are those of the tests that failed, `runs` what their tests did; `good` how many tests pass as the program is."""

    def __init__(
        self, project: JsProject, runner: JsRunner, baseline: CheckReport, lanes: Lanes, folder: str
    ) -> None:
        self.files: list[str] = []
        self.runs: list[TestRun] = []
        self.good = 0
        self.name = runner.name
        self._project = project
        self._runner = runner
        self._baseline = baseline
        self._lanes = lanes
        self._folder = folder
        self._expected: dict[str, frozenset[str]] = {}
        self._passed: frozenset[str] = frozenset()  # what passes in a warm runner when all does

    async def see(self) -> None:
        """The failing test files run once or test by test."""
        self.files = self._failing_files()
        if self.files:
            runs = await self._counted_runs() or await self._covered_runs()
            self.runs = [self._with_lines(run, runs) for run in runs]

    async def _covered_runs(self) -> list[TestRun]:
        """Test by test, under V8's coverage."""
        names = await self._names()
        jobs = [
            Job(place, (tuple(self._runner.file(self._inside(path), name)),), coverage=True)
            for place, (path, name) in enumerate(names)
        ]
        return [
            TestRun(name, path, told.passed, told.seconds, told.lines)
            for (path, name), told in zip(names, await self._lanes.all(jobs), strict=True)
        ]

    async def _counted_runs(self) -> list[TestRun]:
        """All tests of a file in one run of it with counters in the project's files, for runners that translate what they run and
        tell which test is under way; nothing where that does not work."""
        if self._runner.name not in MODES or self._baseline.limit:
            return []
        paths = [path for path in own_files(self._project, *SUFFIXES) if may_change(self._project, path)]
        sources = [
            source
            for path in paths[: cover.MOST_FILES]
            if (source := self._project.javascript(path)) is not None
        ]
        files = [cover.counted(source, number) for number, source in enumerate(sources)]
        texts = tuple((one.path, one.text) for one in files)
        jobs = [
            Job(place, (tuple(self._runner.file(self._inside(path))),), texts, seen=True, all_=True)
            for place, path in enumerate(self.files)
        ]
        runs = []
        for path, told in zip(self.files, await self._lanes.all(jobs), strict=True):
            lines = cover.lines_by_test(told.seen, files)
            for one in self._baseline.results:
                if one.test_id.startswith(f"{path} > ") and one.outcome in ("passed", "failed"):
                    name = one.test_id.removeprefix(f"{path} > ")
                    runs.append(
                        TestRun(name, path, one.outcome == "passed", told.seconds, cover.of_test(lines, name))
                    )
        return runs if any(run.lines for run in runs if not run.passed) else []

    def _with_lines(self, run: TestRun, runs: Sequence[TestRun]) -> TestRun:
        """A test that was cut leaves no coverage: any line of the files that the others run may be its."""
        if run.passed or run.lines:
            return run
        seen = {path for other in runs for path in other.lines if not self._project.is_test(path)}
        every = {
            path: frozenset(range(1, len(self._project.lines(path)) + 1))
            for path in seen or self._own_files()
        }
        return replace(run, lines=every)

    def _own_files(self) -> list[str]:
        """Files of the project that tests may run, where nothing tells."""
        every = own_files(self._project, *SUFFIXES)
        return [path for path in every if may_change(self._project, path)][:OWN_FILES]

    def _failing_files(self) -> list[str]:
        """Files of the tests that failed, by their frames and by the commands that run them alone."""
        found: dict[str, None] = {}
        for failure in self._baseline.failures:
            paths = [frame.path for frame in failure.frames if frame.in_project]
            for path in paths:
                if path.endswith(SUFFIXES) and self._project.is_test(path):
                    found[path] = None
        if not found:  # the run was cut, or its runner names no place
            every = own_files(self._project, *SUFFIXES)
            found = dict.fromkeys(path for path in every if _runs_tests(path, self._project.text(path) or ""))
        return list(found)[:MAX_FILES]

    async def _names(self) -> list[tuple[str, str]]:
        """Test file and test of what is to be traced: single tests where the runner names them, else whole files."""
        if self._runner.name != "node":
            return self._reported_names()
        jobs = [
            Job(n, (tuple(self._runner.file(self._inside(path))),), text="all")
            for n, path in enumerate(self.files)
        ]
        names: list[tuple[str, str]] = []
        green = True
        for path, told in zip(self.files, await self._lanes.all(jobs), strict=True):
            results = node_test.results("\n".join(told.texts))
            if green:  # a candidate's files are run up to the first that fails
                self.good += told.good
            green = green and told.passed
            ids = [one.test_id for one in results if one.outcome in ("passed", "failed")]
            self._expected[path] = frozenset(ids)
            leaves = [one for one in ids if not any(other.startswith(one + " > ") for other in ids)]
            if KILLED in told.statuses:  # cut before it came to the others
                leaves = list(dict.fromkeys([*leaves, *_TEST.findall(self._project.text(path) or "")]))
            red = {one.test_id for one in results if one.outcome == "failed"}
            leaves.sort(key=lambda one: one not in red)
            names += [(path, leaf) for leaf in leaves[:MAX_TESTS]] or [(path, "")]
        return names[:MAX_TESTS]

    def _reported_names(self) -> list[tuple[str, str]]:
        """Tests of the failing files as the check told them, those that failed first; each takes a start of the runner."""
        names: list[tuple[str, str]] = []
        for path in self.files:
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

    def commands(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(self._runner.file(self._inside(path))) for path in self.files)

    async def warm_up(self) -> None:
        """The program as it is, run as the candidates will be: how many tests pass then, and whether a warm runner sees the same."""
        known = {
            one.test_id: one.outcome for one in self._baseline.results if one.outcome in ("passed", "failed")
        }
        files = tuple(self._inside(path) for path in self.files)
        for mode in () if self._baseline.limit else MODES.get(self._runner.name, ()):
            self._lanes.warm = Warm(
                self._runner.name, files, self._runner.options, self._runner.variables, mode
            )
            told = (await self._lanes.all([self._as_it_is()]))[0]
            seen = _outcomes(told, self._folder)
            if told.warm and seen and seen == {name: known[name] for name in known if name.startswith(tuple(f"{p} > " for p in self.files))}:  # fmt: skip
                self._lanes.warm = replace(self._lanes.warm, cpu_s=round(WARM_CPU_S + 4.0 * told.seconds, 2))
                self._passed = frozenset(seen)
                self.good = told.good
                return
        self._lanes.warm = None

    def genuine(self, told: Told) -> bool:
        """Did each test that is known run and pass? A process that ends early, with status 0, proves nothing."""
        if told.passed and told.warm:
            return {
                name for name, outcome in _outcomes(told, self._folder).items() if outcome == "passed"
            } >= self._passed
        if not told.passed or self._runner.name != "node":
            return True
        for path, text in zip(self.files, told.texts, strict=False):
            passed = {one.test_id for one in node_test.results(text) if one.outcome == "passed"}
            if not self._expected.get(path, frozenset()) <= passed:
                return False
        return True

    def _as_it_is(self) -> Job:
        """The failing files' tests on the program as it is."""
        return Job(-1, self.commands(), text="all", warm=True)


def _outcomes(told: Told, folder: str) -> dict[str, str]:
    """Tests by the names that the check gives them, with what they did in a warm runner."""
    if not told.warm or not told.texts:
        return {}
    found = {}
    for one in json.loads(told.texts[0] or "[]"):
        if not (isinstance(one, list) and len(one) == 2 and one[1] in ("passed", "failed")):
            continue  # tests that did not run, or what a candidate wrote in their place
        name, outcome = one
        path, _, rest = str(name).partition(" > ")
        found[f"{PurePosixPath(folder) / path} > {rest}"] = str(outcome)
    return found


def _runs_tests(path: str, text: str) -> bool:
    """Whether a file holds tests, and not only what tests use."""
    return (
        is_test_file(path)
        and re.search(r"^\s*(?:test|it|describe)(?:\.\w+)?\s*\(", text, re.MULTILINE) is not None
    )
