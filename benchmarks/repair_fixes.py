"""Real bug fixes: does the offline engine point at the line that its author changed, and does it find the change?

    python benchmarks/repair_fixes.py mine --mirror FOLDER --python PYTHON [--most 4] [--each 12] REPOSITORY...
    python benchmarks/repair_fixes.py lines --mirror FOLDER --python PYTHON [--held-out] [--only NAME]
    python benchmarks/repair_fixes.py reach --mirror FOLDER --python PYTHON [--held-out] [--only NAME] [--again]
    python benchmarks/repair_fixes.py repair --mirror FOLDER --python PYTHON [--held-out] [--only NAME] [--time S]

`mine` prints commits (at most `--most` changed lines of one source file, with tests that fail before and pass after) in the
form of `repair_fixes.txt`, which names the cases; a `*` marks projects that nothing is tuned on. FOLDER holds their
repositories as `<owner>+<name>/repo` or `<owner>/<name>`, PYTHON has what their tests need. `lines` looks at the ranks of
changed lines alone, `reach` says whether the author's change is among the candidates, and where, without running one
(`--again`: from what an earlier call saw of the tests), `repair` looks at patches too: one is correct when its tree is the author's, and others are printed beside
the author's change to be read. Everything runs in the product's sandbox with a read-only root.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pickle
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from helpers.repair_sandbox import CopiedTrees
from repair import Bench, same_tree
from repair_history import Fix, History
from repair_reach import Reach, reach, reach_summary, told

from flashagent.errors import FlashagentError
from flashagent.repair import plan
from flashagent.repair.engine import RepairRequest, RepairResult, localize
from flashagent.repair.hunt import Hunt
from flashagent.repair.pool import Pool
from flashagent.repair.project import Project
from flashagent.repair.weigh import weighed_lines
from flashagent.repair.workers import WorkerGone
from flashagent.values import CheckReport
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier

CASES = Path(__file__).with_name("repair_fixes.txt")
SLOWEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Row:
    """One fix. `line_rank` is the place of the first changed line among the reported ones, `rank` that of the first patch
    whose tree is the author's, 0 for none."""

    name: str
    place: str
    line_rank: int
    plausible: int
    rank: int
    confidence: str
    tried: int
    seconds: float
    how: str
    notes: str
    top: tuple[str, ...]
    author: str
    patch: str


def bench(root: Path, tests: Iterable[str], options: argparse.Namespace) -> Bench:
    """A project checked by these test modules, with its own code first on the import path and none of its own options."""
    words = "python -m pytest -q -p no:cacheprovider -o addopts= -o filterwarnings= -W ignore"
    made = Bench(root, f"{words} {' '.join(tests)}", options.python, options.time, options.jobs)
    old = made.environment
    paths = [str(p) for p in (root / "src", root / "lib", root) if p.is_dir()]
    variables = {"PYTHONPATH": ":".join(paths)}
    made.environment = ProjectEnvironment("virtualenv", options.python, old.path, variables, old.binds)
    made.verifier = Verifier(made.runner, made.environment, root, lambda event: None, timeout_s=120.0)
    return made


def red(report: CheckReport) -> set[str]:
    failed = {r.test_id for r in report.results if r.outcome in ("failed", "error")}
    return failed | {f.test_id for f in report.failures}


def green(report: CheckReport) -> set[str]:
    return {r.test_id for r in report.results if r.outcome == "passed"}


class Case:
    """One fix unpacked twice: as it was, with the tests of the fix, and as its author left it."""

    def __init__(self, fix: Fix, options: argparse.Namespace) -> None:
        self.fix = fix
        self.history = History(options.mirror, fix.repository)
        self.options = options
        home = options.scratch / f"{fix.repository.replace('/', '+')}-{fix.commit[:12]}"
        self.root: Path = home / "project"
        self._right: Path = home / "right"
        self._known: Path = home / "red.json"

    def unpack(self) -> None:
        if not self.root.is_dir():
            shutil.rmtree(self.root.parent, ignore_errors=True)
            self.history.faulty(self.fix, self.root)
            self.history.unpack(self.fix.commit, self._right)

    def tests(self) -> list[str]:
        return [t for t in self.fix.tests if (self.root / t).is_file()]

    async def always_red(self) -> list[str] | None:
        """Tests that are red with the fix too; None when the fix makes no red test green."""
        if self._known.is_file():
            found: list[str] | None = json.loads(self._known.read_text())
            return found
        found = await self._compare()
        self._known.write_text(json.dumps(found))
        return found

    async def _compare(self) -> list[str] | None:
        if not self.tests():
            return None
        after = await bench(self._right, self.tests(), self.options).baseline()
        if not after.counted or after.seconds > SLOWEST_S or not green(after):
            return None
        before = await bench(self.root, self.tests(), self.options).baseline()
        if not before.counted or before.seconds > SLOWEST_S:
            return None
        fixed = red(before) & green(after)
        # A module that did not load counts when its tests pass afterwards.
        loads = any("::" not in t for t in red(before) - red(after))
        return sorted(red(after)) if fixed or loads else None

    async def bench(self) -> Bench | None:
        """The project with the tests of the fix, those that stay red left out; None when no test shows the fault."""
        self.unpack()
        stays = await self.always_red()
        if stays is None:
            return None
        made = bench(self.root, self.tests(), self.options)
        out = [f"--deselect={t}" if "::" in t else f"--ignore={t}" for t in stays]
        made.check = replace(made.check, argv=(*made.check.argv, *out))
        return made

    async def ready(self) -> tuple[Bench, CheckReport] | None:
        """The same with its report."""
        made = await self.bench()
        before = await made.baseline() if made is not None else None
        return None if made is None or before is None or before.green else (made, before)

    def right(self) -> str:
        return (self._right / self.fix.source).read_text(errors="replace")


