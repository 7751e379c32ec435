"""Whether quick fixes keep their word: faults of the kinds they speak of, planted in files of installed packages.

    python benchmarks/repair_quick.py [--count 12] [--seed 1] [--kind NAME] [--packages a,b] [--show]

Each fault is one that a person makes at the keys, at a place drawn by the seed. The failure is the one that Python prints for it. The
check is the weakest there is: any file that parses is green. So a fix is certain only when it is the only one with its meaning, and
it is right when the file's tree is the original's. `choices` counts faults for which several repairs are left and the project's own
tests would have to choose; `among` those of them where the right one is one of the first that the engine tries.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import importlib.util
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from repair_quick_faults import KINDS, Planted

from flashagent.repair.project import Project
from flashagent.repair.quickfix import MAX_TRIED, proposals
from flashagent.values import CheckReport, Failure, FileChange, Frame
from flashagent.verify.commands import check_from_text

QUICK = ("--count", "1", "--packages", "pluggy,iniconfig")
PACKAGES = ("click", "jinja2", "tornado", "pluggy", "iniconfig", "markdown_it", "rich", "httpx2", "pathspec", "toolz", "sortedcontainers", "tomlkit", "git", "distributed", "hypothesis", "anyio")  # fmt: skip
SMALLEST, LARGEST = 1_500, 60_000


@dataclass(frozen=True, slots=True)
class Found:
    outcome: str
    among: bool
    shown: str
    seconds: float


def folders(names: str) -> Iterator[Path]:
    for name in names.split(",") if names else PACKAGES:
        found = importlib.util.find_spec(name)
        if found is not None and found.submodule_search_locations:
            yield Path(next(iter(found.submodule_search_locations)))


def report_of(planted: Planted) -> CheckReport:
    frame = Frame(planted.path, planted.line)
    failure = Failure("test", "error", planted.message, planted.exception, (frame,), details=planted.details)
    return CheckReport(("python",), 1, 1.0, failures=(failure,), output=planted.details)


async def judged(root: Path, planted: Planted, original: str) -> Found:
    """Right, wrong, choices or none, by the tree of the original."""
    check = check_from_text("python -m pytest")
    project = Project.open(root, check).with_changes([FileChange(planted.path, original, planted.text)])
    began = time.monotonic()
    found = await proposals(project, report_of(planted))
    seconds = time.monotonic() - began
    wanted = _tree(original)
    same = [_tree(one.changes[0].after) == wanted for one in found]
    if len(found) != 1:
        return Found("choices" if found else "none", any(same[:MAX_TRIED]), f"{len(found)} ways", seconds)
    return Found("right" if same[0] else "wrong", same[0], found[0].how, seconds)


def _tree(text: str | None) -> str:
    """The tree in words; where among the imports of a module's level one stands means nothing."""
    try:
        tree = ast.parse(text or "")
    except SyntaxError:
        return "broken"
    imports = sorted(ast.dump(one) for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom))
    return "\n".join(
        [*imports, *(ast.dump(one) for one in tree.body if not isinstance(one, ast.Import | ast.ImportFrom))]
    )


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", default="")
    parser.add_argument("--packages", default="")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    files = [(root, path) for root in folders(given.packages) for path in sorted(root.rglob("*.py")) if SMALLEST < path.stat().st_size < LARGEST and "test" not in str(path.relative_to(root))]  # fmt: skip
    total: Counter[str] = Counter()
    print(f"{'kind':32} right wrong choices among none  slowest")
    for name, plant in KINDS.items():
        if given.kind not in name:
            continue
        chance = random.Random(f"{given.seed} {name}")
        counts: Counter[str] = Counter()
        slowest = 0.0
        for _ in range(60 * given.count):
            if counts["planted"] == given.count:
                break
            root, path = chance.choice(files)
            text = path.read_text("utf-8", "replace")
            planted = plant(path.relative_to(root).as_posix(), text, chance)
            if planted is None or _tree(text) == "broken":
                continue
            one = await judged(root, planted, text)
            counts["planted"] += 1
            counts[one.outcome] += 1
            counts["among"] += one.outcome == "choices" and one.among
            slowest = max(slowest, one.seconds)
            if one.outcome == "wrong" or (given.show and one.outcome != "right"):
                was = next(
                    (a for a, b in zip(text.splitlines(), planted.text.splitlines(), strict=False) if a != b),
                    "",
                )
                now = next(
                    (b for a, b in zip(text.splitlines(), planted.text.splitlines(), strict=False) if a != b),
                    "",
                )
                print(
                    f"   {one.outcome}: {planted.path}:{planted.line} {planted.exception}: {planted.message}; {one.shown}\n      was {was.strip()[:110]}\n      now {now.strip()[:110]}"
                )
        print(f"{name:32} {counts['right']:5} {counts['wrong']:5} {counts['choices']:7} {counts['among']:5} {counts['none']:4} {slowest:7.1f} s", flush=True)  # fmt: skip
        total.update(counts)
    certain = total["right"] + total["wrong"]
    share = 100.0 * total["right"] / certain if certain else 0.0
    print(f"{total['planted']} faults: {total['right']} right, {total['wrong']} wrong ({share:.1f} % of the certain ones right), {total['choices']} with several ways "
          f"(the right one among the first in {total['among']}), {total['none']} without a fix")  # fmt: skip
    return 1 if certain and share < 99.0 else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
