"""How many planted faults the offline engine repairs, how well it ranks and how long it takes.

    python benchmarks/repair.py programs [--only NAME] [--limit N] [--time S] [--jobs N]
    python benchmarks/repair.py mutants PACKAGE==VERSION ... [--count N] [--seed N] [--time S]

`programs` are the small programs of `repair_programs.py`. `mutants` takes source releases from the package index into a
scratch folder, plants one-token faults that their own tests notice, and repairs them. Everything runs in bubblewrap.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import repair_programs
from helpers.repair_sandbox import BwrapRunner, CopiedTrees

from flashagent.ports import Command
from flashagent.repair.donors import Donors
from flashagent.repair.engine import RepairRequest, RepairResult, repair
from flashagent.repair.source import Source, apply_edits
from flashagent.repair.template import Site
from flashagent.repair.templates import constants, operators
from flashagent.values import CheckReport
from flashagent.verify.commands import Check, check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier

QUICK = ("programs", "--step", "15", "--time", "20")


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


class Bench:
    """One project in a folder, checked and repaired in bubblewrap."""

    def __init__(self, root: Path, check: str, python: Path, search_time_s: float, jobs: int) -> None:
        self.root = root
        self.runner = BwrapRunner(root)
        binds = tuple(
            p for p in {python.parent.parent, python.resolve().parent.parent} if str(p) not in ("/", "/usr")
        )
        self.environment = ProjectEnvironment(
            "virtualenv", python, (str(python.parent), "/usr/bin", "/bin"), {}, binds
        )
        self.check: Check = check_from_text(check)
        self.verifier = Verifier(self.runner, self.environment, root, lambda event: None, timeout_s=60.0)
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
            (str(self.environment.python), "-c", script), self.root, timeout_s=10.0, read_only=True
        )
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
    name: str, program: repair_programs.Program, faulty: str, options: argparse.Namespace
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
        first.how if first else "", "; ".join(result.notes),
    )  # fmt: skip


async def programs(options: argparse.Namespace) -> list[Row]:
    rows = []
    chosen = [bug for bug in repair_programs.bugs() if options.only in bug[0]][:: options.step][
        : options.limit
    ]
    for name, program, faulty in chosen:
        rows.append(await one_program(name, program, faulty, options))
        print(json.dumps(asdict(rows[-1])), flush=True)
    return rows


# mutants of libraries


def unpack(requirement: str, scratch: Path) -> Path:
    """The source release of a package, unpacked."""
    target = scratch / requirement.replace("=", "")
    target.mkdir(exist_ok=True)
    if not list(target.glob("*.tar.gz")):
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--no-binary",
            ":all:",
            requirement,
        ]
        subprocess.run(pip, cwd=target, check=False, capture_output=True)
    archive = next(target.glob("*.tar.gz"))
    with tarfile.open(archive) as tar:
        inside = [
            m for m in tar if not m.name.startswith("/") and ".." not in Path(m.name).parts and not m.issym()
        ]
        tar.extractall(target, members=inside)
    return next(p for p in target.iterdir() if p.is_dir())


def mutants(source: Source, chooser: random.Random) -> Iterator[tuple[str, int, str]]:
    """One-token faults by standard mutation operators, in random order: text, line and what was done."""
    kinds = (
        operators.comparison,
        operators.arithmetic,
        operators.augmented,
        operators.connective,
        constants.boolean,
    )
    found: list[tuple[int, str, int, str]] = []
    for node in ast.walk(source.tree):
        if source.function_of(node) is None:
            continue
        site = Site(source, node, Donors(), source.scope(node))
        for kind in kinds:
            if isinstance(node, kind.nodes):
                for fix in kind.run(site):
                    if len(fix.edits) == 1 and fix.weight >= 0.5 and len(fix.edits[0].text) <= 6:
                        line = source.line_at(fix.edits[0].start)
                        found.append((len(found), apply_edits(source.text, fix.edits), line, kind.name))
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value < 100:
            edit = source.replace(node, str(node.value + chooser.choice((-1, 1))))
            found.append((len(found), apply_edits(source.text, [edit]), node.lineno, "number"))
    chooser.shuffle(found)
    for _, text, line, kind in found:
        yield text, line, kind


async def library(requirement: str, options: argparse.Namespace) -> list[Row]:
    name = requirement.partition("=")[0]
    root = unpack(requirement, options.scratch)
    package = name.replace("-", "_")
    folder = next(p for p in (root / package, root / "src" / package) if p.is_dir())
    tests = next(p for p in ("tests", "test") if (root / p).is_dir())
    bench = Bench(
        root,
        f"python -m pytest -q -x --no-header {tests}".replace(" -x", ""),
        options.python,
        options.time,
        options.jobs,
    )
    if folder.parent.name == "src":
        bench.environment = ProjectEnvironment(
            "virtualenv", options.python, bench.environment.path, {"PYTHONPATH": str(folder.parent)}, bench.environment.binds
        )  # fmt: skip
        bench.verifier = Verifier(bench.runner, bench.environment, root, lambda event: None, timeout_s=60.0)
    clean = await bench.baseline()
    red = {f.test_id for f in clean.failures} | {
        r.test_id for r in clean.results if r.outcome in ("failed", "error")
    }
    if red:  # they fail without any fault of ours (no network, another version of a dependency)
        words = [f"--deselect={name}" if "::" in name else f"--ignore={name}" for name in sorted(red)]
        bench.check = replace(bench.check, argv=(*bench.check.argv, *words))
        clean = await bench.baseline()
    print(f"{requirement}: {clean.passed} passed, {clean.failed} failed in {clean.seconds:.1f} s", flush=True)
    files = sorted(p for p in folder.rglob("*.py") if "test" not in p.name and p.stat().st_size > 2000)
    chooser = random.Random(f"{requirement}-{options.seed}")
    rows: list[Row] = []
    while len(rows) < options.count:
        path = chooser.choices(files, [p.stat().st_size for p in files])[0]
        original = path.read_text()
        source = Source(path.relative_to(root).as_posix(), original)
        mutant = next(mutants(source, chooser), None)
        if mutant is None:
            continue
        text, line, kind = mutant
        path.write_text(text)
        try:
            row = await one_mutant(
                bench, clean, f"{name}-{len(rows) + 1} {kind} {source.path}:{line}", source, line
            )
        finally:
            path.write_text(original)
        if row is not None:
            rows.append(row)
            print(json.dumps(asdict(row)), flush=True)
    return rows


async def one_mutant(bench: Bench, clean: CheckReport, name: str, right: Source, line: int) -> Row | None:
    """None when no test notices the fault or the library does not even load with it."""
    before = await bench.baseline()
    broken = before.failed - clean.failed
    if before.green or not before.counted or broken <= 0 or broken > 0.5 * clean.passed:
        return None
    began = time.monotonic()
    result = await bench.repair(before)
    seconds = time.monotonic() - began
    rank = next(
        (n for n, p in enumerate(result.patches, 1) if same_tree(p.changes[0].after or "", right.text)), 0
    )
    return _row(name, result, rank, line, right.path, seconds)


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
    parser.add_argument("what", choices=("programs", "mutants"))
    parser.add_argument("requirements", nargs="*")
    parser.add_argument("--only", default="")
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--scratch", type=Path, default=Path("/var/tmp"))
    options = parser.parse_args()
    if options.what == "programs":
        rows = asyncio.run(programs(options))
    else:
        rows = [
            row for requirement in options.requirements for row in asyncio.run(library(requirement, options))
        ]
    print(summary(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