async def one_case(case: Case, options: argparse.Namespace) -> Row | None:
    try:
        ready = await case.ready()
    except (FlashagentError, OSError) as error:
        print(f"# {case.fix.name}: {error}", flush=True)
        return None
    if ready is None:
        print(f"# {case.fix.name}: no test shows it here", flush=True)
        return None
    made, before = ready
    began = time.monotonic()
    if options.what == "lines":
        request = RepairRequest(made.root, made.check, before, made.environment, 20.0, options.jobs)
        result = await localize(request, made.runner, CopiedTrees(made.root))
    else:
        result = await made.repair(before)
    return row(case, result, time.monotonic() - began)


def row(case: Case, result: RepairResult, seconds: float) -> Row:
    fix = case.fix
    changed = case.history.changed(fix)
    hits = [n for n, s in enumerate(result.suspicious, 1) if s.path == fix.source and s.line in changed]
    rank = 0
    for place, patch in enumerate(result.patches, 1):
        after = next((c.after or "" for c in patch.changes if c.path == fix.source), "")
        if same_tree(after, case.right()):
            rank = place
            break
    first = result.patches[0] if result.patches else None
    return Row(
        fix.name, f"{fix.source}:{','.join(map(str, sorted(changed)))}", hits[0] if hits else 0, len(result.patches), rank,
        first.confidence if first else "", result.tried, round(seconds, 1), first.how if first else "", "; ".join(result.notes),
        tuple(f"{s.path}:{s.line} {s.score} {s.source[:60]}" for s in result.suspicious[:10]), case.history.diff(fix),
        first.diff if first else "",
    )  # fmt: skip


async def looked(case: Case, options: argparse.Namespace) -> Hunt | None:
    """A hunt that has seen its tests, now or (`--again`) in an earlier call; None where no test shows the fault here."""
    kept = case.root.parent / "seen.pickle"
    if options.again and kept.is_file():
        again = await case.bench()
        return seen_before(again, pickle.loads(kept.read_bytes())) if again is not None else None
    ready = await case.ready()
    launch = plan.launch_for(ready[0].check, ready[0].environment, ready[0].root, 0) if ready else None
    if ready is None or launch is None:
        return None
    made, before = ready
    project = Project.open(made.root, made.check)
    async with Pool(made.runner, launch, options.jobs or 4, 120.0) as pool:
        hunt = Hunt(project, made.check, before, pool)
        await hunt.observe(20.0)
    kept.write_bytes(pickle.dumps((before, hunt.look.runs, hunt.look.broken, project.collected)))
    return hunt


def seen_before(made: Bench, seen: Any) -> Hunt:
    """The hunt that an earlier call kept, its lines weighed anew."""
    before, runs, broken, collected = seen
    launch = plan.launch_for(made.check, made.environment, made.root, 0)
    assert launch is not None
    project = Project.open(made.root, made.check)
    project.collected |= collected
    hunt = Hunt(project, made.check, before, Pool(made.runner, launch, 0, 1.0))
    hunt.look.runs, hunt.look.broken = runs, broken
    files = {path for run in runs for path in run.lines} | collected
    excluded = {p for p in files if project.is_test(p)}
    hunt.look.scores, hunt.look.reasons = weighed_lines(project, runs, before.failures, excluded)
    return hunt


