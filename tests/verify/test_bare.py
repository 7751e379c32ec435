"""A bare run is the user's own command and nothing of ours."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from helpers.verify_projects import this_environment, verifier, write
from helpers.verify_runner import PlainRunner

from flashagent.events import Event
from flashagent.ports import CHANNEL_VARIABLE
from flashagent.verify.commands import check_from_text
from flashagent.verify.run import Verifier


@pytest.mark.parametrize(
    ("text", "command"),
    [("python -m pytest -q tests", ("-m", "pytest", "-q", "tests")),
     ("python -X dev -m unittest -q", ("-X", "dev", "-m", "unittest", "-q")),
     ("python -c 'raise SystemExit(1)'", ("-c", "raise SystemExit(1)"))],
)  # fmt: skip
async def test_a_bare_run_is_the_users_command_alone(
    tmp_path: Path, text: str, command: tuple[str, ...]
) -> None:
    tests = (
        "import unittest\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        self.fail('no')\n"
    )
    tree = write(tmp_path / "tree", {"test_a.py": tests, "tests/test_b.py": tests})
    root = write(tmp_path / "root", {"test_a.py": "", "tests/test_b.py": ""})
    runner, events = PlainRunner(root), list[Event]()
    subject = Verifier(runner, this_environment(), root, events.append)
    report = await subject.run(check_from_text(text), tree=tree, quiet=True, bare=True)
    sent = runner.commands[-1]
    assert sent.argv == (sys.executable, *command)
    assert sent.tree == tree
    assert not {"PYTEST_PLUGINS", "PYTHONPATH", CHANNEL_VARIABLE} & set(sent.env)
    assert (report.command, report.exit_code, report.counted, report.results) == (
        check_from_text(text).argv, 1, False, (),
    )  # fmt: skip
    assert report.failures and not events


async def test_a_bare_run_of_some_tests_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="whole check"):
        await verifier(tmp_path).run(check_from_text("python -m pytest"), tests=["a"], bare=True)
