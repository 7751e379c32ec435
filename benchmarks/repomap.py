"""How fast the map is on given trees, against bare parsing of the same files and, where it is there, aider's map of them.

    repomap.py TREE ... [--processes N] [--queries N] [--aider PYTHON] [--rounds N] [--json]

Reports for each tree, all in one run: CPU and wall seconds of parsing every file once (nothing kept), of a cold build, of a
warm start from the cache, of a refresh after one file was changed (the map looks for it; the map is told); the 50th and
95th percentile of queries made of words that stand in the tree; `flashagent map --query` from process start; peak memory;
then the graph, apart: whole, and brought in step with one changed file. `--aider` names an interpreter that has aider-chat;
its map of 1,000 tokens is then made of a copy of the tree, cold. Ratios stand last. One file of the tree gets a line more
and is put back; the caches go to temporary folders.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flashagent.folders import Folders
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


AIDER = """
import json, resource, sys
from pathlib import Path
from aider.io import InputOutput
from aider.repomap import RepoMap

class Tokens:
    def token_count(self, text):
        return len(text) // 4

files = [str(Path(sys.argv[1], name)) for name in sys.stdin.read().split(chr(0)) if name]
RepoMap(
    map_tokens=1000, root=sys.argv[1], main_model=Tokens(), io=InputOutput(yes=True, pretty=False),
    max_context_window=100_000, map_mul_no_files=1,
).get_repo_map([], files)
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
"""


def peak_mb(who: int) -> float:
    return round(resource.getrusage(who).ru_maxrss / 1024, 1)


def cold_build(figures: dict[str, float], root: Path, files: list[str], cache: Path, processes: int) -> None:
    """In a process of its own, so that its peak is its own."""
    command = [sys.executable, __file__, str(root), "--only-cold", str(cache), "--processes", str(processes)]
    cpu, wall = cpu_seconds(), time.perf_counter()
    done = subprocess.run(command, input="\0".join(files), capture_output=True, text=True, check=True)
    figures["cold CPU s"] = round(cpu_seconds() - cpu, 3)
    figures["cold wall s"] = round(time.perf_counter() - wall, 3)
    figures.update(json.loads(done.stdout))


def only_cold(root: Path, cache: Path, processes: int) -> None:
    files = sys.stdin.read().split("\0")
    with RepoMap.open(root, files, cache, processes=processes) as tree:
        stats = tree.refresh()
        tree.rank(FocusQuery(text="where is this done"), limit=20)
    print(
        json.dumps(
            {
                "files": stats.files,
                "symbols": stats.symbols,
                "cold peak MB": peak_mb(resource.RUSAGE_SELF),
                "cold peak MB, largest worker": peak_mb(resource.RUSAGE_CHILDREN),
            }
        )
    )


def from_start(figures: dict[str, float], root: Path, text: str, home: Path, rounds: int) -> None:
    """The command, process start included, over the same cache; the first run is not counted."""
    command = [sys.executable, "-m", "flashagent", "map", "--query", text]
    environ = {**os.environ, "FLASHAGENT_HOME": str(home)}
    seconds = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=root, env=environ, capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    figures["command, warm, wall s (median)"] = round(sorted(seconds[1:])[rounds // 2], 3)
    figures["command, warm, wall s (best)"] = round(min(seconds[1:]), 3)


def aider(figures: dict[str, float], root: Path, files: list[str], python: str, scratch: Path) -> None:
    copy = scratch / "tree"
    for path in files:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, copy / path)
    done = timed(
        figures,
        "aider cold",
        lambda: subprocess.run(
            [python, "-c", AIDER, str(copy)],
            input="\0".join(files),
            capture_output=True,
            text=True,
            check=True,
        ),
    )
    figures["aider peak MB"] = round(float(done.stdout.splitlines()[-1]), 1)


def measure(root: Path, args: argparse.Namespace) -> dict[str, float]:
    files = [path for path in walk(root) if isinstance(path, str)]
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch, "home")
        cache = Folders.of({"FLASHAGENT_HOME": str(home)}).cache / "maps"
        cache.mkdir(parents=True)
        cold_build(figures, root, files, cache, args.processes)
        with RepoMap.open(root, files, cache, processes=args.processes) as tree:
            timed(figures, "warm", tree.refresh)
            chosen = [path for path in files if language_for(path) and tree.has_file(path)]
            timed(figures, "parse only", lambda: parse_all(root, chosen))
            asked = make_queries(root, chosen, args.queries)
            ask(figures, tree, asked)
            figures["peak MB, warm and queries"] = peak_mb(resource.RUSAGE_SELF)
            timed(figures, "graph", tree.dependencies)
            figures["peak MB, with the graph"] = peak_mb(resource.RUSAGE_SELF)
            change(figures, tree, root / chosen[len(chosen) // 2], chosen[len(chosen) // 2])
        figures["cache MB"] = round(sum(path.stat().st_size for path in cache.iterdir()) / 1e6, 1)
        from_start(figures, root, asked[0], home, args.rounds)
        if args.aider:
            aider(figures, root, chosen, args.aider, Path(scratch))
    figures["cold / parse only, CPU"] = round(figures["cold CPU s"] / figures["parse only CPU s"], 2)
    if args.aider:
        figures["aider cold / cold, CPU"] = round(figures["aider cold CPU s"] / figures["cold CPU s"], 2)
        figures["aider cold / cold, wall"] = round(figures["aider cold wall s"] / figures["cold wall s"], 2)
    return figures


def ask(figures: dict[str, float], tree: RepoMap, texts: list[str]) -> None:
    seconds = []
    for text in texts:
        started = time.perf_counter()
        tree.rank(FocusQuery(text=text), limit=20)
        seconds.append(time.perf_counter() - started)
    seconds.sort()
    figures["query p50 ms"] = round(1000 * seconds[len(seconds) // 2], 1)
    figures["query p95 ms"] = round(1000 * seconds[int(len(seconds) * 0.95)], 1)


def change(figures: dict[str, float], tree: RepoMap, place: Path, path: str) -> None:
    """One file gets another line, twice; the graph follows each time."""
    before = place.read_bytes()
    try:
        place.write_bytes(before + b"\n")
        timed(figures, "one changed", tree.refresh)
        timed(figures, "graph, one changed", lambda: tree.importers(path))
        place.write_bytes(before + b"\n\n")
        timed(figures, "one changed, told", lambda: tree.refresh(only=[path]))
        timed(figures, "graph, one changed, again", lambda: tree.importers(path))
    finally:
        place.write_bytes(before)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trees", type=Path, nargs="+", metavar="TREE")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--aider", default="", metavar="PYTHON")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only-cold", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.only_cold:
        only_cold(args.trees[0], args.only_cold, args.processes)
        return
    for tree in args.trees:
        figures = measure(tree.resolve(), args)
        if args.json:
            print(json.dumps({"tree": tree.name, **figures}), flush=True)
        else:
            print(
                tree.name,
                *(f"  {name:32s}{value:>12}" for name, value in figures.items()),
                sep="\n",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