async def reached(case: Case, options: argparse.Namespace) -> Reach | None:
    """Where the author's change stands among the candidates."""
    began = time.monotonic()
    try:
        hunt = await looked(case, options)
    except (FlashagentError, OSError, WorkerGone) as error:
        print(f"# {case.fix.name}: {error}", flush=True)
        return None
    if hunt is None:
        print(f"# {case.fix.name}: no test shows it here", flush=True)
        return None
    seen = time.monotonic()
    found = reach(hunt, case.fix.source, case.right(), case.history.changed(case.fix))
    print("\n".join(told(case.fix.name, found)))
    print(f"    looked {seen - began:.1f} s, made {time.monotonic() - seen:.1f} s", flush=True)
    return found


async def all_reached(fixes: list[Fix], options: argparse.Namespace) -> list[Reach]:
    found: list[Reach] = []

    async def one(fix: Fix) -> None:
        answer = await reached(Case(fix, options), options)
        if answer is not None:
            found.append(answer)

    await side_by_side(fixes, one, options.parallel)
    return found


def known_cases(options: argparse.Namespace) -> list[Fix]:
    """The cases of the list: lines of repository and commit, a star before those that nothing is tuned on."""
    wanted: dict[str, list[str]] = {}
    for line in options.cases.read_text().splitlines():
        words = line.split()
        held_out = bool(words) and words[0] == "*"
        if words and not line.startswith("#") and held_out == options.held_out:
            repository, commit = words[1:] if held_out else words
            if options.only in f"{repository} {commit}":
                wanted.setdefault(repository, []).append(commit)
    found = []
    for repository, commits in wanted.items():
        by_commit = {f.commit[:12]: f for f in History(options.mirror, repository).fixes(options.most)}
        found += [by_commit[c] for c in commits if c in by_commit]
    return found


async def mined(fixes: list[Fix], options: argparse.Namespace) -> None:
    async def one(fix: Fix) -> None:
        case = Case(fix, options)
        try:
            await asyncio.to_thread(case.unpack)
            if await case.always_red() is not None:
                print(f"{fix.repository} {fix.commit[:12]}", flush=True)
                return
        except (FlashagentError, OSError, ValueError) as error:
            print(f"# {fix.name}: {error}", flush=True)
        shutil.rmtree(case.root.parent, ignore_errors=True)

    await side_by_side(fixes, one, options.parallel)


async def side_by_side(some: Iterable[Fix], work: Callable[[Fix], Awaitable[None]], most: int) -> None:
    waiting = list(some)[::-1]

    async def seat() -> None:
        while waiting:
            await work(waiting.pop())

    async with asyncio.TaskGroup() as group:
        for _ in range(most):
            group.create_task(seat())


async def measured(fixes: list[Fix], options: argparse.Namespace) -> list[Row]:
    rows: list[Row] = []

    async def one(fix: Fix) -> None:
        found = await one_case(Case(fix, options), options)
        if found is not None:
            rows.append(found)
            print(json.dumps(asdict(found)), flush=True)

    await side_by_side(fixes, one, options.parallel)
    return rows


def summary(rows: list[Row]) -> str:
    total = len(rows) or 1
    words = {w: [r for r in rows if r.confidence == w] for w in ("certain", "likely", "possible", "weak")}
    return "\n".join(
        [
            f"fixes {len(rows)}; changed line first {sum(r.line_rank == 1 for r in rows) / total:.0%}, in the first five "
            f"{sum(0 < r.line_rank <= 5 for r in rows) / total:.0%}, ten {sum(0 < r.line_rank <= 10 for r in rows) / total:.0%}",
            f"plausible {sum(r.plausible > 0 for r in rows)}; the author's tree at rank 1 {sum(r.rank == 1 for r in rows)}, "
            f"anywhere {sum(r.rank > 0 for r in rows)}; the others are to be read",
            f"seconds: median {statistics.median([r.seconds for r in rows] or [0.0]):.1f}",
            *(f"{w}: the author's tree {sum(r.rank == 1 for r in some)} of {len(some)}" for w, some in words.items() if some),
        ]
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("mine", "lines", "reach", "repair"))
    parser.add_argument("repositories", nargs="*")
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--most", type=int, default=4)
    parser.add_argument("--each", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "repair-fixes")
    options = parser.parse_intermixed_args()
    if options.what == "mine":
        for repository in options.repositories:
            fixes = list(History(options.mirror, repository).fixes(options.most))
            chosen = random.Random(f"{repository} {options.seed}").sample(
                fixes, min(len(fixes), options.each)
            )
            asyncio.run(mined(chosen, options))
        return 0
    if options.what == "reach":
        print(reach_summary(asyncio.run(all_reached(known_cases(options), options))))
        return 0
    print(summary(asyncio.run(measured(known_cases(options), options))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
