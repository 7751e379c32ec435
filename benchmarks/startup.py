"""What it costs to start: commands that must be quick, as a ratio to `python -c pass` in the same run.

    python benchmarks/startup.py [--runs N] [--json]

The commands take turns, so that a busy moment of the machine hits all alike; the median of each counts. Also tells
which heavy libraries each command has imported.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

QUICK = ("--runs", "15")
HEAVY = (
    "openai",
    "textual",
    "git",
    "tree_sitter",
    "pexpect",
    "pydantic",
    "yaml",
    "rapidfuzz",
    "dotenv",
    "asyncio",
)
BARE = "python -c pass"
GOAL = 3.0
COMMANDS: dict[str, list[str]] = {
    BARE: [sys.executable, "-c", "pass"],
    "flashagent --version": [sys.executable, "-m", "flashagent", "--version"],
    "flashagent --help": [sys.executable, "-m", "flashagent", "--help"],
    "flashagent config show": [sys.executable, "-m", "flashagent", "config", "show"],
}


def seconds(argv: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def heavy_modules(arguments: list[str]) -> list[str]:
    """Which of HEAVY are loaded when the command has ended."""
    program = (
        "import sys, runpy, atexit, json\n"
        f"atexit.register(lambda: print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]), file=sys.stderr))\n"
        f"sys.argv = {['flashagent', *arguments]!r}\n"
        "runpy.run_module('flashagent', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    loaded: list[str] = json.loads(done.stderr.strip().splitlines()[-1])
    return loaded


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for argv in COMMANDS.values():
        seconds(argv)  # once for the caches of the disk and the compiled files
    for _ in range(args.runs):
        for name, argv in COMMANDS.items():
            times[name].append(seconds(argv))
    medians = {name: statistics.median(values) for name, values in times.items()}
    rows = {
        name: {
            "ms": round(1000 * median, 1),
            "ratio": round(median / medians[BARE], 2),
            "heavy": [] if name == BARE else heavy_modules(COMMANDS[name][3:]),
        }
        for name, median in medians.items()
    }
    if args.json:
        print(json.dumps({"runs": args.runs, "cores": os.cpu_count(), "commands": rows}))
        return 0
    for name, row in rows.items():
        print(f"{row['ms']:>8} ms  {row['ratio']:>5} x  {name:<24} {', '.join(row['heavy'])}")  # type: ignore[arg-type]
    print(f"goal: `flashagent --version` at most {GOAL:g} times a bare interpreter")
    return 0


if __name__ == "__main__":
    sys.exit(main())
