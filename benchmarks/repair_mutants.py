"""How many planted faults of real libraries the offline engine repairs: an independent planter, the libraries' own tests.

    python benchmarks/repair_mutants.py [--count N] [--seed N] [--time S] [--jobs N] [--only NAME] [--held-out|--all]
                                        [--out FILE [--resume]]
    python benchmarks/repair_mutants.py --tables FILE...

Takes source releases of pure-Python libraries from the package index (`repair_libraries.py`), plants one fault at a time
with `repair_operators.py`, one library after the other in turn, and repairs those that some test notices. Nothing is tuned
on the libraries that are held out. A patch is correct when its tree is the original's, or when it keeps the whole suite
green and answers recorded and near calls as the original does (`repair_same.py`). Everything runs in bubblewrap with a
read-only root. Which faults are planted depends on the seed alone: `--out` keeps every answer as one line of JSON, with
the state of the engine that gave it, and `--resume` goes on where such a file ends.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from repair import Bench
from repair_libraries import LIBRARIES, Library, unpacked
from repair_meaning import same_meaning
from repair_operators import Fault, Planter
from repair_tables import Row, read, tables

import flashagent.repair
from flashagent.ports import Command
from flashagent.repair.engine import RepairResult
from flashagent.values import CheckReport
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier

MAX_SUITE_S = 20.0
ATTEMPTS = 20  # faults planted for each one that counts, at most


def state() -> str:
    """A word for the engine's code as it is."""
    folder = Path(flashagent.repair.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


class Log:
    """Answers kept as lines of JSON; with no file they are only printed."""

    def __init__(self, path: Path | None, *, resume: bool) -> None:
        if path is not None and path.exists() and not resume:
            raise SystemExit(f"{path} exists: --resume goes on with it")
        self._path = path
        self.rows = read([path]) if path is not None and path.exists() else []

    def add(self, row: Row) -> None:
        self.rows.append(row)
        line = json.dumps(asdict(row))
        if row.noticed:
            print(line, flush=True)
        if self._path is not None:
            with self._path.open("a") as out:
                out.write(line + "\n")

    def of(self, release: str, seed: int) -> list[Row]:
        return [row for row in self.rows if row.library == release and row.seed == seed]


def _is_of(row: Row, path: Path, fault: Fault) -> bool:
    """Was this very fault planted before?"""
    return row.place.endswith(f"{path.name}:{fault.line}") and row.text == _changed(fault)


def _changed(fault: Fault) -> str:
    return fault.text.splitlines()[fault.line - 1].strip()[:120]


class Trial:
    """One library: its clean report, then one fault after the other."""

    def __init__(self, library: Library, options: argparse.Namespace, log: Log) -> None:
        self.library = library
        self.root = unpacked(library, options.scratch)
        check = f"python -m pytest -q {library.tests}"
        self.bench = Bench(self.root, check, options.python, options.time, options.jobs)
        old = self.bench.environment
        self.bench.environment = ProjectEnvironment(
            "virtualenv", options.python, old.path, {"PYTHONPATH": str(self.root / library.path)}, old.binds
        )
        self.bench.verifier = Verifier(
            self.bench.runner, self.bench.environment, self.root, lambda event: None, timeout_s=60.0
        )
        self._seed, self._count, self._log, self._state = options.seed, options.count, log, state()
        self._clean: CheckReport | None = None

    def missing(self) -> int:
        """How many faults are still wanted."""
        return self._count - sum(row.noticed for row in self._log.of(self.library.release, self._seed))

    async def clean(self) -> CheckReport:
        """The report without a fault; tests that are red anyway are left out of the check."""
        report = await self.bench.baseline()
        red = {f.test_id for f in report.failures} | {
            r.test_id for r in report.results if r.outcome == "failed"
        }
        if red:
            words = [f"--deselect={name}" if "::" in name else f"--ignore={name}" for name in sorted(red)]
            self.bench.check = replace(self.bench.check, argv=(*self.bench.check.argv, *words))
            report = await self.bench.baseline()
        return report

    def files(self) -> list[Path]:
        code = self.root / self.library.code
        found = (
            [code]
            if code.is_file()
            else sorted(p for p in code.rglob("*.py") if "test" not in p.relative_to(self.root).as_posix())
        )
        if code.with_suffix(".py").is_file():
            found = [code.with_suffix(".py")]
        return [p for p in found if p.stat().st_size > 1500]

    def faults(self) -> Iterator[tuple[int, Path, Fault]]:
        """Numbered faults, each drawn by its number alone; those that the log knows are passed over."""
        files = self.files()
        for attempt in range(ATTEMPTS * self._count):
            known = self._log.of(self.library.release, self._seed)
            if any(row.attempt == attempt for row in known):
                continue
            chooser = random.Random(f"{self.library.release} {self._seed} {attempt}")
            path = chooser.choices(files, [p.stat().st_size for p in files])[0]
            fault = Planter(path.read_text()).pick(chooser)
            if fault is not None and not any(_is_of(row, path, fault) for row in known):
                yield attempt, path, fault

    async def next(self) -> bool:
        """One more fault that a test notices; False when there is none."""
        if self._clean is None:
            self._clean = await self.clean()
            print(
                f"# {self.library.release}: {self._clean.passed} passed in {self._clean.seconds:.1f} s",
                flush=True,
            )
        if not self._clean.green or self._clean.seconds > MAX_SUITE_S:
            return False
        for attempt, path, fault in self.faults():
            row = await self._one(path, fault, self._clean)
            self._log.add(replace(row, attempt=attempt))
            if row.noticed:
                return True
        return False

    async def _one(self, path: Path, fault: Fault, clean: CheckReport) -> Row:
        """`noticed` is False when no test notices the fault, or the library does not load with it."""
        where = f"{path.relative_to(self.root).as_posix()}:{fault.line}"
        row = Row(
            self.library.release,
            self._seed,
            0,
            fault.operator,
            where,
            _changed(fault),
            self._state,
            self.library.held_out,
        )
        right = path.read_text()
        path.write_text(fault.text)
        try:
            before = await self.bench.baseline()
            if before.green or not before.counted or before.passed < 0.5 * clean.passed:
                return row
            began = time.monotonic()
            result = await self.bench.repair(before)
            seconds = time.monotonic() - began
        finally:
            path.write_text(right)
        row = replace(
            row,
            noticed=True,
            seconds=round(seconds, 1),
            suite_s=round(before.seconds, 1),
            load=round(os.getloadavg()[0], 1),
        )
        return await self._judged(row, path, fault, right, result)

    async def _judged(self, row: Row, path: Path, fault: Fault, right: str, result: RepairResult) -> Row:
        inside = path.relative_to(self.root).as_posix()
        lines = [(s.path, s.line) for s in result.suspicious]
        line_rank = lines.index((inside, fault.line)) + 1 if (inside, fault.line) in lines else 0
        rank, difference = 0, ""
        for place, patch in enumerate(result.patches, 1):
            after = next((c.after or "" for c in patch.changes if c.path == inside), None)
            told = "another file" if after is None else await self._difference(path, right, after)
            difference = difference or (told if place == 1 else "")
            if not told:
                rank = place
                break
        first = result.patches[0] if result.patches else None
        return replace(
            row,
            plausible=len(result.patches),
            rank=rank,
            line_rank=line_rank,
            tried=result.tried,
            cpu_s=result.cpu_s,
            confidence=first.confidence if first else "",
            how=first.how if first else "",
            reasons=first.reasons if first else (),
            difference=difference,
            notes="; ".join(result.notes),
            phases=result.phases,
        )

    async def _difference(self, path: Path, right: str, after: str) -> str:
        """'' when the patched text is the original's in meaning or in behaviour."""
        if same_meaning(right, after):
            return ""
        with tempfile.TemporaryDirectory(prefix="texts-", dir=self.root.parent) as folder:
            one, two = Path(folder, "one.py"), Path(folder, "two.py")
            one.write_text(right)
            two.write_text(after)
            here = Path(__file__).with_name("repair_same.py")
            python = str(self.bench.environment.python)
            words = [python, str(here), str(path), str(one), str(two), *self.library.tests.split()]
            environment = {**self.bench.environment.variables, "PYTHONDONTWRITEBYTECODE": "1"}
            command = Command(
                tuple(words), self.root, env=environment, timeout_s=120.0, read_only=True,
                binds=(*self.bench.environment.binds, Path(folder), here.parent),
            )  # fmt: skip
            result = await self.bench.runner.run(command)
        try:
            told = json.loads(result.output.decode(errors="replace").strip().splitlines()[-1])
        except (ValueError, IndexError):
            return f"could not be compared: {result.output[-200:]!r}"
        return str(told["difference"]) if told["asked"] else "no call could be compared"


async def run(options: argparse.Namespace, log: Log) -> None:
    """One fault of each library in turn, so that a run which is ended early has seen all of them."""
    chosen = [
        x for x in LIBRARIES if options.only in x.release and (options.all or x.held_out == options.held_out)
    ]
    trials = [Trial(library, options, log) for library in chosen]
    while trials:
        # The libraries that lag behind come first, also after a restart.
        most = max(trial.missing() for trial in trials)
        for trial in [t for t in trials if t.missing() == most]:
            if most <= 0 or not await trial.next():
                trials.remove(trial)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=5, help="faults for each library")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time", type=float, default=120.0)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument(
        "--held-out", action="store_true", help="the libraries that nothing is tuned on, alone"
    )
    parser.add_argument("--all", action="store_true", help="all libraries")
    parser.add_argument("--out", type=Path, help="keep every answer here as one line of JSON")
    parser.add_argument("--resume", action="store_true", help="go on with the file of --out")
    parser.add_argument("--tables", type=Path, nargs="+", help="only print the tables of such files")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "repair-mutants")
    options = parser.parse_args()
    if options.tables:
        print(tables(read(options.tables)))
        return 0
    log = Log(options.out, resume=options.resume)
    try:
        asyncio.run(run(options, log))
    finally:
        print(tables(log.rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
