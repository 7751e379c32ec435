"""`flashagent undo`, `redo` and `diff` as their users call them, over changes made by `flashagent apply`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from helpers.e2e_program import Ran, flashagent
from helpers.workspace_state import git, make_repository, work_tree_state

BLOCK = "app.py\n<<<<<<< SEARCH\na = 1\n=======\na = {value}\n>>>>>>> REPLACE\n"


class Place:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.environ = {
            **make_repository(self.root, {"app.py": "a = 1\n"}),
            "FLASHAGENT_HOME": str(folder / "fa"),
        }

    def call(self, *arguments: str, stdin: str = "") -> Ran:
        return flashagent(self.root, self.environ, *arguments, stdin=stdin)

    def app(self) -> str:
        return (self.root / "app.py").read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    assert made.call("apply", stdin=BLOCK.format(value=2)).code == 0
    return made


def test_what_the_user_made_since_stays(place: Place) -> None:
    (place.root / "extra.py").write_text("mine\n")
    undone = place.call("undo")
    assert (undone.code, place.app()) == (0, "a = 1\n")
    assert "app.py (modified)" in undone.out and "extra.py" not in undone.out
    assert (place.root / "extra.py").read_text() == "mine\n"
    assert place.call("redo").code == 0
    assert place.app() == "a = 2\n"
    assert "+a = 2" in place.call("diff").out


def test_a_changed_file_needs_force(place: Place) -> None:
    (place.root / "app.py").write_text("a = 3\n")
    refused = place.call("undo")
    assert (refused.code, place.app()) == (2, "a = 3\n")
    assert "app.py" in refused.err and "undo --force" in refused.err and "undo --list" in refused.err
    assert (place.call("undo", "--force").code, place.app()) == (0, "a = 1\n")
    (place.root / "app.py").write_text("a = 4\n")
    assert place.call("redo").code == 2
    assert (place.call("redo", "--force").code, place.app()) == (0, "a = 3\n")


def test_list_and_to_reach_every_state(place: Place) -> None:
    (place.root / "extra.py").write_text("mine\n")
    place.call("undo")
    lines = place.call("undo", "--list").out.splitlines()
    fields = [line.split(maxsplit=3) for line in lines]
    assert [field[3] for field in fields] == ["before the reply  [app.py]", "before undo"]
    (place.root / "extra.py").unlink()
    assert place.call("undo", "--to", fields[1][0]).code == 0
    assert (place.app(), (place.root / "extra.py").read_text()) == ("a = 2\n", "mine\n")
    unknown = place.call("undo", "--to", "c9")
    assert unknown.code == 2 and "no checkpoint c9" in unknown.err


def test_a_preview_writes_nothing(place: Place) -> None:
    would = place.call("undo", "--preview")
    assert (would.code, place.app()) == (0, "a = 2\n"), would.err
    assert "before the reply" in would.out and "-a = 2\n+a = 1\n" in would.out
    assert place.call("undo").code == 0


def test_words_for_people(place: Place) -> None:
    undone = place.call("undo").out
    assert "just now" in undone or "ago" in undone
    assert "`flashagent redo` brings it back" in undone
    nothing = place.call("diff")
    assert (nothing.out, nothing.code) == ("", 0)
    assert "Nothing differs" in nothing.err or "changed nothing" in nothing.err


def test_the_diff_since_a_checkpoint(place: Place) -> None:
    first = place.call("undo", "--list").out.split()[0]
    assert "-a = 1\n+a = 2\n" in place.call("diff", first).out
    unknown = place.call("diff", "c9")
    assert (unknown.code, unknown.out) == (2, "") and "no checkpoint c9" in unknown.err


def test_undo_after_a_commit_names_it_or_commits_the_way_back(place: Place) -> None:
    git(place.root, "commit", "-qam", "Two")
    short = git(place.root, "rev-parse", "--short", "HEAD").strip()
    undone = place.call("undo")
    assert (undone.code, place.app()) == (0, "a = 1\n")
    assert f"commit {short} still holds the change" in undone.out
    place.call("redo")
    back = place.call("undo", "--commit")
    assert back.code == 0 and "Committed as" in back.out, back.out
    assert git(place.root, "show", "HEAD:app.py") == "a = 1\n"
    assert git(place.root, "status", "--porcelain") == ""


def test_diff_where_nothing_was_ever_changed(tmp_path: Path) -> None:
    ran = Place(tmp_path).call("diff")
    assert (ran.code, ran.out) == (0, "") and "changed nothing here yet" in ran.err


def test_a_folder_in_no_repository_has_it_all(tmp_path: Path) -> None:
    place = Place(tmp_path)
    shutil.rmtree(place.root / ".git")
    (place.root / "node_modules").mkdir()
    (place.root / "node_modules" / "x.js").write_text("x\n")
    (place.root / "mine.bin").write_bytes(bytes(range(256)))
    start = work_tree_state(place.root)
    assert place.call("apply", stdin=BLOCK.format(value=2)).code == 0
    assert "+a = 2" in place.call("diff").out
    assert "+a = 1" in place.call("undo", "--preview").out
    assert flashagent(place.root / "node_modules", place.environ, "undo").code == 0
    assert work_tree_state(place.root) == start
    assert (place.call("redo").code, place.app()) == (0, "a = 2\n")
    refused = place.call("undo", "--commit")
    assert refused.code == 0 and "not a git repository" in refused.out
    assert work_tree_state(place.root) == start


def test_the_home_folder_is_no_project(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "FLASHAGENT_HOME": str(tmp_path / "fa")}
    for folder in (home, tmp_path, Path("/")):
        ran = flashagent(folder, environ, "apply", stdin=BLOCK.format(value=2))
        assert ran.code == 2 and "too much for a project" in ran.err, ran.err


def test_nothing_to_list(tmp_path: Path) -> None:
    assert Place(tmp_path).call("undo", "--list").out == "There are no checkpoints yet.\n"


def test_a_state_folder_in_the_repository_is_refused_and_not_made(place: Place) -> None:
    place.environ["FLASHAGENT_HOME"] = str(place.root / ".fa")
    for arguments in (["undo"], ["undo", "--list"], ["diff"], ["apply"], ["fix", "--offline"]):
        ran = place.call(*arguments, stdin=BLOCK.format(value=2))
        assert ran.code == 2 and "inside the repository" in ran.out + ran.err, arguments
    assert not (place.root / ".fa").exists()
