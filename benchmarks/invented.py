"""False alarms of the check for invented names: `python benchmarks/invented.py --python ENV/bin/python REPO... [--commits 50]`.

Each REPO is a git repository with history. Its newest commits without merges that change Python files are taken as edits: the
tree before the commit is laid out, and the check is asked about the change, with the libraries that are installed for `--python`
(install each project's own dependencies there first). These edits were accepted by people and by tests, so nothing of them is
invented: every finding is printed and counts as a false alarm until a person looks at it. A module that is not installed at
all is told apart. Nothing of the repositories is run; the libraries are imported in the sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from flashagent.compose.runner import open_runner
from flashagent.diagnose.invented import invented
from flashagent.values import Diagnostic, FileChange
from flashagent.verify import interpreters
from flashagent.verify.environment import ProjectEnvironment

QUICK = ("--commits", "5")
LARGEST = 60  # files of one commit: more is a reformatting, which adds no names


class History:
    """The commits of one repository, and the tree before each of them in `tree`."""

    def __init__(self, repository: Path, tree: Path) -> None:
        inner = repository / ".git"
        self._git_dir = inner if inner.exists() else repository
        self._tree = tree
        self._index = tree.parent / f"{tree.name}.index"

    def git(self, *arguments: str) -> str:
        argv = ["git", "--git-dir", str(self._git_dir), "--work-tree", str(self._tree), *arguments]
        environ = {**os.environ, "GIT_INDEX_FILE": str(self._index), "GIT_OPTIONAL_LOCKS": "0"}
        return subprocess.run(
            argv, env=environ, cwd=self._tree, capture_output=True, check=True
        ).stdout.decode("utf-8", "replace")

    def commits(self, count: int) -> Iterator[str]:
        found = 0
        for commit in self.git("rev-list", "--no-merges", "--max-count=2000", "HEAD").split():
            paths = self.changed(commit)
            if 0 < len(paths) <= LARGEST:
                yield commit
                found += 1
            if found == count:
                return

    def changed(self, commit: str) -> list[str]:
        told = self.git("diff-tree", "-r", "--root", "--no-commit-id", "--name-only", "-z", commit)
        return [path for path in told.split("\0") if path.endswith(".py")]

    def before(self, commit: str) -> list[str]:
        """Lay out the tree before the commit; its files."""
        self.git("read-tree", "--reset", "-u", f"{commit}^")
        return self.git("ls-files", "-z").split("\0")[:-1]

    def text(self, commit: str, path: str) -> str | None:
        try:
            return self.git("cat-file", "blob", f"{commit}:{path}")
        except subprocess.CalledProcessError:
            return None


async def alarms(
    history: History, commit: str, environment: ProjectEnvironment, root: Path
) -> Sequence[Diagnostic]:
    files = history.before(commit)
    changes = [
        FileChange(path, history.text(f"{commit}^", path), history.text(commit, path))
        for path in history.changed(commit)
    ]
    runner = open_runner(root, {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/")})
    return await invented(changes, files, environment, runner, root)


def environment_of(python: Path) -> ProjectEnvironment:
    home = Path(os.environ.get("HOME", "/nonexistent"))
    return ProjectEnvironment(
        "virtualenv", python, (str(python.parent),), binds=interpreters.binds(python, home)
    )


def measure(repository: Path, environment: ProjectEnvironment, count: int) -> Counter[str]:
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "tree"
        root.mkdir()
        history = History(repository.resolve(), root)
        for commit in history.commits(count):
            began = time.perf_counter()
            found = asyncio.run(alarms(history, commit, environment, root))
            absent = [
                one for one in found if " is not installed " in one.message or "no module" in one.message
            ]
            told["commits"] += 1
            told["not installed"] += bool(absent)
            told["with alarm"] += any(one.severity == "error" and one not in absent for one in found)
            told["ms"] += round((time.perf_counter() - began) * 1000)
            for one in found:
                print(f"{repository} {commit[:10]} {one.path}:{one.line}: {one.message}", file=sys.stderr)
    return told


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPO")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--commits", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    environment = environment_of(args.python.absolute())
    rows = {str(one): measure(one, environment, args.commits) for one in args.repositories}
    total = sum(rows.values(), Counter[str]())
    if args.json:
        print(json.dumps({"rows": rows, "total": total}))
        return 0
    for name, row in {**rows, "all": total}.items():
        mean = row["ms"] / max(1, row["commits"])
        print(
            f"{name}: {row['commits']} commits, {row['with alarm']} with an alarm, {row['not installed']} ",
            end="",
        )
        print(f"with a module that is not installed; {mean:.0f} ms each")
    return 0


if __name__ == "__main__":
    sys.exit(main())
