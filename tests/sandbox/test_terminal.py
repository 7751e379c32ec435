"""`sandbox run` on a terminal: the command gets its own, and the user's is as it was afterwards."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import tty
from pathlib import Path

import pexpect
import pytest
from helpers.sandbox_project import PACKAGE, SYSTEM_PYTHON, git

BACKENDS = [
    pytest.param("bwrap", marks=pytest.mark.needs("bwrap")),
    pytest.param("userns", marks=pytest.mark.needs("userns")),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "home" / "project"
    root.mkdir(parents=True)
    git(root, "init", "-q")
    return root


def environment(root: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(root.parent), "PYTHONPATH": PACKAGE, "TERM": "xterm"}


def sandboxed(root: Path, *command: str, backend: str = "bwrap") -> pexpect.spawn:
    return pexpect.spawn(
        sys.executable,
        ["-m", "flashagent_sandbox", "run", "--backend", backend, "--", *command],
        cwd=str(root),
        env=environment(root),
        dimensions=(30, 100),
        encoding="utf-8",
        timeout=60,
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_at_its_prompt_has_size_keys_and_interrupts(root: Path, backend: str) -> None:
    child = sandboxed(root, SYSTEM_PYTHON, "-q", backend=backend)
    child.expect(">>> ")
    child.sendline(
        "import os, sys, time; print(os.get_terminal_size().columns, os.isatty(2), os.tcgetpgrp(0) > 0)"
    )
    child.expect("100 True True")
    child.expect(">>> ")
    child.setwinsize(20, 70)
    child.sendline("while os.get_terminal_size() != (70, 20): time.sleep(0.01)\n")
    child.expect(">>> ")
    child.sendline("print('go' + 'es'); time.sleep(600)")
    child.expect("goes")
    child.sendcontrol("c")
    child.expect("KeyboardInterrupt")
    child.expect(">>> ")
    child.sendline("sys.exit(5)")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, child.signalstatus) == (5, None)


@pytest.mark.needs("bwrap")
def test_the_users_terminal_is_not_the_commands(root: Path) -> None:
    child = sandboxed(root, SYSTEM_PYTHON, "-c", INJECT)
    child.expect("refused refused")
    child.expect(pexpect.EOF)


INJECT = """
import fcntl, os, termios
said = []
for number in (termios.TIOCSTI, 0x541C):
    try:
        fcntl.ioctl(0, number, b"x")
        said.append("injected")
    except OSError:
        said.append("refused")
print(*said)
"""


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("ending", ["exit 3", "kill -KILL $$", "sleep 600"])
def test_the_terminal_is_as_it_was_afterwards(root: Path, ending: str) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    child = subprocess.Popen(
        [sys.executable, "-c", CONTROLLED, sys.executable, "/bin/sh", "-c", f"echo up; {ending}"],
        cwd=root, env=environment(root), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    said = b""
    while b"up" not in said:
        assert select.select([ours], [], [], 60)[0]
        said += os.read(ours, 4096)
    assert said.endswith(b"up\r\n")
    if ending.startswith("sleep"):
        raw = termios.tcgetattr(theirs)
        assert raw[3] & (termios.ICANON | termios.ISIG | termios.ECHO) == 0
        child.send_signal(signal.SIGTERM)
    statuses = {"exit 3": 3, "kill -KILL $$": 137, "sleep 600": 143}
    assert child.wait(60) == statuses[ending]
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


# Takes the terminal as its own, as a shell would have it, and becomes the command line.
CONTROLLED = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], [sys.argv[1], "-m", "flashagent_sandbox", "run", "--", *sys.argv[2:]])
"""


@pytest.mark.needs("bwrap")
def test_keys_that_another_program_reads_itself_are_not_passed_on(root: Path) -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)  # as an agent's own screen has it
    os.write(ours, b"secret typed to the agent\n")
    script = "import select; print('input', bool(select.select([0], [], [], 0.5)[0]))"
    child = subprocess.run(
        [sys.executable, "-c", CONTROLLED, sys.executable, SYSTEM_PYTHON, "-c", script],
        cwd=root, env=environment(root), stdin=theirs, stdout=subprocess.PIPE, start_new_session=True, check=False,
    )  # fmt: skip
    assert child.stdout == b"input False\n"
    assert os.read(theirs, 4096) == b"secret typed to the agent\n"
    os.close(ours)
    os.close(theirs)


@pytest.mark.needs("bwrap")
def test_output_that_is_no_terminal_stays_raw(root: Path) -> None:
    ours, theirs = pty.openpty()
    child = subprocess.run(
        [sys.executable, "-c", CONTROLLED, sys.executable, "/bin/sh", "-c", "echo out; echo err >&2; test -t 0"],
        cwd=root, env=environment(root), stdin=theirs, capture_output=True, start_new_session=True, check=False,
    )  # fmt: skip
    assert (child.returncode, child.stdout, child.stderr) == (0, b"out\n", b"err\n")
    os.close(ours)
    os.close(theirs)
