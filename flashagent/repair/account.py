"""What a search can say of a fault, found or not: the most suspicious lines, and the edits that almost worked."""

from __future__ import annotations

from dataclasses import replace

from flashagent.repair.localize import SuspiciousLine, reported
from flashagent.repair.look import Look
from flashagent.repair.project import Project
from flashagent.repair.search import Tally
from flashagent.values import CheckReport


class Account:
    """Reads what a look and a search have found so far; changes nothing."""

    def __init__(self, project: Project, baseline: CheckReport, look: Look) -> None:
        self._project = project
        self._baseline = baseline
        self._look = look

    @property
    def _failing(self) -> int:
        return sum(not run.passed for run in self._look.runs)

    def near_misses(self, tally: Tally | None, most: int) -> list[str]:
        """What almost worked, one edit of each statement, those that made most failing tests pass first."""
        ordered = sorted(tally.partial.items(), key=lambda i: (-i[1][0], i[0])) if tally is not None else []
        by_statement: dict[tuple[str, int], str] = {}
        for _, (fixed, one) in ordered:
            if len(by_statement) < most and (one.path, one.statement) not in by_statement:
                broke = ", but broke others" if fixed >= self._failing else ""
                words = "Also near: " if by_statement else "Nearest miss: "
                by_statement[one.path, one.statement] = (
                    f"{words}{self._project.describe(one)} makes {fixed} of {self._failing} failing tests pass{broke}."
                )
        return list(by_statement.values())

    def reported(self, tally: Tally | None) -> tuple[SuspiciousLine, ...]:
        """The most suspicious lines for a person; where an edit made failing tests pass comes first (Papadakis and Le
        Traon 2015: what changes the outcome of a failing test is near its cause)."""
        functions: dict[tuple[str, int], str] = {}
        for path, line in self._look.scores:
            source = self._project.source(path)
            unit = source.unit_of_line(line) if source is not None else None
            functions[path, line] = unit.name if unit else ""
        effects = self._effects(tally)
        scores = {place: score + 2.0 * effects.get(place, 0.0) for place, score in self._look.scores.items()}
        scores |= {place: 2.0 * share for place, share in effects.items() if place not in scores}
        top = max(scores.values(), default=0.0) or 1.0
        lines = reported(
            {place: score / top for place, score in scores.items()},
            self._baseline.failures,
            {path: self._project.lines(path) for path, _ in scores},
            functions,
            self._look.runs,
            reasons=self._look.reasons,
        )
        return tuple(_with_effect(line, effects.get((line.path, line.line), 0.0)) for line in lines)

    def _effects(self, tally: Tally | None) -> dict[tuple[str, int], float]:
        """The largest share of the failing tests that an edit of a line made pass."""
        if tally is None:
            return {}
        failing = max(1, self._failing)
        found: dict[tuple[str, int], float] = {}
        shares = [(one.mutation, 1.0) for one in tally.plausible]
        # Passing the first of several failing tests by an odd change says little; passing many says more.
        shares += [(mutation, 0.5 * min(1.0, fixed / failing)) for fixed, mutation in tally.partial.values()]
        for mutation, share in shares:
            place = (mutation.path, mutation.line)
            weighted = share * min(1.0, 0.25 + mutation.prior)
            found[place] = max(found.get(place, 0.0), weighted)
        return found


def _with_effect(line: SuspiciousLine, share: float) -> SuspiciousLine:
    if share <= 0.0:
        return line
    return replace(line, why=f"{line.why}; an edit here made failing tests pass")
