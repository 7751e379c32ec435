"""Batches on a Dask cluster on loopback: how much faster four workers are than one.

    python benchmarks/batch_dask.py [--items N]

Once with items that wait for the model (a scripted endpoint with realistic latency and faults), once with items whose check
keeps a processor busy. Each worker takes two items at once. On one machine the second kind cannot gain more than its free
processors allow.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from batch import endpoint, run
from helpers import batch_cluster, batch_project
from helpers.e2e_program import with_model

QUICK = ("--items", "8")
BUSY = "python3 -c 'import time; t = time.process_time()\nwhile time.process_time() - t < 1.0: pass'"
CHECKS = {"model latency": "", "checks": BUSY}


def seconds(folder: Path, items: int, workers: int, check: str) -> float:
    folder.mkdir()
    root, environ = batch_project.make(folder, modules=items)
    item = check.replace("\n", "\\n")
    (folder / "job.yaml").write_text(
        "select: 'pkg/m*.py'\ninstruction: 'Rename old to plus in <<{{path}}>>'\nrivals: false\n"
        f'check: {{item: "{item}", final: "python3 -m unittest"}}\n'
    )
    with endpoint(seed=1) as server:
        theirs = with_model(environ, server.base_url)
        with batch_cluster.running(folder / "cluster", theirs, workers=workers) as cluster:
            engine = ("--engine", "dask", "--scheduler", cluster.address, "--jobs", str(2 * workers))
            last, took, _ = run(root, environ, str(folder / "job.yaml"), *engine)
    assert last["merged"] == items, last
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=24)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flashagent-batch-") as scratch:
        for number, (kind, check) in enumerate(CHECKS.items()):
            one, four = (
                seconds(Path(scratch) / f"{number}-{workers}", args.items, workers, check)
                for workers in (1, 4)
            )
            print(f"{args.items} items bound by {kind}: {one:.1f} s with 1 worker, {four:.1f} s with 4: {one / four:.2f} times "
                  f"as fast (load {os.getloadavg()[0]:.1f} on {os.cpu_count()})")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
