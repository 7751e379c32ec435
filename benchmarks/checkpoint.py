"""What a checkpoint costs in a large tree, in milliseconds and as a ratio to one `git status` in the same run.

    python benchmarks/checkpoint.py [--files 80000] [--runs 9] [--json]

The kinds of checkpoint take turns with `git status`, so that a busy moment of the machine hits all alike; the median and
the least of each are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from helpers.workspace_state import git_environment  # noqa: E402

from flashagent.workspace.checkpoints import Checkpoints  # noqa: E402
from flashagent.workspace.git import Repository  # noqa: E402

STATUS = "git status"


def make_tree(root: Path, files: int, environ: dict[str, str]) -> None:
    """A repository with that many small files in folders of a hundred, all committed."""
    for number in range(files):
        folder = root / f"part{number // 10_000}" / f"room{number // 100 % 100:02d}"
        if number % 100 == 0:
            folder.mkdir(parents=True)
        (folder / f"file{number}.py").write_text(f"value = {number}\n")
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["commit", "-q", "-m", "Start"],
        ["status", "--porcelain"],
    ):
        subprocess.run(["git", *command], cwd=root, env=environ, check=True, stdout=subprocess.DEVNULL)


def measure(root: Path, state: Path, environ: dict[str, str], runs: int) -> dict[str, list[float]]:
    """Milliseconds of each kind."""
    with Repository.open(root, environ=environ) as repository:
        checkpoints = Checkpoints(repository, state)
        began = time.perf_counter()
        checkpoints.take("first")
        found: dict[str, list[float]] = {"first": [(time.perf_counter() - began) * 1000]}
        changed = root / "part0" / "room00" / "file7.py"

        def edit(number: int) -> None:
            changed.write_text(f"value = 'changed {number}'\n")
            (root / "part0" / f"new{number}.txt").write_text("new\n")

        def status() -> None:
            subprocess.run(
                ["git", "status", "--porcelain"], cwd=root, env=environ, check=True, stdout=subprocess.DEVNULL
            )

        kinds: dict[str, Callable[[], object]] = {
            STATUS: status,
            "nothing changed": lambda: checkpoints.take("again"),
            "an edit and a new file": lambda: checkpoints.take("after an edit"),
        }
        for number in range(runs):
            for kind, work in kinds.items():
                if kind.startswith("an edit"):
                    edit(number)
                began = time.perf_counter()
                work()
                found.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=80_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="flashagent-checkpoint-"))
    try:
        environ = {**git_environment(folder / "home"), "PATH": os.environ["PATH"]}
        (folder / "tree").mkdir()
        make_tree(folder / "tree", options.files, environ)
        found = measure(folder / "tree", folder / "state", environ, options.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    base = statistics.median(found[STATUS])
    rows = {
        kind: {
            "median_ms": round(statistics.median(times), 1),
            "least_ms": round(min(times), 1),
            "ratio": round(statistics.median(times) / base, 2),
        }
        for kind, times in found.items()
    }
    if options.json:
        print(json.dumps({"files": options.files, **rows}, indent=2))
        return 0
    for kind, row in rows.items():
        print(
            f"{kind:24} {row['median_ms']:8.1f} ms  least {row['least_ms']:8.1f} ms  {row['ratio']:5.2f} x {STATUS}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
