"""Tests that fail by accident, told apart from those that fail by rule, by really running them again."""

from __future__ import annotations

from pathlib import Path

from helpers.verify_projects import verifier, write

from flashagent.values import CheckReport, TestResult
from flashagent.verify.commands import check_from_text
from flashagent.verify.flaky import MOST_FAILING, Suspects, suspects

CHECK = check_from_text("pytest -q")
TESTS = """
from pathlib import Path

MARK = Path(__file__).with_name("seen")
shared = []


def test_by_accident():
    seen = MARK.exists()
    MARK.write_text("x")
    assert seen


def test_leaves_something():
    shared.append(1)


def test_needs_to_be_alone():
    assert not shared


def test_wrong():
    assert 1 == 2
"""


async def test_each_is_named_for_what_it_is(tmp_path: Path) -> None:
    root = write(tmp_path, {"test_it.py": TESTS})
    runs = verifier(root)
    report = await runs.run(CHECK)
    found = await suspects(runs, CHECK, report)
    assert found == Suspects(("test_it.py::test_by_accident",), ("test_it.py::test_needs_to_be_alone",))
    assert not report.green


async def test_what_fails_by_rule_is_run_once_more_alone(tmp_path: Path) -> None:
    events: list[object] = []
    root = write(tmp_path, {"test_it.py": "def test_wrong():\n    assert 1 == 2\n"})
    runs = verifier(root)
    report = await runs.run(CHECK)
    assert await suspects(runs.telling(events.append), CHECK, report) == Suspects()
    assert events == []


async def test_many_failures_and_uncounted_runs_are_left_alone(tmp_path: Path) -> None:
    runs = verifier(tmp_path)
    many = tuple(TestResult(f"t{number}", "failed") for number in range(MOST_FAILING + 1))
    assert await suspects(runs, CHECK, CheckReport(CHECK.argv, 1, 1.0, many, counted=True)) == Suspects()
    assert await suspects(runs, CHECK, CheckReport(CHECK.argv, 1, 1.0, many[:1])) == Suspects()
    assert await suspects(runs, CHECK, CheckReport(CHECK.argv, 0, 1.0, counted=True)) == Suspects()
