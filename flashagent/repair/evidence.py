"""What else speaks for a line being the faulty one: how the test fails, what it names, what kind of statement it is, how
control flowed past it. Pure.

Each piece of evidence is a number for each line; `WEIGHTS` says how much each counts. The weights were fitted to small bug
fixes of real projects (those of `benchmarks/repair_fixes.txt` without a star): learning to combine many weak signals is
what the best published localizers do (Xuan and Monperrus 2014, Multric; Sohn and Yoo 2017, FLUCCS).
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.repair.localize import TestRun
from flashagent.repair.mutate import data_lines
from flashagent.repair.nodes import own_lines, statements
from flashagent.repair.source import FunctionNode, Source, Unit
from flashagent.repair.telling import Place, Scene, Told, is_only_in, literal_text, parts, strings_on, told_by
from flashagent.values import Failure

# Fitted on 69 small fixes of 17 projects; on 26 fixes of 5 others they lift the share of fixes of which a changed line is
# among the first ten from 65 % to about 80 %.
WEIGHTS: Mapping[str, float] = {
    "spectrum": 0.6, "all failing": 0.1, "passing": -0.35, "fresh": 0.3, "crash": 0.65, "stack": 0.9, "same function": 1.6,
    "raise": -0.55, "call": 0.15, "other": 0.35, "not first": 0.5, "closed gate": -0.25, "own gate": 1.2, "words": 1.05,
    "literal": 0.7, "only actual": 0.7, "only expected": 1.2, "called": 0.65, "function words": 0.4, "owner words": 2.3,
    "function size": -0.1, "file size": 0.1, "first in function": -0.2, "long": 0.35,
}  # fmt: skip
TEMPER = 0.5  # a search weighs how common a repair is as well: the tenth line should still be tried
_REASONS = (
    ("only actual", 1.0, "its text is in what the test got and not in what it wanted"),
    ("only expected", 1.0, "its text is in what the test wanted and did not get"),
    ("own gate", 1.0, "decides about lines that hardly any other test runs"),
    ("literal", 1.0, "holds a value of the failing test"),
    ("words", 0.6, "speaks of what the failing test speaks of"),
    ("owner words", 0.6, "is part of what the failing test is named after"),
    ("called", 1.0, "in a function that the failing test calls"),
)
ROWS = 8


@dataclass(slots=True)
class _File:
    """One source file: the innermost statement and the function of each line."""

    source: Source
    statement: dict[int, ast.stmt] = field(default_factory=dict)
    unit: dict[int, Unit] = field(default_factory=dict)


def table_lines(scene: Scene, used: Mapping[str, float], sources: Iterable[Source]) -> dict[Place, float]:
    """Lines of module-level and class-level assignments to used names, with the score of their use: all of a short one, of a
    long one its ends and the rows that share a text or a rare word with the failing tests."""
    told = told_by(scene)
    found: dict[Place, float] = {}
    for source in sources:
        scores = data_lines(source, used)
        for statement in statements(source.tree) if scores else ():
            if statement.lineno in scores and isinstance(statement, ast.Assign | ast.AnnAssign):
                rows = _rows(source, statement, told)
                found |= {(source.path, n): scores[statement.lineno] for n in rows}
    return found


def _rows(source: Source, statement: ast.stmt, told: Told) -> list[int]:
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    if last - first < ROWS:
        return list(range(first, last + 1))
    texts: dict[int, set[str]] = {}
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant):
            texts.setdefault(node.lineno, set()).update(literal_text(node.value))
    near = [n for n in range(first, last + 1) if _row_is_told(source.line_text(n), texts.get(n, set()), told)]
    return list(dict.fromkeys([first, *near[: 2 * ROWS], last - 1, last]))


def _row_is_told(line: str, texts: set[str], told: Told) -> bool:
    if texts & told.strings or any(is_only_in(s, told.actual, told.expected) for s in texts):
        return True
    return any(told.words.get(w, 0.0) > 0.5 for w in parts(line))


def gathered(scene: Scene) -> dict[Place, dict[str, float]]:
    """The evidence for each line, by name; what is absent counts nothing."""
    return _Gatherer(scene).all()


def weighed(found: Mapping[Place, Mapping[str, float]]) -> dict[Place, float]:
    """Scores above 0, the highest 1: a softmax over the weighted sums, flattened by `TEMPER`."""
    sums = {p: sum(WEIGHTS.get(name, 0.0) * value for name, value in e.items()) for p, e in found.items()}
    top = max(sums.values(), default=0.0)
    return {place: math.exp(TEMPER * (total - top)) for place, total in sums.items()}


def reason(evidence: Mapping[str, float]) -> str:
    """The most telling evidence beside the spectrum, in words; '' when there is none."""
    for name, least, words in _REASONS:
        if evidence.get(name, 0.0) >= least:
            return words
    return ""


class _Gatherer:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._files = {path: _mapped(source) for path, source in scene.sources.items()}
        self._failing = [r for r in scene.runs if not r.passed]
        self._passing = [r for r in scene.runs if r.passed]
        self._failed_on = _counts(self._failing)
        self._passed_on = _counts(self._passing)
        self._nearest = _nearest(self._failing, self._passing)
        self._crash = _crash_depths(scene.failures, scene.sources)
        self._told = told_by(scene)
        self._rarity = self._rarities()
        self._of_function = self._functions()
        self._crashed = {
            (p, f.unit[n].first_line)
            for (p, n), d in self._crash.items() if d == 0 and (f := self._files.get(p)) and n in f.unit
        }  # fmt: skip
        self._of_file = Counter(path for path, _ in scene.spectrum)

    def all(self) -> dict[Place, dict[str, float]]:
        found = {}
        for place, score in self._scene.spectrum.items():
            if place[0] in self._files:
                found[place] = self._line(place, score)
        signatures = dict.fromkeys(self._signatures(), 1.0)
        for place, score in {**self._scene.data, **signatures}.items():
            if place[0] in self._files and place not in found:
                found[place] = self._line(place, score)
        return found

    # one line

    def _line(self, place: Place, score: float) -> dict[str, float]:
        path, line = place
        file = self._files[path]
        text = file.source.line_text(line)
        statement = file.statement.get(line)
        told = self._flow(place) | self._failure(place) | self._matches(text, file, line)
        told["spectrum"] = math.log(max(score, 1e-3))
        told["all failing"] = self._failed_on.get(place, 0) / max(1, len(self._failing))
        told["passing"] = math.log1p(self._passed_on.get(place, 0))
        told["fresh"] = float(place not in self._nearest)
        told[_kind(statement)] = 1.0
        told["not first"] = float(statement is not None and statement.lineno != line)
        told["long"] = math.log1p(len(text.strip()) / 20)
        unit = file.unit.get(line)
        if unit is not None:
            size, words = self._of_function.get((path, unit.first_line), (0, 0.0))
            told["function size"] = math.log1p(size)
            told["function words"] = words
            first = next((s for s in unit.node.body if s not in file.source.docstring_nodes), None)
            told["first in function"] = float(first is statement)
        told["file size"] = math.log1p(self._of_file[path])
        return told

    def _failure(self, place: Place) -> dict[str, float]:
        """Where the failure happened."""
        depth = self._crash.get(place)
        unit = self._files[place[0]].unit.get(place[1])
        return {
            "crash": float(depth == 0),
            "stack": float(depth is not None),
            "same function": float(unit is not None and (place[0], unit.first_line) in self._crashed),
        }

    def _flow(self, place: Place) -> dict[str, float]:
        """A condition whose block no failing test entered, or that they alone entered."""
        path, line = place
        statement = self._files[path].statement.get(line)
        if not isinstance(statement, ast.If | ast.For | ast.While) or statement.lineno != line:
            return {}
        inside = [(path, s.lineno) for s in statement.body]
        entered = any(p in self._failed_on for p in inside)
        mine = self._scene.spectrum.get(place, 0.0)
        best = max((self._scene.spectrum.get(p, 0.0) for p in inside), default=0.0)
        return {"closed gate": float(not entered), "own gate": float(entered and best > mine + 1e-9)}

    def _matches(self, text: str, file: _File, line: int) -> dict[str, float]:
        """What the line shares with the failing tests."""
        told, statement = self._told, file.statement.get(line)
        strings = strings_on(statement, line) if statement is not None else set()
        unit = file.unit.get(line)
        owner = (
            file.source.class_of(unit.node if unit is not None else statement)
            if statement is not None
            else None
        )
        names = {n.name for n in (unit.node if unit is not None else None, owner) if n is not None}
        return {
            "words": self._alike(parts(text)),
            "owner words": self._alike(parts(" ".join(names))),
            "literal": float(bool(strings & told.strings)),
            "only actual": float(any(is_only_in(s, told.actual, told.expected) for s in strings)),
            "only expected": float(any(is_only_in(s, told.expected, told.actual) for s in strings)),
            "called": float(bool(names & told.called)),
        }

    def _alike(self, words: set[str]) -> float:
        """How much words have in common with the failing tests, between 0 and about 1; the same whatever the order of a set."""
        if not words:
            return 0.0
        shared = math.fsum(self._told.words.get(w, 0.0) * self._rarity.get(w, 1.0) for w in words)
        return shared / math.sqrt(len(words))

    # all lines

    def _rarities(self) -> dict[str, float]:
        """How much a word of the source says: rare ones more."""
        lines = 1
        seen: Counter[str] = Counter()
        for path, line in self._scene.spectrum:
            if path in self._files:
                lines += 1
                seen.update(parts(self._files[path].source.line_text(line)))
        return {word: math.log(1.0 + lines / (1.0 + n)) / math.log(1.0 + lines) for word, n in seen.items()}

    def _functions(self) -> dict[tuple[str, int], tuple[int, float]]:
        """Of each function, by file and first line: how many lines ran, and how like the failing tests it is."""
        found: dict[tuple[str, int], tuple[int, float]] = {}
        for path, line in [*self._scene.spectrum, *self._scene.data]:
            unit = self._files[path].unit.get(line) if path in self._files else None
            if unit is None:
                continue
            key = (path, unit.first_line)
            if key not in found:
                found[key] = (0, self._alike(parts(self._files[path].source.text_of(unit.node))))
            found[key] = (found[key][0] + 1, found[key][1])
        return found

    def _signatures(self) -> Iterator[Place]:
        """The heads of functions that were called with the wrong arguments."""
        for path, file in self._files.items() if self._told.signatures else ():
            for node in ast.walk(file.source.tree):
                if isinstance(node, FunctionNode) and self._is_told(file.source, node):
                    yield path, node.lineno

    def _is_told(self, source: Source, node: FunctionNode) -> bool:
        owner = source.class_of(node)
        return node.name in self._told.signatures and (
            node.name != "__init__" or owner is None or owner.name in self._told.called
        )


def _mapped(source: Source) -> _File:
    file = _File(source)
    for statement in statements(source.tree):
        for line in own_lines(statement):
            file.statement[line] = statement
    for unit in source.units.values():
        for line in range(unit.first_line, (unit.node.end_lineno or unit.first_line) + 1):
            file.unit[line] = unit
    return file


def _counts(runs: Iterable[TestRun]) -> Counter[Place]:
    return Counter((path, line) for run in runs for path, lines in run.lines.items() for line in lines)


def _nearest(failing: Sequence[TestRun], passing: Sequence[TestRun]) -> set[Place]:
    """Lines of the passing test that is most like a failing one (nearest neighbour: Renieris and Reiss 2003)."""
    found: set[Place] = set()
    sets = [{(p, n) for p, lines in run.lines.items() for n in lines} for run in passing]
    for run in failing[:8]:
        mine = {(p, n) for p, lines in run.lines.items() for n in lines}
        if sets:
            found |= max(sets, key=lambda other: len(mine & other) / max(1, len(mine | other)))
    return found


def _crash_depths(failures: Iterable[Failure], sources: Mapping[str, Source]) -> dict[Place, int]:
    """Frames of the source under repair, 0 the innermost."""
    depths: dict[Place, int] = {}
    for failure in failures:
        inner = [f for f in reversed(failure.frames) if f.in_project and f.path in sources]
        for depth, frame in enumerate(inner):
            depths[frame.path, frame.line] = min(depth, depths.get((frame.path, frame.line), depth))
    return depths


def _kind(statement: ast.stmt | None) -> str:
    if isinstance(
        statement, ast.If | ast.Return | ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For | ast.While
    ):
        return "usual"
    if isinstance(statement, ast.Expr):
        return "call"
    return "raise" if isinstance(statement, ast.Raise) else "other"
