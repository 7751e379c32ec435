"""Findings as one JSON object. Pure."""

from __future__ import annotations

import shlex
from dataclasses import asdict

from flashagent.jobs.checking import Checked, Findings
from flashagent.verify.feedback import culprit, group


def plain(found: Findings) -> dict[str, object]:
    """`green` agrees with the exit status; `groups` are indexes into `failures` that fail in the same way."""
    return {
        "green": found.green,
        "checks": [_check(one) for one in found.checks],
        "diagnostics": [asdict(one) for one in found.diagnostics],
    }


def _check(one: Checked) -> dict[str, object]:
    report = one.report
    failures = list(report.failures)
    places = {id(failure): index for index, failure in reversed(list(enumerate(failures)))}
    return {
        "command": shlex.join(one.check.argv),
        "why": one.check.why,
        "green": report.green,
        "exit_code": report.exit_code,
        "seconds": round(report.seconds, 3),
        "counted": report.counted,
        "passed": report.passed,
        "failed": report.failed,
        "failures": [
            {
                **asdict(failure),
                "rerun": shlex.join(failure.rerun),
                "culprit": f"{frame.path}:{frame.line}" if (frame := culprit(failure)) is not None else "",
            }
            for failure in failures
        ],
        "groups": [[places[id(failure)] for failure in each.failures] for each in group(failures)],
        "flaky": list(one.suspects.flaky),
        "fails_only_together": list(one.suspects.together),
    }
