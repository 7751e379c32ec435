"""How often the offline engine repairs one-fault programs in JavaScript: plausible, correct at rank 1, seconds, confidence.

    python benchmarks/repair_js.py [--set first|more|held|all] [--search-time 60] [--jobs 4] [--only NAME] [--json FILE]

Each program has its tests for node:test; faulty programs and patches run in the sandbox alone. A patch is correct when it is the
right text, or when it gives the right program's results on inputs that the tests do not have.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from flashagent.compose.runner import open_runner
from flashagent.ports import Command, CommandRunner
from flashagent.repair.engine import RepairRequest, repair
from flashagent.values import FileChange
from flashagent.verify.commands import check_from_text
from flashagent.verify.environment import find_environment
from flashagent.verify.run import Verifier

sys.path.insert(0, str(Path(__file__).resolve().parent))
from repair_js_more import HELD, MORE
from repair_js_programs import PROGRAMS, Program

QUICK = ("--only", "clamp")
SETS = {"first": PROGRAMS, "more": MORE, "held": HELD, "all": (*PROGRAMS, *MORE, *HELD)}
HEAD = "const test = require('node:test');\nconst assert = require('node:assert');\nconst { f } = require('../m.js');\n"
COMPARE = """
const { f } = require('./m.js');
(async () => {
  const results = [];
  for (const given of %s) {
    try { results.push(await f(...given)); } catch (error) { results.push(String(error)); }
  }
  process.stdout.write(JSON.stringify(results));
})();
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    plausible: bool
    correct: bool
    confidence: str
    how: str
    tried: int
    seconds: float
    line_rank: int


class Copies:
    """Candidate trees as plain copies of a small folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def tree(self, changes: Sequence[FileChange], *, quick: bool = False) -> Iterator[Path]:
        import shutil

        with tempfile.TemporaryDirectory(prefix="repair-js-") as folder:
            copy = Path(folder) / "tree"
            shutil.copytree(self._root, copy)
            for change in changes:
                (copy / change.path).write_text(change.after or "", encoding="utf-8")
            yield copy


async def answers(root: Path, text: str, program: Program, runner: CommandRunner) -> str:
    """The program's results on its inputs, in the sandbox."""
    with Copies(root).tree([FileChange("m.js", "", text)]) as tree:
        argv = ("node", "-e", COMPARE % program.inputs)
        done = await runner.run(Command(argv, root, path=_path(), tree=tree, timeout_s=20.0))
    return done.output.decode("utf-8", "replace") if done.exit_code == 0 else f"exit {done.exit_code}"


def _path() -> tuple[str, ...]:
    return tuple(entry for entry in os.environ["PATH"].split(os.pathsep) if entry.startswith("/"))


async def measure(program: Program, search_time: float, jobs: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="repair-js-", dir=Path.home()) as folder:
        root = Path(folder).resolve()
        asserts = "".join(
            f"test('case {n}', async () => {{\n  assert.deepStrictEqual({one});\n}});\n"
            for n, one in enumerate(program.asserts)
        )
        (root / "test").mkdir()
        (root / "test/m.test.js").write_text(HEAD + asserts, encoding="utf-8")
        (root / "m.js").write_text(program.broken + "\nmodule.exports = { f };\n", encoding="utf-8")
        runner = open_runner(root, os.environ)
        environment = find_environment(root, root, os.environ, None)
        verifier = Verifier(runner, environment, root, lambda event: None, timeout_s=10.0)
        check = check_from_text("node --test")
        baseline = await verifier.run(check)
        if baseline.green:
            raise SystemExit(f"{program.name}: its tests do not show the fault")
        began = time.monotonic()
        request = RepairRequest(root, check, baseline, environment, search_time, jobs)
        result = await repair(request, runner, verifier, Copies(root), lambda event: None)
        seconds = time.monotonic() - began
        right = program.source + "\nmodule.exports = { f };\n"
        correct = False
        if result.patches:
            after = result.patches[0].changes[0].after or ""
            wanted = await answers(root, right, program, runner)
            correct = after == right or await answers(root, after, program, runner) == wanted
        faulty = program.broken[: program.broken.index(program.faulty)].count("\n") + 1
        rank = next((n for n, one in enumerate(result.suspicious, 1) if one.line == faulty), 0)
        best = result.patches[0] if result.patches else None
        return Outcome(program.name, best is not None, correct, best.confidence if best else "", best.how if best else "; ".join(result.notes),
                       result.tried, round(seconds, 1), rank)  # fmt: skip


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search-time", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--only", default="")
    parser.add_argument("--set", choices=SETS, default="all")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    outcomes = []
    for program in SETS[given.set]:
        if given.only in program.name:
            outcomes.append(await measure(program, given.search_time, given.jobs))
            one = outcomes[-1]
            mark = "correct  " if one.correct else "plausible" if one.plausible else "none     "
            print(
                f"{mark} {one.confidence:9} {one.seconds:6.1f} s {one.tried:5} tried  line {one.line_rank:2}  {one.name}: {one.how}",
                flush=True,
            )
    count = len(outcomes)
    print(
        f"{count} programs: {sum(o.plausible for o in outcomes)} plausible, {sum(o.correct for o in outcomes)} correct at rank 1, "
        f"median {statistics.median(o.seconds for o in outcomes):.1f} s; line among the first ten: "
        f"{sum(0 < o.line_rank <= 10 for o in outcomes)}; 'likely' {sum(o.confidence == 'likely' for o in outcomes)}, "
        f"of them correct {sum(o.confidence == 'likely' and o.correct for o in outcomes)}"
    )
    if given.json:
        given.json.write_text(json.dumps([asdict(o) for o in outcomes], indent=1), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
