"""Findings for people: a line for each check, each kind of failure in ten lines, diagnostics a line each. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator

from flashagent.jobs.checking import Checked, Findings
from flashagent.values import Diagnostic
from flashagent.verify.feedback import ReadSource, describe_group, group
from flashagent.verify.verdict import names

_GROUPS = 20
_DIAGNOSTICS = 50


def rendered(found: Findings, read_source: ReadSource, mask: Callable[[str], str]) -> str:
    """Everything, ended by a line that says what the exit status says."""
    blocks = [_check(one, read_source) for one in found.checks]
    if found.diagnostics:
        blocks.append("\n".join(_diagnostics(found.diagnostics)))
    if not found.checks and not found.diagnostics:
        blocks.append("Nothing was changed since the last commit: nothing to check.")
    else:
        blocks.append("green" if found.green else "red")
    return mask("\n\n".join(blocks)) + "\n"


def _check(one: Checked, read_source: ReadSource) -> str:
    groups = group(one.report.failures)
    parts = [_headline(one)]
    parts += [describe_group(each, read_source) for each in groups[:_GROUPS]]
    if len(groups) > _GROUPS:
        parts.append(f"... and {len(groups) - _GROUPS} more kinds of failure")
    parts += _suspects(one)
    return "\n\n".join(parts)


def _headline(one: Checked) -> str:
    report = one.report
    state = "passes" if report.green else "fails"
    count = (
        f"{report.failed} failed, {report.passed} passed"
        if report.results
        else f"exit status {report.exit_code}"
    )
    if report.results and not report.counted and one.check.framework != "generic":
        count += ", and not to its end"
    why = f" [{one.check.why}]" if one.check.why else ""
    return f"`{shlex.join(one.check.argv)}` {state}: {count} in {report.seconds:.1f} s{why}"


def _suspects(one: Checked) -> Iterator[str]:
    found = one.suspects
    if found.flaky:
        yield f"flaky (failed, then passed on the unchanged tree; nothing to repair, but not green): {names(found.flaky)}"
    if found.together:
        yield f"fails only together with other tests, and passes alone: {names(found.together)}"


def _diagnostics(found: tuple[Diagnostic, ...]) -> Iterator[str]:
    for one in found[:_DIAGNOSTICS]:
        yield f"{one.path}:{one.line}:{one.column}: {one.code} {one.message}"
    if len(found) > _DIAGNOSTICS:
        yield f"... and {len(found) - _DIAGNOSTICS} more"
