"""Many small agents over one repository: how near a batch comes to what the model's latency alone allows.

    python benchmarks/batch.py [--items N] [--jobs N] [--package NAME]

1. A deterministic rule over every file of an installed package (no model).
2. N items, one file of the package each, done by a scripted model on loopback that takes 300 ms to the first token, writes 100 tokens a second, and
   answers 10 % of the requests with 429, 3 % with 500 and 2 % with a connection reset in mid-stream.

The bound is the time that the endpoint was busy, all requests (faults and the waits it asked for included) added up,
over the requests that may be under way at once (--jobs). Memory is the program's own process without its checks: the
peak with all agents less the peak with one, for each agent more.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from helpers import batch_project
from helpers.e2e_program import command, with_model
from helpers.model_server import ModelServer, Reply
from helpers.workspace_state import make_repository

QUICK = ("--items", "24", "--jobs", "8", "--package", "idna")
FIRST_TOKEN_S, TOKENS_PER_S, CHARACTERS_PER_TOKEN = 0.3, 100.0, 4
FAULTS = (("429", 0.10), ("500", 0.03), ("reset", 0.02))
RETRY_AFTER_S = 0.5


class Endpoint(ModelServer):
    """A model with the latency and the faults of a real one; `busy_s` is what all requests took it."""

    def __init__(self, seed: int, play: Callable[[dict[str, Any]], Reply]) -> None:
        super().__init__(self._play)
        self._answered = play
        self._random = random.Random(seed)
        self.busy_s = 0.0
        self.faults: dict[str, int] = {}

    def _play(self, body: dict[str, Any]) -> Reply:
        drawn = self._random.random()
        reply = replace(self._answered(body), pace=TOKENS_PER_S * CHARACTERS_PER_TOKEN)
        for fault, share in FAULTS:
            if drawn < share:
                self.faults[fault] = self.faults.get(fault, 0) + 1
                self.busy_s += RETRY_AFTER_S if fault == "429" else 0.0
                return replace(reply, fault=fault, retry_after=str(RETRY_AFTER_S))
            drawn -= share
        return reply

    async def _answer(self, request: Any, reader: Any, writer: Any) -> bool:
        began = time.monotonic()
        await asyncio.sleep(FIRST_TOKEN_S)
        try:
            return await super()._answer(request, reader, writer)
        finally:
            self.busy_s += time.monotonic() - began


@contextlib.contextmanager
def endpoint(
    seed: int, play: Callable[[dict[str, Any]], Reply] = batch_project.renaming
) -> Iterator[Endpoint]:
    loop, server = asyncio.new_event_loop(), Endpoint(seed, play)
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def run(root: Path, environ: dict[str, str], *arguments: str) -> tuple[dict[str, Any], float, float]:
    """The last event of a batch, the seconds of its items and merge, and the peak of the program's own memory in MB."""
    program = subprocess.Popen(
        command("batch", "run", "--json", *arguments),
        cwd=root,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        with contextlib.suppress(psutil.Error):
            while not done.wait(0.05):
                peak = max(peak, psutil.Process(program.pid).memory_info().rss / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, _ = program.communicate()
    done.set()
    watcher.join()
    last: dict[str, Any] = json.loads(out.splitlines()[-1])
    return last, float(last["seconds"]), peak


def by_rule(folder: Path, package: str) -> None:
    folder.mkdir()
    root, environ = package_in(folder, package)
    (folder / "rule.yaml").write_text(
        f"select: '**/*.py'\nrule: {{regex: '^from __future__ import annotations$', replace: "
        f"'from __future__ import annotations  # PEP 563'}}\ncheck: {{item: '', final: 'python3 -m compileall -q {package}'}}\n"
    )
    last, seconds, _ = run(root, environ, str(folder / "rule.yaml"), "--jobs", "4")
    files = len(list((root / package).rglob("*.py")))
    print(f"rule over {files} files of {package}: {last['outcome']}, {last['merged']} merged, {last['unchanged']} "
          f"unchanged, {last['failed']} failed, 0 tokens, {seconds:.1f} s")  # fmt: skip


def package_in(folder: Path, package: str) -> tuple[Path, dict[str, str]]:
    """A repository with the installed package in it, and the environment of the program there."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None, package
    root = folder / "repo"
    shutil.copytree(
        Path(spec.origin).parent, root / package, ignore=shutil.ignore_patterns("__pycache__", "*.so")
    )
    environ = make_repository(root, {".gitignore": "__pycache__/\n"}, home=folder / "home")
    return root, {**environ, "FLASHAGENT_HOME": str(folder / "fa")}


def marking(root: Path, body: dict[str, Any]) -> Reply:
    """A model that adds a comment to the first line of the file that occurs once, and then says so."""
    path = batch_project.asked_about(body)
    if any(message["role"] == "tool" for message in body["messages"]):
        return Reply("A comment says now that the file was looked at, as was asked for.")
    lines = (root / path).read_text(encoding="utf-8").split("\n")
    line = next(
        line
        for line in lines
        if re.fullmatch(r"(from|import|class|def) .*[\w):]", line) and lines.count(line) == 1
    )
    return batch_project.edit(path, line, f"{line}  # looked at")


def fit(root: Path, package: str) -> list[str]:
    """The files of the package in which the model finds a line to mark."""
    found = []
    for path in sorted((root / package).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        with contextlib.suppress(StopIteration):
            marking(root, {"messages": [{"role": "user", "content": f"<<{name}>>"}]})
            found.append(name)
    return found


def by_model(folder: Path, items: int, jobs: int, package: str) -> None:
    folder.mkdir()
    root, environ = package_in(folder, package)
    every = fit(root, package)
    files = [every[number % len(every)] for number in range(items)] if len(every) < items else every[:items]
    print(f"{len(set(files))} of the {len(every)} files of {package} that can be marked")

    def batch(count: int, at_once: int) -> tuple[dict[str, Any], float, float, Endpoint]:
        chosen = "".join(f"- '{name}'\n" for name in files[:count])
        (folder / "job.yaml").write_text(
            f"select:\n{chosen}instruction: 'Mark <<{{{{path}}}}>> as looked at'\n"
            f"check: {{item: '', final: 'python3 -m compileall -q {package}'}}\n"
        )
        with endpoint(seed=1, play=lambda body: marking(root, body)) as server:
            told = run(
                root, with_model(environ, server.base_url), str(folder / "job.yaml"), "--jobs", str(at_once)
            )
        return *told, server

    *_, base_mb, _ = batch(2, 1)
    last, seconds, peak_mb, server = batch(items, jobs)
    bound = server.busy_s / jobs
    print(f"{last['merged'] + last['failed'] + last['left']} items, {jobs} at once: {last['outcome']}, {last['merged']} merged, "
          f"{last['failed']} failed; {len(server.requests)} requests, faults {server.faults}")  # fmt: skip
    print(f"  {seconds:.1f} s, bound {bound:.1f} s, ratio {seconds / bound:.2f} (goal 1.2)")
    print(f"  memory {base_mb:.0f} MB with one agent, {peak_mb:.0f} MB with {jobs}: "
          f"{(peak_mb - base_mb) / max(1, jobs - 1):.1f} MB for each more (goal 40)")  # fmt: skip
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"  processor time of all programs so far {used.ru_utime + used.ru_stime:.1f} s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--package", default="textual")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flashagent-batch-") as folder:
        by_rule(Path(folder) / "rule", args.package)
        by_model(Path(folder) / "model", args.items, args.jobs, args.package)
    return 0


if __name__ == "__main__":
    sys.exit(main())
