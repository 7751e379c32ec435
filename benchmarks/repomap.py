"""How fast the map is on a given tree, against bare parsing of the same files in the same run.

    repomap.py TREE [--processes N] [--queries N] [--json]

Reports CPU and wall seconds of: parsing every file once (nothing kept), a cold build, a warm start from the cache, a
refresh after one file was touched; the whole graph; p50 and p95 of queries made of words that stand in the tree; peak memory. The tree
is copied nowhere and one file of it is given a new modification time, nothing else; the cache goes to a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flashagent.repomap import RepoMap
from flashagent.repomap.words import IDENTIFIER
from flashagent.syntax.parse import language_for, syntax_errors
from flashagent.values import FocusQuery
from flashagent.workspace.files import walk

T = TypeVar("T")


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(figures: dict[str, float], name: str, call: Callable[[], T]) -> T:
    cpu, wall = cpu_seconds(), time.perf_counter()
    result = call()
    figures[f"{name} CPU s"] = round(cpu_seconds() - cpu, 3)
    figures[f"{name} wall s"] = round(time.perf_counter() - wall, 3)
    return result


def parse_all(root: Path, files: list[str]) -> None:
    for path in files:
        language = language_for(path)
        if language:
            syntax_errors((root / path).read_bytes().decode("utf-8", "replace"), language, limit=0)


def make_queries(root: Path, files: list[str], count: int) -> list[str]:
    """Texts of about a dozen to a hundred words, from the tree's own comments and names."""
    chooser = random.Random(7)
    queries = []
    for path in chooser.choices([one for one in files if language_for(one)], k=count):
        words = IDENTIFIER.findall((root / path).read_bytes().decode("utf-8", "replace"))
        start = chooser.randrange(max(1, len(words)))
        queries.append(" ".join(words[start : start + chooser.randint(12, 100)]))
    return queries


def measure(root: Path, processes: int, queries: int) -> dict[str, float]:
    files = [path for path in walk(root) if isinstance(path, str)]
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as cache:

        def open_map() -> RepoMap:
            return RepoMap.open(root, files, Path(cache), processes=processes)

        with open_map() as tree:
            stats = timed(figures, "cold", tree.refresh)
            chosen = [path for path in files if tree.symbols(path)]
        figures["files"], figures["symbols"] = stats.files, stats.symbols
        timed(figures, "parse only", lambda: parse_all(root, chosen))
        with open_map() as tree:
            timed(figures, "warm", tree.refresh)
            os.utime(root / chosen[0])
            timed(figures, "one touched", tree.refresh)
            seconds = []
            for text in make_queries(root, chosen, queries):
                started = time.perf_counter()
                tree.rank(FocusQuery(text=text), limit=20)
                seconds.append(time.perf_counter() - started)
            timed(figures, "graph", tree.dependencies)
        seconds.sort()
        figures["query p50 ms"] = round(1000 * seconds[len(seconds) // 2], 1)
        figures["query p95 ms"] = round(1000 * seconds[int(len(seconds) * 0.95)], 1)
        figures["cache MB"] = round(sum(path.stat().st_size for path in Path(cache).iterdir()) / 1e6, 1)
    figures["cold / parse only"] = round(figures["cold CPU s"] / max(0.001, figures["parse only CPU s"]), 2)
    figures["peak MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    figures["peak MB, largest worker"] = round(
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1
    )
    return figures


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tree", type=Path)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    figures = measure(args.tree.resolve(), args.processes, args.queries)
    print(
        json.dumps(figures)
        if args.json
        else "\n".join(f"{name:26s}{value:>12}" for name, value in figures.items())
    )


if __name__ == "__main__":
    main(sys.argv[1:])
