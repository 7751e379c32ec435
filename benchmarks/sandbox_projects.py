"""Do the tests of real projects end in the sandbox as they do outside of it?

    python benchmarks/sandbox_projects.py [--backend NAME] [--json] [PACKAGE...]

Small projects of this file's own are made for each tool that is installed: make with a C compiler, cargo (offline),
npm with `node --test`, and unittest. Each PACKAGE is the name of a Python package whose source archive the user's own pip
fetches; its tests are run by pytest. Every run gets a fresh copy at the same path. Compared are the exit status and the
output with times and addresses left out. Status 1 when any project ends in another way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from flashagent_sandbox import Request, choose_backend, load_profile, run
from flashagent_sandbox.backends.base import Backend

LIMIT_S = 300
PYTEST = (
    sys.executable,
    "-m",
    "pytest",
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:asyncio",
    "-o",
    "addopts=",
)
MAKEFILE = """\
check: words
\t./words one two | grep -qx 3
\t@echo all good
words: words.c
\t$(CC) -Wall -O1 -o words words.c
"""
WORDS = """\
#include <stdio.h>
int main(int count, char **words) { (void)words; printf("%d\\n", count); return 0; }
"""
CARGO = '[package]\nname = "steps"\nversion = "0.1.0"\nedition = "2021"\n'
STEPS = """\
//! ```
//! assert_eq!(steps::steps(4), 10);
//! ```
pub fn steps(n: u64) -> u64 { (1..=n).sum() }
#[cfg(test)]
mod tests {
    #[test]
    fn in_threads() {
        let all: Vec<_> = (0..4).map(|n| std::thread::spawn(move || super::steps(n))).collect();
        assert_eq!(all.into_iter().map(|t| t.join().unwrap()).sum::<u64>(), 10);
    }
    #[test]
    fn writes_a_file() {
        let path = std::env::temp_dir().join("steps-test");
        std::fs::write(&path, "x").unwrap();
        std::fs::remove_file(path).unwrap();
    }
}
"""
PACKAGE_JSON = '{"name": "served", "version": "1.0.0", "scripts": {"test": "node --test"}}\n'
SERVED = """\
const test = require("node:test");
const assert = require("node:assert");
const http = require("node:http");
test("a server on loopback answers", async () => {
  const server = http.createServer((_, reply) => reply.end("hello"));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const reply = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.strictEqual(await reply.text(), "hello");
  server.close();
});
test("a worker counts", async () => {
  const { Worker } = require("node:worker_threads");
  const worker = new Worker('require("node:worker_threads").parentPort.postMessage(6 * 7)', { eval: true });
  assert.strictEqual(await new Promise((done) => worker.once("message", done)), 42);
});
"""
UNITTEST = """\
import multiprocessing, os, sqlite3, subprocess, sys, tempfile, unittest
class Machine(unittest.TestCase):
    def test_processes(self):
        with multiprocessing.get_context("fork").Pool(3) as pool:
            self.assertEqual(pool.map(abs, [-1, -2]), [1, 2])
    def test_child(self):
        self.assertEqual(subprocess.check_output([sys.executable, "-c", "print(3)"]), b"3\\n")
    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            with sqlite3.connect(os.path.join(folder, "db")) as link:
                link.execute("create table t (x)")
        with open("made-here", "w") as file:
            file.write("x")
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A project's folder and the command that tests it."""

    name: str
    folder: Path
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """How it ended in both places; `summary` is the last line outside, `different` the first lines that differ."""

    name: str
    outside: int
    inside: int
    seconds_outside: float
    seconds_inside: float
    summary: str
    different: tuple[str, str] | None

    @property
    def same(self) -> bool:
        return self.outside == self.inside and self.different is None


