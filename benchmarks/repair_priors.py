"""How common each kind of repair is in real history: the numbers of flashagent/repair/priors.py.

    python benchmarks/repair_priors.py ask --mirror FOLDER --out ROWS [--only NAME] [--most 80]
    python benchmarks/repair_priors.py show --rows ROWS [--missed]
    python benchmarks/repair_priors.py fit --rows ROWS [--write]

`ask` reads fixes of one hunk from the histories of a mirror (`repair_small_fixes.py`; no project that public collections of
bugs are made of), and asks the catalogue (`repair_asking.py`) for candidates at the changed lines. Where one has the author's tree, it
asks for those of the whole function too, all lines equally suspicious, and keeps how many there are of each template and
weight: one line of JSON a fix, in a file a project; projects whose file is there are passed over. Nothing is run. The faults
of this project's own small programs are asked in the same way.

`show` prints how many fixes are within reach, by template and by project, and with `--missed` what the others look like.
`fit` finds the priors under which the author's candidate has the greatest share of its function's candidates (a conditional
logit over templates: the mean log share of the history and that of the programs count as `SHARES` says), drawn towards the
priors set by hand, so that a template that was seldom right keeps what its maker gave it. It prints places among the
candidates of projects that were left out of the fit, and writes the module with `--write`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

# Small matrices: threads of the linear algebra would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from repair_asking import HAND, PROGRAMS, Row, asked, own_faults, spread
from repair_small_fixes import LEFT_OUT, small_fixes

PRIORS = Path(__file__).resolve().parent.parent / "flashagent" / "repair" / "priors.py"
# Never learned from: one project in four, and those that repair_fixes.txt holds back.
HELD_OUT = frozenset({"carpedm20/emoji", "jaraco/inflect", "jazzband/docopt-ng", "joke2k/faker", "python-semver/python-semver"})  # fmt: skip
SHARES = {"history": 0.4, PROGRAMS: 0.6}
PULL = 0.002
TEMPER = 0.7  # of what was learned: few hundred fixes, and faults of other kinds are repaired too
LEAST = 0.05  # of a factor's logarithm
# What makes up for something lost: such faults are neither in histories, where code came first and then its fix, nor often
# among the programs, so that nothing is learned about them.
UNTAUGHT = "lost "


def held_out(repository: str) -> bool:
    return repository in HELD_OUT or zlib.crc32(repository.encode()) % 4 == 0


# Asking


def ask(options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    names = sorted(p.name.replace("+", "/") for p in options.mirror.iterdir() if (p / "repo").is_dir())
    chosen = [n for n in [PROGRAMS, *names] if options.only in n and not LEFT_OUT.search(n)]
    for name in chosen:
        target = options.out / f"{name.replace('/', '+')}.jsonl"
        if target.exists():
            continue
        began = time.monotonic()
        some = own_faults() if name == PROGRAMS else small_fixes(options.mirror, name)
        rows = [asked(fix) for fix in spread(list(some), options.most if name != PROGRAMS else 1000)]
        target.write_text("".join(json.dumps(row) + "\n" for row in rows))
        hits = sum(bool(row["templates"]) for row in rows)
        print(f"{name}: {hits} of {len(rows)} within reach, {time.monotonic() - began:.0f} s", flush=True)


# Showing


def show(options: argparse.Namespace) -> None:
    rows = read(options.rows)
    history = [r for r in rows if r["repository"] != PROGRAMS]
    for name, some in (
        ("with tests", [r for r in history if r["tested"]]),
        ("without", [r for r in history if not r["tested"]]),
    ):
        hits = sum(bool(r["templates"]) for r in some)
        print(f"history {name}: {hits} of {len(some)} within reach ({hits / max(1, len(some)):.1%})")
    reached = [r for r in rows if r["templates"]]
    by_template = Counter((r["repository"] == PROGRAMS, r["templates"][0][0]) for r in reached)
    made = Counter[str]()
    for row in reached:
        made.update(
            {
                name: sum(seen.values())
                for name, seen in row["function"].items()
                if row["repository"] != PROGRAMS
            }
        )
    print(f"{'template':28} {'prior':>6} {'made':>8} {'history':>8} {'programs':>8}")
    for name in sorted(HAND, key=lambda n: -by_template[False, n]):
        print(
            f"{name:28} {HAND[name]:6.3f} {made[name]:8} {by_template[False, name]:8} {by_template[True, name]:8}"
        )
    projects = Counter((r["repository"], bool(r["templates"])) for r in rows)
    print(
        ", ".join(
            f"{name} {projects[name, True]}/{projects[name, True] + projects[name, False]}"
            for name in sorted({r["repository"] for r in rows})
        )
    )
    if options.missed:
        show_missed([r for r in history if not r["templates"]])


def show_missed(rows: Sequence[Row]) -> None:
    """Kinds of change that no template makes, the most frequent first, and the fixes themselves."""
    for change, count in Counter(row["change"] for row in rows).most_common(40):
        print(f"{count:5} {change}")
    for row in (r for r in rows if r["tested"]):
        print(f"\n{row['repository']} {row['commit']} {row['path']}: {row['subject'][:90]} ({row['change']})")
        for sign, text in (("-", row["old"]), ("+", row["new"])):
            print("\n".join(f"{sign} {line}" for line in text.splitlines()))


def read(folder: Path) -> list[Row]:
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


# Fitting


class Cases:
    """Fixes within reach as numbers: what each template weighs in the function of each, and which candidates are right."""

    def __init__(self, rows: Sequence[Row], names: Sequence[str]) -> None:
        self.rows = rows
        column = {name: n for n, name in enumerate(names)}
        self.mass = np.zeros((len(rows), len(names)))
        self.right = np.zeros((len(rows), len(names)))
        for place, row in enumerate(rows):
            for name, seen in row["function"].items():
                self.mass[place, column[name]] = sum(float(weight) * count for weight, count in seen.items())
            for name, weight in row["templates"]:
                self.right[place, column[name]] += weight
        self.mass = np.maximum(self.mass, self.right)

    def shares(self, logits: Any) -> tuple[Any, Any]:
        """For each fix, how its candidates are shared among the templates, and how the right ones among them are."""
        prior = np.exp(logits)
        mass, right = self.mass * prior, self.right * prior
        return mass / mass.sum(axis=1, keepdims=True), right / right.sum(axis=1, keepdims=True)


def fitted(groups: Sequence[tuple[float, Cases]], start: Any, pull: float) -> Any:
    """The logits with the best mean log share of the right candidates; Newton's steps on a bound that touches it."""
    logits = start.copy()
    for _ in range(60):
        gradient, curve = -pull * (logits - start), pull * np.eye(len(start))
        for share, cases in groups:
            mass, right = cases.shares(logits)
            gradient += share * (right - mass).mean(axis=0)
            curve += share * (np.diag(mass.mean(axis=0)) - mass.T @ mass / len(mass))
        step = np.linalg.solve(curve, gradient)
        logits = logits + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-6:
            break
    return logits


