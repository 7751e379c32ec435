"""One search from the first look to ranked patches: run the tests plain, trace them, make candidates, try them, rank."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Sequence
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.events import SearchProgress
from flashagent.repair import donors, plan
from flashagent.repair.account import Account
from flashagent.repair.localize import SuspiciousLine, TestRun, failure_hints
from flashagent.repair.look import Look
from flashagent.repair.mutate import Mutation, best_mutations, data_lines, mutations, used_names
from flashagent.repair.phases import Phases
from flashagent.repair.plain import burden
from flashagent.repair.pool import Pool
from flashagent.repair.project import Project
from flashagent.repair.rank import Judged, Ranked, rank
from flashagent.repair.reading import Reader
from flashagent.repair.search import Plausible, Search, Tally
from flashagent.repair.synthesis.ground import small_changes
from flashagent.repair.trials import Trials
from flashagent.repair.workers import WorkerGone
from flashagent.values import CheckReport
from flashagent.verify.commands import Check

MAX_CANDIDATES = 15_000
BEHAVIOUR_TESTS = 12
BRIEF_TESTS = 5  # of those that loop as things are, for the calls they make before they do
DATA_FILES = 200
NEAR_MISSES = 3
# The suspicion of lines that no test runs, and how many candidates it is worth.
LOADING, MAX_LOADING = 0.05, 80


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
        self.project = project
        self.check = check
        self.baseline = baseline
        self.pool = pool
        self._patience_s = patience_s
        self.phases = Phases()
        self.look = Look(project, check, baseline, pool, self.phases, changed)
        self._account = Account(project, baseline, self.look)
        self._search: Search | None = None

    @property
    def notes(self) -> list[str]:
        """What a person should know."""
        return self.look.notes

    @property
    def runs(self) -> list[TestRun]:
        return self.look.runs

    async def observe(self, budget_s: float) -> None:
        """Load the tests, run a sample plain, trace it, score the lines. Raises WorkerGone when nothing loads."""
        await self.look.observe(budget_s)

    # what is tried

    def candidates(self, most: int = MAX_CANDIDATES) -> list[Mutation]:
        """The best candidates of all files with suspicious lines, at most `most`."""
        failing = [(r.path, r.test_id) for r in self.runs if not r.passed]
        trees = self.project.test_trees(failing)
        hints = failure_hints(self.baseline.failures, self.runs)
        found: list[Mutation] = []
        floor = 0.0  # once there are enough, what cannot be better need not be made
        places = sorted(self._places().items(), key=lambda item: (-max(item[1].values()), item[0]))
        for path, lines in places:
            source = self.project.source(path)
            assert source is not None
            given = donors.collect(source, trees, self._messages(), self.baseline.failures[:8])
            found.extend(mutations(source, lines, given, hints, most=most, floor=floor))
            if len(found) >= most:
                found = best_mutations(found, most)
                floor = found[-1].score
        return best_mutations(found, most)

    async def _only_when_loading(self) -> list[Mutation]:
        """The best candidates inside functions that run while the tests are loaded, and in no test: decorators, and what
        fills tables. They become suspicious when nothing else was."""
        failing = [(r.path, r.test_id) for r in self.runs if not r.passed]
        try:
            loading = await self.look.loading_lines([test for _, test in failing])
        except WorkerGone:
            return []
        run = {path: frozenset[int]().union(*(r.lines.get(path, ()) for r in self.runs)) for path in loading}
        trees = self.project.test_trees(failing)
        found: list[Mutation] = []
        for path, lines in sorted(loading.items()):
            source = self.project.source(path) if not self.project.is_test(path) else None
            if source is None:
                continue
            inside = {n: LOADING for n in lines - run[path] if source.unit_of_line(n) is not None}
            self.look.scores |= {(path, line): score for line, score in inside.items()}
            given = donors.collect(source, trees, self._messages(), self.baseline.failures[:8])
            found.extend(m for m in mutations(source, inside, given) if not m.cold)
            assert self._search is not None
            self._search.trials.add_source(source)
        return best_mutations(found, MAX_LOADING)

    def _messages(self) -> list[str]:
        return [failure.message for failure in self.baseline.failures[:8]]

    def _places(self) -> dict[str, dict[int, float]]:
        """Scores by file and line: of the lines that tests run, and of the data that those lines use."""
        places: dict[str, dict[int, float]] = {}
        for (path, line), score in self.look.scores.items():
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
            if self.baseline.counted and not self.baseline.results:
                return "No test ran: a search has nothing to go by."
            return "The failing tests pass when they are run alone, read-only: a search has nothing to go by."
        with self.phases("candidates"):
            ready = self.pool.prepare(self.look.modules)
            candidates, _ = await asyncio.gather(asyncio.to_thread(self.candidates), ready)
        if not candidates:
            return self._nothing_to_change()
        sources = {m.path: source for m in candidates if (source := self.project.source(m.path)) is not None}
        trials = Trials(self.project.root, sources, self._searchable(), self.look.arguments)
        self._search = Search(
            self.pool,
            trials,
            candidates,
            self._patience_s,
            self._only_when_loading,
            self.phases,
            functools.partial(small_changes, self.project, self.look, self.baseline, self.pool, candidates),
        )
        if self._only_broken():
            self._search.add_broken(self.look.broken)
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
        if not seen and self.look.untraced:
            return f"The failing tests could not be followed line by line ({self.look.untraced}), so there is nothing to go by."
        if not seen:
            return "No line of the project was seen running while the failing tests ran (another process may run it), so there is nothing to change."
        if all(self.project.is_test(path) for path in seen):
            return (
                f"The failing tests run only test files ({', '.join(seen[:3])}), and tests are not changed."
            )
        return f"No edit that the search knows fits the lines that the failing tests run ({', '.join(seen[:3])})."

    def _only_broken(self) -> bool:
        return bool(self.look.broken) and all(r.passed or r.test_id in self.look.broken for r in self.runs)

    def _searchable(self) -> list[TestRun]:
        """The tests that candidates are tried by. A failing test that runs the project in a process of its own sees nothing
        of a candidate: where others fail too it is left to the whole check."""
        runs = [r for r in self.runs if r.passed or r.test_id not in self.look.broken]
        blind = {r.test_id for r in runs if not r.passed and self._is_blind(r)}
        if not blind or all(r.passed or r.test_id in blind for r in runs):
            return runs
        tests = "a failing test runs" if len(blind) == 1 else f"{len(blind)} failing tests run"
        self.notes.append(
            f"{tests.capitalize()} the project in another process; only the whole check judged by that."
        )
        return [r for r in runs if r.test_id not in blind]

    def _is_blind(self, run: TestRun) -> bool:
        return run.elsewhere and all(self.project.is_test(path) for path in run.lines)

    # what is said

    async def _ranked(self, plausible: Sequence[Plausible]) -> list[Ranked]:
        assert self._search is not None
        answers = await self._behaviour(plausible)
        base = answers.pop(-1, ())
        failing = sum(not run.passed for run in self.runs)
        reader = Reader(self.project, self.runs, self.baseline.failures)
        judged = []
        for one in plausible:
            added = "".join(edit.text for edit in one.mutation.edits)
            witnesses = len(self._search.trials.covering(one.mutation))
            mine = answers.get(one.order, ())
            like = reader.likeness(one.mutation, witnesses, failing)
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
                    like=like.factor,
                    speaks=like.speaks,
                    against=like.against,
                    burden=self._burden(one.mutation),
                )
            )
        return rank(judged, hurried=self._search.tally.hurried)

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
        looping = sorted((r for r in self.runs if r.stack and not r.passed), key=lambda r: r.test_id)
        tests += [plan.timed(r) | {"brief": True} for r in looping[:BRIEF_TESTS]]
        warm = [one for one in plausible if not one.mutation.cold or one.mutation.live]
        messages: dict[int, dict[str, Any]] = {-1: {}}
        messages |= {one.order: self._search.trials.message(one.mutation, False) for one in warm}
        files = [str(self.project.root / path) for path in sorted(self.project.collected)]
        request = {"do": "behave", "test_files": files, "behave_tests": tests, "wall": 20.0}
        try:
            results = await self.pool.spread_behaviour(messages, request)
        except WorkerGone:
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

    def _burden(self, mutation: Mutation) -> float:
        source = self.project.source(mutation.path)
        assert source is not None
        return burden(source, mutation)

    def _note_misses(self) -> None:
        assert self._search is not None
        tally = self._search.tally
        if tally.dirty:
            self.notes.append(
                "State leaks from one candidate into the next; each was tried in a process of its own."
            )
        if not tally.plausible:
            self.notes.extend(self._account.near_misses(tally, NEAR_MISSES))
        if tally.exhausted and not tally.plausible:
            self.notes.append("Every edit that the search knows was tried; more time would change nothing.")

    def nearest_miss(self) -> str:
        """The edit that made the most failing tests pass without being a repair, in words; '' while there is none."""
        return next(iter(self._account.near_misses(self._tally, 1)), "")

    def reported(self) -> tuple[SuspiciousLine, ...]:
        """The most suspicious lines for a person, as far as is known by now."""
        return self._account.reported(self._tally)

    @property
    def _tally(self) -> Tally | None:
        return self._search.tally if self._search is not None else None

    def progress(self, seconds: float) -> SearchProgress:
        tally = self._tally
        if tally is None:
            return SearchProgress(0, 0, 0, round(seconds, 1))
        best = tally.plausible[0].mutation if tally.plausible else None
        words = f"{best.template} at {best.path}:{best.line}" if best else ""
        return SearchProgress(tally.tried, tally.candidates, len(tally.plausible), round(seconds, 1), words)
