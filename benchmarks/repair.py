"""How many planted faults the offline engine repairs, how well it ranks and how long it takes.

    python benchmarks/repair.py programs|drills|classic|kept|new|new-kept [--only NAME] [--limit N] [--step N] [--skip N] [--time S] [--jobs N]

`programs` are the small programs of `repair_programs.py` and `repair_exercises.py`, `drills` those of `repair_drills.py`,
whose tests are rows of data, `classic` those of `repair_classic.py` and `kept` the part of them held back from tuning; `new` and `new-kept` likewise of
`repair_classic_new.py`. Everything runs in the product's sandbox. Faults
in real libraries are planted by `repair_mutants.py`, and `repair_speed.py` counts candidates a second.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import repair_classic
import repair_classic_new
import repair_drills
import repair_forms
import repair_programs
from helpers.repair_sandbox import CopiedTrees

from flashagent.compose.runner import open_runner
from flashagent.ports import Command
from flashagent.repair.engine import RepairRequest, RepairResult, repair
from flashagent.values import CheckReport
from flashagent.verify.commands import Check, check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier

QUICK = ("programs", "--step", "15", "--time", "20")
SETS = {
    "programs": repair_programs.bugs,
    "drills": repair_drills.bugs,
    "classic": lambda: repair_classic.bugs(kept=False),
    "kept": lambda: repair_classic.bugs(kept=True),
    "new": lambda: repair_classic_new.bugs(kept=False),
    "new-kept": lambda: repair_classic_new.bugs(kept=True),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One fault. `rank` is the place of the first correct patch, 0 when none; `line_rank` that of the faulty line."""

    name: str
    plausible: int
    rank: int
    confidence: str
    line_rank: int
    tried: int
    seconds: float
    how: str
    note: str = ""
    reasons: tuple[str, ...] = ()


class Bench:
    """One project in a folder, checked and repaired in the product's own sandbox, with all its limits."""

    def __init__(self, root: Path, check: str, python: Path, search_time_s: float, jobs: int) -> None:
        self.root = root
        self.runner = open_runner(root, os.environ)
        binds = tuple(
            p for p in {python.parent.parent, python.resolve().parent.parent} if str(p) not in ("/", "/usr")
        )
        self.environment = ProjectEnvironment(
            "virtualenv", python, (str(python.parent), "/usr/bin", "/bin"), {}, binds
        )
        self.check: Check = check_from_text(check)
        self.verifier = Verifier(self.runner, self.environment, root, lambda event: None, timeout_s=10.0)
        self._time, self._jobs = search_time_s, jobs

    async def baseline(self) -> CheckReport:
        return await self.verifier.run(self.check)

    async def repair(self, baseline: CheckReport) -> RepairResult:
        request = RepairRequest(self.root, self.check, baseline, self.environment, self._time, self._jobs)
        return await repair(request, self.runner, self.verifier, CopiedTrees(self.root), lambda event: None)

    async def evaluate(self, code: str, expression: str) -> str:
        """What an expression gives after the code, in the sandbox; a repaired program is hostile too."""
        script = f"{code}\nprint(repr({expression}))\n"
        command = Command(
            (str(self.environment.python), "-c", script), self.root, timeout_s=10.0, read_only=True,
            binds=self.environment.binds,
        )  # fmt: skip
        result = await self.runner.run(command)
        return (
            result.output.decode(errors="replace") if result.exit_code == 0 else f"failed {result.exit_code}"
        )


def same_tree(one: str, other: str) -> bool:
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False


async def one_program(
    name: str, program: repair_forms.Program, faulty: str, options: argparse.Namespace
) -> Row:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.scratch) as folder:
        root = Path(folder)
        (root / f"{program.name}.py").write_text(faulty)
        (root / f"test_{program.name}.py").write_text(program.tests)
        bench = Bench(root, "python -m pytest -q", Path(sys.executable), options.time, options.jobs)
        before = await bench.baseline()
        if before.green:
            return Row(name, 0, 0, "", 0, 0, 0.0, "", "no test notices the fault")
        began = time.monotonic()
        result = await bench.repair(before)
        seconds = time.monotonic() - began
        wanted = await bench.evaluate(program.code, program.probe)
        if wanted.startswith("failed"):  # else every patch that fails as well would count as right
            raise RuntimeError(f"the right program of {name} cannot be asked: {wanted}")
        rank = 0
        for place, patch in enumerate(result.patches, 1):
            after = next(c.after for c in patch.changes if c.path == f"{program.name}.py") or ""
            if same_tree(after, program.code) or await bench.evaluate(after, program.probe) == wanted:
                rank = place
                break
        return _row(name, result, rank, changed_line(faulty, program.code), f"{program.name}.py", seconds)


def changed_line(faulty: str, right: str) -> int:
    pairs = zip(faulty.splitlines(), right.splitlines(), strict=False)
    return next((n for n, (a, b) in enumerate(pairs, 1) if a != b), 0)


def _row(name: str, result: RepairResult, rank: int, line: int, path: str, seconds: float) -> Row:
    lines = [(s.path, s.line) for s in result.suspicious]
    line_rank = lines.index((path, line)) + 1 if (path, line) in lines else 0
    first = result.patches[0] if result.patches else None
    return Row(
        name, len(result.patches), rank, first.confidence if first else "", line_rank, result.tried, round(seconds, 2),
        first.how if first else "", "; ".join(result.notes), first.reasons if first else (),
    )  # fmt: skip


async def programs(options: argparse.Namespace) -> list[Row]:
    rows = []
    chosen = [bug for bug in SETS[options.what]() if options.only in bug[0]][options.skip :: options.step][
        : options.limit
    ]
    for name, program, faulty in chosen:
        rows.append(await one_program(name, program, faulty, options))
        print(json.dumps(asdict(rows[-1])), flush=True)
    return rows


def summary(rows: list[Row]) -> str:
    counted = [r for r in rows if r.note != "no test notices the fault"]
    total = len(counted) or 1
    found = [r for r in counted if r.plausible]
    times = [r.seconds for r in found] or [0.0]
    words = {w: [r for r in found if r.confidence == w] for w in ("certain", "likely", "possible", "weak")}
    return "\n".join(
        [
            f"faults {len(counted)} (unnoticed by their tests and left out: {len(rows) - len(counted)})",
            f"plausible {len(found)} ({len(found) / total:.0%}), correct at rank 1 {sum(r.rank == 1 for r in counted)} "
            f"({sum(r.rank == 1 for r in counted) / total:.0%}), correct anywhere {sum(r.rank > 0 for r in counted)}",
            f"faulty line in the first ten: {sum(0 < r.line_rank <= 10 for r in counted)}",
            f"seconds to the answer: median {statistics.median(times):.1f}, longest {max(times):.1f}",
            *(
                f"{w}: {sum(r.rank == 1 for r in some)} of {len(some)} right at rank 1"
                for w, some in words.items()
                if some
            ),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=tuple(SETS))
    parser.add_argument("--only", default="")
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--scratch", type=Path, default=Path("/var/tmp"))
    options = parser.parse_args()
    rows = asyncio.run(programs(options))
    print(summary(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
