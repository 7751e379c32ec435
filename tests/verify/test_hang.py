"""Tests that really hang: each is cut off by name, with the place where it stood, and the run is never green."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.verify_projects import this_environment, write
from helpers.verify_runner import PlainRunner

from flashagent.values import CheckReport, TestResult
from flashagent.verify.commands import check_from_text
from flashagent.verify.patience import FACTOR, LEAST_S, Patience
from flashagent.verify.run import Verifier

CODE = """
import re
import threading


def wait_for_ever():
    threading.Event().wait()


def spin():
    while True:
        pass


def hold_the_lock():
    re.match(r"(a+)+$", "a" * 60 + "b")
"""
PYTEST = """
import pytest

import slow


def test_before():
    pass


def test_hangs():
    slow.{name}()


def test_after():
    pass
"""
UNITTEST = """
import unittest

import slow


class TestSlow(unittest.TestCase):
    def test_a_before(self):
        pass

    def test_hangs(self):
        slow.{name}()
"""


def patient(root: Path) -> Verifier:
    return limited(root, 1.0)


def limited(root: Path, seconds: float) -> Verifier:
    return Verifier(PlainRunner(root), this_environment(), root, lambda event: None, test_limit_s=seconds)


@pytest.mark.parametrize("name", ["wait_for_ever", "spin", "hold_the_lock"])
async def test_a_hanging_test_of_pytest(tmp_path: Path, name: str) -> None:
    root = write(tmp_path, {"slow.py": CODE, "test_slow.py": PYTEST.format(name=name)})
    check = check_from_text("pytest -q")
    report = await patient(root).run(check, timeout_s=120)
    (failure,) = report.failures
    assert (failure.test_id, failure.kind, failure.exception) == (
        "test_slow.py::test_hangs",
        "timeout",
        "Timeout",
    )
    assert failure.message.startswith("The test did not end within 1 s and was cut off")
    assert [(one.path, one.function) for one in failure.frames] == [
        ("test_slow.py", "test_hangs"),
        ("slow.py", name),
    ]
    assert failure.rerun == ("pytest", "-q", "test_slow.py::test_hangs")
    assert (report.green, report.counted, report.limit, report.exit_code) == (False, False, "", 1)
    assert report.results[0].test_id == "test_slow.py::test_before"
    again = await patient(root).run(check_from_text(" ".join(failure.rerun)), timeout_s=120)
    assert [one.test_id for one in again.failures] == [failure.test_id]


async def test_a_hanging_test_of_unittest(tmp_path: Path) -> None:
    root = write(tmp_path, {"slow.py": CODE, "test_slow.py": UNITTEST.format(name="wait_for_ever")})
    report = await patient(root).run(check_from_text("python -m unittest"), timeout_s=120)
    (failure,) = report.failures
    assert (failure.test_id, failure.kind) == ("test_slow.TestSlow.test_hangs", "timeout")
    assert [one.path for one in failure.frames] == ["test_slow.py", "slow.py"]
    assert failure.rerun == ("python", "-m", "unittest", "test_slow.TestSlow.test_hangs")
    assert not report.green


async def test_a_fixture_that_hangs_is_the_tests_failure(tmp_path: Path) -> None:
    text = """
    import pytest
    import slow

    @pytest.fixture
    def broken():
        yield
        slow.wait_for_ever()

    def test_with_it(broken):
        assert False
    """
    root = write(tmp_path, {"slow.py": CODE, "test_slow.py": text})
    report = await patient(root).run(check_from_text("pytest -q"), timeout_s=120)
    assert report.exit_code == 1 and not report.counted
    assert "slow.py" in report.output and not report.green


def loading(root: Path, seconds: float) -> Verifier:
    return Verifier(PlainRunner(root), this_environment(), root, lambda event: None, load_limit_s=seconds)


@pytest.mark.parametrize(
    ("check", "name", "path"),
    [
        ("pytest -q", "test_slow.py", "test_slow.py"),
        ("pytest -q", "", "conftest.py"),
        ("python -m unittest", "", "test_slow.py"),
    ],
)
async def test_an_import_that_hangs(tmp_path: Path, check: str, name: str, path: str) -> None:
    files = {"slow.py": CODE, "test_slow.py": "def test_one():\n    pass\n"}
    files[path] = "import slow\n\nslow.wait_for_ever()\n"
    report = await loading(write(tmp_path, files), 6.0).run(check_from_text(check), timeout_s=120)
    (failure,) = report.failures
    assert (failure.test_id, failure.kind, report.green, report.counted) == (name, "timeout", False, False)
    assert {one.path for one in failure.frames} == {path, "slow.py"}
    assert failure.message.startswith(f"The import of {name or 'the tests'} did not end within 6 s")


async def test_a_test_that_hangs_in_another_process(tmp_path: Path) -> None:
    root = write(tmp_path, {"slow.py": CODE, "test_slow.py": PYTEST.format(name="wait_for_ever")})
    report = await limited(root, 6.0).run(check_from_text("pytest -q -n 2"), timeout_s=120)
    failure = next(one for one in report.failures if one.kind == "timeout")
    assert failure.test_id == "test_slow.py::test_hangs"
    assert not report.green and not report.counted


async def test_the_projects_own_limit_speaks_first(tmp_path: Path) -> None:
    text = """
    import threading
    import pytest

    @pytest.mark.timeout(60)
    def test_longer_than_ours():
        threading.Event().wait(1.5)
    """
    ini = "[pytest]\nmarkers =\n    timeout: seconds\n"
    root = write(tmp_path, {"test_slow.py": text, "pytest.ini": ini})
    report = await patient(root).run(check_from_text("pytest -q"), timeout_s=120)
    assert report.green and report.counted


@pytest.mark.slow
async def test_without_a_limit_the_whole_run_is_cut(tmp_path: Path) -> None:
    root = write(tmp_path, {"slow.py": CODE, "test_slow.py": PYTEST.format(name="spin")})
    report = await limited(root, 0).run(check_from_text("pytest -q"), timeout_s=8)
    (failure,) = report.failures
    assert (failure.test_id, failure.kind, report.limit) == ("test_slow.py::test_hangs", "timeout", "time")


def test_a_known_test_has_ten_times_its_first_time() -> None:
    check = check_from_text("pytest -q")
    patience = Patience()
    patience.learn(
        check,
        CheckReport(check.argv, 0, 9.0, (TestResult("a", "passed", 0.1), TestResult("b", "failed", 8.0))),
    )
    patience.learn(
        check, CheckReport(check.argv, 0, 9.0, (TestResult("a", "passed", 50.0), TestResult("c", "skipped")))
    )
    assert patience.limits(check) == {"a": LEAST_S, "b": FACTOR * 8.0}
    assert patience.limits(check_from_text("pytest -x")) == {}
    off = Patience(0.0)
    off.learn(check, CheckReport(check.argv, 0, 1.0, (TestResult("a", "passed", 0.1),)))
    assert off.limits(check) == {}
