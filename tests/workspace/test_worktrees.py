from __future__ import annotations

import errno
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers.workspace_state import fingerprint, git, make_repository, work_tree_state

from flashagent.errors import SavedMeanwhile, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.git import Repository
from flashagent.workspace.state import state_folder
from flashagent.workspace.worktrees import CandidateTrees, Signature, clone_file

OLD = "def add(a, b):\n    return a - b\n"
NEW = "def add(a, b):\n    return a + b\n"
FIX = FileChange("app.py", OLD, NEW)


def make_dirty(root: Path) -> dict[str, str]:
    """Dirty states, and what a tree beside it should hold."""
    (root / ".gitignore").write_text("*.log\n")
    (root / "x.log").write_text("ignored\n")
    (root / "src/util.py").write_bytes(b"staged\r\n")
    git(root, "add", "src/util.py")
    (root / "src/util.py").write_bytes(b"unstaged\r\n")
    (root / "src/util.py").chmod(0o755)
    (root / "docs/a.txt").unlink()
    (root / "untracked.py").write_text("u\n")
    (root / "link").symlink_to("src")
    make_repository(root / "nested", {"inner.py": "x\n"}, home=root.parent / "home")
    return work_tree_state(root, skip={"nested"})


def test_a_tree_is_the_work_tree_as_it_is_plus_changes(
    root: Path, repository: Repository, state_dir: Path
) -> None:
    expected = make_dirty(root)
    before = fingerprint(root)
    with CandidateTrees(repository, state_dir) as trees:
        with trees.tree([]) as tree:
            assert work_tree_state(tree) == expected
            assert not tree.is_relative_to(root) and not (tree / ".git").exists()
            assert (tree / "app.py").stat().st_mtime_ns == (root / "app.py").stat().st_mtime_ns
        changes = [FIX, FileChange("untracked.py", "u\n", None), FileChange("a/b.py", None, "b\n")]
        with trees.tree(changes) as tree:
            assert (tree / "app.py").read_text() == NEW
            assert not (tree / "untracked.py").exists()
            assert (tree / "a/b.py").read_text() == "b\n"
    assert fingerprint(root) == before
    assert git(root, "worktree", "list").count("\n") == 1
    assert list((state_dir / "trees").iterdir()) == []


def test_a_used_tree_is_reset(root: Path, repository: Repository, state_dir: Path, tmp_path: Path) -> None:
    expected = make_dirty(root)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "util.py").write_text("precious\n")
    copied: list[str] = []

    def clone(source: Path, target: Path) -> None:
        copied.append(source.name)
        clone_file(source, target)

    trees = CandidateTrees(repository, state_dir, clone=clone)
    with trees.tree([FIX]) as tree:
        first = tree
        (tree / "untracked.py").write_text("test wrote\n")
        (tree / "__pycache__").mkdir()
        (tree / "__pycache__/app.pyc").write_bytes(b"stale")
        (tree / "__pycache__").chmod(0)
        (tree / "src/util.py").unlink()
        (tree / "src").rmdir()
        (tree / "src").symlink_to(outside)
        (tree / ".gitignore").unlink()
        (tree / ".gitignore").mkdir()
    copied.clear()
    with trees.tree([]) as tree:
        assert tree == first
        assert work_tree_state(tree) == expected
        assert sorted(copied) == [".gitignore", "app.py", "untracked.py", "util.py"]
    assert (outside / "util.py").read_text() == "precious\n"
    copied.clear()
    (root / "app.py").write_text("edited by the user\n")
    (root / "untracked.py").unlink()
    with trees.tree([]) as tree:
        assert work_tree_state(tree) == {k: v for k, v in work_tree_state(root).items() if k in expected}
        assert copied == ["app.py"]
    trees.close()


def test_threads_get_trees_of_their_own(root: Path, repository: Repository, state_dir: Path) -> None:
    seen: list[Path] = []
    meet = threading.Barrier(3)
    with CandidateTrees(repository, state_dir) as trees:

        def use() -> None:
            with trees.tree([FIX]) as tree:
                seen.append(tree)
                meet.wait(timeout=60)

        threads = [threading.Thread(target=use) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(seen)) == 3
        with trees.tree([]) as again:
            assert again in seen


def test_a_frozen_pool_looks_once(root: Path, repository: Repository, state_dir: Path) -> None:
    with CandidateTrees(repository, state_dir) as trees:
        with trees.frozen():
            with trees.tree([FIX]) as tree:
                assert (tree / "app.py").read_text() == NEW
            (root / "new.py").write_text("new\n")
            with trees.tree([]) as tree:
                assert (tree / "app.py").read_text() == OLD
                assert not (tree / "new.py").exists()
        with trees.tree([]) as tree:
            assert (tree / "new.py").exists()


def test_state_folders_are_per_repository(tmp_path: Path) -> None:
    one, two = tmp_path / "a/project", tmp_path / "b/project"
    one.mkdir(parents=True)
    two.mkdir(parents=True)
    (tmp_path / "link").symlink_to(one)
    assert state_folder(tmp_path, one) == state_folder(tmp_path, tmp_path / "link")
    assert state_folder(tmp_path, one) != state_folder(tmp_path, two)


def test_stale_or_hostile_changes_are_refused(root: Path, repository: Repository, state_dir: Path) -> None:
    with CandidateTrees(repository, state_dir) as trees:
        for change in (
            FileChange("app.py", "stale", "x"), FileChange("app.py", None, "x"), FileChange("../x", None, "x"),
            FileChange(".git/config", None, "x"),
        ):  # fmt: skip
            with pytest.raises(WorkspaceError), trees.tree([change]):
                pass
        with trees.tree([]) as tree:
            assert work_tree_state(tree) == work_tree_state(root)


