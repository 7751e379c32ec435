"""Many agents over one large repository: how long an item takes to start, and what each further agent costs in memory.

    python benchmarks/batch_scale.py [--files 50000] [--jobs 64]

A repository of many small modules, as many items as agents, and a scripted model on loopback. The start of an item is the
time from its first event to its first request: tree, tools, focus and prompt. Said apart: what the common ground costs once
(the copy of the commit, the map). Memory is the program's own peak less its peak with one agent.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from batch import endpoint
from batch import run as run_batch
from helpers import batch_project
from helpers.e2e_program import with_model
from helpers.workspace_state import make_repository

QUICK = ("--files", "2000", "--jobs", "16")
PER_FOLDER = 200


def repository(folder: Path, files: int, items: int) -> tuple[Path, dict[str, str]]:
    root = folder / "repo"
    contents = dict(batch_project.files(items))
    for number in range(files - len(contents)):
        contents[f"lib/p{number // PER_FOLDER}/f{number}.py"] = (
            f"def g{number}(x):\n    return x + {number}\n"
        )
    environ = make_repository(root, contents, home=folder / "home")
    return root, {**environ, "FLASHAGENT_HOME": str(folder / "fa")}


def starts(home: Path) -> list[float]:
    """For each item of the newest batch the seconds from its first recorded event to its first request, sorted."""
    found = []
    newest = max(home.glob("state/**/batch.sqlite"), key=lambda path: path.parent.name).parent
    for record in newest.glob("items/*.jsonl"):
        lines = [json.loads(line) for line in record.read_text().splitlines()]
        began = datetime.fromisoformat(lines[0]["time"])
        asked = next(line for line in lines if line["type"] == "StepStarted")
        found.append((datetime.fromisoformat(asked["time"]) - began).total_seconds())
    return sorted(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--jobs", type=int, default=64)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flashagent-batch-") as scratch:
        folder = Path(scratch)
        root, environ = repository(folder, args.files, args.jobs)
        job = folder / "job.yaml"

        def batch(glob: str, jobs: int) -> tuple[dict[str, Any], float, float, float]:
            job.write_text(
                f"select: '{glob}'\ninstruction: 'Rename old to plus in <<{{{{path}}}}>>'\nrivals: false\n"
                "check: {item: '', final: 'python3 -m unittest'}\n"
            )
            with endpoint(seed=1) as server:
                began = time.monotonic()
                last, seconds, peak = run_batch(
                    root, with_model(environ, server.base_url), str(job), "--jobs", str(jobs)
                )
                return last, seconds, peak, time.monotonic() - began

        batch("pkg/m1.py", 1)  # the map is written down
        _, one_s, base_mb, whole_s = batch("pkg/m1.py", 1)
        print(
            f"{args.files} files: the ground (commit copied, map read, checks run) and the end take {whole_s - one_s:.1f} s"
        )
        last, seconds, peak_mb, _ = batch("pkg/m*.py", args.jobs)
        took = starts(folder / "fa")
        print(f"{args.jobs} agents at once: {last['outcome']}, {last['merged']} merged in {seconds:.1f} s; start of an item "
              f"median {1000 * statistics.median(took):.0f} ms, 95 % below {1000 * took[int(0.95 * (len(took) - 1))]:.0f} ms, "
              f"most {1000 * took[-1]:.0f} ms (goal 150)")  # fmt: skip
        print(f"memory {base_mb:.0f} MB with one, {peak_mb:.0f} MB with {args.jobs}: "
              f"{(peak_mb - base_mb) / max(1, args.jobs - 1):.1f} MB for each more (goal 40)")  # fmt: skip
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, git {_git()}")
    return 0


def _git() -> str:
    return subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


if __name__ == "__main__":
    sys.exit(main())
