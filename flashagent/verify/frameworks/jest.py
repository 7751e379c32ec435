"""The JSON of jest (`--json`) and of vitest (`--reporter=json`), which has the same form. Pure.

Raises ValueError for a text that is no such document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flashagent.values import Failure, TestOutcome, TestResult
from flashagent.verify.frameworks.reported import Reported, exact, shortened, sides, test_id, thrown
from flashagent.verify.places import Places

_OUTCOMES: Mapping[str, TestOutcome] = {
    "passed": "passed", "failed": "failed", "pending": "skipped", "skipped": "skipped", "todo": "skipped", "disabled": "skipped",
}  # fmt: skip
_MOST_MESSAGE = 2_000


def read(document: str, places: Places, head: tuple[str, ...]) -> Reported:
    """`head` is the command that runs the named file alone; a test's name is added to it."""
    data = json.loads(document)
    if not isinstance(data, dict) or not isinstance(data.get("testResults"), list):
        raise ValueError("no report of jest")
    results: list[TestResult] = []
    failures: list[Failure] = []
    for suite in data["testResults"]:
        path = places.frame(str(suite.get("name", "")), 1).path
        tests = [test for test in suite.get("assertionResults", ()) if isinstance(test, dict)]
        results += [one for test in tests if (one := _result(path, test)) is not None]
        failed = [test for test in tests if test.get("status") == "failed"]
        failures += [_failure(path, test, places, head) for test in failed]
        if suite.get("status") == "failed" and not failed:
            results.append(TestResult(path, "error"))
            failures.append(_broken(path, str(suite.get("message", "")), places, head))
    return Reported(tuple(results), tuple(failures))


def _titles(test: Mapping[str, Any]) -> tuple[str, ...]:
    return (*(str(title) for title in test.get("ancestorTitles", ())), str(test.get("title", "")))


def _result(path: str, test: Mapping[str, Any]) -> TestResult | None:
    outcome = _OUTCOMES.get(str(test.get("status")))
    seconds = float(test.get("duration") or 0) / 1000
    return TestResult(test_id(path, _titles(test)), outcome, round(seconds, 6)) if outcome else None


def _failure(path: str, test: Mapping[str, Any], places: Places, head: tuple[str, ...]) -> Failure:
    messages = [str(message) for message in test.get("failureMessages", ())]
    error = thrown(messages[0] if messages else "failed", places)
    expected, actual = sides(error.message)
    message = shortened(error.message) if expected or actual else error.message
    name = exact(" ".join(title for title in _titles(test) if title))
    return Failure(
        test_id(path, _titles(test)), error.kind, message[:_MOST_MESSAGE], error.exception, error.frames,
        expected, actual, (*head, places.from_folder(path), "-t", name),
    )  # fmt: skip


def _broken(path: str, message: str, places: Places, head: tuple[str, ...]) -> Failure:
    """A file whose tests could not begin. What jest tells of it is meant for people: a title, and a piece of the source."""
    said = [line for line in message.splitlines() if not line.strip().startswith(("●", "|", ">"))]
    text = "\n".join(line for line in said if "|" not in line[:12]).strip("\n")
    error = thrown(
        "\n".join(line.removeprefix("    ") for line in text.split("\n\n    at ")[0].splitlines()), places
    )
    frames = tuple(frame for frame in thrown(message, places).frames if frame.in_project)
    return Failure(
        path, "import" if error.kind == "error" else error.kind, error.message[:_MOST_MESSAGE] or "could not be loaded",
        error.exception, frames or (places.frame(path, 1),), rerun=(*head, places.from_folder(path)),
    )  # fmt: skip
