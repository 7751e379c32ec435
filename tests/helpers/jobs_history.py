"""Real git histories in which one commit breaks one test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.workspace_state import git, make_repository

RIGHT = "def double(number):\n    return number * 2\n"
WRONG = "def double(number):\n    return number * 3\n"
BROKEN = "def double(number:\n"
TEST = """import unittest

from calc import double


class DoubleTest(unittest.TestCase):
    def test_double(self):
        self.assertEqual(double(4), 8)

    def test_nothing(self):
        self.assertEqual(double(0), 0)
"""
CHECK = "python3 -m unittest"
FAILING = "test_calc.DoubleTest.test_double"


def begin(root: Path, files: Mapping[str, str] | None = None) -> Path:
    make_repository(root, files or {"calc.py": RIGHT, "test_calc.py": TEST})
    return root


def commit(root: Path, message: str, files: Mapping[str, str | None]) -> str:
    """Write (or with None remove) the files, commit all, and return the id."""
    for name, text in files.items():
        if text is None:
            (root / name).unlink()
        else:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD").strip()


def notes(root: Path, first: int, last: int) -> None:
    """Commits that have nothing to do with the test."""
    for number in range(first, last + 1):
        commit(root, f"Note {number}", {"notes.txt": f"{number}\n"})
