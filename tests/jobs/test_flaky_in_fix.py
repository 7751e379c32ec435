"""A flaky test counts for nothing in a repair: neither as failed nor as fixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from helpers.jobs_house import BUG, CART, FILES, FIX, TESTS, Shop, edit

from flashagent.agent.limits import Limits
from flashagent.agent.witness import Watched, Witness
from flashagent.errors import WorkspaceError
from flashagent.events import Notice
from flashagent.jobs.job import FixJob
from flashagent.values import CheckReport, Failure, TestResult

BY_ACCIDENT = """
BEFORE = []


class FlakyTest(unittest.TestCase):
    # After the other tests of the file it passes only where it was run before, so the first run of all fails.

    def test_by_accident(self):
        from pathlib import Path
        mark = Path(__file__).with_name("seen")
        seen = mark.exists()
        mark.write_text("x")
        self.assertTrue(seen or not BEFORE)


class A0Test(unittest.TestCase):
    def test_first(self):
        BEFORE.append(1)
"""
NAME = "tests.test_cart.FlakyTest.test_by_accident"


@pytest.mark.needs("bwrap")
async def test_when_only_flaky_tests_fail_nothing_is_tried(tmp_path: Path) -> None:
    files = {**FILES, "shop/cart.py": CART.replace(BUG, FIX), "tests/test_cart.py": TESTS + BY_ACCIDENT}
    shop = Shop.make(tmp_path, files)
    finished = await shop.run(None, FixJob(offline=True))
    assert (finished.outcome, finished.exit_code) == ("not_fixed", 1)
    assert finished.report.message == f"Only flaky tests fail: {NAME}. No patch could be verified by them."
    assert any(NAME in event.text for event in shop.events if isinstance(event, Notice))


@pytest.mark.needs("bwrap")
async def test_a_patch_is_judged_by_the_other_tests(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path, {**FILES, "tests/test_cart.py": TESTS + BY_ACCIDENT})
    finished = await shop.run([edit(), "Done.", "Done."], FixJob(limits=Limits(attempts=1)))
    # Every run of the job is on a fresh tree, where this test fails each time: so nothing is called green.
    assert finished.outcome == "not_fixed"
    assert NAME not in finished.report.fixed
    assert shop.read() == CART


def report(*failing: str, passed: tuple[str, ...] = (), exit_code: int | None = None) -> CheckReport:
    results = tuple(TestResult(one, "failed") for one in failing)
    results += tuple(TestResult(one, "passed") for one in passed)
    code = (1 if failing else 0) if exit_code is None else exit_code
    failures = tuple(Failure(one, "assertion", "wrong") for one in failing)
    return CheckReport(("x",), code, 1.0, results, failures, counted=True)


class Runs:
    """Answers in turn; remembers what was asked."""

    def __init__(self, *answers: CheckReport) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []

    async def __call__(self, tests: Sequence[str] = ()) -> CheckReport:
        self.asked.append(tuple(tests))
        return self.answers.pop(0)


async def flaky() -> tuple[str, ...]:
    return ("flaky",)


BEFORE = report("bug", "flaky", passed=("fine",))


async def test_it_is_run_again_until_it_ends_with_status_0() -> None:
    runs = Runs(
        report(passed=("bug",)),
        report("flaky", passed=("bug", "fine")),
        report(passed=("bug", "fine", "flaky")),
    )
    judgement = await Witness([Watched(runs, BEFORE)], flaky).judge()
    assert judgement.green
    assert judgement.verdict.fixed == ("bug",)
    assert runs.asked == [("bug",), (), ()]


async def test_a_flaky_test_that_never_passes_is_not_called_green() -> None:
    red = report("flaky", passed=("bug", "fine"))
    runs = Runs(report(passed=("bug",)), red, red, red)
    judgement = await Witness([Watched(runs, BEFORE)], flaky).judge()
    assert not judgement.green
    assert judgement.report.failures == ()
    assert judgement.verdict.reasons == ("the check ended with exit status 1",)


async def test_a_new_failure_that_also_comes_without_the_patch_is_flaky() -> None:
    before = report("bug", passed=("fine", "odd"))
    whole = report("odd", passed=("bug", "fine"))
    runs = Runs(report(passed=("bug",)), whole, report(passed=("bug", "fine", "odd")))
    as_it_was = Runs(report("odd"))
    judgement = await Witness([Watched(runs, before, as_it_was=as_it_was)]).judge()
    assert judgement.green
    assert as_it_was.asked == [("odd",)]


async def test_a_new_failure_that_only_comes_with_the_patch_counts() -> None:
    before = report("bug", passed=("fine", "odd"))
    runs = Runs(report(passed=("bug",)), report("odd", passed=("bug", "fine")))
    as_it_was = Runs(report(passed=("odd",)), report(passed=("odd",)))
    judgement = await Witness([Watched(runs, before, as_it_was=as_it_was)]).judge()
    assert (judgement.green, judgement.verdict.newly_failing) == (False, ("odd",))


async def test_what_reaches_the_edits_runs_before_the_whole() -> None:
    before = report("bug", passed=("fine", "near"))
    runs = Runs(report(passed=("bug",)), report("near"))
    judgement = await Witness([Watched(runs, before, reaching=lambda: ("near",))]).judge()
    assert (judgement.full, judgement.verdict.newly_failing) == (False, ("near",))
    assert runs.asked == [("bug",), ("near",)]


async def test_why_a_check_could_not_run_is_told_as_it_is() -> None:
    async def refused() -> CheckReport:
        raise WorkspaceError("There is no room for a tree.")

    runs = Runs(report(passed=("bug",)), report(passed=("bug", "fine")))
    with pytest.raises(WorkspaceError, match="no room"):
        await Witness([Watched(runs, report("bug", passed=("fine",)), bare=refused)]).judge()
