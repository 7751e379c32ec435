"""The real process in a real terminal: pexpect for what is written, tmux for what then stands on the screen."""

from __future__ import annotations

import os
import re
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from helpers.tui_tmux import Tmux, in_tmux

TESTS = Path(__file__).parents[1]
PROGRAM = [sys.executable, "-m", "helpers.tui_controller"]
READY = "Ask for something"


def spawned(rows: int = 24, columns: int = 80, **variables: str) -> pexpect.spawn:
    env = {**os.environ, "TERM": "xterm-256color", **variables}
    env.pop("ESCDELAY", None)
    return pexpect.spawn(
        PROGRAM[0],
        PROGRAM[1:],
        cwd=str(TESTS),
        env=env,
        dimensions=(rows, columns),
        encoding="utf-8",
        timeout=60,
    )


def test_a_session_from_the_first_sign_of_life_to_the_last() -> None:
    child = spawned()
    before = termios.tcgetattr(child.child_fd)
    child.expect_exact("\x1b[?1049h")
    child.expect_exact("flashagent …")
    child.send("Why?")  # typed before the app is there
    child.expect_exact("Why?")
    child.send("\r")
    child.expect_exact("That is all")
    child.expect_exact(READY)
    child.send("ask\r")
    child.expect_exact("May this run?")
    time.sleep(0.6)  # the guard against keys that were meant for the prompt is a time on purpose
    child.send("y")
    child.expect_exact("answered: once")
    child.expect_exact(READY)
    child.send("wait\r")
    child.expect_exact("thinking")
    child.send("\x1b")
    child.expect_exact("interrupted")
    child.expect_exact(READY)
    child.send("/quit\r")
    child.expect_exact("\x1b[?1049l")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert before[3] & termios.ECHO


def test_the_screen_is_quiet_while_nothing_happens() -> None:
    child = spawned()
    child.expect_exact(READY)
    child.expect_exact("bubblewrap")
    with pytest.raises(pexpect.TIMEOUT):  # whatever still belongs to the first frames
        while True:
            child.read_nonblocking(65536, timeout=0.5)
    with pytest.raises(pexpect.TIMEOUT):
        child.read_nonblocking(1, timeout=2)
    child.send("\x04")
    child.expect(pexpect.EOF)


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_heard(variables: dict[str, str], coloured: bool) -> None:
    child = spawned(**variables)
    child.expect_exact(READY)
    seen = child.before
    child.send("Why?\r")
    child.expect_exact("That is all")
    seen += child.before
    child.send("/theme dark\r")
    child.expect_exact("theme: dark")
    seen += child.before
    child.send("/quit\r")
    child.expect(pexpect.EOF)
    seen += child.before
    assert (
        bool(re.search(r"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|38;5;\d+|38;2;[0-9;]+|9[0-7])[;m]", seen)) is coloured
    )


def test_a_failure_while_it_starts_leaves_the_terminal_as_it_was() -> None:
    code = (
        "from flashagent.errors import UsageError\n"
        "from flashagent.frontends.tui.start import run_app\n"
        "def build():\n"
        "    raise UsageError('Not here.')\n"
        "try:\n"
        "    run_app(build)\n"
        "except UsageError as error:\n"
        "    print('said:', error.message)\n"
    )
    child = pexpect.spawn(sys.executable, ["-c", code], encoding="utf-8", timeout=60)
    child.expect(pexpect.EOF)
    text = child.before or ""
    assert text.index("\x1b[?1049h") < text.index("\x1b[?1049l") < text.index("said: Not here.")


@pytest.fixture
def tmux() -> Iterator[Tmux]:
    # COLUMNS as some shells export it: the app has to ask the terminal itself
    with in_tmux(PROGRAM, TESTS, {"COLUMNS": "80"}) as window:
        yield window


@pytest.mark.needs("tmux")
def test_in_tmux_with_resizes_and_a_narrow_terminal(tmux: Tmux) -> None:
    tmux.until(READY)
    tmux.say("long")
    tmux.until("the model is writing")
    for columns, rows in [(40, 12), (120, 40), (24, 8), (100, 30), (50, 20)]:
        tmux("resize-window", "-x", str(columns), "-y", str(rows))
        screen = tmux.until(rf"^─{{{columns}}}$")
        assert len(screen.splitlines()) <= rows
    tmux.press("Escape")
    tmux.until(
        r"interrupted\.\n─{50}\n›  Ask for something, or /fix, /help\nready +flash-mini · main · bubblewrap$"
    )
    tmux.say("/quit")
    tmux.until("the exit code is 0")


@pytest.mark.needs("tmux")
def test_keys_are_kept_through_a_flood(tmux: Tmux) -> None:
    tmux.until(READY)
    tmux.say("long")
    tmux.until("the model is writing")
    for sign in "steer the tax":
        tmux("send-keys", "-l", sign)
    tmux.until("^› steer the tax")
    tmux("send-keys", "Enter")
    tmux.until("said to the work that runs|^› steer the tax$")
    tmux.press("Escape")
    tmux.until("interrupted")


@pytest.mark.parametrize("term", ["dumb", "vt100", "linux", ""])
def test_poor_terminals(term: str) -> None:
    child = spawned(TERM=term, COLORTERM="")
    child.expect_exact(READY)
    child.send("Why?\r")
    child.expect_exact("That is all")
    child.send("/quit\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_bug_of_a_widget_leaves_the_terminal_as_it_was_and_is_told() -> None:
    code = (
        "from helpers.tui_controller import ScriptedController\n"
        "from flashagent.frontends.tui.start import run_app\n"
        "from flashagent.frontends.tui.panel import Panel\n"
        "def broken(self, y): raise ZeroDivisionError('of a widget')\n"
        "Panel.render_line = broken\n"
        "try:\n"
        "    run_app(ScriptedController)\n"
        "except ZeroDivisionError as error:\n"
        "    print('said:', error)\n"
    )
    child = pexpect.spawn(
        sys.executable,
        ["-c", code],
        cwd=str(TESTS),
        env={**os.environ, "TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
    )
    child.expect_exact(READY)
    child.send("\x14")
    child.expect_exact("\x1b[?1049l")
    child.expect_exact("said: of a widget")
    child.expect(pexpect.EOF)
