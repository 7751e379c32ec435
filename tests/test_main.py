"""The entry of the program: what it does before anything is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LATE = """
import gc, weakref
from flashagent.__main__ import collect_late
class Cycle:
    def __init__(self):
        self.me = self
collect_late(30_000, 900)
kept = [[n] for n in range(10_000)]
early = gc.get_threshold()[0]
before = gc.get_freeze_count()
kept += [[n] for n in range(25_000)]
settled = (gc.get_threshold()[0], gc.get_freeze_count() - before >= 25_000, gc.callbacks)
gone = weakref.ref(Cycle())
kept += [[n] for n in range(5_000)]
print(early, settled, gone())
"""


def test_garbage_is_looked_for_late_but_then_as_usual() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    assert done.stdout == "30000 (900, True, []) None\n"


def test_modules_of_the_current_folder_are_never_run(tmp_path: Path) -> None:
    for name in ("argparse", "errno", "shlex", "asyncio", "pygments"):
        (tmp_path / f"{name}.py").write_text("print('owned')\n")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "flashagent", "check", "--help"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.split("\n")[0][:23], done.stderr) == (
        0,
        "usage: flashagent check",
        "",
    )
    assert "owned" not in done.stdout


def test_a_warning_about_the_syntax_of_the_project_does_not_reach_the_terminal() -> None:
    code = (
        "import sys, warnings\n"
        "from flashagent.cli.main import run\n"
        "run(['help'], {})\n"
        "warnings.warn_explicit('invalid escape', SyntaxWarning, '<unknown>', 1)\n"
        "warnings.warn_explicit('of ours', RuntimeWarning, '<unknown>', 1)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "invalid escape" not in ran.stderr and "of ours" in ran.stderr
