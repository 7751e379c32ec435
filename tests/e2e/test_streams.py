"""The program with standard streams that are closed, full, or of an encoding that lacks characters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from helpers import batch_project
from helpers.e2e_program import Ran, command
from helpers.jobs_house import CART, CHECK, Shop

MODULE = 'def größe():\n    """日本."""\n    return 1\n'


def shell(here: Shop, line: str, **environ: str) -> Ran:
    """`flashagent` in the line is the real program; what is redirected there is the line's own business."""
    program = " ".join(command())
    done = subprocess.run(
        ["/bin/sh", "-c", line.replace("flashagent", program)],
        cwd=here.root,
        env={**here.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=300,
    )
    return Ran(done.returncode, done.stdout.decode("latin-1"), done.stderr.decode("latin-1"))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("flashagent map <&-", 0),
        ("flashagent map >&-", 0),
        ("flashagent map >&- 2>&-", 0),
        ("flashagent apply <&-", 1),
        ("flashagent <&-", 2),
        ("flashagent ask x <&-", 2),
    ],
)
def test_closed_streams_are_empty_ones(tmp_path: Path, line: str, code: int) -> None:
    ran = shell(Shop.make(tmp_path), line)
    assert ran.code == code, ran.err
    assert "a bug of ours" not in ran.err


CHILD = (
    "import subprocess, sys; from flashagent.cli.streams import settle; settle(); "
    "subprocess.run([sys.executable, '-c', 'import os; [os.fstat(number) for number in range(3)]'], check=True)"
)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_open_in_what_we_start(closed: str) -> None:
    line = f'"$0" -c "$1" {closed}'
    subprocess.run(["/bin/sh", "-c", line, sys.executable, CHILD], check=True, timeout=300)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", ["map", "--help", "fix --help", "--version"])
def test_an_output_that_is_full_is_said(tmp_path: Path, arguments: str, unbuffered: str) -> None:
    ran = shell(Shop.make(tmp_path), f"flashagent {arguments} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert ran.code == 2
    assert ran.err.splitlines()[-1] == "flashagent: The output cannot be written: No space left on device."


def test_a_reader_that_leaves_early_is_no_trouble(tmp_path: Path) -> None:
    ran = shell(Shop.make(tmp_path), "{ flashagent map; echo $? >&2; } | head -1")
    assert ran.out == "shop/cart.py:\n"
    assert ran.err.splitlines()[-1] == "0"


@pytest.mark.parametrize("arguments", ["--version", "fix --help"])
def test_a_reader_that_never_read_is_no_trouble(tmp_path: Path, arguments: str) -> None:
    # The program starts when the other end of its pipe is closed already.
    line = f"{{ read go; flashagent {arguments}; echo $? >&2; }} <gate | {{ exec <&-; echo >gate; }}"
    ran = shell(Shop.make(tmp_path), f"mkfifo gate; {line}", PYTHONUNBUFFERED="")
    assert ran.err == "0\n"


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("arguments", ["--json", "-v 2>&1"])
def test_a_job_whose_reader_leaves_ends_in_order(tmp_path: Path, arguments: str) -> None:
    here = Shop.make(tmp_path)
    line = f"{{ flashagent fix --offline --check '{CHECK}' {arguments}; echo $? >code; }} | head -1"
    ran = shell(here, line)
    assert (here.root / "code").read_text() == "130\n" and ran.out
    assert ran.err == "" and here.read() == CART


@pytest.mark.needs("bwrap")
def test_a_batch_whose_reader_leaves_ends_in_order(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path)
    line = f"flashagent batch run --json --glob 'pkg/m*.py' --rule ruff=F401 --check '{batch_project.CHECK}'"
    ran = shell(Shop(root, environ), f"{{ {line}; echo $? >../code; }} | head -1")
    assert (root.parent / "code").read_text() == "130\n"
    assert ran.err == "" and '"type": "BatchStarted"' in ran.out


@pytest.mark.needs("bwrap")
def test_a_job_whose_output_is_full_ends_in_order(tmp_path: Path) -> None:
    here = Shop.make(tmp_path)
    ran = shell(here, f"flashagent fix --offline --check '{CHECK}' --json >/dev/full")
    assert (ran.code, here.read()) == (2, CART)
    assert ran.err == "flashagent: The output cannot be written: No space left on device.\n"


def test_an_encoding_without_the_characters_shows_them_escaped(tmp_path: Path) -> None:
    here = Shop.make(tmp_path, {"m.py": MODULE})
    ran = shell(here, "flashagent map", PYTHONIOENCODING="ascii")
    assert (ran.code, ran.out.splitlines()[1]) == (0, r"  1: def gr\xf6\xdfe():"), ran.err


def test_help_of_a_command_that_does_not_exist(tmp_path: Path) -> None:
    ran = shell(Shop.make(tmp_path), "flashagent help fxi")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "flashagent: there is no command 'fxi'. Did you mean `fix`?\n"
