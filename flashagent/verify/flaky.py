"""Tests that fail and then do not, though nothing was changed: named, so that nobody repairs code that is right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.values import CheckReport
from flashagent.verify.commands import Check
from flashagent.verify.run import Verifier
from flashagent.verify.verdict import Verdict, judge

# More failures than this have one cause that is no accident, and running them again only costs time.
MOST_FAILING = 20
# A flaky test gets so many whole runs to pass: what is called green has really ended with status 0.
MOST_RUNS = 3

Flaky = Callable[[], Awaitable[Collection[str]]]


async def none_known() -> Collection[str]:
    """For who knows of no flaky test."""
    return ()


@dataclass(frozen=True, slots=True)
class Suspects:
    """Test ids in the order of the first run. `flaky` passed alone and in a second whole run; `together` passed alone
    and failed again in the second whole run, so that another test's leavings or their order matter.

    Neither makes a run green.
    """

    flaky: tuple[str, ...] = ()
    together: tuple[str, ...] = ()


async def suspects(
    verifier: Verifier, check: Check, report: CheckReport, *, tree: Path | None = None
) -> Suspects:
    """Run the failing tests of a counted report again, in the project or in an unchanged `tree`: first alone, and when
    some of them pass, the whole check once more. Nothing is run for a green report, for one that was not counted, or
    where more than `MOST_FAILING` tests fail. Quiet: no events."""
    failing = tuple(one.test_id for one in report.results if one.outcome in ("failed", "error"))
    if not report.counted or not 0 < len(failing) <= MOST_FAILING:
        return Suspects()
    alone = await verifier.run(check, tests=failing, tree=tree, quiet=True)
    passed = _passed(alone)
    doubtful = tuple(one for one in failing if one in passed)
    if not doubtful:
        return Suspects()
    again = _passed(await verifier.run(check, tree=tree, quiet=True))
    return Suspects(
        tuple(one for one in doubtful if one in again), tuple(one for one in doubtful if one not in again)
    )


def _passed(report: CheckReport) -> frozenset[str]:
    """The tests that passed; none where the run cannot be believed."""
    if not report.counted:
        return frozenset()
    return frozenset(one.test_id for one in report.results if one.outcome == "passed")


def without(report: CheckReport, tests: Collection[str]) -> CheckReport:
    """The report as if these tests were not there; the exit status stays."""
    if not tests:
        return report
    results = tuple(one for one in report.results if one.test_id not in tests)
    return replace(
        report, results=results, failures=tuple(one for one in report.failures if one.test_id not in tests)
    )


async def steady(
    run: Callable[[], Awaitable[CheckReport]], before: CheckReport, flaky: Collection[str]
) -> tuple[CheckReport, Verdict]:
    """The verdict on a run of the whole check in which flaky tests count for nothing, neither as failed nor as fixed. While
    they alone keep it from ending with status 0 it is run again, at most `MOST_RUNS` times in all."""
    for count in range(1, MOST_RUNS + 1):
        report = await run()
        verdict = judged_without(before, report, flaky)
        if verdict.green or count == MOST_RUNS or not only_flaky(before, report, flaky):
            break
    return report, verdict


def judged_without(before: CheckReport, report: CheckReport, flaky: Collection[str]) -> Verdict:
    """`judge`, the flaky tests left out on both sides; the exit status is what it is."""
    return judge(without(before, flaky), without(report, flaky))


def only_flaky(before: CheckReport, report: CheckReport, flaky: Collection[str]) -> bool:
    """Whether the report would be green if it were not for the flaky tests that failed in it."""
    if not failing_in(report).intersection(flaky):
        return False
    return judge(without(before, flaky), replace(without(report, flaky), exit_code=0)).green


def failing_in(report: CheckReport) -> frozenset[str]:
    return frozenset(one.test_id for one in report.results if one.outcome in ("failed", "error"))


async def fails_as_it_was(
    run: Callable[[Sequence[str]], Awaitable[CheckReport]], tests: Sequence[str], *, runs: int = 2
) -> frozenset[str]:
    """Those of the tests that also fail, at least once, on the unchanged tree, where they passed before: `run` runs them
    there. What fails now and then without the change is no fault of it."""
    found: frozenset[str] = frozenset()
    for _ in range(runs):
        left = [one for one in tests if one not in found]
        if not left:
            break
        found |= failing_in(await run(left)).intersection(left)
    return found
