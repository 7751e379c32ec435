"""A state folder that cannot be used is one clear error, whatever is written first; it never lies in the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.workspace_state import make_repository

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace
from flashagent.workspace.state import state_folder
from flashagent.workspace.worktrees import CandidateTrees


def _take(repository: Repository, state: Path) -> None:
    Checkpoints(repository, state).take("start")


def _apply(repository: Repository, state: Path) -> None:
    Workspace(repository.root, state).apply([FileChange("new.py", None, "x" * 4096)])


def _tree(repository: Repository, state: Path) -> None:
    with CandidateTrees(repository, state) as trees, trees.tree([]):
        pass


@pytest.mark.parametrize("use", [_take, _apply, _tree])
@pytest.mark.parametrize("kind", ["file", "nowhere"])
def test_a_folder_that_cannot_be_made(
    repository: Repository, tmp_path: Path, use: Callable[[Repository, Path], None], kind: str
) -> None:
    plain = tmp_path / "plain"
    plain.write_text("not a folder")
    state = plain / "state" if kind == "file" else Path("/proc/nowhere/state")
    with pytest.raises(WorkspaceError) as failed:
        use(repository, state)
    assert "FLASHAGENT_HOME" in failed.value.hint
    assert not (repository.root / "new.py").exists()


FULL = """
import resource, signal, sys
from pathlib import Path
from flashagent.errors import WorkspaceError
sys.path.insert(0, str(Path(sys.argv[4]).parent))
import test_state
repository = test_state.Repository.open(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[5]), resource.RLIM_INFINITY))
try:
    getattr(test_state, sys.argv[3])(repository, Path(sys.argv[2]))
except WorkspaceError as error:
    print(error.message)
    sys.exit(2)
"""


@pytest.mark.parametrize("limit", [0, 200])
@pytest.mark.parametrize("use", ["_take", "_apply", "_tree"])
def test_a_write_that_fails_half_way(
    root: Path, state_dir: Path, environment: dict[str, str], use: str, limit: int
) -> None:
    (root / "large.txt").write_text("x" * 4096)
    before = sorted(path for path in root.rglob("*") if ".git" not in path.parts)
    arguments = [sys.executable, "-c", FULL, str(root), str(state_dir), use, __file__, str(limit)]
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        arguments, env={**environment, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout
    assert sorted(path for path in root.rglob("*") if ".git" not in path.parts) == before


def test_it_never_lies_in_the_repository_and_is_not_made(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    for home in (root / ".fa", root, tmp_path / "link" / ".fa"):
        with pytest.raises(WorkspaceError, match="inside the repository"):
            state_folder(home, root)
    assert not (root / ".fa").exists()
    assert state_folder(tmp_path / "fa", root).is_relative_to(tmp_path / "fa")


def test_a_repository_whose_path_is_no_utf8(tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xe9po"))
    environment = make_repository(root, {"app.py": "a\n"}, home=tmp_path / "home")
    state = state_folder(tmp_path / "fa", root)
    with Repository.open(root, environ=environment) as repository:
        checkpoints = Checkpoints(repository, state)
        checkpoints.take("start")
        strange = os.fsdecode(b"n\xe9w.py")
        workspace = Workspace(root, state, before_write=checkpoints.watch)
        workspace.apply([FileChange("app.py", "a\n", "b\n"), FileChange(strange, None, "x\n")])
        with CandidateTrees(repository, state) as trees, trees.tree([]) as tree:
            assert (tree / strange).read_text() == "x\n"
        assert {change.path for change in checkpoints.undo().changes} == {"app.py", strange}
    assert (root / "app.py").read_text() == "a\n" and not (root / strange).exists()
