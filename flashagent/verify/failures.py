"""From the reporter's records to results and failures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.values import Failure, TestOutcome, TestResult
from flashagent.verify.exceptions import compared, kind_of
from flashagent.verify.frameworks import traceback
from flashagent.verify.places import Places, is_machinery

Record = Mapping[str, Any]
Rerun = Callable[[Sequence[str]], tuple[str, ...]]

_LOAD_FAILED = "Failed to import test module"
_WORST: tuple[TestOutcome, ...] = ("failed", "error", "xpassed", "xfailed", "skipped", "passed")


@dataclass(frozen=True, slots=True)
class Told:
    """What the reporter told. `status` is None when the end line is missing; `running` are tests that were begun and
    not finished, and `rerun_running` runs the first of them alone; `missing` were collected and never reported; `broken`
    says why the session does not count, if so. `loading` is the file that was imported last, '' once tests run."""

    started: bool = False
    status: int | None = None
    results: tuple[TestResult, ...] = ()
    failures: tuple[Failure, ...] = ()
    running: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    broken: str = ""
    stopped: str = ""
    rerun_running: tuple[str, ...] = ()
    loading: str = ""


@dataclass
class _Test:
    """One test while its records come in."""

    outcomes: list[TestOutcome] = field(default_factory=list)
    seconds: float = 0.0
    begun: bool = False


def read(records: Sequence[Record], places: Places, rerun: Rerun) -> Told:
    """Fold the records into one account. `rerun` gives the argv that runs the named tests alone."""
    tests: dict[str, _Test] = {}
    failures: list[Failure] = []
    collected: list[str] = []
    end: Record | None = None
    loading = ""
    for record in records:
        match record.get("e"):
            case "loading":
                loading = str(record["id"])
            case "collected":
                loading = ""
                collected += [str(name) for name in record.get("ids", ())]
            case "start":
                tests.setdefault(str(record["id"]), _Test()).begun = True
            case "unit":
                failures += _unit(record, tests, collected, places)
            case "report":
                failures += _report(record, tests.setdefault(str(record["id"]), _Test()), places)
            case "result":
                _result(record, tests.setdefault(str(record["id"]), _Test()))
            case "failure":
                failures.append(_failure(_name(record), record, places))
            case "end":
                end = record
    results = tuple(_final(name, test) for name, test in tests.items() if test.outcomes)
    running = tuple(name for name, test in tests.items() if test.begun and not test.outcomes)
    told = Told(
        started=bool(records),
        status=int(end["status"]) if end is not None else None,
        results=results,
        failures=tuple(
            replace(failure, rerun=rerun([_base(failure.test_id)])) for failure in _distinct(failures)
        ),
        running=running,
        rerun_running=rerun([_base(running[0])]) if running else (),
        loading=loading,
        missing=tuple(name for name in collected if name not in tests or not tests[name].outcomes),
    )
    if end is None:
        return told
    return replace(told, stopped=str(end.get("stopped", "")), broken=_broken(end, places))


def _broken(end: Record, places: Places) -> str:
    """Why an ended session still does not count: it was interrupted, or the project replaced parts of the runner."""
    if end.get("broken"):
        return str(end["broken"])
    for name, path in end.get("replaced", ()):
        if not path or str(path).startswith("<"):
            return f"{name} of the test runner was replaced while the tests ran"
        frame = places.frame(str(path), 1)
        if frame.in_project:
            return f"{name} of the test runner was replaced by {frame.path}"
    return ""


def _name(record: Record) -> str:
    sub = str(record.get("sub") or "")
    return f"{record['id']} {sub}".strip()


def _base(test_id: str) -> str:
    """The test that a subtest's id belongs to: ids of unittest and pytest hold a blank only inside of brackets."""
    head, bracket, _ = test_id.partition("[")
    if " " in head:
        return head.partition(" ")[0]
    if bracket and "]" in test_id:
        return test_id[: test_id.rindex("]") + 1] if not head.endswith(" ") else head.strip()
    return test_id


def _report(record: Record, test: _Test, places: Places) -> list[Failure]:
    """One phase of a pytest test: its call, or one that did not pass."""
    when, outcome = record["when"], str(record["outcome"])
    test.seconds += float(record.get("seconds", 0.0))
    failed = outcome == "failed" or (outcome == "passed" and record.get("raised") and not record.get("xfail"))
    if failed:
        test.outcomes.append("failed" if when == "call" else "error")
    elif outcome == "skipped":
        test.outcomes.append("xfailed" if record.get("xfail") else "skipped")
    elif outcome == "passed" and when == "call":
        test.outcomes.append("xpassed" if record.get("xfail") else "passed")
    if not failed or "failure" not in record:
        return []
    if (
        str(record["failure"].get("message", "")).startswith("contains ")
        and test.outcomes.count("failed") > 1
    ):
        return []  # a test that only repeats that its subtests failed
    return [_failure(_name(record), record, places)]


def _result(record: Record, test: _Test) -> None:
    """The one outcome of a unittest test."""
    outcome = str(record["outcome"])
    test.outcomes.append(next((known for known in _WORST if known == outcome), "error"))
    test.seconds += float(record.get("seconds", 0.0))


def _unit(record: Record, tests: dict[str, _Test], collected: Iterable[str], places: Places) -> list[Failure]:
    """A module or class that could not be collected, set up or torn down, or that skipped as a whole."""
    name = str(record["id"])
    outcome: TestOutcome = "skipped" if record["outcome"] == "skipped" else "error"
    inside = [one for one in collected if covers(name, one)]
    if str(record.get("phase", "")).startswith("setUp") and inside:
        for one in inside:
            test = tests.setdefault(one, _Test())
            if not test.outcomes:
                test.outcomes.append(outcome)
    else:
        tests.setdefault(name, _Test()).outcomes.append(outcome)
    return [_failure(name, record, places)] if outcome == "error" else []


def covers(unit: str, test_id: str) -> bool:
    """Whether a test is inside a unit: a file or class of pytest, a module or class of unittest."""
    return test_id.startswith((unit + "::", unit + ".")) and unit != ""


def _final(name: str, test: _Test) -> TestResult:
    worst = next(outcome for outcome in _WORST if outcome in test.outcomes)
    return TestResult(name, worst, round(test.seconds, 6))


def _failure(test_id: str, record: Record, places: Places) -> Failure:
    said = record.get("failure") or {}
    exception, message = str(said.get("type", "")), str(said.get("message", ""))
    frames = tuple(
        places.frame(str(p), int(line), str(f), str(s)) for p, line, f, s in said.get("frames", ())
    )
    if _LOAD_FAILED in message and (inner := traceback.last(message)) is not None:
        exception, message = inner.exception, inner.message
        frames = tuple(
            places.frame(f.path, f.line, f.function, f.source)
            for f in inner.frames
            if not is_machinery(f.path)
        )
    actual, expected = str(said.get("actual", "")), str(said.get("expected", ""))
    if not actual and not expected:
        actual, expected = compared(message)
    details = "\n".join(
        [*(f"caused by {cause}" for cause in said.get("causes", ())), str(record.get("output", ""))]
    )
    return Failure(
        test_id,
        kind_of(exception, message),
        message,
        exception,
        frames,
        expected,
        actual,
        details=details.strip(),
    )


def _distinct(failures: Iterable[Failure]) -> list[Failure]:
    return list(dict.fromkeys(failures))
