"""One search from the first look to ranked patches: run the tests plain, trace them, make candidates, try them, rank."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.events import SearchProgress
from flashagent.repair import donors, plan
from flashagent.repair.localize import SuspiciousLine, TestRun, failure_hints, reported, suspicion
from flashagent.repair.mutate import Mutation, best_mutations, data_lines, mutations, used_names
from flashagent.repair.phases import Phases
from flashagent.repair.pool import Pool
from flashagent.repair.project import Project
from flashagent.repair.rank import Judged, Ranked, rank
from flashagent.repair.search import Plausible, Search
from flashagent.repair.trials import Trials
from flashagent.repair.workers import WorkerGone
from flashagent.values import CheckReport
from flashagent.verify.commands import Check

MAX_CANDIDATES = 15_000
BEHAVIOUR_TESTS = 12
DATA_FILES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """Ranked patches that passed the tests tried so far, with what the search learned on the way."""

    ranked: tuple[Ranked, ...]
    suspicious: tuple[SuspiciousLine, ...]
    tried: int
    notes: tuple[str, ...]
    phases: tuple[tuple[str, float], ...] = ()
    cpu_s: float = 0.0


class Hunt:
    """Holds what one search knows. Ask `observe`, then `run` does the rest; the pool belongs to the caller."""

    def __init__(
        self, project: Project, check: Check, baseline: CheckReport, pool: Pool, patience_s: float = 20.0,
        changed: frozenset[tuple[str, int]] = frozenset(),
    ) -> None:  # fmt: skip
        """`changed` are the lines of the commit that broke the test, where that is known."""
        self._changed = changed
        self.project = project
        self.check = check
        self.baseline = baseline
        self.pool = pool
        self._patience_s = patience_s
        self.notes: list[str] = []
        self.runs: list[TestRun] = []
        self.scores: dict[tuple[str, int], float] = {}
        self._broken: tuple[str, ...] = ()
        self._test_root = ""
        self._paths: dict[str, str] = {}
        self._search: Search | None = None
        self._modules: list[str] = []
        self.phases = Phases()

    # what is seen

    async def observe(self, budget_s: float) -> None:
        """Load the tests, run a sample plain, trace it, score the lines. Raises WorkerGone when nothing loads."""
        with self.phases("loading"):
            first = await self.pool.start()
        self._test_root = str(first.get("test_root", ""))
        for test in first["tests"]:
            path = self.project.relative(str(test.get("path", "")))
            self._paths[str(test["id"])] = path or ""
            # A doctest lives in the code that it tests: its file is no test file.
            if path and not test.get("broken") and not test.get("doctest"):
                self.project.collected.add(path)
        chosen = plan.sample(first["tests"], self.baseline, 0.1 * budget_s * len(self.pool.slots))
        self._broken = chosen.broken
        with self.phases("plain run"):
            plain = await self._plain([*chosen.failing, *chosen.passing])
        with self.phases("tracing"):
            traced = await self._traced(plain)
        red = set(chosen.failing)
        self.runs = self._as_runs(red, plain, traced)
        if not any(not run.passed for run in self.runs):
            await self._import_lines()
        files = {path for run in self.runs for path in run.lines} | set(self._paths.values())
        excluded = {p for p in files if p and self.project.is_test(p)}
        self.scores = suspicion(
            self.runs, self.baseline.failures, excluded | self._foreign_frames(), self._changed
        )

    def _foreign_frames(self) -> set[str]:
        frames = {f.path for failure in self.baseline.failures for f in failure.frames}
        return {path for path in frames if self.project.is_test(path)}

    async def _plain(self, tests: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Pass and fail are decided without a tracer: some tests are only too slow under one. A test that takes much
        longer than any test of the baseline took is hanging."""
        known = [r.seconds for r in self.baseline.results if r.test_id in self._paths and r.seconds < 20.0]
        limit = 1.5 + 3.0 * max(known, default=0.0)
        return await self.pool.spread(tests, {"do": "plain", "cpu": limit, "wall": limit * 3 + 5})

    async def _traced(self, plain: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The lines of every test; loops are cut soon, other tests may take ten times as long under a tracer."""
        loops = [test for test, result in plain.items() if result.get("stack")]
        others = [test for test in plain if test not in set(loops)]
        limit = 2.0 + 10.0 * max((float(plain[test].get("cpu", 0.0)) for test in others), default=0.0)
        found = await self.pool.spread(others, {"do": "trace", "cpu": limit, "wall": limit * 3 + 5})
        return found | await self.pool.spread(loops, {"do": "trace", "cpu": 0.4, "wall": 10.0})

    def _as_runs(
        self, red: set[str], plain: dict[str, dict[str, Any]], traced: dict[str, dict[str, Any]]
    ) -> list[TestRun]:
        """Tests whose outcome here is the one of the baseline; the others are left out, and said to be."""
        runs, strange = [], 0
        modules: set[str] = set()
        for test, result in plain.items():
            outcome = str(result.get("outcome", "failed: " + str(result.get("died", ""))))
            passed = outcome == "passed"
            if outcome == "skipped" or (passed == (test in red) and self.baseline.counted):
                strange += outcome != "skipped"
                continue
            trace = traced.get(test, {})
            modules.update(trace.get("modules", ()))
            lines = {
                p: frozenset(n)
                for path, n in trace.get("lines", {}).items()
                if (p := self.project.relative(path))
            }
            stack = tuple(
                (p, int(n)) for path, n in result.get("stack", ()) if (p := self.project.relative(path))
            )
            cpu = float(result.get("cpu", 0.0))
            hung = stack or (("", 0),) if "OutOfTime" in outcome or "died" in result else ()
            runs.append(
                TestRun(test, self._paths.get(test, ""), passed, cpu, lines, hung, outcome.partition(": ")[2])
            )
        if strange:
            self.notes.append(
                f"{strange} test{'s behave' if strange > 1 else ' behaves'} otherwise alone and read-only, and played no part in the search."
            )
        self._modules = sorted(modules)
        return runs

    async def _import_lines(self) -> None:
        """For tests that do not load: the lines that their import runs."""
        if not self._broken:
            return
        worker = await self.pool.slots[0].cold()
        arguments = self._arguments(self._broken)
        request = {
            "do": "try", "trace": True, "candidates": [{}], "failing": [], "cover": {}, "control": [], "batch": 1,
            "wall": 60.0, "arguments": arguments, "import_cpu": 20.0,
        }  # fmt: skip
        result = (await worker.ask(request))["results"][0]
        lines = {
            p: frozenset(n)
            for path, n in result.get("lines", {}).items()
            if (p := self.project.relative(path))
        }
        self.runs = [r for r in self.runs if r.passed]
        self.runs.append(TestRun(self._broken[0], self._paths.get(self._broken[0], ""), False, 0.0, lines))

    # what is tried

    def candidates(self) -> list[Mutation]:
        """The best candidates of all files with suspicious lines."""
        failing = [(r.path, r.test_id) for r in self.runs if not r.passed]
        trees = self.project.test_trees(failing)
        hints = failure_hints(self.baseline.failures, self.runs)
        found: list[Mutation] = []
        for path, lines in sorted(self._places().items()):
            source = self.project.source(path)
            assert source is not None
            found.extend(mutations(source, lines, donors.collect(source, trees, self._messages()), hints))
        return best_mutations(found, MAX_CANDIDATES)

    def _messages(self) -> list[str]:
        return [failure.message for failure in self.baseline.failures[:8]]

    def _places(self) -> dict[str, dict[int, float]]:
        """Scores by file and line: of the lines that tests run, and of the data that those lines use."""
        places: dict[str, dict[int, float]] = {}
        for (path, line), score in self.scores.items():
            if not self.project.is_test(path) and self.project.source(path) is not None:
                places.setdefault(path, {})[line] = score
        used: dict[str, float] = {}
        for path, lines in places.items():
            source = self.project.source(path)
            for name, score in used_names(source, lines).items() if source is not None else ():
                used[name] = max(used.get(name, 0.0), score)
        for path in list(self.project.python_files())[:DATA_FILES]:
            source = self.project.source(path) if not self.project.is_test(path) else None
            data = data_lines(source, used) if source is not None else {}
            if data:
                places[path] = {**data, **places.get(path, {})}
        return places

    async def run(self, deadline: float) -> Found | str:
        """Everything, until `deadline`; or why there is nothing to search."""
        await self.observe(max(5.0, deadline - time.monotonic()))
        if not any(not run.passed for run in self.runs):
            return "The failing tests pass when they are run alone, read-only: a search has nothing to go by."
        with self.phases("candidates"):
            candidates = await asyncio.to_thread(self.candidates)
        if not candidates:
            return self._nothing_to_change()
        with self.phases("loading"):
            await self.pool.prepare(self._modules)
        sources = {m.path: source for m in candidates if (source := self.project.source(m.path)) is not None}
        trials = Trials(self.project.root, sources, self._searchable(), self._arguments)
        self._search = Search(self.pool, trials, candidates, self._patience_s)
        if self._only_broken():
            self._search.add_broken(self._broken)
        with self.phases("search"):
            tally = await self._search.run(deadline)
        with self.phases("ranking"):
            ranked = await self._ranked(tally.plausible)
        self._note_misses()
        return Found(
            tuple(ranked),
            self.reported(),
            tally.tried,
            tuple(self.notes),
            self.phases.taken(),
            self.pool.cpu_s,
        )

    def _nothing_to_change(self) -> str:
        """Why there is no candidate, in words a person can act on."""
        seen = sorted({path for run in self.runs if not run.passed for path in run.lines})
        if not seen:
            return "No line of the project was seen running while the failing tests ran (another process may run it), so there is nothing to change."
        if all(self.project.is_test(path) for path in seen):
            return (
                f"The failing tests run only test files ({', '.join(seen[:3])}), and tests are not changed."
            )
        return f"No edit that the search knows fits the lines that the failing tests run ({', '.join(seen[:3])})."

    def _only_broken(self) -> bool:
        return bool(self._broken) and all(r.passed or r.test_id in self._broken for r in self.runs)

    def _searchable(self) -> list[TestRun]:
        return [r for r in self.runs if r.passed or r.test_id not in self._broken]

    def _arguments(self, tests: Sequence[str]) -> list[str]:
        return plan.cold_arguments(self.check, self.project.root, self._test_root, tests)

    # what is said

    async def _ranked(self, plausible: Sequence[Plausible]) -> list[Ranked]:
        assert self._search is not None
        answers = await self._behaviour(plausible)
        base = answers.pop(-1, ())
        failing = sum(not run.passed for run in self.runs)
        judged = []
        for one in plausible:
            added = "".join(edit.text for edit in one.mutation.edits)
            witnesses = len(self._search.trials.covering(one.mutation))
            mine = answers.get(one.order, ())
            judged.append(
                Judged(
                    one.mutation,
                    mine,
                    base,
                    witnesses,
                    failing,
                    added,
                    self._from_test(one.mutation, added),
                    self.project.pointless(one.mutation),
                )
            )
        return rank(judged)

    async def _behaviour(self, plausible: Sequence[Plausible]) -> dict[int, tuple[str, ...]]:
        """What each patch answers to the tests' own calls and to near ones; -1 is the program as it is."""
        assert self._search is not None
        if not plausible:
            return {}
        near = sorted((r for r in self.runs if not r.stack), key=lambda r: (r.passed, r.cpu_s, r.test_id))
        covering = {
            run.test_id for one in plausible[:5] for run in self._search.trials.covering(one.mutation)
        }
        tests = [plan.timed(r) for r in near if not r.passed or r.test_id in covering][:BEHAVIOUR_TESTS]
        warm = [one for one in plausible if not one.mutation.cold or one.mutation.live]
        messages: dict[int, dict[str, Any]] = {-1: {}}
        messages |= {one.order: self._search.trials.message(one.mutation, False) for one in warm}
        files = [str(self.project.root / path) for path in sorted(self.project.collected)]
        request = {"do": "behave", "test_files": files, "behave_tests": tests, "wall": 20.0}
        try:
            results = await self.pool.spread_behaviour(messages, request)
        except (WorkerGone, ExceptionGroup):
            self.notes.append("The behaviour of the patches could not be compared.")
            return {}
        return {order: tuple(result.get("answers", ())) for order, result in results.items()}

    def _from_test(self, mutation: Mutation, added: str) -> bool:
        """Does the patch bring in a number or text of the failing test that the code under repair does not have?"""
        source = self.project.source(mutation.path)
        assert source is not None
        if mutation.shape == "refusal":
            return False  # what is raised, and with which words, is for the test to say
        failing = [(r.path, r.test_id) for r in self.runs if not r.passed]
        given = donors.collect(source, self.project.test_trees(failing), self._messages())
        foreign = {t for t in [*given.test_strings, *given.test_numbers] if len(t) > 2} - {
            *given.strings,
            *given.numbers,
        }
        words = set(donors.literals(added))
        return bool(words & foreign)

    def _note_misses(self) -> None:
        assert self._search is not None
        tally = self._search.tally
        if tally.dirty:
            self.notes.append(
                "State leaks from one candidate into the next; each was tried in a process of its own."
            )
        if not tally.plausible and (miss := self.nearest_miss()):
            self.notes.append(miss)

    def nearest_miss(self) -> str:
        """The edit that made the most failing tests pass without being a repair, in words; '' while there is none."""
        tally = self._search.tally if self._search is not None else None
        if tally is None or not tally.partial:
            return ""
        _, (fixed, best) = max(tally.partial.items(), key=lambda item: (item[1][0], -item[0]))
        failing = sum(not run.passed for run in self.runs)
        broke = ", but broke others" if fixed >= failing else ""
        return f"Nearest miss: {self.project.describe(best)} makes {fixed} of {failing} failing tests pass{broke}."

    def reported(self) -> tuple[SuspiciousLine, ...]:
        """The most suspicious lines for a person; where an edit made failing tests pass comes first (Papadakis and Le
        Traon 2015: what changes the outcome of a failing test is near its cause)."""
        functions: dict[tuple[str, int], str] = {}
        for path, line in self.scores:
            source = self.project.source(path)
            unit = source.unit_of_line(line) if source is not None else None
            functions[path, line] = unit.name if unit else ""
        texts = {path: self.project.lines(path) for path, _ in self.scores}
        effects = self._effects()
        scores = {place: score + 2.0 * effects.get(place, 0.0) for place, score in self.scores.items()}
        scores |= {place: 2.0 * share for place, share in effects.items() if place not in scores}
        top = max(scores.values(), default=0.0) or 1.0
        lines = reported(
            {place: score / top for place, score in scores.items()},
            self.baseline.failures,
            texts | {path: self.project.lines(path) for path, _ in effects},
            functions,
            self.runs,
        )
        return tuple(self._with_effect(line, effects.get((line.path, line.line), 0.0)) for line in lines)

    def _effects(self) -> dict[tuple[str, int], float]:
        """The largest share of the failing tests that an edit of a line made pass."""
        if self._search is None:
            return {}
        failing = max(1, sum(not run.passed for run in self.runs))
        found: dict[tuple[str, int], float] = {}
        tally = self._search.tally
        shares = [(one.mutation, 1.0) for one in tally.plausible]
        # Passing the first of several failing tests by an odd change says little; passing many says more.
        shares += [(mutation, 0.5 * min(1.0, fixed / failing)) for fixed, mutation in tally.partial.values()]
        for mutation, share in shares:
            place = (mutation.path, mutation.line)
            weighted = share * min(1.0, 0.25 + mutation.prior)
            found[place] = max(found.get(place, 0.0), weighted)
        return found

    def _with_effect(self, line: SuspiciousLine, share: float) -> SuspiciousLine:
        if share <= 0.0:
            return line
        return replace(line, why=f"{line.why}; an edit here made failing tests pass")

    def progress(self, seconds: float) -> SearchProgress:
        tally = self._search.tally if self._search is not None else None
        if tally is None:
            return SearchProgress(0, 0, 0, round(seconds, 1))
        best = tally.plausible[0].mutation if tally.plausible else None
        words = f"{best.template} at {best.path}:{best.line}" if best else ""
        return SearchProgress(tally.tried, tally.candidates, len(tally.plausible), round(seconds, 1), words)
