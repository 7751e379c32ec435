"""Fit the map's weights on development cases, and print what flashagent/repomap/weights.py should hold.

    repomap_fit.py collect --score SCORE.py --mirror DIR --scratch DIR --out DIR [--repo OWNER/NAME ...] [--jobs N]
    repomap_fit.py show --rows DIR
    repomap_fit.py fit --rows DIR [--folds 6]

`collect` asks the map about every case (both variants of its text), keeps the features of the best candidates, and
measures: files and functions as SCORE.py does, and the share of the changed definitions whose name stands under its
file in the rendered map at 1,000, 4,000 and 8,000 tokens. A repository whose rows are in --out already is passed over.
`show` prints the measurements by kind and language. `fit` minimises, per case, the mean negative log of the softmax
share of what the fix changed, with weights above a floor and drawn to zero a little, whatever weights ship: the same
rows make the same weights. The rows themselves depend on the weights that ship, for part of the evidence starts from
what ranks high without it. `fit` tells the figures on repositories left out of the fit, and what issue texts alone and
commit messages alone would have taught, and prints the weights last.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import pickle
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from flashagent.repomap import PastCommit, RepoMap
from flashagent.repomap.locate import Located
from flashagent.repomap.past import kept_commits
from flashagent.repomap.render import outline
from flashagent.repomap.weights import FILE, KIND, SYMBOL
from flashagent.values import FocusQuery, Symbol

FILES, SYMBOLS = 80, 200
BUDGETS = (1000, 4000, 8000)
MAX_STEPS, MAX_HALVINGS = 100, 40
CONVERGED = 1e-7
PULL = 0.01
# What a reader may be told as a reason counts at least this much.
FLOOR = 0.2
AGAIN = 0.7
VARIANTS = ("full", "stripped")
# The cases hold no failing checks, and nothing that the user named. What the stripped texts still mention is wrong by
# their making, so that they would teach that a named path counts for nothing. These stay as they were set.
HELD = frozenset({"given", "frame", "covered", "failing_test", "called", "test", "mention"})
Row = dict[str, Any]


def git(folder: str, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", folder, *arguments], capture_output=True, text=True, errors="replace"
    ).stdout


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Collecting


def collect(args: argparse.Namespace) -> None:
    score = load(args.score)
    by_repo: dict[str, list[Row]] = defaultdict(list)
    for case in json.loads(Path(args.score).with_name("cases_dev.json").read_text()):
        wanted = not args.repo or case["repo"] in args.repo
        if wanted and Path(score.mirror_of(args, case["repo"])).is_dir():
            by_repo[case["repo"]].append(case)
    Path(args.out).mkdir(parents=True, exist_ok=True)
    missing = {repo: cases for repo, cases in by_repo.items() if not rows_file(args.out, repo).exists()}
    with ProcessPoolExecutor(args.jobs) as pool:
        for repo, count in pool.map(partial(collect_repo, args), missing, missing.values()):
            print(repo, count, flush=True)


def collect_repo(args: argparse.Namespace, repo: str, cases: list[Row]) -> tuple[str, int]:
    score = load(args.score)
    issues = score.lite_texts(args) if any(case["kind"] == "lite" for case in cases) else {}
    rows: list[Row] = []
    # In the order of time, so that the index and the past only grow from one case to the next.
    for case in sorted(cases, key=partial(made_at, score.mirror_of(args, repo))):
        folder = score.checkout(args, repo, case["base"], "fit")
        text = issues.get(case["id"]) or score.clean(
            git(score.mirror_of(args, repo), "log", "-1", "--format=%B", case["sha"])
        )
        rows += ask(score, Path(args.scratch), folder, case, text)
    rows_file(args.out, repo).write_bytes(pickle.dumps(rows))
    return repo, len(rows)


def rows_file(folder: str, repo: str) -> Path:
    return Path(folder) / f"{repo.replace('/', '+')}.pickle"


def made_at(mirror: str, case: Row) -> tuple[int, str]:
    return int(git(mirror, "log", "-1", "--format=%ct", case["base"])), str(case["base"])


def ask(score: ModuleType, scratch: Path, folder: str, case: Row, text: str) -> Iterable[Row]:
    files = git(folder, "ls-files", "-z").split("\0")[:-1]

    def history() -> list[PastCommit]:
        return kept_commits(
            scratch / f"past-{Path(folder).name}",
            git(folder, "rev-parse", "HEAD").strip(),
            partial(git, folder),
        )

    with RepoMap.open(Path(folder), files, scratch / "maps", history=history, processes=1) as tree:
        tree.refresh()
        tree.locate(FocusQuery(text="history"))  # read once, so that queries are timed alone
        for variant in VARIANTS:
            query = text if variant == "full" else score.strip_paths(text, case["gold"])
            started = time.perf_counter()
            found = tree.locate(FocusQuery(text=query))
            seconds = time.perf_counter() - started
            yield row_of(score, case, variant, found) | {"seconds": seconds}


def row_of(score: ModuleType, case: Row, variant: str, found: Located) -> Row:
    gold = {(path, leaf(name)) for path, names in case["gold"].items() for name, _ in names}
    files = [one.key for one in found.files if not score.TEST.search(one.key)]
    named = [(one.key, symbol) for one, symbol in found.symbols if not score.TEST.search(symbol.path)]
    kept = named[:SYMBOLS] + [one for one in named[SYMBOLS:] if (one[1].path, one[1].name) in gold]
    return {
        "case": case,
        "variant": variant,
        "shown": shown(gold, [symbol for _, symbol in found.symbols]),
        "files": {
            path: parts(found.features, path)
            for path in [*files[:FILES], *(path for path in files[FILES:] if path in case["gold"])]
        },
        "symbols": [(one.path, one.name, one.kind, parts(found.symbol_features, key)) for key, one in kept],
    }


def leaf(name: str) -> str:
    return name.rpartition(".")[2]


def parts(features: Mapping[str, Mapping[str, float]], key: str) -> dict[str, float]:
    return {feature: values[key] for feature, values in features.items() if values.get(key)}


def shown(gold: set[tuple[str, str]], symbols: Sequence[Symbol]) -> dict[int, float]:
    """Budget -> share of the changed definitions whose name stands under its file."""
    found = {}
    for budget in BUDGETS if gold else ():
        sections: dict[str, str] = {}
        path = ""
        for line in outline(symbols, tokens=budget).splitlines():
            if not line.startswith(" "):
                path = line.removesuffix(":")
            else:
                sections[path] = f"{sections.get(path, '')}\n{line}"
        hits = [re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sections.get(path, "")) for path, name in gold]
        found[budget] = sum(hit is not None for hit in hits) / len(hits)
    return found


# Measuring


@dataclass(frozen=True)
class Table:
    """The candidates of one case at one level: features times the factor of each, what is right, and what each is called."""

    row: Row
    values: np.ndarray[Any, np.dtype[np.float64]]
    right: np.ndarray[Any, np.dtype[np.bool_]]
    keys: list[Any]


def file_table(row: Row, names: Sequence[str]) -> Table:
    keys = list(row["files"])
    values = [[row["files"][key].get(name, 0.0) for name in names] for key in keys]
    return table(row, values, [key in row["case"]["gold"] for key in keys], keys, len(names))


def symbol_table(row: Row, names: Sequence[str]) -> Table:
    wanted = functions_of(row["case"])
    keys = [(path, name) for path, name, _, _ in row["symbols"]]
    values = [
        [KIND.get(kind, 0.5) * had.get(name, 0.0) for name in names] for _, _, kind, had in row["symbols"]
    ]
    return table(row, values, [key in wanted for key in keys], keys, len(names))


def table(row: Row, values: list[list[float]], right: list[bool], keys: list[Any], width: int) -> Table:
    return Table(
        row, np.array(values, dtype=float).reshape(len(keys), width), np.array(right, dtype=bool), keys
    )


def functions_of(case: Row) -> set[tuple[str, str]]:
    """The functions that the fix changed, or all definitions when it changed no function."""
    named = [(path, leaf(name), kind) for path, names in case["gold"].items() for name, kind in names]
    return {(path, name) for path, name, kind in named if kind == "f"} or {
        (path, name) for path, name, _ in named
    }


def file_figures(one: Table, weights: Any) -> dict[str, float]:
    order = [one.keys[place] for place in np.argsort(-(one.values @ weights), kind="stable")]
    places = [order.index(gold) if gold in order else 10**6 for gold in one.row["case"]["gold"]]
    share = {f"R@{k}": sum(place < k for place in places) / len(places) for k in (5, 10)}
    return {"acc@1": float(min(places) == 0), **share}


def symbol_figures(one: Table, weights: Any) -> dict[str, float]:
    wanted = functions_of(one.row["case"])
    scores = one.values @ weights
    seen: Counter[Any] = Counter()
    spread = []
    for place in np.argsort(-scores, kind="stable"):
        spread.append((-scores[place] * AGAIN ** seen[one.keys[place]], int(place)))
        seen[one.keys[place]] += 1
    top = [one.keys[place] for _, place in sorted(spread)[:10]]
    return {"functions R@10": sum(key in top for key in wanted) / len(wanted)} if wanted else {}


def tell(name: str, found: Sequence[tuple[Row, Mapping[str, float]]], *, languages: bool = False) -> None:
    groups: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row, figures in found:
        case = row["case"]
        for group in ("all", case["kind"], *([case["lang"]] if languages else [])):
            for figure, value in figures.items():
                groups[row["variant"], group][figure].append(value)
    for (variant, group), measured in sorted(groups.items()):
        told = "  ".join(
            f"{figure} {100 * sum(values) / len(values):5.1f}" for figure, values in measured.items()
        )
        print(f"{name:18s}{variant:9s}{group:11s}{told}", flush=True)


def show(args: argparse.Namespace) -> None:
    rows = read_rows(args.rows)
    files, symbols = np.array(list(FILE.values())), np.array(list(SYMBOL.values()))
    found = [(row, file_figures(file_table(row, list(FILE)), files)) for row in rows]
    tell("shipped", found, languages=True)
    found = [(row, symbol_figures(symbol_table(row, list(SYMBOL)), symbols)) for row in rows]
    tell("shipped", found, languages=True)
    tell("in the map", [(row, {f"{k} tokens": v for k, v in row["shown"].items()}) for row in rows])
    seconds = sorted(row["seconds"] for row in rows)
    print(
        f"query p50 {1000 * seconds[len(seconds) // 2]:.0f} ms, p95 {1000 * seconds[int(0.95 * len(seconds))]:.0f} ms"
    )


def read_rows(folder: str) -> list[Row]:
    return [row for path in sorted(Path(folder).glob("*.pickle")) for row in pickle.loads(path.read_bytes())]


# Fitting


def fit(data: Sequence[Table], hand: Any, free: Any) -> Any:
    """The free weights at or above `FLOOR` that minimise the mean loss plus a pull to zero, beside those that were set by
    `hand`: Newton's method on the weights that the floor does not hold back. The loss is convex and the pull makes it strictly
    so: there is one answer, whatever weights shipped before and whatever the order of the cases."""
    side = laid_out(data)
    weights = np.where(free, FLOOR, hand)
    for _ in range(MAX_STEPS):
        slope, bend = slope_and_bend(side, weights, hand)
        moving = free & ((weights > FLOOR) | (slope < 0))
        if not moving.any() or np.abs(slope[moving]).max() < CONVERGED:
            return weights
        step = np.zeros_like(weights)
        step[moving] = np.linalg.solve(bend[np.ix_(moving, moving)], slope[moving])
        weights = shortened(side, weights, step, free, hand)
    raise SystemExit(f"the fit did not converge in {MAX_STEPS} steps")


@dataclass(frozen=True)
class Side:
    """All tables side by side: case, candidate, feature. `goal` is spread evenly over what is right; `there` says which
    candidates are real."""

    values: np.ndarray[Any, np.dtype[np.float64]]
    goal: np.ndarray[Any, np.dtype[np.float64]]
    there: np.ndarray[Any, np.dtype[np.bool_]]


def laid_out(data: Sequence[Table]) -> Side:
    data = [one for one in data if one.right.any() and not one.right.all()]
    shape = (len(data), max(len(one.keys) for one in data))
    side = Side(np.zeros((*shape, data[0].values.shape[1])), np.zeros(shape), np.zeros(shape, dtype=bool))
    for number, one in enumerate(data):
        side.values[number, : len(one.keys)] = one.values
        side.goal[number, : len(one.keys)] = one.right / one.right.sum()
        side.there[number, : len(one.keys)] = True
    return side


def shares_and_loss(side: Side, weights: Any, hand: Any) -> tuple[Any, float]:
    """The softmax share of every candidate, and what is to be minimised."""
    scores = side.values @ weights
    reached = (side.goal * scores).sum(axis=1)
    scores[~side.there] = -math.inf
    top = scores.max(axis=1, keepdims=True)
    shares = np.exp(scores - top)
    total = shares.sum(axis=1, keepdims=True)
    loss = (top[:, 0] + np.log(total[:, 0]) - reached).mean()
    return shares / total, float(loss + PULL / 2 * ((weights - hand) ** 2).sum())


def slope_and_bend(side: Side, weights: Any, hand: Any) -> tuple[Any, Any]:
    """The gradient and the matrix of second derivatives."""
    shares, _ = shares_and_loss(side, weights, hand)
    count, width = len(side.values), len(weights)
    slope = np.einsum("nl,nlk->k", shares - side.goal, side.values) / count + PULL * (weights - hand)
    means = np.einsum("nl,nlk->nk", shares, side.values)
    spread = np.tensordot(side.values * shares[:, :, None], side.values, axes=([0, 1], [0, 1]))
    return slope, (spread - means.T @ means) / count + PULL * np.eye(width)


def shortened(side: Side, weights: Any, step: Any, free: Any, hand: Any) -> Any:
    """The weights after the step, halved until it does not lead uphill."""
    _, before = shares_and_loss(side, weights, hand)
    for halving in range(MAX_HALVINGS):
        tried = weights - step / 2**halving
        tried[free] = np.maximum(tried[free], FLOOR)
        if shares_and_loss(side, tried, hand)[1] <= before:
            return tried
    raise SystemExit("the fit found no step downhill")


def fit_level(
    rows: Sequence[Row],
    shipped: Mapping[str, float],
    make: Callable[[Row, Sequence[str]], Table],
    figures: Callable[[Table, Any], dict[str, float]],
    folds: int,
) -> dict[str, float]:
    names = list(shipped)
    before = np.array([shipped[name] for name in names])
    free = np.array([name not in HELD for name in names])
    hand = np.where(free, 0.0, before)
    data = [make(row, names) for row in rows]

    def measure(name: str, weights: Any, *, languages: bool = False) -> None:
        tell(name, [(one.row, figures(one, weights)) for one in data], languages=languages)

    measure("shipped", before)
    repos = sorted({row["case"]["repo"] for row in rows})
    left_out = []
    for fold in range(folds):
        held = set(repos[fold::folds])
        weights = fit([one for one in data if one.row["case"]["repo"] not in held], hand, free)
        left_out += [(one.row, figures(one, weights)) for one in data if one.row["case"]["repo"] in held]
    tell("left out", left_out, languages=True)
    for kind in ("commit", "lite"):
        measure(
            f"from {kind} alone", fit([one for one in data if one.row["case"]["kind"] == kind], hand, free)
        )
    weights = fit(data, hand, free)
    measure("from all", weights)
    return {name: round(float(value), 2) for name, value in zip(names, weights, strict=True)}


def fit_all(args: argparse.Namespace) -> None:
    rows = read_rows(args.rows)
    files = fit_level(rows, FILE, file_table, file_figures, args.folds)
    symbols = fit_level(rows, SYMBOL, symbol_table, symbol_figures, args.folds)
    for name, weights in (("FILE", files), ("SYMBOL", symbols)):
        lines = "".join(f'    "{feature}": {weight},\n' for feature, weight in weights.items())
        print(f"{name}: Mapping[str, float] = MappingProxyType({{\n{lines}}})  # fmt: skip\n")


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("collect")
    for name in ("--score", "--mirror", "--scratch", "--out"):
        one.add_argument(name, required=True)
    one.add_argument("--repo", nargs="*")
    one.add_argument("--jobs", type=int, default=2)
    one.set_defaults(call=collect)
    for name, call in (("show", show), ("fit", fit_all)):
        two = commands.add_parser(name)
        two.add_argument("--rows", required=True)
        two.add_argument("--folds", type=int, default=6)
        two.set_defaults(call=call)
    args = parser.parse_args(argv)
    args.call(args)


if __name__ == "__main__":
    main(sys.argv[1:])
