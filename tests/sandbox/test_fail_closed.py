"""Each way to protect is hidden in turn: that is said, the next one takes over, and without any nothing is run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from flashagent_sandbox.backends import choose_backend, make_backend
from flashagent_sandbox.backends.bwrap import Bubblewrap
from flashagent_sandbox.policy import NoSandbox
from helpers.sandbox_hiding import can_nest, run_without
from helpers.sandbox_project import PACKAGE, git

pytestmark = pytest.mark.needs("bwrap")
SANDBOX = (sys.executable, "-m", "flashagent_sandbox")
FLASHAGENT = (sys.executable, "-m", "flashagent")
CHECK = ("--check", "python3 -m unittest discover -s tests -t .")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "home" / "project"
    (root / "tests").mkdir(parents=True)
    (root / "tests" / "__init__.py").touch()
    (root / "tests" / "test_sum.py").write_text(
        "import unittest\n\nclass SumTest(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(1, 2)\n"
    )
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def environ(root: Path) -> dict[str, str]:
    home = root.parent
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": PACKAGE, "FLASHAGENT_HOME": str(home / "fa"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hidden", "next_one", "named"),
    [
        (("bwrap",), "userns", ["bwrap: bubblewrap is not installed."]),
        (("userns",), "landlock", ["bwrap: bubblewrap cannot make namespaces", "userns: unprivileged user namespaces are not allowed"]),
        (("bwrap", "userns"), "landlock", ["bwrap: bubblewrap is not installed.", "userns: unprivileged user namespaces are not allowed"]),
    ],
)  # fmt: skip
def test_the_next_one_takes_over_and_says_why(
    root: Path, hidden: tuple[str, ...], next_one: str, named: list[str]
) -> None:
    if next_one == "userns" and not can_nest():
        pytest.skip("no user namespace inside of another one here")
    if next_one == "landlock" and (missing := make_backend("landlock").missing()):
        pytest.skip(missing)
    command = (*SANDBOX, "run", "--", "/bin/sh", "-c", "echo ran; echo more >> .git/config")
    before = (root / ".git" / "config").read_bytes()
    done = run_without(hidden, *command, cwd=root, environ=environ(root))
    assert (done.returncode, done.stdout) == (2, "ran\n"), done.stderr
    assert (root / ".git" / "config").read_bytes() == before
    told = [line for line in done.stderr.splitlines() if line.startswith("flashagent: using")]
    assert len(told) == len(named)
    for line, words in zip(told, named, strict=True):
        assert line.startswith(f"flashagent: using {next_one}; {words}")


def test_with_none_left_commands_are_refused(root: Path) -> None:
    hidden = ("bwrap", "userns", "landlock")
    refused = run_without(
        hidden, *SANDBOX, "run", "--", "/usr/bin/touch", "made", cwd=root, environ=environ(root)
    )
    assert refused.returncode == 125
    assert refused.stderr.startswith("flashagent: No sandbox works on this machine. bwrap: ")
    for name in ("userns: ", "landlock: "):
        assert name in refused.stderr
    assert not (root / "made").exists()
    report = run_without(hidden, *SANDBOX, "probe", "--json", cwd=root, environ=environ(root))
    told = json.loads(report.stdout)
    assert (report.returncode, told["chosen"]) == (125, "")
    assert [entry["name"] for entry in told["backends"] if entry["works"]] == []
    flag = (*SANDBOX, "run", "--backend", "none", "--", "/bin/echo", "ran")
    bare = run_without(hidden, *flag, cwd=root, environ=environ(root))
    assert (bare.returncode, bare.stdout) == (0, "ran\n")
    assert "NO SANDBOX" in bare.stderr


def fix(root: Path, hidden: tuple[str, ...], *options: str) -> tuple[int, dict[str, object], set[str]]:
    """Its status, its last event, and the kinds of all its events."""
    command = (*FLASHAGENT, "fix", "--offline", "--json", *CHECK, *options)
    done = run_without(hidden, *command, cwd=root, environ=environ(root))
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events, done.stderr
    return done.returncode, events[-1], {event["type"] for event in events}


def message_of(event: dict[str, object]) -> str:
    report = event["report"]
    assert isinstance(report, dict)
    return str(report["message"])


def test_a_repair_is_refused_before_anything_runs_when_nothing_protects(root: Path) -> None:
    status, last, kinds = fix(root, ("bwrap", "userns", "landlock"))
    assert status == 5, last
    assert message_of(last).startswith("No sandbox works on this machine. bwrap: ")
    assert "CheckStarted" not in kinds
    status, last, kinds = fix(root, ("bwrap", "userns", "landlock"), "--no-sandbox")
    assert status == 1, last


def test_a_repair_under_landlock_alone_is_refused_before_anything_runs(root: Path) -> None:
    if missing := make_backend("landlock").missing():
        pytest.skip(missing)
    status, last, kinds = fix(root, ("userns",))
    assert status == 5, last
    assert message_of(last).startswith("The only sandbox here is Landlock")
    assert "bwrap: bubblewrap cannot make namespaces" in message_of(last)
    assert "CheckStarted" not in kinds


def test_a_repair_names_the_lesser_sandbox_it_uses(root: Path) -> None:
    if not can_nest():
        pytest.skip("no user namespace inside of another one here")
    command = (*FLASHAGENT, "fix", "--offline", "--dry-run", *CHECK)
    done = run_without(("bwrap",), *command, cwd=root, environ=environ(root))
    assert done.returncode == 1
    warning = "Commands run in the sandbox userns. bwrap: bubblewrap is not installed."
    assert warning in done.stdout + done.stderr


def test_the_choice_among_what_is_given(tmp_path: Path) -> None:
    gone = Bubblewrap(programs=(tmp_path / "bwrap",))
    good = Bubblewrap()
    assert choose_backend(candidates=(gone, good)) is good
    assert good.warnings == ("bwrap: bubblewrap is not installed.",)
    with pytest.raises(NoSandbox) as refused:
        choose_backend(candidates=(gone,))
    assert refused.value.message == "No sandbox works on this machine. bwrap: bubblewrap is not installed."
