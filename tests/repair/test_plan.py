"""Which tests a search looks at."""

from __future__ import annotations

from flashagent.repair import plan
from flashagent.values import CheckReport, TestResult


def report(failing: int, passing: int, seconds: float) -> CheckReport:
    results = [TestResult(f"t.py::f{n:03}", "failed", seconds) for n in range(failing)]
    results += [TestResult(f"t.py::p{n:03}", "passed", seconds) for n in range(passing)]
    return CheckReport(("pytest",), 1, 1.0, tuple(results), counted=True)


def collected(found: CheckReport) -> list[dict[str, str]]:
    return [{"id": result.test_id, "path": "t.py"} for result in found.results]


def test_many_quick_failing_tests_are_looked_at() -> None:
    seen = report(200, 3, 0.001)
    chosen = plan.sample(collected(seen), seen, 10.0)
    assert (len(chosen.failing), len(chosen.passing)) == (plan.MAX_FAILING, 3)


def test_slow_ones_only_as_far_as_the_budget_goes_but_the_first_few_always() -> None:
    seen = report(200, 3, 1.0)
    assert len(plan.sample(collected(seen), seen, 10.0).failing) == plan.FAILING + 10
    assert len(plan.sample(collected(seen), seen, 0.0).failing) == plan.FAILING
