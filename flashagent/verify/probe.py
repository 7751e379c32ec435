"""Whether one failure of a check is there in another state of the project, too. Pure."""

from __future__ import annotations

import re
from typing import Literal

from flashagent.values import CheckReport, Failure
from flashagent.verify.verdict import units_of

Finding = Literal["good", "bad", "untestable"]
# A program that cannot be loaded or built tells nothing about a test of it.
_BROKEN = ("import", "syntax", "compile")
_VARYING = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"", re.IGNORECASE)


def is_reported(report: CheckReport, test_id: str) -> bool:
    """Whether the test itself came to an end, however it ended."""
    return any(one.test_id == test_id and one.outcome != "skipped" for one in report.results)


def finding(report: CheckReport, failure: Failure) -> Finding:
    """'bad' where the test of the failure fails (where it has no test: the check fails the same way), 'good' where it
    passes, 'untestable' where it does not come to its turn, or fails only since the program does not load or build."""
    if report.limit and failure.kind != "timeout":
        return "untestable"
    if not failure.test_id:
        return _of_whole(report, failure)
    outcome = next((one.outcome for one in report.results if one.test_id == failure.test_id), None)
    if outcome in ("passed", "xfailed", "xpassed"):
        return "good" if report.counted or report.exit_code == 0 or outcome == "passed" else "untestable"
    now = [one for one in report.failures if one.test_id in (failure.test_id, *units_of(failure.test_id))]
    if outcome == "skipped" or not now:
        return "good" if outcome is None and _is_green_text(report) else "untestable"
    if failure.kind not in _BROKEN and all(one.kind in _BROKEN for one in now):
        return "untestable"
    return "bad"


def _is_green_text(report: CheckReport) -> bool:
    """A runner that names no test that passes, and ends with success."""
    return report.green and not report.counted and not report.results


def _of_whole(report: CheckReport, failure: Failure) -> Finding:
    if report.green:
        return "good"
    return "bad" if any(_shape(one) == _shape(failure) for one in report.failures) else "untestable"


def _shape(failure: Failure) -> tuple[str, str, str]:
    first = failure.message.partition("\n")[0]
    return failure.kind, failure.exception, _VARYING.sub("#", first)
