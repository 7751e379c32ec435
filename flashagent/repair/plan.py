"""From a check to how its tests are run by workers, and which of its tests a search uses.

Pure but for the look at which files exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.repair.localize import TestRun
from flashagent.repair.workers import Launch
from flashagent.values import CheckReport
from flashagent.verify import launch as launching
from flashagent.verify.commands import Check, RunnerCall, runner_call
from flashagent.verify.environment import ProjectEnvironment

FAILING, MAX_FAILING, MAX_PASSING = 30, 150, 400
MIN_CPU_S, HANG_CPU_S = 0.1, 0.03


def launch_for(check: Check, environment: ProjectEnvironment, root: Path, seed: int) -> Launch | None:
    """How a worker loads the check's tests; None when its runner is not one that a worker knows."""
    call = runner_call(check.argv)
    if call is None or check.framework == "generic" or environment.python is None:
        return None
    prepared = launching.prepare(check, environment, root)
    folder = root / check.cwd
    as_module = bool(call.python) or call.module == "unittest"
    env = {**launching.QUIET, **environment.variables, **dict(check.env)}
    return Launch(
        python=Path(prepared.python) if prepared.python else environment.python,
        framework=call.module,
        arguments=call.arguments,
        root=root,
        cwd=folder,
        sys_path=(str(folder),) if as_module else (),
        env=env,
        path=environment.path,
        keep=environment.keep,
        binds=environment.binds,
        seed=seed,
    )


def cold_arguments(check: Check, root: Path, test_root: str, tests: Sequence[str]) -> list[str]:
    """The runner's arguments that load no more than these tests need."""
    call = runner_call(check.argv)
    assert call is not None
    if call.module != "pytest" or not tests:
        return list(call.arguments)
    names = []
    for test in tests:
        path, _, inside = test.partition("::")
        bare = inside.partition("[")[0]
        names.append(str(Path(test_root) / path) + (f"::{bare}" if bare else ""))
    narrowed = RunnerCall(call.module, call.arguments, call.wrapper, call.python)
    words = launching.pytest_arguments(narrowed, list(dict.fromkeys(names)), (root / check.cwd).joinpath)
    return [*words, "--rootdir", test_root]


@dataclass(frozen=True, slots=True)
class Sample:
    """The tests to look at, in this order; `broken` are files that do not load."""

    failing: tuple[str, ...]
    passing: tuple[str, ...]
    broken: tuple[str, ...]


def sample(tests: Sequence[Mapping[str, Any]], baseline: CheckReport, budget_s: float) -> Sample:
    """Failing tests of the baseline that the worker found too, and passing ones near them, the near and the fast first.

    `budget_s` bounds the sum of the baseline's seconds of the passing ones, and of failing ones beyond the first few: a
    candidate stops at the first that it fails, so many of them cost little and keep out what fits only a few.
    """
    known = {str(t["id"]): str(t.get("path", "")) for t in tests}
    broken = tuple(str(t["id"]) for t in tests if t.get("broken"))
    seconds = {r.test_id: r.seconds for r in baseline.results}
    red = {r.test_id for r in baseline.results if r.outcome in ("failed", "error")} | {
        f.test_id for f in baseline.failures
    }
    failing = sorted(
        (t for t in known if t in red and t not in broken), key=lambda t: (seconds.get(t, 0.0) > 1.0, t)
    )
    near = {known[t] for t in failing} | {known[b] for b in broken}
    folders = {str(PurePosixPath(p).parent) for p in near}

    def distance(test: str) -> int:
        path = known[test]
        return 0 if path in near else 1 if str(PurePosixPath(path).parent) in folders else 2

    skipped = {r.test_id for r in baseline.results if r.outcome == "skipped"}
    others = [t for t in known if t not in red and t not in broken and t not in skipped]
    more, spent = list(failing[:FAILING]), 0.0
    for test in failing[FAILING:MAX_FAILING]:
        spent += seconds.get(test, 0.01)
        if spent > budget_s:
            break
        more.append(test)
    return Sample(tuple(more), _within(others, distance, seconds, budget_s), broken)


def _within(
    tests: Sequence[str], distance: Any, seconds: Mapping[str, float], budget_s: float
) -> tuple[str, ...]:
    """At most MAX_PASSING, spread evenly inside each distance, within the budget."""
    chosen: list[str] = []
    for level in (0, 1, 2):
        here = [t for t in tests if distance(t) == level]
        room = MAX_PASSING - len(chosen)
        if room <= 0:
            break
        step = max(1, -(-len(here) // room))
        chosen += here[::step]
    spent, kept = 0.0, []
    for test in chosen:
        cost = seconds.get(test, 0.01)
        if spent + cost <= budget_s:
            spent += cost
            kept.append(test)
    return tuple(kept)


def timed(run: TestRun) -> dict[str, Any]:
    """A test as workers take it: its id, its CPU limit (five times its own, more than a tenth of a second)."""
    limit = HANG_CPU_S if run.stack else max(MIN_CPU_S, 5.0 * run.cpu_s)
    return {
        "id": run.test_id,
        "cpu": round(limit, 3),
        "outcome": "passed" if run.passed else f"failed: {run.exception}",
    }
