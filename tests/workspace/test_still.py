from __future__ import annotations

from pathlib import Path

from helpers.workspace_state import work_tree_state

from flashagent.values import FileChange
from flashagent.workspace.git import Repository
from flashagent.workspace.still import still


def test_trees_hold_what_was_there_at_the_start_whatever_is_saved_meanwhile(
    root: Path, repository: Repository, state_dir: Path
) -> None:
    expected = work_tree_state(root)
    listed = repository.files()
    (root / "untracked.py").write_text("u\n")
    with still(repository, state_dir) as (ground, seen, trees):
        old = (root / "app.py").read_text()
        (root / "app.py").write_text("saved = True\n")
        (root / "docs/a.txt").unlink()
        for _ in range(2):  # a new tree, and one that was used before
            with trees.tree(
                (FileChange("app.py", old, "x = 1\n"), FileChange("new.py", None, "n\n"))
            ) as tree:
                assert (tree / "app.py").read_text() == "x = 1\n"
                (tree / "README").write_text("left by a check\n")
        with trees.tree(()) as tree:
            assert work_tree_state(tree) == expected
        assert work_tree_state(ground) == expected
        assert seen.files() == listed
    assert (root / "app.py").read_text() == "saved = True\n"
    assert not ground.exists()
