"""A person at a terminal is asked which patch is meant; in a pipe nobody is, and one is applied later by its number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.e2e_program import command, flashagent
from helpers.jobs_house import Shop
from helpers.tui_tmux import Tmux, in_tmux
from helpers.workspace_state import fingerprint

pytestmark = [pytest.mark.needs("bwrap")]
LOANS = "def is_overdue(due, today):\n    return today >= due\n"
TESTS = """import unittest
from loans import is_overdue

class Loans(unittest.TestCase):
    def test_on_the_day(self):
        self.assertFalse(is_overdue(15, 15))
"""
FIX = ("fix", "--offline", "--search-time", "20", "--check", "python3 -m unittest")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path, {"loans.py": LOANS, "test_loans.py": TESTS})


@contextmanager
def terminal_of(shop: Shop) -> Iterator[Tmux]:
    with in_tmux(command(*FIX), shop.root, shop.environ, columns=100, rows=50) as terminal:
        yield terminal


@pytest.mark.needs("tmux")
def test_the_answer_is_applied(shop: Shop) -> None:
    with terminal_of(shop) as terminal:
        terminal.until(r"Apply which one\?.*none:")
        terminal.press("x", "Enter")
        terminal.until(r"(?s)none: x\n.*Apply which one\?")
        terminal.press("d", "Enter")
        terminal.until(r"Patch 2:")
        terminal.press("1", "Enter")
        screen = terminal.until("exit code is 0")
    assert "you chose patch 1" in screen and "Fixed: 1 of 1 failing test now passes." in screen
    assert shop.read("loans.py") != LOANS


@pytest.mark.needs("tmux")
@pytest.mark.parametrize(("key", "code"), [("n", 1), ("C-d", 1), ("C-c", 130)])
def test_none_is_applied(shop: Shop, key: str, code: int) -> None:
    before = fingerprint(shop.root)
    with terminal_of(shop) as terminal:
        terminal.until(r"Apply which one\?.*none:")
        terminal.press(key, *(["Enter"] if key == "n" else []))
        screen = terminal.until(f"exit code is {code}")
    assert "flashagent apply --last N" in screen
    assert fingerprint(shop.root) == before


def test_in_a_pipe_one_is_applied_later_by_its_number(shop: Shop) -> None:
    before = fingerprint(shop.root)
    ran = flashagent(shop.root, shop.environ, *FIX, "--json")
    options = ran.finished["report"]["options"]
    assert ran.code == 1 and len(options) > 1
    assert [line["patches"] for line in ran.lines if line["type"] == "SearchFinished"] == [len(options)]
    assert fingerprint(shop.root) == before

    which = flashagent(shop.root, shop.environ, "apply", "--last")
    assert which.code == 2 and f"--last 1 to --last {len(options)}" in which.err
    assert all(option["how"][:30] in which.err for option in options)
    assert flashagent(shop.root, shop.environ, "apply", "--last", "99").code == 2
    tried = flashagent(shop.root, shop.environ, "apply", "--last", "2", "--check")
    assert (tried.code, tried.out) == (0, "would change loans.py\n")
    assert fingerprint(shop.root) == before

    done = flashagent(shop.root, shop.environ, "apply", "--last", "2")
    assert (done.code, done.out) == (0, "changed loans.py\n")
    assert "passed with it when it was found" in done.err
    again = flashagent(shop.root, shop.environ, "apply", "--last", "2", "--json")
    assert (again.code, again.out) == (0, '{"ok": true, "files": {}, "refusals": []}\n')
    assert flashagent(shop.root, shop.environ, "undo").code == 0
    assert shop.read("loans.py") == LOANS


def test_without_a_kept_patch_it_says_so(shop: Shop) -> None:
    ran = flashagent(shop.root, shop.environ, "apply", "--last")
    assert ran.code == 2 and "No patch is kept for this project." in ran.err
    assert flashagent(shop.root, shop.environ, "apply", "reply.md", "--last").code == 2
