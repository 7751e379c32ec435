from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.workspace_state import make_repository

from flashagent.errors import NoSuchFile, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.differing import DifferingTree, DifferingTrees, Ground
from flashagent.workspace.plain import open_work_tree
from flashagent.workspace.still import LookingTrees

FILES = {"a.py": "one\n", "lib/b.py": "two\n", "lib/deep/c.py": "three\n"}


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    root = tmp_path / "ground"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "link.py").symlink_to("a.py")
    (root / "fixed.py").write_text("stays\n")
    (root / "fixed.py").chmod(0o444)
    return root


@pytest.fixture
def trees(tmp_path: Path, ground: Path) -> Iterator[DifferingTrees]:
    environ = make_repository(tmp_path / "repo", {"x": "x"}, home=tmp_path / "home")
    repository = open_work_tree(tmp_path / "repo", tmp_path / "state", environ)
    with LookingTrees(repository, tmp_path / "looks", ground) as looks:
        assert isinstance(looks, LookingTrees)
        yield DifferingTrees(ground, looks, looks.folder())


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def test_a_tree_is_its_ground_with_the_changes_on_top(ground: Path) -> None:
    tree = DifferingTree(Ground(ground), [FileChange("a.py", "one\n", "1\n")])
    tree.apply([FileChange("lib/b.py", "two\n", None), FileChange("new/d.py", None, "four\n")])
    tree.apply([FileChange("a.py", "1\n", "11\n")])
    assert [tree.read(path) for path in ("a.py", "link.py", "new/d.py")] == ["11\n", "11\n", "four\n"]
    with pytest.raises(NoSuchFile):
        tree.read("lib/b.py")
    assert tree.changes() == (
        FileChange("a.py", "one\n", "11\n"), FileChange("lib/b.py", "two\n", None), FileChange("new/d.py", None, "four\n"),
    )  # fmt: skip
    assert (ground / "a.py").read_text() == "one\n"
    tree.apply([FileChange("a.py", "11\n", "one\n"), FileChange("lib/b.py", None, "two\n"), FileChange("new/d.py", "four\n", None)])  # fmt: skip
    assert tree.changes() == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (FileChange("a.py", "other\n", "x\n"), "is not what it was"),
        (FileChange("a.py", None, "x\n"), "already exists"),
        (FileChange("gone.py", "x\n", "y\n"), "is not what it was"),
        (FileChange("A.py", None, "x\n"), "differs from the present a.py only by case"),
        (FileChange("fixed.py", "stays\n", "x\n"), "is read-only"),
        (FileChange("../out.py", None, "x\n"), "out.py"),
        (FileChange("lib", None, "x\n"), "lib"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(ground: Path, change: FileChange, why: str) -> None:
    tree = DifferingTree(Ground(ground))
    with pytest.raises(WorkspaceError, match=why):
        tree.apply([FileChange("lib/b.py", "two\n", "2\n"), change])
    assert tree.changes() == ()


def test_commands_are_shown_what_is_in_the_tree_and_the_next_one_sees_nothing_of_it(
    ground: Path, trees: DifferingTrees
) -> None:
    before = contents(ground)
    change = (FileChange("a.py", "one\n", "1\n"), FileChange("lib/deep/c.py", "three\n", None), FileChange("new/d.py", None, "4\n"))  # fmt: skip
    with trees.tree(change) as place:
        tree = trees.find(place)
        assert tree is not None and list(place.iterdir()) == []
        with trees.shown(tree, keep=(".venv",)) as folder:
            expected = {**before, "a.py": "1\n", "new/d.py": "4\n"}
            del expected["lib/deep/c.py"]
            assert contents(folder) == expected
            assert (folder / "link.py").readlink() == Path("a.py")
            assert (folder / ".venv").is_dir()
            first = folder
        tree.apply([FileChange("lib/b.py", "two\n", "2\n")])
        with trees.shown(tree) as folder:
            assert (folder, contents(folder)["lib/b.py"]) == (first, "2\n")
    assert trees.find(place) is None and not place.exists()
    with trees.tree(()) as place:
        tree = trees.find(place)
        assert tree is not None
        with trees.shown(tree) as folder:
            assert folder == ground  # nothing differs, so nothing is made
        tree.apply([FileChange("z.py", None, "z\n")])
        with trees.shown(tree) as folder:
            assert contents(folder) == {**before, "z.py": "z\n"}
    assert contents(ground) == before
    assert os.stat(ground / "a.py").st_nlink == 2  # what is shown shares the ground's files
