"""From how a command ended and what the reporter told to a CheckReport. Pure."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace

from flashagent.ports import CommandResult
from flashagent.values import CheckReport, Failure, FailureKind, TestResult
from flashagent.verify import machine
from flashagent.verify.commands import Check
from flashagent.verify.failures import Told
from flashagent.verify.frameworks import hang, registry
from flashagent.verify.frameworks.reported import Reported
from flashagent.verify.places import Places

_LIMITS: dict[str, tuple[FailureKind, str]] = {
    "time": ("timeout", "it did not end within the time limit"),
    "memory": ("memory", "it needed more memory than the limit allows"),
    "output": ("output", "it printed more than the limit allows"),
    "processes": ("memory", "it started more processes than the limit allows"),
    "disk": ("output", "it wrote more to the disk than the limit allows"),
}
_TAIL_LINES = 12


def build(
    check: Check,
    result: CommandResult,
    told: Told,
    places: Places,
    *,
    forged: bool,
    expects_reporter: bool,
    reported: Reported,
) -> CheckReport:
    """The whole report. A session that did not end in order is never counted and never green. `reported` is what a runner
    without our reporter told in documents of its own; where it is silent, the text tells."""
    output = result.output.decode("utf-8", "replace")
    counted = (
        told.status is not None and not told.broken and not forged and not (told.missing and not told.stopped)
    )
    failures = list(told.failures)
    failures += [
        replace(one, rerun=(one.test_id and told.rerun_running) or check.argv)
        for one in _of_session(result, told, forged, expects_reporter, output, places)
    ]
    if result.exit_code != 0 and not failures:
        unexplained = reported.failures or _unexplained(result.exit_code, told, output, places)
        failures += [replace(one, rerun=machine.alone(one.rerun, check) or check.argv) for one in unexplained]
    return CheckReport(
        command=check.argv,
        exit_code=result.exit_code,
        seconds=result.seconds,
        results=told.results or reported.results or _by_text(check, told, output),
        failures=tuple(failures),
        counted=counted,
        limit=result.limit,
        output=output,
    )


def _by_text(check: Check, told: Told, output: str) -> tuple[TestResult, ...]:
    """What each test did by the text of a runner that our reporter does not sit in."""
    return registry.results(output) if check.framework == "generic" and not told.started else ()


def _of_session(
    result: CommandResult, told: Told, forged: bool, expects_reporter: bool, output: str, places: Places
) -> Sequence[Failure]:
    """What is wrong with the run as a whole, apart from single tests."""
    test = told.running[0] if told.running else ""
    while_running = f" while {test} was running" if test else ""
    if result.limit:
        kind, text = _LIMITS.get(result.limit, ("exit", f"it reached the limit of {result.limit}"))
        return [Failure(test, kind, f"The check was ended{while_running}: {text}.")]
    if forged:
        return [
            Failure(
                "", "exit", "Something else than the reporter wrote to its channel: the results do not count."
            )
        ]
    if told.broken:
        return [Failure("", "exit", f"The session did not run in order: {told.broken}.")]
    if not told.started:
        silent = expects_reporter and result.exit_code == 0
        return [Failure("", "exit", "Exit status 0, but the test session never spoke.")] if silent else []
    if told.status is None and (cut := hang.parse(output, test, places, loading=told.loading)) is not None:
        return [cut]
    if told.status is None:
        return _unended(result.exit_code, test, while_running)
    if told.missing and not told.stopped:
        return [Failure(told.missing[0], "exit", f"{len(told.missing)} collected tests were never reported.")]
    if told.status != result.exit_code:
        message = (
            f"The session ended with status {told.status}, but its process with {_status(result.exit_code)}."
        )
        return [Failure("", "crash" if result.exit_code > 128 else "exit", message)]
    if result.exit_code == 0 and not told.results:
        return [Failure("", "exit", "Exit status 0, but no test ran.")]
    return []


def _unended(exit_code: int, test: str, while_running: str) -> Sequence[Failure]:
    """The reporter began and never came to its end: a crash, an exit in the middle, or an error before the tests."""
    if exit_code > 128:
        return [Failure(test, "crash", f"The process died of {_status(exit_code)}{while_running}.")]
    if exit_code == 0 or test:
        return [
            Failure(test, "exit", f"The test session broke off with exit status {exit_code}{while_running}.")
        ]
    return []


def _unexplained(exit_code: int, told: Told, output: str, places: Places) -> Sequence[Failure]:
    """Failures read from the text, since nobody told them."""
    if told.status is not None and not told.results and exit_code == 5:
        return [Failure("", "exit", "No tests were collected.", details=tail(output))]
    if told.status is None and (found := registry.parse(output, places)):
        return found
    if told.status is None and exit_code > 128:
        return [Failure("", "crash", f"The process died of {_status(exit_code)}.", details=tail(output))]
    return [Failure("", "exit", f"Exit status {exit_code}.", details=tail(output))]


def _status(exit_code: int) -> str:
    if exit_code > 128:
        try:
            return f"signal {signal.Signals(exit_code - 128).name}"
        except ValueError:
            pass
    return f"status {exit_code}"


def tail(output: str) -> str:
    """The last lines that say something."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(lines[-_TAIL_LINES:])