def test_trees_of_dead_processes_are_removed(
    root: Path, repository: Repository, state_dir: Path, environment: dict[str, str]
) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom flashagent.workspace.git import Repository\n"
        "from flashagent.workspace.worktrees import CandidateTrees\n"
        "with CandidateTrees(Repository.open(Path(sys.argv[1])), Path(sys.argv[2])).tree([]) as tree:\n"
        "    (tree / 'src').chmod(0)\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(root), str(state_dir)], env=environment, check=False)
    left = list((state_dir / "trees").iterdir())
    assert len(left) == 1 and (left[0] / "1/app.py").exists()
    with CandidateTrees(repository, state_dir) as trees, trees.tree([]):
        assert not left[0].exists()


def test_a_tree_that_does_not_fit_gives_its_room_back(
    root: Path, repository: Repository, state_dir: Path
) -> None:
    full = True

    def clone(source: Path, target: Path) -> None:
        clone_file(source, target)
        if full and source.name == "util.py":
            raise OSError(errno.ENOSPC, "No space left on device", str(target))

    with CandidateTrees(repository, state_dir, clone=clone) as trees:
        with pytest.raises(WorkspaceError, match="No space left"), trees.tree([]):
            pass
        assert [path for path in (state_dir / "trees").rglob("*") if path.is_file()] == []
        full = False
        with trees.tree([]) as tree:
            assert work_tree_state(tree) == work_tree_state(root)


def test_a_tree_given_back_is_reset_beside_the_other_work(
    root: Path, repository: Repository, state_dir: Path
) -> None:
    expected = make_dirty(root)
    copied: list[str] = []

    def clone(source: Path, target: Path) -> None:
        copied.append(source.name)
        clone_file(source, target)

    with CandidateTrees(repository, state_dir, clone=clone) as trees, trees.frozen():
        with trees.tree([FIX]) as first:
            (first / "made").mkdir()
            (first / "made" / "x").write_text("x")
            copied.clear()  # what follows may be done as soon as the tree is given back
        with trees.tree([]) as second:
            assert (second, work_tree_state(second)) == (first, expected)
            assert copied == ["app.py"]
            (root / "app.py").write_text("saved while it is frozen\n")
    with CandidateTrees(repository, state_dir) as trees:
        with trees.frozen(), trees.tree([]) as tree:
            assert (tree / "app.py").read_text() == "saved while it is frozen\n"
        (root / "app.py").write_text("saved after\n")
        with trees.tree([]) as tree:
            assert (tree / "app.py").read_text() == "saved after\n"


def test_many_at_once_get_trees_of_their_own(root: Path, repository: Repository, state_dir: Path) -> None:
    expected = make_dirty(root)

    def use(number: int) -> Path:
        with trees.tree([FIX]) as tree:
            (tree / "mine").write_text(str(number))
            assert (tree / "mine").read_text() == str(number)
            return tree

    with CandidateTrees(repository, state_dir) as trees, trees.frozen():
        with ThreadPoolExecutor(4) as pool:
            used = set(pool.map(use, range(24)))
        assert len(used) <= 4
        with trees.tree([]) as tree:
            assert work_tree_state(tree) == expected
    assert list((state_dir / "trees").iterdir()) == []


@pytest.mark.parametrize(
    ("now", "wanted"), [("MINE = 1\n" + OLD, "MINE = 1\n" + NEW), (OLD.replace("- b", "* b"), "")]
)
def test_a_change_is_merged_with_what_was_saved(
    root: Path, repository: Repository, state_dir: Path, now: str, wanted: str
) -> None:
    (root / "app.py").write_text(now)
    with CandidateTrees(repository, state_dir) as trees:
        if wanted:
            with trees.tree([FIX]) as tree:
                assert (tree / "app.py").read_text() == wanted
            return
        with pytest.raises(SavedMeanwhile, match="app.py"), trees.tree([FIX]):
            pass
        (root / "app.py").unlink()
        with pytest.raises(SavedMeanwhile, match="removed"), trees.tree([FIX]):
            pass


def test_a_quick_tree_asks_git_only_when_a_file_came_or_went(
    root: Path, repository: Repository, state_dir: Path
) -> None:
    class Counting(CandidateTrees):
        looks = 0

        def _wanted(self) -> dict[str, Signature]:
            self.looks += 1
            return super()._wanted()

    def shown() -> dict[str, str]:
        with trees.tree([], quick=True) as tree:
            return {
                name: (tree / name).read_text() for name in ("app.py", "new.py") if (tree / name).exists()
            }

    with Counting(repository, state_dir) as trees:
        assert (shown(), trees.looks) == ({"app.py": OLD}, 1)
        with trees.tree([FIX], quick=True) as tree:
            assert (tree / "app.py").read_text() == NEW
        assert (shown(), trees.looks) == ({"app.py": OLD}, 1)
        with (root / "app.py").open("a") as file:
            file.write("saved\n")
        assert (shown(), trees.looks) == ({"app.py": OLD + "saved\n"}, 1)
        (root / "new.py").write_text("new\n")
        assert (shown(), trees.looks) == ({"app.py": OLD + "saved\n", "new.py": "new\n"}, 2)
        (root / "app.py").unlink()
        assert (shown(), trees.looks) == ({"new.py": "new\n"}, 3)
        with trees.tree([]):
            assert trees.looks == 4
