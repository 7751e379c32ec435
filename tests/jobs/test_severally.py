"""Several faults at once, each of which hides behind the others' failing tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.jobs_house import Shop

from flashagent.events import Notice
from flashagent.jobs.job import FixJob
from flashagent.jobs.severally import groups_of, together, weakest
from flashagent.repair.engine import RepairPatch
from flashagent.values import CheckReport, Confidence, Failure, FileChange

FILES = {
    "ends.py": "def first(items):\n    return items[1]\n\n\ndef last(items):\n    return items[-1]\n",
    "parity.py": "def is_even(number):\n    return number % 2 == 1\n",
    "tests/test_ends.py": "from ends import first, last\n"
    "def test_first():\n    assert first([1, 2, 3]) == 1\n"
    "def test_first_of_two():\n    assert first([7, 8]) == 7\n"
    "def test_last():\n    assert last([1, 2]) == 2\n",
    "tests/test_parity.py": "from parity import is_even\n"
    "def test_even():\n    assert is_even(2) and is_even(0)\n"
    "def test_odd():\n    assert not is_even(3)\n",
    "conftest.py": "",
}


def report(*tests: str) -> CheckReport:
    failures = tuple(Failure(test, "assertion", "m") for test in tests)
    return CheckReport(("pytest",), 1, 0.1, failures=failures)


def patch(path: str, before: str, after: str, confidence: Confidence = "likely") -> RepairPatch:
    return RepairPatch((FileChange(path, before, after),), confidence, (), "how", "")


@pytest.mark.needs("bwrap")
async def test_two_faults_are_repaired_by_one_patch(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path, FILES)
    house = shop.house(None, check="python3 -m pytest -q")
    from flashagent.jobs.fix import run_fix

    finished = await run_fix(FixJob(search_seconds=12.0), house, shop.events.append)
    await house.close()
    assert_promises(shop.events)
    assert any("2 groups" in event.text for event in shop.events if isinstance(event, Notice))
    (option,) = finished.report.options or (None,)
    diff = finished.patch if option is None else option.diff
    assert "a/ends.py" in diff and "a/parity.py" in diff
    assert finished.report.how.count(";") == 1


def test_groups_are_files_and_else_functions() -> None:
    assert groups_of(report("a.py::t", "b.py::t[1]", "b.py::t[2]")) == (
        ("a.py::t",),
        ("b.py::t[1]", "b.py::t[2]"),
    )
    assert groups_of(report("a.py::t[1]", "a.py::u", "a.py::t[2]")) == (
        ("a.py::t[1]", "a.py::t[2]"),
        ("a.py::u",),
    )
    assert groups_of(report("a.py::t[1]", "a.py::t[2]")) == ()
    assert groups_of(report(*(f"{name}.py::t" for name in "abcdefg"))) == ()


def test_patches_of_one_file_become_one() -> None:
    text = "a\nb\nc\nd\ne\n"
    one, two = patch("x", text, text.replace("a", "1")), patch("x", text, text.replace("e", "5"), "possible")
    assert together([one, two, patch("y", "", "new")]) == (
        FileChange("x", text, "1\nb\nc\nd\n5\n"),
        FileChange("y", "", "new"),
    )
    assert together([one, patch("x", text, text.replace("a", "2"))]) == ()
    assert together([]) == ()
    assert weakest([one, two]) == "possible"
