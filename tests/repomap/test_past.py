"""Past commits are kept, and git is asked only for what is new."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from flashagent.errors import WorkspaceError
from flashagent.repomap.history import PastCommit
from flashagent.repomap.past import kept_commits


class Git:
    """Real git in a folder, which remembers what it was asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []

    def __call__(self, *arguments: str) -> str:
        self.asked.append(arguments[0])
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True)
        if done.returncode:
            raise WorkspaceError(done.stderr, hint="")
        return done.stdout

    def commit(self, name: str) -> str:
        (self.root / name).write_text(name)
        self("add", name)
        self("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", f"Add {name}")
        return self("rev-parse", "HEAD").strip()


@pytest.fixture
def git(tmp_path: Path) -> Git:
    root = tmp_path / "tree"
    root.mkdir()
    git = Git(root)
    git("init", "-q", "-b", "main")
    return git


ONE, TWO, THREE = (PastCommit((name,), f"Add {name}") for name in ("one", "two", "three"))


def test_only_what_is_new_is_asked_for(git: Git, tmp_path: Path) -> None:
    file = tmp_path / "cache" / "past"
    head = git.commit("one")
    assert kept_commits(file, head, git) == [ONE]
    git.asked.clear()
    assert kept_commits(file, head, git) == [ONE]
    assert git.asked == []
    git.commit("two")
    head = git.commit("three")
    assert kept_commits(file, head, git) == [THREE, TWO, ONE]
    file.write_bytes(b"not a cache")
    assert kept_commits(file, head, git) == [THREE, TWO, ONE]


def test_a_past_that_was_rewritten_is_read_anew(git: Git, tmp_path: Path) -> None:
    file = tmp_path / "past"
    first = git.commit("one")
    kept_commits(file, git.commit("two"), git)
    git("reset", "-q", "--hard", first)
    assert kept_commits(file, git.commit("three"), git) == [THREE, ONE]


def test_a_head_that_git_has_lost_is_no_ancestor(git: Git, tmp_path: Path) -> None:
    file = tmp_path / "past"
    head = git.commit("one")
    other = Git(tmp_path / "other")
    other.root.mkdir()
    other("init", "-q", "-b", "main")
    kept_commits(file, other.commit("two"), other)
    assert kept_commits(file, head, git) == [ONE]


def test_a_cache_that_cannot_be_written_costs_nothing_else(git: Git, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")
    assert kept_commits(tmp_path / "blocked" / "past", git.commit("one"), git) == [ONE]


def test_messages_are_taken_apart_once(git: Git, tmp_path: Path) -> None:
    head = git.commit("parser")
    file = tmp_path / "past"
    assert [kept_commits(file, head, git)[0].said for _ in range(2)] == [("add", "parser")] * 2


def test_functions_that_commits_touched_are_kept(git: Git, tmp_path: Path) -> None:
    source = git.root / "shop.py"
    source.write_text("def total():\n    return 1\n\n\nclass Cart:\n    def add(self):\n        return 2\n")
    git("add", "shop.py")
    git.commit("notes")
    source.write_text(source.read_text().replace("return 2", "return 3"))
    git("add", "shop.py")
    head = git.commit("more")
    file = tmp_path / "past"
    assert [one.touched for one in kept_commits(file, head, git)] == [(("shop.py", "add"),), ()]
    assert [one.touched for one in kept_commits(file, head, git)] == [(("shop.py", "add"),), ()]


def test_a_past_without_differences_is_still_told(git: Git, tmp_path: Path) -> None:
    """git may take too long over the differences; the rest is worth having."""

    def hasty(*arguments: str) -> str:
        if "-p" in arguments:
            raise WorkspaceError("git log did not end in time.")
        return git(*arguments)

    assert kept_commits(tmp_path / "past", git.commit("one"), hasty) == [ONE]
