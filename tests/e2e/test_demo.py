"""The demonstration from start to end, in a process of its own: the bug is found, repaired and committed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("bwrap")


def run_demo(tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "FLASHAGENT_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    return subprocess.run(
        [sys.executable, "-m", "flashagent", "demo", *options],
        capture_output=True, text=True, check=False, env=environ, cwd=tmp_path,
    )  # fmt: skip


def test_the_bug_is_repaired_and_committed(tmp_path: Path) -> None:
    done = run_demo(tmp_path, "--keep")
    assert done.returncode == 0, done.stdout + done.stderr
    (place,) = tmp_path.glob("flashagent-demo-*")
    repository = place / "lending"
    assert f"The repository is in {repository}." in done.stdout
    diff = subprocess.run(
        ["git", "show", "--format=", "--unified=0", "HEAD"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    changed = re.findall(r"^[-+](?![-+]).*", diff, re.MULTILINE)
    assert [line.split("if ")[1] for line in changed] == ["loan.due <= today]", "loan.due < today]"]
    assert re.findall(r"FAILED \(failures=1\)|^OK$", done.stdout, re.MULTILINE) == [
        "FAILED (failures=1)",
        "OK",
    ]
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def test_without_keep_nothing_stays(tmp_path: Path) -> None:
    assert run_demo(tmp_path).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == []
