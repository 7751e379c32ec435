"""What goes out to the workers: candidates as they take them, and the tests that each must pass."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flashagent.repair import livedata
from flashagent.repair.localize import TestRun
from flashagent.repair.mutate import Mutation, patched
from flashagent.repair.plan import timed
from flashagent.repair.schedule import Task
from flashagent.repair.source import Edit, Source

COVER_CAP = 250
Json = dict[str, Any]
# A changed function may make a quarter more rounds of its loops than the faulty one did, and some; so a hang costs less than
# twice the test. Where no test at all comes back from it, little is known of what is many.
MORE, FEW, UNKNOWN = 0.25, 1000, 20_000


class Trials:
    """Candidates and tests of one search as messages. `sources` by path relative to `root`; `runs` as the workers told them."""

    def __init__(
        self, root: Path, sources: Mapping[str, Source], runs: Sequence[TestRun],
        arguments: Callable[[Sequence[str]], list[str]],
    ) -> None:  # fmt: skip
        self._root = root
        self._sources = dict(sources)
        self._runs = runs
        self._arguments = arguments
        failing = sorted(
            (r for r in runs if not r.passed), key=lambda r: (bool(r.stack), round(r.cpu_s, 1), r.test_id)
        )
        self.failing = [timed(run) for run in failing]
        self._cover = _cover(runs, sources)
        self._control = self._control_tests()
        self._rounds: dict[str, dict[str, int]] = {}

    def add_source(self, source: Source) -> None:
        """A further file that candidates may change."""
        self._sources.setdefault(source.path, source)

    def add_broken(self, tests: Sequence[str]) -> None:
        """Test files that do not load: every candidate must make them load and pass."""
        self.failing += [{"id": test, "cpu": 5.0, "outcome": ""} for test in tests]

    # what is asked

    def trial(self, batch: Sequence[Task], *, alone: bool) -> Json:
        """The request to try these candidates, all cold ones or none; `alone` gives each a process of its own."""
        cold = batch[0].cold
        alone = alone or cold or batch[0].alone
        cover = {self.unit_key(t.mutation): self._covering(t.mutation) for t in batch}
        tests = [*self.failing, *(t for tests in cover.values() for t in tests)]
        request: Json = {
            "do": "try",
            "candidates": [self.message(t.mutation, cold) for t in batch],
            "failing": self.failing,
            "cover": cover,
            "control": [] if alone else self._control,
            "batch": 1 if alone else len(batch),
            "wall": min(60.0, 4.0 + 8.0 * max(t["cpu"] for t in tests)),
        }
        if cold:
            request["failing"], request["cover"] = (
                patient(self.failing),
                {u: patient(t) for u, t in cover.items()},
            )
            request["arguments"] = self._arguments([t["id"] for t in tests])
            request["import_cpu"] = 20.0
            request["wall"] += 15.0
        elif not batch[0].uncounted:
            request["rounds"] = {key: self._allowed(key) for key in cover}
            request["cover"] = {key: self._rationed(key, tests) for key, tests in cover.items()}
        return request

    def counting(self, units: Sequence[tuple[str, int]]) -> tuple[list[str], Json]:
        """The request to count the rounds of these functions (path and first line), and the tests it is about."""
        parts = []
        for number, (path, first_line) in enumerate(units):
            source = self._sources[path]
            code, offset = source.unit_text(source.units[first_line], ())
            parts.append(
                {"path": self._absolute(path), "line": first_line, "name": source.units[first_line].name,
                 "code": code, "offset": offset, "unit": number}
            )  # fmt: skip
        steady = [run for run in self._runs if not run.stack]
        slowest = max((run.cpu_s for run in steady), default=0.0)
        limit = 1.0 + 10.0 * slowest
        return [r.test_id for r in steady], {
            "do": "count",
            "units": parts,
            "cpu": limit,
            "wall": limit * 3 + 5,
        }

    def learn_rounds(self, units: Sequence[tuple[str, int]], counted: Mapping[str, Json]) -> None:
        """Take in what `counting` brought: the rounds by unit and test."""
        for test, answer in counted.items():
            for unit, count in answer.get("rounds", ()):
                if unit >= 0:
                    path, first_line = units[unit]
                    self._rounds.setdefault(f"{path}:{first_line}", {})[test] = int(count)

    def _allowed(self, key: str) -> int:
        """How many rounds a failing test may make: what any test makes says what is usual."""
        known = [count for unit in _units_of(key) for count in self._rounds.get(unit, {}).values()]
        return _rounds(max(known)) if known else UNKNOWN

    def _rationed(self, key: str, tests: Sequence[Json]) -> list[Json]:
        """Passing tests with the rounds that each may make."""
        units = [self._rounds.get(unit, {}) for unit in _units_of(key)]
        found = []
        for test in tests:
            known = [unit[test["id"]] for unit in units if test["id"] in unit]
            found.append({**test, "rounds": _rounds(sum(known))} if known else test)
        return found

    # candidates and their tests

    def message(self, mutation: Mutation, cold: bool) -> dict[str, Any]:
        """A candidate as a worker takes it."""
        source = self._sources[mutation.path]
        path = self._absolute(mutation.path)
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

    def _absolute(self, path: str) -> str:
        return str((self._root / path).resolve())

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


def _rounds(base: int) -> int:
    return FEW + base + int(MORE * base)


def _units_of(key: str) -> list[str]:
    """The functions that a cover key names, each as 'path:first line'."""
    path, _, lines = key.rpartition(":")
    return [f"{path}:{line}" for line in lines.split("+")]
