"""`flashagent demo`: a small repository with one real bug, and flashagent repairing it offline before your eyes."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from flashagent.cli.parsing import Parser
from flashagent.dataclass import dataclass
from flashagent.demo_project import write_files
from flashagent.errors import ExitCode, RunnerMissing
from flashagent.untrusted import sanitize

FIX = ("--offline", "--commit", "--check", "python3 -m unittest")


@dataclass(frozen=True, slots=True)
class Demo:
    """A repository of the demonstration and the programs that it is shown with."""

    folder: Path
    environ: Mapping[str, str]
    git: str
    python: str

    def call(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        # Variables such as GIT_DIR would point git to a repository of the caller.
        environ = {name: value for name, value in self.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(argv, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)

    def git_call(self, *arguments: str) -> str:
        done = self.call([self.git, *arguments])
        if done.returncode != 0:
            raise RunnerMissing(
                f"git {arguments[0]} failed: {done.stderr.strip()}", hint="Does git work here?"
            )
        return done.stdout

    def tests(self) -> subprocess.CompletedProcess[str]:
        return self.call([self.python, "-B", "-m", "unittest"])


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent demo",
        description="Make a small repository with a bug and repair it, without a model or a network.",
    )
    parser.add_argument("--keep", action="store_true", help="leave the repository to look at")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    place = Path(tempfile.mkdtemp(prefix="flashagent-demo-"))
    try:
        code = _show(place, environ, keep=args.keep)
    finally:
        if not args.keep:
            shutil.rmtree(place, ignore_errors=True)
    if args.keep:
        print(f"\nThe repository is in {place / 'lending'}.")
    return code


def _show(place: Path, environ: Mapping[str, str], *, keep: bool) -> int:
    from flashagent.cli import fix

    # What is thrown away shall leave nothing in the user's folders; what is kept can be undone as usual.
    environ = environ if keep else {**environ, "FLASHAGENT_HOME": str(place / "home")}
    demo = make_repository(place / "lending", environ)
    _title(f"A small package in a git repository: {demo.folder}")
    print(sanitize(demo.git_call("ls-files")), end="")
    _title("$ python3 -m unittest")
    print(sanitize(_end_of(demo.tests().stderr)))
    _title(f"$ flashagent fix {shlex.join(FIX)}")
    sys.stdout.flush()
    with _inside(demo.folder):
        code = fix.run(list(FIX), environ)
    sys.stdout.flush()
    if code == ExitCode.OK:
        _title("$ git show")
        print(
            sanitize(demo.git_call("--no-pager", "show", "--stat", "--patch", "--format=%h %s%n%n%b", "HEAD"))
        )
        _title("$ python3 -m unittest")
        print(sanitize(_end_of(demo.tests().stderr)))
    return code


def make_repository(folder: Path, environ: Mapping[str, str]) -> Demo:
    """The package committed in a new repository, with an author of its own. Raises RunnerMissing without git or python."""
    demo = Demo(folder, environ, _program("git", environ), _program("python3", environ))
    folder.mkdir(parents=True)
    write_files(folder)
    demo.git_call("init", "--quiet", "--initial-branch=main")
    for name, value in (
        ("user.name", "flashagent demo"),
        ("user.email", "demo@localhost"),
        ("commit.gpgsign", "false"),
        ("core.hooksPath", os.devnull),
    ):
        demo.git_call("config", name, value)
    demo.git_call("add", "--all")
    demo.git_call("commit", "--quiet", "--message", "The lending desk")
    return demo


def _program(name: str, environ: Mapping[str, str]) -> str:
    found = shutil.which(name, path=environ.get("PATH"))
    if found is None:
        raise RunnerMissing(
            f"{name} is not on PATH.", hint=f"Install {name}; the demo shows a real repository."
        )
    return found


def _end_of(output: str) -> str:
    """A unittest report from its first failure, or its last lines."""
    start = output.find("======")
    return (output[start:] if start >= 0 else "\n".join(output.splitlines()[-3:])).strip()


def _title(text: str) -> None:
    print(sanitize(f"\n== {text}\n"))


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
