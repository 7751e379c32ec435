"""Kill -9 at random points of multi-file patches and commits, and count what was lost. Nothing may be.

Usage: python benchmarks/kill.py [--points 200] [--seed 1] [--whole 10]

Each round makes a repository with staged, unstaged, untracked, ignored and stashed work, starts a process that patches
five files (and, in half of the rounds, commits them, with a hook), kills it after a random time, looks at the files as
they lie there, then runs `flashagent undo` and compares everything with the start. `--whole` of the rounds kill a whole
`flashagent fix --offline --commit` instead. Exit status 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from helpers.jobs_house import FILES  # noqa: E402
from helpers.workspace_state import git, make_repository, state_of  # noqa: E402

OLD = {f"src/part{number}.py": f"value = {number}\n" * 400 for number in range(4)}
NEW = {path: text.replace("value", "amount") for path, text in OLD.items()} | {
    "made/deep/new.py": "new = 1\n"
}
WORKER = """
import os, sys
from pathlib import Path
from flashagent.values import FileChange
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace
sys.path.insert(0, sys.argv[3])
from kill import NEW, OLD
root, state, commit = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[4] == "commit"
repository = Repository.open(root, environ=os.environ)
checkpoints = Checkpoints(repository, state)
workspace = Workspace(root, state, before_write=checkpoints.watch)
changes = [FileChange(path, OLD.get(path), text) for path, text in NEW.items()]
print("ready", flush=True)
checkpoints.take("before the patch")
workspace.apply(changes)
if commit:
    repository.commit(changes, "Rename", notes=state)
print("done", flush=True)
"""


@dataclass(frozen=True)
class Place:
    """One repository with work in every state, and the environment of the program."""

    root: Path
    environ: dict[str, str]

    @property
    def state(self) -> Path:
        from flashagent.workspace.state import state_folder

        return state_folder(Path(self.environ["FLASHAGENT_HOME"]) / "state", self.root)

    @classmethod
    def make(cls, folder: Path, files: dict[str, str]) -> Place:
        root = folder / "project"
        environ = make_repository(root, {**files, "mine.txt": "1\n2\n3\n", ".gitignore": "*.log\n"})
        (root / "mine.txt").write_text("stashed\n")
        git(root, "stash", "-q")
        (root / "mine.txt").write_text("staged\n2\n3\n")
        git(root, "add", "mine.txt")
        (root / "mine.txt").write_text("staged\n2\nunstaged\n")
        (root / "untracked.txt").write_text("untracked\n")
        (root / "x.log").write_text("ignored\n")
        hook = root / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nsleep 0.02\n")
        hook.chmod(0o755)
        return cls(root, {**os.environ, **environ, "FLASHAGENT_HOME": str(folder / "fa")})

    def program(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flashagent", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.environ, capture_output=True, text=True, check=False
        )


def start_worker(place: Place, *, commit: bool) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent)
    mode = "commit" if commit else "patch"
    command = [sys.executable, "-c", WORKER, str(place.root), str(place.state), here, mode]
    process = subprocess.Popen(command, env=place.environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def start_fix(place: Place) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "flashagent", "fix", "--offline", "--commit", "--check"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        [*command, "python3 -m unittest"],
        cwd=place.root,
        env=place.environ,
        stdout=quiet,
        stderr=quiet,
        text=True,
    )


def wait_for_git(place: Place) -> None:
    """A commit that goes on after its parent was killed ends by itself; its lock says when."""
    lock = place.state / "commit.lock"
    if lock.exists():
        import fcntl

        with lock.open() as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)


def losses(place: Place, start: dict[str, str], old: dict[str, str], new: dict[str, str] | None) -> list[str]:
    """What is wrong after the kill, and after `flashagent undo`."""
    found: list[str] = []
    wait_for_git(place)
    if new is not None:
        for path, text in new.items():
            there = place.root / path
            now = there.read_text() if there.exists() else None
            if now not in (old.get(path), text):
                found.append(f"half-written {path}")
    undone = place.program("undo")
    if undone.returncode not in (0, 2) or (undone.returncode == 2 and "nothing to undo" not in undone.stderr):
        found.append(f"undo: {undone.returncode} {undone.stderr}")
    now = state_of(place.root)
    committed = now["refs"] != start["refs"]
    allowed = {"refs", "index", "reflog"} if committed else set()
    changed = {name for name in now.keys() | start.keys() if now.get(name) != start.get(name)} - allowed
    found += [f"changed: {name}" for name in sorted(changed)]
    if committed:
        found += commit_losses(place, old)
    if list((place.root / ".git").glob("*.lock")):
        found.append("a lock of git is left")
    if any(place.root.rglob(".flashagent-tmp-*")):
        found.append("a temporary file is left")
    return found


def commit_losses(place: Place, old: dict[str, str]) -> list[str]:
    """After a commit the index is as the user staged it, on the new HEAD."""
    staged = git(place.root, "diff", "--cached", "--name-only").split()
    found = [] if staged == ["mine.txt"] else [f"index: {staged}"]
    names = set(git(place.root, "diff", "--name-only", "HEAD~1", "HEAD").split())
    ours = set(NEW) if "src/part0.py" in old else {"shop/cart.py"}
    if names != ours or git(place.root, "show", ":mine.txt") != "staged\n2\n3\n":
        found.append(f"commit holds {sorted(names)}")
    return found


def one_round(
    number: int, pick: random.Random, spans: dict[str, float], *, whole: bool
) -> tuple[str, list[str]]:
    folder = Path(tempfile.mkdtemp(prefix="flashagent-kill-"))
    try:
        files = FILES if whole else OLD
        place = Place.make(folder, files)
        start = state_of(place.root)
        kind = "fix" if whole else "commit" if number % 2 else "patch"
        began = time.monotonic()
        process = start_fix(place) if whole else start_worker(place, commit=kind == "commit")
        if kind in spans:
            time.sleep(pick.uniform(0.6 if whole else 0.0, 1.0) * spans[kind])  # a fix writes at its end
            process.kill()
        process.communicate()
        spans.setdefault(kind, (time.monotonic() - began) * 1.05)
        committed = git(place.root, "rev-list", "--count", "HEAD").strip() != "1"
        touched = state_of(place.root) != start
        after = "committed" if committed else "patched" if touched else "untouched"
        return f"{kind}: {after}", losses(place, start, files, None if whole else NEW)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", type=int, default=10, help="rounds that kill a whole fix")
    options = parser.parse_args()
    pick, spans = random.Random(options.seed), {}
    seen: Counter[str] = Counter()
    lost: list[str] = []
    for number in range(options.points):
        kind, found = one_round(number, pick, spans, whole=number >= options.points - options.whole)
        seen[kind] += 1
        lost += [f"round {number} ({kind}): {what}" for what in found]
    print(json.dumps({"points": options.points, "left": dict(sorted(seen.items())), "lost": lost}, indent=2))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