def own_projects(scratch: Path) -> list[Case]:
    cases = []

    def add(name: str, tools: tuple[str, ...], files: dict[str, str], *argv: str) -> None:
        if not all(map(shutil.which, tools)):
            print(f"left out: {name} needs {' and '.join(tools)}", file=sys.stderr)
            return
        for path, text in files.items():
            place = scratch / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        cases.append(Case(name, scratch / name, argv))

    add("make", ("make", "cc"), {"Makefile": MAKEFILE, "words.c": WORDS}, "make", "check")
    crate = {"Cargo.toml": CARGO, "src/lib.rs": STEPS}
    add("cargo", ("cargo", "cc"), crate, "cargo", "test", "--offline", "--", "--test-threads=1")
    add(
        "npm",
        ("npm", "node"),
        {"package.json": PACKAGE_JSON, "test/served.test.js": SERVED},
        "npm",
        "--loglevel=error",
        "test",
    )
    add("unittest", (), {"test_machine.py": UNITTEST}, sys.executable, "-B", "-m", "unittest", "-v")
    return cases


def package(name: str, scratch: Path) -> Case:
    """Raises CalledProcessError when pip finds no source archive, SystemExit when that holds no tests."""
    downloads = scratch / f"{name}-archive"
    fetch = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d")
    subprocess.run([*fetch, str(downloads), name], check=True)
    folder = scratch / name
    folder.mkdir()
    # tar itself refuses members that leave the folder; Python's module learnt that only with 3.11.4.
    subprocess.run(["tar", "-xzf", str(next(downloads.glob("*.tar.gz"))), "-C", str(folder)], check=True)
    inner = next(folder.iterdir())
    patterns = ("tests", "test", "*/tests", "test_*.py", "*_test.py")
    tests = next(filter(None, (sorted(map(str, inner.glob(pattern))) for pattern in patterns)), [])
    tests = [os.path.relpath(path, inner) for path in tests]
    if not tests:
        raise SystemExit(f"{name}: its source archive has no tests.")
    return Case(name, inner, (*PYTEST, *tests))


def compare(case: Case, backend: Backend, place: Path) -> Compared:
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environ["PYTHONPATH"] = f"{place / 'src'}:{place}"
    shutil.copytree(case.folder, place, symlinks=True)
    started = time.monotonic()
    outside = subprocess.run(
        case.argv, cwd=place, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False, timeout=LIMIT_S,
    )  # fmt: skip
    middle = time.monotonic()
    shutil.rmtree(place)
    shutil.copytree(case.folder, place, symlinks=True)
    policy = load_profile(root=place, environ=environ)
    request = Request(case.argv, place, binds=(Path(sys.prefix), Path(sys.base_prefix)))
    begun = time.monotonic()
    inside = asyncio.run(run(request, policy, backend))
    ended = time.monotonic()
    shutil.rmtree(place)
    first, second = _lines(outside.stdout), _lines(inside.output)
    return Compared(
        case.name, outside.returncode, inside.exit_code, middle - started, ended - begun,
        first[-1] if first else "", _difference(first, second),
    )  # fmt: skip


def _lines(output: bytes) -> list[str]:
    """What two runs of the same project print alike."""
    text = re.sub(r"0x[0-9a-f]+|\x1b\[[0-9;]*m", "", output.decode(errors="replace"))
    text = re.sub(r"\d+[.,]\d+ ?(ms|s)?\b|-[0-9a-f]{16}\b|\(\d+ms\)", "N", text)
    return [line.rstrip() for line in text.splitlines() if line.strip() and "duration_ms" not in line]


def _difference(first: list[str], second: list[str]) -> tuple[str, str] | None:
    length = max(len(first), len(second))
    padded = [[*lines, *[""] * (length - len(lines))] for lines in (first, second)]
    return next(((one, other) for one, other in zip(*padded, strict=True) if one != other), None)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE")
    options = parser.parse_args()
    backend = choose_backend(options.backend or None)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        cases = [*own_projects(scratch), *(package(wanted, scratch) for wanted in options.packages)]
        rows = [compare(case, backend, scratch / "work" / "project") for case in cases]
    if options.json:
        print(json.dumps([asdict(row) | {"same": row.same} for row in rows], indent=2))
    else:
        for row in rows:
            print(f"{row.name:20}{'same' if row.same else 'DIFFERENT':11}status {row.outside}/{row.inside}"
                  f"{row.seconds_outside:8.1f} s{row.seconds_inside:8.1f} s  {row.summary}")  # fmt: skip
            if row.different:
                print(f"    outside: {row.different[0]}\n    inside:  {row.different[1]}")
    return 0 if all(row.same for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
