"""The JSON of mocha (`--reporter json`). Pure. Raises ValueError for a text that is no such document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flashagent.values import Failure, TestOutcome, TestResult
from flashagent.verify.frameworks.reported import Reported, exact, shortened, sides, test_id, thrown
from flashagent.verify.places import Places


def read(document: str, places: Places, head: tuple[str, ...]) -> Reported:
    """`head` is the command that runs the named file alone; a test's name is added to it."""
    data = json.loads(document)
    if not isinstance(data, dict) or not isinstance(data.get("tests"), list) or "stats" not in data:
        raise ValueError("no report of mocha")
    failed = [one for one in data.get("failures", ()) if isinstance(one, dict)]
    names = {_id(one, places) for one in failed}
    pending = {_id(one, places) for one in data.get("pending", ()) if isinstance(one, dict)}
    results: dict[str, TestResult] = {}
    for test in data["tests"]:
        name = _id(test, places)
        outcome: TestOutcome = "failed" if name in names else "skipped" if name in pending else "passed"
        results[name] = TestResult(name, outcome, float(test.get("duration") or 0) / 1000)
    # A hook is no test, and is listed among the failures alone.
    for name in names - results.keys():
        results[name] = TestResult(name, "error")
    return Reported(tuple(results.values()), tuple(_failure(one, places, head) for one in failed))


def _id(test: Mapping[str, Any], places: Places) -> str:
    path = places.frame(str(test["file"]), 1).path if test.get("file") else ""
    return test_id(path, (str(test.get("fullTitle") or test.get("title", "")),))


def _failure(test: Mapping[str, Any], places: Places, head: tuple[str, ...]) -> Failure:
    said = test.get("err") if isinstance(test.get("err"), dict) else {}
    assert isinstance(said, dict)
    error = thrown(str(said.get("stack") or said.get("message") or "failed"), places)
    expected, actual = (" ".join(str(said.get(side, "")).split()) for side in ("expected", "actual"))
    if not expected and not actual:
        expected, actual = sides(error.message)
    message = shortened(error.message) if expected or actual else error.message
    path = places.frame(str(test["file"]), 1).path if test.get("file") else ""
    only = (places.from_folder(path),) if path else ()
    name = exact(str(test.get("fullTitle") or test.get("title", "")))
    kind = "assertion" if "operator" in said or "showDiff" in said else error.kind
    return Failure(
        _id(test, places), kind, message, error.exception, error.frames, expected, actual,
        (*head, *only, "--grep", name),
    )  # fmt: skip