def places(cases: Cases, priors: dict[str, float]) -> list[float]:
    """The place of the best right candidate among those of its function; candidates of one score share their places."""
    found = []
    for row in cases.rows:
        best = max(priors[name] * weight for name, weight in row["templates"])
        before = equal = 0
        for name, seen in row["function"].items():
            for weight, count in seen.items():
                score = priors[name] * float(weight)
                before += count if score > best * 1.0001 else 0
                equal += count if abs(score - best) <= best * 0.0001 else 0
        found.append(before + max(1.0, (equal + 1) / 2))
    return found


def told(name: str, some: Sequence[float]) -> str:
    logs = sorted(math.log10(place) for place in some)
    quarters = statistics.quantiles(logs, n=4) if len(logs) > 1 else [0.0] * 3
    within = " ".join(f"{sum(p <= most for p in some) / len(some):4.0%}" for most in (10, 100, 1000))
    return (
        f"{name:34} {len(some):4}  mean log10 {statistics.mean(logs):.2f}  quartiles "
        f"{' '.join(f'{10**q:.0f}' for q in quarters):16} within 10/100/1000 {within}"
    )


def fit(options: argparse.Namespace) -> None:
    rows = [r for r in read(options.rows) if r["templates"]]
    names = sorted({*HAND, *(n for r in rows for n in r["function"])})
    hand = {n: HAND.get(n, 0.1) for n in names}
    history = [r for r in rows if r["repository"] != PROGRAMS]
    sets = {
        "left out": Cases([r for r in history if held_out(r["repository"])], names),
        "learned from": Cases([r for r in history if not held_out(r["repository"])], names),
        PROGRAMS: Cases([r for r in rows if r["repository"] == PROGRAMS], names),
    }
    learned = priors_of(sets["learned from"], sets[PROGRAMS], hand)
    for label, cases in sets.items():
        print(told(f"{label}, set by hand", places(cases, hand)))
        print(told(f"{label}, learned", places(cases, learned)))
    if options.write:
        allowed = [r for r in history if r["repository"] not in HELD_OUT]
        final = priors_of(Cases(allowed, names), sets[PROGRAMS], hand)
        write(final, allowed, sets[PROGRAMS].rows)


def priors_of(history: Cases, programs: Cases, hand: dict[str, float]) -> dict[str, float]:
    start = np.log(list(hand.values()))
    logits = fitted([(SHARES["history"], history), (SHARES[PROGRAMS], programs)], start, PULL)
    return dict(zip(hand, np.exp(start + TEMPER * (logits - start)).tolist(), strict=True))


def write(priors: dict[str, float], history: Sequence[Row], programs: Sequence[Row]) -> None:
    """The table of the module, in the order of the catalogue; what hardly differs is left out."""
    fixes, faults = (Counter(r["templates"][0][0] for r in some) for some in (history, programs))
    lines = [
        f'    "{name}": Learned({priors[name] / HAND[name]:.2f}, {fixes[name]}, {faults[name]}),\n'
        for name in HAND
        if name in priors
        and not name.startswith(UNTAUGHT)
        and abs(math.log(priors[name] / HAND[name])) > LEAST
    ]
    head = PRIORS.read_text().partition("LEARNED: ")[0]
    tail = PRIORS.read_text().partition("\n\n\ndef corrected")[2]
    table = "LEARNED: Mapping[str, Learned] = {\n" + "".join(lines) + "}"
    PRIORS.write_text(f"{head}{table}\n\n\ndef corrected{tail}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("ask", "show", "fit"))
    parser.add_argument("--mirror", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--most", type=int, default=80)
    parser.add_argument("--missed", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    {"ask": ask, "show": show, "fit": fit}[options.what](options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
