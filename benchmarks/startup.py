"""What it costs to start: commands that must be quick, as a ratio to `python -c pass` in the same run.

    python benchmarks/startup.py [--runs N] [--json]

The commands take turns, so that a busy moment of the machine hits all alike; the median of each counts. 'cpu' is the same
ratio in processor time, with all processes that a command starts; it hardly changes with the load of the machine. Those
that need a repository run in one of six modules, which a repair without a model has been made in. Also tells which heavy
libraries each command has imported.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import shopcart

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
    "numpy",
    "flashagent.compose.house",
)
BARE = "python -c pass"
GOAL = 3.0
COMMANDS = (
    ["--version"],
    ["--help"],
    ["config", "show"],
    ["sessions", "list"],
    ["memory"],
    ["diff"],
    ["map", "--query", "the discount is wrong"],
    ["undo", "--list"],
    ["check", "--check", "/bin/true"],
)
BARE_ARGV = [sys.executable, "-c", "pass"]
FLASHAGENT = [sys.executable, "-m", "flashagent"]


def seconds(argv: list[str], place: Path, environ: dict[str, str]) -> tuple[float, float]:
    """Wall and processor seconds. Status 1 is an answer too."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(argv, cwd=place, env=environ, stdin=subprocess.DEVNULL, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{argv} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def heavy_modules(arguments: list[str], place: Path, environ: dict[str, str]) -> list[str]:
    """Which of HEAVY are loaded when the command has ended."""
    program = (
        "import sys, runpy, atexit, json\n"
        f"atexit.register(lambda: print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]), file=sys.stderr))\n"
        f"sys.argv = {['flashagent', *arguments]!r}\n"
        "runpy.run_module('flashagent', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=place, env=environ, capture_output=True, text=True, check=False
    )
    loaded: list[str] = json.loads(done.stderr.strip().splitlines()[-1])
    return loaded


def measure(runs: int) -> dict[str, dict[str, object]]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name).resolve() / "repository"
        shopcart.make(place)
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        environ = {**kept, "HOME": name, "FLASHAGENT_HOME": str(Path(name, "fa"))}
        check = f"{Path(sys.base_prefix) / 'bin' / 'python3'} -m unittest -q"
        seconds([*FLASHAGENT, "fix", "--offline", "--check", check], place, environ)
        commands = {"flashagent " + " ".join(words): [*FLASHAGENT, *words] for words in COMMANDS}
        rounds: list[dict[str, tuple[float, float]]] = []
        for number in range(runs + 1):  # the first is for the caches of the disk and the compiled files
            row = {
                each: seconds(argv, place, environ) for each, argv in {BARE: BARE_ARGV, **commands}.items()
            }
            rounds += [row] if number else []
        wall = {each: statistics.median(row[each][0] for row in rounds) for each in rounds[0]}
        cpu = {each: statistics.median(row[each][1] for row in rounds) for each in rounds[0]}
        return {
            each: {
                "ms": round(1000 * wall[each], 1),
                "ratio": round(wall[each] / wall[BARE], 2),
                "cpu": round(cpu[each] / cpu[BARE], 2),
                "heavy": [] if each == BARE else heavy_modules(commands[each][3:], place, environ),
            }
            for each in wall
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = measure(args.runs)
    if args.json:
        print(json.dumps({"runs": args.runs, "cores": os.cpu_count(), "commands": rows}))
        return 0
    for name, row in rows.items():
        heavy = ", ".join(row["heavy"])  # type: ignore[arg-type]
        print(f"{row['ms']:>8} ms  {row['ratio']:>6} x  cpu {row['cpu']:>6} x  {name:<42} {heavy}")
    print(f"goal: `flashagent --version` at most {GOAL:g} times a bare interpreter")
    return 0


if __name__ == "__main__":
    sys.exit(main())
