"""How many candidates one worker of the offline engine tries in a second, beside fresh pytest processes, in the same run.

    python benchmarks/repair_speed.py [--runs N] [--scratch FOLDER]

Both sides use one core at a time, in bubblewrap, on the same program and tests, so that the ratio holds on a busy machine
too. The engine's side includes loading, tracing, confirming and the final checks; the other is one `pytest -q` each.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import repair_programs
from repair import Bench

NAMES = ("runlength-2", "life-2", "score-3", "justify-2")


async def measure(name: str, options: argparse.Namespace) -> tuple[float, float]:
    """Candidates a second of the search, and fresh pytest processes a second, on one program."""
    _, program, faulty = next(bug for bug in repair_programs.bugs() if bug[0] == name)
    with tempfile.TemporaryDirectory(prefix="speed-", dir=options.scratch) as folder:
        root = Path(folder)
        (root / f"{program.name}.py").write_text(faulty)
        (root / f"test_{program.name}.py").write_text(program.tests)
        bench = Bench(root, "python -m pytest -q", Path(sys.executable), 60.0, 1)
        began = time.monotonic()
        for _ in range(options.runs):
            baseline = await bench.baseline()
        fresh = options.runs / (time.monotonic() - began)
        began = time.monotonic()
        result = await bench.repair(baseline)
        ours = result.tried / (time.monotonic() - began)
        print(
            f"{name}: {result.tried} candidates, {ours:.0f} a second; fresh pytest {fresh:.1f} a second; {ours / fresh:.0f} times as many",
            flush=True,
        )
        return ours, fresh


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    pairs = [asyncio.run(measure(name, options)) for name in NAMES]
    ours, theirs = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    print(f"mean: {ours:.0f} candidates a second; {ours / theirs:.0f} times fresh processes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
