"""Tests that fail and then do not, though nothing was changed: named, so that nobody repairs code that is right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flashagent.values import CheckReport
from flashagent.verify.commands import Check
from flashagent.verify.run import Verifier

# More failures than this have one cause that is no accident, and running them again only costs time.
MOST_FAILING = 20


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
