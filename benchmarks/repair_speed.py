"""How many candidates the offline engine tries in a second of CPU time, beside fresh pytest processes; what a hang costs.

    python benchmarks/repair_speed.py [--runs N] [--jobs N] [--scratch FOLDER]

CPU seconds, so that the figures hold on a busy machine too; both sides in the same run, on the same programs and tests. The
engine's side includes loading, tracing, confirming and ranking in all its worker processes; the other is one `pytest -q`
each, outside of any sandbox and with nothing else loaded. A hang is a candidate whose loop never ends, tried among others
of its batch; its cost is put beside the time that a test of the program takes as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import repair_programs
from repair import Bench

from flashagent.repair import plan
from flashagent.repair.localize import TestRun
from flashagent.repair.mutate import Mutation
from flashagent.repair.schedule import Task
from flashagent.repair.source import Edit, Source
from flashagent.repair.trials import Trials
from flashagent.repair.workers import Worker

NAMES = ("runlength-2", "life-2", "score-3", "justify-2")
BATCH = 24
LOOP = """def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 2
    return steps
"""
LOOP_TESTS = """from loop import collatz


def test_many():
    assert sum(collatz(n) for n in range(1, 400)) == 19809


def test_power():
    assert collatz(2 ** 300) == 300
"""
STEP = "n = n // 2 if n % 2 == 0 else 3 * n + 1"
ENDLESS = ("n = n + 0", "n = n * 2", "n = n + n % 2 + 2")
HARMLESS = ("n = n // 2 if n % 2 == 0 else 3 * n - 1 + 2",)


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fresh_cpu(root: Path, runs: int) -> float:
    """CPU seconds of one `pytest -q`."""
    before = cpu_of_children()
    for _ in range(runs):
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        subprocess.run(words, cwd=root, check=False, capture_output=True)
    return (cpu_of_children() - before) / runs


async def measure(name: str, options: argparse.Namespace) -> tuple[float, float]:
    """Candidates a CPU second of the search, and of fresh pytest processes, on one program."""
    _, program, faulty = next(bug for bug in repair_programs.bugs() if bug[0] == name)
    with tempfile.TemporaryDirectory(prefix="speed-", dir=options.scratch) as folder:
        root = Path(folder)
        (root / f"{program.name}.py").write_text(faulty)
        (root / f"test_{program.name}.py").write_text(program.tests)
        fresh = 1.0 / fresh_cpu(root, options.runs)
        bench = Bench(root, "python -m pytest -q", Path(sys.executable), 60.0, options.jobs)
        result = await bench.repair(await bench.baseline())
        ours = result.tried / result.cpu_s
        print(
            f"{name}: {result.tried} candidates in {result.cpu_s:.1f} CPU-s, {ours:.0f} a CPU second; "
            f"fresh pytest {fresh:.1f} a CPU second; {ours / fresh:.0f} times as many",
            flush=True,
        )
        return ours, fresh


async def cost_of_a_hang(options: argparse.Namespace) -> None:
    """CPU seconds that one endless candidate adds to a batch, and those of the test that it hangs in."""
    with tempfile.TemporaryDirectory(prefix="speed-", dir=options.scratch) as folder:
        root = Path(folder)
        (root / "loop.py").write_text(LOOP)
        (root / "test_loop.py").write_text(LOOP_TESTS)
        bench = Bench(root, "python -m pytest -q", Path(sys.executable), 60.0, 1)
        launch = plan.launch_for(bench.check, bench.environment, root, 0)
        assert launch is not None
        worker = Worker(bench.runner, launch, "warm", 300.0)
        try:
            tests = [test["id"] for test in (await worker.start())["tests"]]
            answers = (await worker.ask({"do": "plain", "tests": tests, "cpu": 5.0, "wall": 60.0}))["results"]
            await worker.ask({"do": "prepare", "modules": []})
            runs = [
                TestRun(test, "test_loop.py", answer["outcome"] == "passed", answer["cpu"])
                for test, answer in zip(tests, answers, strict=True)
            ]
            await _print_cost(worker, root, runs, options.runs)
        finally:
            await worker.close()


async def _print_cost(worker: Worker, root: Path, runs: list[TestRun], rounds: int) -> None:
    source = Source("loop.py", LOOP)
    trials = Trials(root, {"loop.py": source}, runs, list)
    units = [("loop.py", 1)]
    names, request = trials.counting(units)
    counted = (await worker.ask({**request, "tests": names}))["results"]
    trials.learn_rounds(units, dict(zip(names, counted, strict=True)))
    base = next(run.cpu_s for run in runs if not run.passed)
    costs = []
    for _ in range(rounds):
        failing, _ = await _tried(worker, trials, source, HARMLESS)
        hanging, verdicts = await _tried(worker, trials, source, ENDLESS)
        assert all(verdict.get("cut") for verdict in verdicts), verdicts
        costs.append((hanging - failing) / BATCH)
    cost = statistics.median(costs)
    print(
        f"a hang: {1000 * cost:.2f} ms of CPU time more than a candidate that merely fails in the same test, which "
        f"takes {1000 * base:.2f} ms as it is: {(cost + base) / base:.2f} times the test",
        flush=True,
    )


async def _tried(
    worker: Worker, trials: Trials, source: Source, lines: tuple[str, ...]
) -> tuple[float, list[dict[str, Any]]]:
    """CPU seconds of one batch of candidates that have these lines in the loop, and the verdicts."""
    start = source.text.index(STEP)
    batch = []
    for place in range(BATCH):
        edit = Edit(start, start + len(STEP), lines[place % len(lines)])
        batch.append(Task(place, Mutation("loop.py", (edit,), "", 4, 1.0, "", False, "collatz", 1, 4), False))
    before = worker.cpu_s
    answer = await worker.ask(trials.trial(batch, alone=False))
    return worker.cpu_s - before, answer["results"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    pairs = [asyncio.run(measure(name, options)) for name in NAMES]
    ours, theirs = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    print(f"mean: {ours:.0f} candidates a CPU second; {ours / theirs:.0f} times fresh processes")
    asyncio.run(cost_of_a_hang(options))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
