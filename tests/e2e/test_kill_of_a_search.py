"""An offline search that is interrupted or killed: no process is left, and the tree is as it was."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from helpers.e2e_program import command
from helpers.jobs_house import Shop
from helpers.workspace_state import git, state_of

pytestmark = pytest.mark.needs("bwrap")
SUM = """def total(values):
    result = 0
    place = 0
    while place < len(values):
        result += values[place] * 2
        place += 1
    return result
"""
# Nothing gives these three, so the search goes on until its time is over.
TESTS = """import unittest
from summing import total

class Total(unittest.TestCase):
    def test_one(self):
        self.assertEqual(total([1]), 7919)

    def test_two(self):
        self.assertEqual(total([1, 2]), -104729)

    def test_none(self):
        self.assertEqual(total([]), 0)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_search(tmp_path: Path, number: signal.Signals) -> None:
    shop = Shop.make(tmp_path)
    (shop.root / "summing.py").write_text(SUM)
    (shop.root / "test_summing.py").write_text(TESTS)
    git(shop.root, "add", "-A")
    (shop.root / "summing.py").write_text(SUM + "# not staged\n")
    start = state_of(shop.root)
    check = "python3 -m unittest -q test_summing"
    process = subprocess.Popen(
        command("fix", "--offline", "--json", "--search-time", "60", "--check", check),
        cwd=shop.root,
        env=dict(shop.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        seen: list[str] = []
        for line in process.stdout:
            event = json.loads(line)
            seen.append(event["type"])
            if event["type"] == "SearchProgress" and event["tried"]:
                break
        assert seen[-1:] == ["SearchProgress"], seen
        started = psutil.Process(process.pid).children(recursive=True)
        assert started
        process.send_signal(number)
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode != 0
    assert psutil.wait_procs(started, timeout=20)[1] == []
    assert state_of(shop.root) == start
