"""The demonstration is honest: one real bug that its own tests see, and one operator that repairs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flashagent.cli.demo import make_repository
from flashagent.demo_project import write_files

BUG, FIX = "loan.due <= today", "loan.due < today"


def run_tests(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-B", "-m", "unittest"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_the_bug_fails_one_test_and_its_fix_none(tmp_path: Path) -> None:
    written = write_files(tmp_path)
    assert len([path for path in written if path.startswith("lending/")]) == 6
    code, report = run_tests(tmp_path)
    assert (code, "Ran 26 tests" in report, "FAILED (failures=1)" in report) == (1, True, True)
    assert "FAIL: test_a_book_is_not_overdue_on_the_day_it_is_due" in report
    loans = tmp_path / "lending" / "loans.py"
    source = loans.read_text(encoding="utf-8")
    assert source.count(BUG) == 1
    loans.write_text(source.replace(BUG, FIX), encoding="utf-8")
    code, report = run_tests(tmp_path)
    assert (code, "OK" in report) == (0, True)


def test_the_repository_is_clean_and_has_an_author(tmp_path: Path) -> None:
    demo = make_repository(tmp_path / "lending", dict(os.environ))
    assert demo.git_call("status", "--porcelain") == ""
    assert demo.git_call("log", "--format=%an|%s") == "flashagent demo|The lending desk\n"
