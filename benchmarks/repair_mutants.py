"""How many planted faults of real libraries the offline engine repairs: an independent planter, the libraries' own tests.

    python benchmarks/repair_mutants.py [--count N] [--seed N] [--time S] [--jobs N] [--only NAME] [--held-out]

Takes source releases of pure-Python libraries from the package index, plants one fault at a time with
`repair_operators.py` and repairs those that some test notices. Two libraries are held out: nothing is tuned on them.
A patch is correct when its tree is the original's, or when it keeps the whole suite green and answers recorded and near
calls as the original does (`repair_same.py`). Everything runs in bubblewrap with a read-only root.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from repair import Bench, same_tree
from repair_operators import Fault, Planter

from flashagent.ports import Command
from flashagent.repair.engine import RepairResult
from flashagent.values import CheckReport
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier


@dataclass(frozen=True, slots=True)
class Library:
    """A release with its code and its tests, relative to the unpacked folder; `path` goes on the import path."""

    release: str
    code: str
    tests: str
    path: str = "."
    held_out: bool = False


LIBRARIES = (
    Library("boltons==24.0.0", "boltons", "--noconftest tests"),
    Library("cachetools==5.5.0", "src/cachetools", "tests", "src"),
    Library("inflection==0.5.1", "inflection", "test_inflection.py"),
    Library("jmespath==1.0.1", "jmespath", "tests"),
    Library("more-itertools==10.5.0", "more_itertools", "tests"),
    Library("tabulate==0.9.0", "tabulate", "test"),
    Library("toolz==0.12.1", "toolz", "toolz/tests"),
    Library("parse==1.20.2", "parse.py", "tests", held_out=True),
    Library("mistune==3.0.2", "src/mistune", "-W ignore tests", "src", held_out=True),
)
MAX_SUITE_S = 20.0


@dataclass(frozen=True, slots=True)
class Row:
    """One fault. `rank` is the place of the first correct patch and `line_rank` that of the faulty line, 0 for none."""

    library: str
    operator: str
    place: str
    text: str
    plausible: int
    rank: int
    confidence: str
    line_rank: int
    tried: int
    seconds: float
    how: str
    difference: str
    notes: str


def unpacked(library: Library, scratch: Path) -> Path:
    """The release's source folder. Raises RuntimeError when the index does not give it."""
    target = scratch / library.release.replace("==", "")
    target.mkdir(exist_ok=True, parents=True)
    if not list(target.glob("*.tar.gz")):
        words = ["download", "-q", "--no-deps", "--no-binary", ":all:", library.release]
        subprocess.run([sys.executable, "-m", "pip", *words], cwd=target, check=False, capture_output=True)
    archive = next(target.glob("*.tar.gz"), None)
    if archive is None:
        raise RuntimeError(f"{library.release} could not be downloaded")
    fresh = Path(tempfile.mkdtemp(prefix="source-", dir=target))
    with tarfile.open(archive) as tar:
        inside = [
            m
            for m in tar
            if (m.isfile() or m.isdir()) and not m.name.startswith("/") and ".." not in Path(m.name).parts
        ]
        tar.extractall(fresh, members=inside)
    return next(p for p in fresh.iterdir() if p.is_dir())


class Trial:
    """One library: its clean report, then one fault after the other."""

    def __init__(self, library: Library, options: argparse.Namespace) -> None:
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
        self._chooser = random.Random(f"{library.release} {options.seed}")
        self._count = options.count

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

    async def rows(self) -> list[Row]:
        clean = await self.clean()
        print(f"# {self.library.release}: {clean.passed} passed in {clean.seconds:.1f} s", flush=True)
        if not clean.green or clean.seconds > MAX_SUITE_S:
            return []
        files, rows = self.files(), []
        for _ in range(20 * self._count):
            if len(rows) >= self._count:
                break
            path = self._chooser.choices(files, [p.stat().st_size for p in files])[0]
            fault = Planter(path.read_text()).pick(self._chooser)
            row = await self._one(path, fault, clean) if fault is not None else None
            if row is not None:
                rows.append(row)
                print(json.dumps(asdict(row)), flush=True)
        return rows

    async def _one(self, path: Path, fault: Fault, clean: CheckReport) -> Row | None:
        """None when no test notices the fault, or the library does not load with it."""
        right = path.read_text()
        path.write_text(fault.text)
        try:
            before = await self.bench.baseline()
            if before.green or not before.counted or before.passed < 0.5 * clean.passed:
                return None
            began = time.monotonic()
            result = await self.bench.repair(before)
            seconds = time.monotonic() - began
        finally:
            path.write_text(right)
        return await self._row(path, fault, right, result, seconds)

    async def _row(self, path: Path, fault: Fault, right: str, result: RepairResult, seconds: float) -> Row:
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
        changed = fault.text.splitlines()[fault.line - 1].strip()
        return Row(
            self.library.release, fault.operator, f"{inside}:{fault.line}", changed[:120], len(result.patches), rank,
            first.confidence if first else "", line_rank, result.tried, round(seconds, 1), first.how if first else "",
            difference, "; ".join(result.notes),
        )  # fmt: skip

    async def _difference(self, path: Path, right: str, after: str) -> str:
        """'' when the patched text is the original's in tree or in behaviour."""
        if same_tree(right, after):
            return ""
        with tempfile.TemporaryDirectory(prefix="texts-", dir=self.root.parent) as folder:
            one, two = Path(folder, "one.py"), Path(folder, "two.py")
            one.write_text(right)
            two.write_text(after)
            here = Path(__file__).with_name("repair_same.py")
            words = [
                str(self.bench.environment.python),
                str(here),
                str(path),
                str(one),
                str(two),
                *self.library.tests.split(),
            ]
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


def summary(rows: list[Row]) -> str:
    total = len(rows) or 1
    first = sum(r.rank == 1 for r in rows)
    words = {w: [r for r in rows if r.confidence == w] for w in ("certain", "likely", "possible", "weak")}
    rates = [r.tried / r.seconds for r in rows if r.seconds and r.tried]
    return "\n".join(
        [
            f"faults {len(rows)}; plausible {sum(r.plausible > 0 for r in rows) / total:.0%}; correct at rank 1 {first / total:.0%}"
            f"; correct anywhere {sum(r.rank > 0 for r in rows) / total:.0%}",
            f"faulty line in the first ten: {sum(0 < r.line_rank <= 10 for r in rows) / total:.0%}",
            f"seconds: median {statistics.median([r.seconds for r in rows] or [0.0]):.1f}; candidates a second: median {statistics.median(rates or [0.0]):.0f}",
            *(
                f"{w}: {sum(r.rank == 1 for r in some)} of {len(some)} right at rank 1"
                for w, some in words.items()
                if some
            ),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5, help="faults for each library")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time", type=float, default=120.0)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument(
        "--held-out", action="store_true", help="the libraries that nothing is tuned on, alone"
    )
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "repair-mutants")
    options = parser.parse_args()
    chosen = [x for x in LIBRARIES if options.only in x.release and x.held_out == options.held_out]
    rows = [row for library in chosen for row in asyncio.run(Trial(library, options).rows())]
    print(summary(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
