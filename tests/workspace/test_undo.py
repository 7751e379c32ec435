"""Undo and redo of what flashagent wrote: nothing else of the user's moves, and nothing is lost."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from helpers.workspace_state import git, index_state, work_tree_state

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace
from flashagent.workspace.restoring import Change

Writes = Callable[[Mapping[str, str | None]], None]


@pytest.fixture
def checkpoints(repository: Repository, state_dir: Path) -> Checkpoints:
    return Checkpoints(repository, state_dir)


@pytest.fixture
def writes(root: Path, state_dir: Path, checkpoints: Checkpoints) -> Writes:
    """Writes files as flashagent does; None removes one."""
    workspace = Workspace(root, state_dir, before_write=checkpoints.watch)

    def write(files: Mapping[str, str | None]) -> None:
        before = {path: workspace.read(path) if (root / path).exists() else None for path in files}
        workspace.apply([FileChange(path, before[path], after) for path, after in files.items()])

    return write


def test_undo_and_redo_walk_back_and_forth(root: Path, checkpoints: Checkpoints, writes: Writes) -> None:
    states = []
    for number in range(3):
        states.append(work_tree_state(root))
        checkpoints.take(f"turn {number}")
        writes({"app.py": f"turn {number}\n", f"new{number}": "new\n"})
    states.append(work_tree_state(root))
    done = checkpoints.undo()
    assert done.changes == (Change("app.py", "modified"), Change("new2", "deleted"))
    assert "-turn 2" in done.diff and done.checkpoint.label == "turn 2"
    assert work_tree_state(root) == states[2]
    checkpoints.undo()
    assert work_tree_state(root) == states[1]
    assert checkpoints.undo().checkpoint.label == "turn 0"
    assert work_tree_state(root) == states[0]
    with pytest.raises(WorkspaceError, match="nothing to undo"):
        checkpoints.undo()
    for number in (1, 2, 3):
        checkpoints.redo()
        assert work_tree_state(root) == states[number]
    with pytest.raises(WorkspaceError, match="nothing to redo"):
        checkpoints.redo()
    checkpoints.undo()
    assert work_tree_state(root) == states[2]


def test_later_work_of_the_user_stays(root: Path, checkpoints: Checkpoints, writes: Writes) -> None:
    checkpoints.take("the fix")
    writes({"app.py": "agent\n", "made/by_agent.py": "x\n", "docs/a.txt": None})
    (root / "src/extra.py").write_text("mine\n")
    (root / "src/util.py").write_text("mine, staged\n")
    git(root, "add", "src/util.py")
    (root / "src/util.py").write_text("mine, unstaged\n")
    index = index_state(root)
    done = checkpoints.undo()
    assert [change.path for change in done.changes] == ["app.py", "docs/a.txt", "made/by_agent.py"]
    assert "mine" not in done.diff
    assert (root / "app.py").read_text().startswith("def add") and (root / "docs/a.txt").exists()
    assert not (root / "made").exists()
    assert (root / "src/extra.py").read_text() == "mine\n"
    assert (root / "src/util.py").read_text() == "mine, unstaged\n"
    assert index_state(root) == index
    (root / "src/later.py").write_text("mine too\n")
    checkpoints.redo()
    assert (root / "app.py").read_text() == "agent\n" and not (root / "docs/a.txt").exists()
    assert (root / "src/later.py").read_text() == "mine too\n"
    assert index_state(root) == index


def test_work_that_was_committed_since_stays(root: Path, checkpoints: Checkpoints, writes: Writes) -> None:
    checkpoints.take("the fix")
    writes({"app.py": "agent\n"})
    (root / "src/extra.py").write_text("mine\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Mine")
    head, index = git(root, "rev-parse", "HEAD"), index_state(root)
    done = checkpoints.undo()
    assert done.head_moved and done.changes == (Change("app.py", "modified"),)
    assert (root / "src/extra.py").read_text() == "mine\n"
    assert (git(root, "rev-parse", "HEAD"), index_state(root)) == (head, index)


def test_index_entries_of_the_written_files_alone_go_back(
    root: Path, checkpoints: Checkpoints, writes: Writes
) -> None:
    before = index_state(root)
    checkpoints.take("the fix")
    writes({"app.py": "agent\n", "new.py": "x\n", "docs/a.txt": None})
    git(root, "add", "-A")
    assert checkpoints.undo().index_restored
    assert git(root, "diff", "--cached", "--name-only") == ""
    assert git(root, "status", "--porcelain") == ""
    assert index_state(root) == before
    (root / "src/util.py").write_text("mine\n")
    git(root, "add", "src/util.py")
    checkpoints.redo()
    assert git(root, "diff", "--cached", "--name-only").split() == [
        "app.py",
        "docs/a.txt",
        "new.py",
        "src/util.py",
    ]


def test_a_written_file_that_the_user_changed_is_not_taken_back_unasked(
    root: Path, checkpoints: Checkpoints, writes: Writes
) -> None:
    start = work_tree_state(root)
    checkpoints.take("the fix")
    writes({"app.py": "agent\n", "src/util.py": "agent\n"})
    (root / "app.py").write_text("agent\nuser\n")
    mine = work_tree_state(root)
    with pytest.raises(WorkspaceError, match=r"flashagent wrote it: app\.py\. Nothing was done") as refused:
        checkpoints.undo()
    assert "--force" in refused.value.hint and "undo --list" in refused.value.hint
    assert work_tree_state(root) == mine
    done = checkpoints.undo(force=True)
    assert work_tree_state(root) == start
    assert done.before is not None
    checkpoints.restore(done.before.id)
    assert work_tree_state(root) == mine


def test_redo_does_not_overwrite_what_was_changed_since_the_undo(
    root: Path, checkpoints: Checkpoints, writes: Writes
) -> None:
    checkpoints.take("the fix")
    writes({"app.py": "agent\n"})
    checkpoints.undo()
    (root / "app.py").write_text("user\n")
    with pytest.raises(WorkspaceError, match=r"Changed since the undo: app\.py"):
        checkpoints.redo()
    assert (root / "app.py").read_text() == "user\n"
    checkpoints.redo(force=True)
    assert (root / "app.py").read_text() == "agent\n"


def test_what_was_undone_stays_reachable_after_another_change(
    root: Path, checkpoints: Checkpoints, writes: Writes
) -> None:
    checkpoints.take("first")
    writes({"app.py": "first\n"})
    (root / "extra.py").write_text("mine\n")
    whole = work_tree_state(root)
    checkpoints.undo()
    checkpoints.take("second")
    writes({"app.py": "second\n"})
    with pytest.raises(WorkspaceError, match="nothing to redo"):
        checkpoints.redo()
    listed = {checkpoint.label: checkpoint.id for checkpoint in checkpoints.list()}
    assert list(listed) == ["first", "before undo", "second"]
    checkpoints.restore(listed["before undo"])
    assert work_tree_state(root) == whole


def test_the_user_may_edit_between_the_checkpoint_and_the_write(
    root: Path, checkpoints: Checkpoints, writes: Writes
) -> None:
    checkpoints.take("turn")
    (root / "app.py").write_text("user\n")
    writes({"app.py": "user\nagent\n"})
    writes({"app.py": "user\nagent\nagent again\n"})
    checkpoints.undo()
    assert (root / "app.py").read_text() == "user\n"
    with pytest.raises(WorkspaceError, match="nothing to undo"):
        checkpoints.undo()


def test_commands_and_users_are_not_undone_when_nothing_was_written(
    root: Path, checkpoints: Checkpoints
) -> None:
    checkpoints.take("turn")
    (root / "app.py").write_text("user\n")
    with pytest.raises(WorkspaceError, match="nothing to undo"):
        checkpoints.undo()
    assert (root / "app.py").read_text() == "user\n"


def test_a_patch_that_failed_leaves_nothing_to_undo(
    root: Path, state_dir: Path, checkpoints: Checkpoints
) -> None:
    def fail(step: str) -> None:
        if step == "switched app.py":
            raise OSError(28, "No space left on device")

    checkpoints.take("turn")
    workspace = Workspace(root, state_dir, before_write=checkpoints.watch, after_step=fail)
    with pytest.raises(WorkspaceError, match="nothing was changed"):
        workspace.apply([FileChange("app.py", workspace.read("app.py"), "agent\n")])
    with pytest.raises(WorkspaceError, match="nothing to undo"):
        checkpoints.undo()


def test_a_checkpoint_that_does_not_know_what_was_written_goes_back_whole(
    root: Path, checkpoints: Checkpoints, state_dir: Path
) -> None:
    start = work_tree_state(root)
    taken = checkpoints.take("old")
    folder = state_dir / "checkpoints"
    plain = dataclasses.asdict(taken)
    del plain["written"]
    (folder / f"{taken.id}.json").write_text(json.dumps(plain))
    (folder / "timeline.json").write_text(json.dumps({"ids": [taken.id], "position": 0, "count": 1}))
    (root / "app.py").write_text("agent\n")
    (root / "new.py").write_text("agent\n")
    changed = work_tree_state(root)
    checkpoints.undo()
    assert work_tree_state(root) == start
    checkpoints.redo()
    assert work_tree_state(root) == changed


KILLED = """
import os, signal, sys
from pathlib import Path
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
left = int(sys.argv[3])
def watch(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir"):
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
checkpoints = Checkpoints(Repository.open(Path(sys.argv[1])), Path(sys.argv[2]))
sys.addaudithook(watch)
checkpoints.undo()
"""


def test_a_kill_during_undo_is_finished_and_can_be_redone(
    root: Path, checkpoints: Checkpoints, writes: Writes, state_dir: Path, environment: dict[str, str]
) -> None:
    start = work_tree_state(root)
    checkpoints.take("start")
    writes({"app.py": "agent\n", "brand/new.py": "x\n", "docs/a.txt": None})
    worked = work_tree_state(root)
    recovered = 0
    for count in range(0, 200, 2):
        arguments = [sys.executable, "-c", KILLED, str(root), str(state_dir), str(count)]
        done = subprocess.run(arguments, env=environment, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            assert done.returncode == -signal.SIGKILL, done.stderr
            (root / "mine.txt").write_text(f"{count}\n")
            if checkpoints.recover() is None and work_tree_state(root, ["mine.txt"]) == worked:
                checkpoints.undo()
            else:
                recovered += 1
            assert (root / "mine.txt").read_text() == f"{count}\n"
        assert work_tree_state(root, ["mine.txt"]) == start, count
        checkpoints.redo()
        assert work_tree_state(root, ["mine.txt"]) == worked, count
        if done.returncode == 0:
            break
    assert done.returncode == 0 and recovered > 3
