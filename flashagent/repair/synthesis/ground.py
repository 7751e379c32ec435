"""Which functions are worth every small change, and what their names were seen to hold while tests ran."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from flashagent.repair import donors
from flashagent.repair.look import LOOP_CPU_S, Look
from flashagent.repair.mutate import Mutation
from flashagent.repair.pool import Pool
from flashagent.repair.project import Project
from flashagent.repair.source import Source, Unit
from flashagent.repair.synthesis.stream import SMALL, Ground, enumerated
from flashagent.repair.synthesis.values import State, state_from
from flashagent.repair.workers import WorkerGone
from flashagent.values import CheckReport

FUNCTIONS, TESTS, PASSING = 4, 12, 4
STATES = 32
MOST_SMALL, MOST_LARGE = 100_000, 6_000  # candidates where every function is small, and where one is not
STATES_CPU_S = 2.0


async def small_changes(
    project: Project, look: Look, baseline: CheckReport, pool: Pool, known: Collection[Mutation]
) -> Iterator[Mutation]:
    """Small changes of the most suspicious functions, the likeliest first, without those that are `known`."""
    places = _functions(project, look)
    states = await _states(project, look, pool, [(source, unit) for source, unit, _ in places])
    failing = [(run.path, run.test_id) for run in look.runs if not run.passed]
    trees = project.test_trees(failing)
    messages = [failure.message for failure in baseline.failures[:8]]
    grounds = [
        Ground(source, unit, lines, donors.collect(source, trees, messages), found)
        for (source, unit, lines), found in zip(places, states, strict=True)
    ]
    small = all(_length(unit) <= SMALL for _, unit, _ in places)
    return islice(enumerated(grounds, known), MOST_SMALL if small else MOST_LARGE)


def _length(unit: Unit) -> int:
    return (unit.node.end_lineno or unit.first_line) - unit.first_line


def _functions(project: Project, look: Look) -> list[tuple[Source, Unit, dict[int, float]]]:
    """The functions with the most suspicious lines, and the scores of these."""
    found: dict[tuple[str, int], tuple[Source, Unit, dict[int, float]]] = {}
    for (path, line), score in sorted(look.scores.items()):
        source = project.source(path) if not project.is_test(path) else None
        unit = source.unit_of_line(line) if source is not None else None
        if source is not None and unit is not None:
            found.setdefault((path, unit.first_line), (source, unit, {}))[2][line] = score
    ordered = sorted(found.values(), key=lambda f: (-max(f[2].values()), f[0].path, f[1].first_line))
    return ordered[:FUNCTIONS]


async def _states(
    project: Project, look: Look, pool: Pool, places: Sequence[tuple[Source, Unit]]
) -> list[list[State]]:
    """What the names of each function held in tests that fail and in some that pass; none where workers cannot tell."""
    failing = sorted(
        (r for r in look.runs if not r.passed), key=lambda r: (bool(r.stack), r.cpu_s, r.test_id)
    )
    passing = sorted((r for r in look.runs if r.passed), key=lambda r: (r.cpu_s, r.test_id))
    tests = [r.test_id for r in [*failing[: TESTS - PASSING], *passing[:PASSING]]]
    units = [
        [
            str((project.root / source.path).resolve()),
            unit.first_line,
            unit.node.end_lineno or unit.first_line,
        ]
        for source, unit in places
    ]
    limit = LOOP_CPU_S if any(r.stack for r in failing) else STATES_CPU_S
    request = {"do": "states", "units": units, "cpu": limit, "wall": 10.0 * limit + 5.0}
    found: list[list[State]] = [[] for _ in places]
    try:
        answers = await pool.spread(tests, request)
        for told in (one for test in tests for one in answers[test].get("states", ())):
            found[told["unit"]].append(state_from(told))
    except (WorkerGone, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return [[] for _ in places]  # nothing is known then, and more has to be tried
    return await asyncio.to_thread(lambda: [chosen(some) for some in found])


def chosen(states: Sequence[State]) -> list[State]:
    """At most STATES that differ, spread over the lines and over the whole run."""
    by_line: dict[int, dict[str, State]] = {}
    for state in states:
        by_line.setdefault(state.line, {}).setdefault(repr(sorted(state.held.items())), state)
    lines = [list(some.values()) for _, some in sorted(by_line.items())]
    return _taken(lines, STATES)


def _taken(lines: Sequence[Sequence[State]], most: int) -> list[State]:
    """From each list in turn: the latest first, since more is bound there, then those at even distances."""
    kept: list[State] = []
    share = max(1, -(-most // max(1, len(lines))))
    for some in lines:
        step = max(1, len(some) // share)
        kept += some[::-1][::step][:share]
    return kept[:most] if len(kept) <= most else kept[:: max(1, len(kept) // most)][:most]
