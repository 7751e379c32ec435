from __future__ import annotations

from pathlib import Path

from helpers.workspace_state import make_repository, work_tree_state

from flashagent.workspace import ignored
from flashagent.workspace.git import Repository
from flashagent.workspace.worktrees import CandidateTrees


def make(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


def test_a_candidate_tree_has_generated_files_but_no_caches_and_no_dependencies(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    environ = make_repository(
        root,
        {
            "pkg/__init__.py": "",
            ".gitignore": "_version.py\n*.so\n*.egg-info/\nnode_modules/\n.venv/\n__pycache__/\n",
        },
    )
    make(root, "pkg/_version.py", "pkg/fast.so", "src.egg-info/PKG-INFO", "src.egg-info/sub/top_level.txt")
    make(
        root,
        "node_modules/a/index.js",
        "pkg/__pycache__/x.pyc",
        ".venv/pyvenv.cfg",
        ".venv/lib/a.py",
        "new.py",
    )
    with (
        Repository.open(root, environ=environ) as repository,
        CandidateTrees(repository, tmp_path / "state") as trees,
        trees.tree(()) as tree,
    ):
        assert sorted(work_tree_state(tree)) == [
            ".gitignore", "new.py", "pkg/__init__.py", "pkg/_version.py", "pkg/fast.so", "src.egg-info/PKG-INFO",
            "src.egg-info/sub/top_level.txt",
        ]  # fmt: skip


def test_an_environment_that_nobody_ignored_is_not_copied(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    environ = make_repository(root, {"a.py": ""})
    make(root, "env/pyvenv.cfg", "env/lib/site-packages/b.py", "node_modules/c/index.js", "data/d.txt")
    with (
        Repository.open(root, environ=environ) as repository,
        CandidateTrees(repository, tmp_path / "state") as trees,
        trees.tree(()) as tree,
    ):
        assert sorted(work_tree_state(tree)) == ["a.py", "data/d.txt"]


def test_a_folder_with_too_many_files_is_left_out_whole(tmp_path: Path) -> None:
    make(tmp_path, *(f"out/{number}" for number in range(ignored.MOST_FILES + 1)), "few/a", "few/b")
    assert ignored.needed(tmp_path, ["out/", "few/", "gone.txt"]) == ["few/a", "few/b", "gone.txt"]
