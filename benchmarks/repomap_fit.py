"""Fit the map's weights on development cases, and print what flashagent/repomap/weights.py should hold.

    repomap_fit.py collect --score SCORE.py --mirror DIR --scratch DIR --out DIR [--repo OWNER/NAME ...]
    repomap_fit.py fit --rows DIR [--folds 5]

`collect` asks the map about every case (both variants of its text) and keeps the features. `fit` minimises, per case,
the negative log of the softmax share of the files (then definitions) that the fix changed, over the best 60
candidates, by plain gradient descent with weights held at or above zero (penalties excepted) and drawn to the shipped
ones. With `--folds` it also tells the figures on repositories left out of the fit. Standard library only.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from flashagent.repomap import RepoMap
from flashagent.repomap.history import LOG_ARGUMENTS, MAX_COMMITS, parse_log
from flashagent.repomap.rank import combine
from flashagent.repomap.sources import is_test
from flashagent.repomap.weights import FILE, KIND, SYMBOL
from flashagent.values import FocusQuery

CANDIDATES = 60
ROUNDS = 300
PULL = 0.02
FREE = frozenset({"test"})
# History flatters commit messages, which come in series; issues do not.
HELD = frozenset({"together", "similar", "recent", "given", "frame", "covered", "failing_test", "called"})


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


def collect(args: argparse.Namespace) -> None:
    score = load(args.score)
    cases = json.loads(Path(args.score).with_name("cases_dev.json").read_text())
    chosen = [c for c in cases if c["kind"] == "commit" and (not args.repo or c["repo"] in args.repo)]
    for repo in sorted({c["repo"] for c in chosen}):
        if not Path(score.mirror_of(args, repo)).is_dir():
            continue
        rows = [row for c in chosen if c["repo"] == repo for row in ask(score, args, c)]
        Path(args.out).mkdir(parents=True, exist_ok=True)
        (Path(args.out) / f"{repo.replace('/', '+')}.pickle").write_bytes(pickle.dumps(rows))
        print(repo, len(rows), flush=True)


def ask(score: ModuleType, args: argparse.Namespace, case: dict[str, Any]) -> list[dict[str, Any]]:
    folder = score.checkout(args, case["repo"], case["base"], "fit")
    files = git(folder, "ls-files", "-z").split("\0")[:-1]
    text = score.clean(git(score.mirror_of(args, case["repo"]), "log", "-1", "--format=%B", case["sha"]))
    rows = []

    def history() -> list[Any]:
        return parse_log(git(folder, *LOG_ARGUMENTS, f"--max-count={MAX_COMMITS}"))

    with RepoMap.open(Path(folder), files, Path(args.scratch) / "maps", history=history) as tree:
        tree.refresh()
        for variant in ("full", "stripped"):
            query = text if variant == "full" else score.strip_paths(text, case["gold"])
            found = tree.locate(FocusQuery(text=query))
            symbols = {one.key: (s.path, s.name, s.kind) for one, s in found.symbols}
            rows.append(
                {
                    "case": case,
                    "variant": variant,
                    "files": found.features,
                    "symbols": found.symbol_features,
                    "named": symbols,
                }
            )
    return rows


def examples(
    rows: list[dict[str, Any]], level: str
) -> list[tuple[list[dict[str, float]], list[bool], list[float]]]:
    """Per case: the features of its candidates, which are right, and a factor on each score."""
    found = []
    for row in rows:
        gold = row["case"]["gold"]
        if level == "files":
            order = [r.key for r in combine(row["files"], FILE) if not is_test(r.key)]
            right = {key for key in order if key in gold}
            factors = dict.fromkeys(order, 1.0)
        else:
            wanted = {(p, s.rsplit(".", 1)[-1]) for p, ss in gold.items() for s, kind in ss if kind == "f"}
            named = {k: v for k, v in row["named"].items() if not is_test(v[0])}
            order = [r.key for r in combine(row["symbols"], SYMBOL) if r.key in named]
            right = {k for k in order if named[k][:2] in wanted}
            factors = {k: KIND.get(named[k][2], 0.5) for k in order}
        kept = order[:CANDIDATES] + [key for key in order[CANDIDATES:] if key in right]
        if right and len(kept) > 1:
            table = [{f: v[key] for f, v in row[level].items() if v.get(key)} for key in kept]
            found.append((table, [key in right for key in kept], [factors[key] for key in kept]))
    return found


def fit(data: list[Any], start: dict[str, float], rounds: int = ROUNDS) -> dict[str, float]:
    weights = dict(start)
    for turn in range(rounds):
        slope = dict.fromkeys(weights, 0.0)
        for table, right, factors in data:
            scores = [
                f * sum(weights.get(k, 0.0) * v for k, v in row.items())
                for row, f in zip(table, factors, strict=True)
            ]
            top = max(scores)
            shares = [math.exp(s - top) for s in scores]
            total, good = sum(shares), sum(s for s, ok in zip(shares, right, strict=True) if ok)
            for row, ok, share, factor in zip(table, right, shares, factors, strict=True):
                push = factor * (share / total - (share / good if ok and good else 0.0))
                for key, value in row.items():
                    slope[key] = slope.get(key, 0.0) + push * value
        rate = 2.0 * (1 - turn / rounds) + 0.1
        for key in weights:
            if key not in HELD and key not in FREE:
                weights[key] = max(
                    0.0, weights[key] - rate * (slope[key] / len(data) + PULL * (weights[key] - start[key]))
                )
    return weights


def figures(
    rows: list[dict[str, Any]], files: dict[str, float], symbols: dict[str, float]
) -> dict[str, list[float]]:
    """acc@1, recall@5, recall@10 of files and recall@10 of functions, each a list over cases, by variant."""
    out: dict[str, list[float]] = {}
    for row in rows:
        gold, variant = row["case"]["gold"], row["variant"]
        order = [r.key for r in combine(row["files"], files) if not is_test(r.key)]
        place = [order.index(g) if g in order else 10**6 for g in gold]
        out.setdefault(f"{variant} acc@1", []).append(min(place) == 0)
        out.setdefault(f"{variant} R@5", []).append(sum(p < 5 for p in place) / len(place))
        out.setdefault(f"{variant} R@10", []).append(sum(p < 10 for p in place) / len(place))
        wanted = {(p, s.rsplit(".", 1)[-1]) for p, ss in gold.items() for s, kind in ss if kind == "f"}
        if wanted:
            named = {k: v for k, v in row["named"].items() if not is_test(v[0])}
            scored = sorted(
                (
                    (r.score * KIND.get(named[r.key][2], 0.5), r.key)
                    for r in combine(row["symbols"], symbols)
                    if r.key in named
                ),
                reverse=True,
            )
            top = [named[key][:2] for _, key in scored[:10]]
            out.setdefault(f"{variant} func@10", []).append(sum(w in top for w in wanted) / len(wanted))
    return out


def show(name: str, found: dict[str, list[float]]) -> None:
    print(
        f"{name:22s}",
        "  ".join(f"{k} {100 * sum(v) / len(v):.1f}" for k, v in sorted(found.items())),
        flush=True,
    )


def fit_all(args: argparse.Namespace) -> None:
    by_repo = {
        path.stem: pickle.loads(path.read_bytes()) for path in sorted(Path(args.rows).glob("*.pickle"))
    }
    rows = [row for found in by_repo.values() for row in found]
    for repo, found in by_repo.items():
        show(repo, figures(found, dict(FILE), dict(SYMBOL)))
    show("shipped", figures(rows, dict(FILE), dict(SYMBOL)))
    left_out: dict[str, list[float]] = {}
    for fold in range(args.folds):
        held = {repo for number, repo in enumerate(sorted(by_repo)) if number % args.folds == fold}
        train = [row for repo, found in by_repo.items() if repo not in held for row in found]
        weights = fit(examples(train, "files"), dict(FILE)), fit(examples(train, "symbols"), dict(SYMBOL))
        for repo in held:
            for key, values in figures(by_repo[repo], *weights).items():
                left_out.setdefault(key, []).extend(values)
    if left_out:
        show("fitted, left out", left_out)
    files, symbols = fit(examples(rows, "files"), dict(FILE)), fit(examples(rows, "symbols"), dict(SYMBOL))
    show("fitted, all", figures(rows, files, symbols))
    print(
        json.dumps(
            {
                "FILE": {k: round(v, 2) for k, v in files.items()},
                "SYMBOL": {k: round(v, 2) for k, v in symbols.items()},
            },
            indent=1,
        )
    )


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("collect")
    for name in ("--score", "--mirror", "--scratch", "--out"):
        one.add_argument(name, required=True)
    one.add_argument("--repo", nargs="*")
    one.set_defaults(call=collect)
    two = commands.add_parser("fit")
    two.add_argument("--rows", required=True)
    two.add_argument("--folds", type=int, default=0)
    two.set_defaults(call=fit_all)
    args = parser.parse_args(argv)
    args.call(args)


if __name__ == "__main__":
    main(sys.argv[1:])
