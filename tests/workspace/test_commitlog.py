"""kill -9 in the middle of a commit: git finishes by itself, and the next start brings the index after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.workspace_state import git, index_state, state_of

from flashagent.errors import RunnerMissing, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace

OLD = "def add(a, b):\n    return a - b\n"
NEW = "def add(a, b):\n    return a + b\n"
COMMIT = """
import sys
from pathlib import Path
from flashagent.values import FileChange
from flashagent.workspace.git import Repository
old, new = sys.argv[3:]
with Repository.open(Path(sys.argv[1])) as repository:
    repository.commit([FileChange("app.py", old, new)], "Fix", notes=Path(sys.argv[2]))
"""
# The hook's parent is git, and git's parent is the process under test.
KILL = "#!/bin/sh\nkill -9 $(cut -d' ' -f4 /proc/$PPID/stat)\n"


def commit_with_hook(root: Path, state: Path, environment: dict[str, str], hook: str) -> int:
    place = root / ".git" / "hooks" / hook
    place.parent.mkdir(exist_ok=True)
    place.write_text(KILL)
    place.chmod(0o755)
    command = [sys.executable, "-c", COMMIT, str(root), str(state), OLD, NEW]
    done = subprocess.run(command, env={**os.environ, **environment}, check=False)
    place.unlink()
    return done.returncode


def stage_work(root: Path) -> None:
    (root / "src/util.py").write_text("X = 'staged'\n")
    git(root, "add", "src/util.py")


@pytest.mark.parametrize("hook", ["pre-commit", "commit-msg", "post-commit"])
def test_the_next_start_finishes_a_commit_that_was_cut_off(
    root: Path, repository: Repository, state_dir: Path, environment: dict[str, str], hook: str
) -> None:
    stage_work(root)
    Workspace(root, state_dir).apply([FileChange("app.py", OLD, NEW)])
    assert commit_with_hook(root, state_dir, environment, hook) == -signal.SIGKILL
    made = repository.recover_commit(state_dir)
    assert made == git(root, "rev-parse", "HEAD").strip()
    assert git(root, "diff", "--name-only", "HEAD~1", "HEAD").split() == ["app.py"]
    assert git(root, "status", "--porcelain").splitlines() == ["M  src/util.py"]
    assert repository.recover_commit(state_dir) is None
    assert not list((root / ".git").glob("*.lock"))


def test_what_the_user_did_since_stays(
    root: Path, repository: Repository, state_dir: Path, environment: dict[str, str]
) -> None:
    Workspace(root, state_dir).apply([FileChange("app.py", OLD, NEW)])
    assert commit_with_hook(root, state_dir, environment, "post-commit") == -signal.SIGKILL
    (root / "app.py").write_text("mine\n")
    git(root, "add", "app.py")
    before = state_of(root)
    assert repository.recover_commit(state_dir) is None
    assert state_of(root) == before


def test_a_commit_that_was_never_made_leaves_nothing(
    root: Path, repository: Repository, state_dir: Path, environment: dict[str, str]
) -> None:
    Workspace(root, state_dir).apply([FileChange("app.py", OLD, NEW)])
    before = index_state(root)
    assert commit_with_hook(root, state_dir, environment, "post-commit") == -signal.SIGKILL
    git(root, "update-ref", "HEAD", "HEAD~1")
    assert repository.recover_commit(state_dir) is None
    assert index_state(root) == before


def test_a_hook_that_refuses_leaves_no_note(root: Path, repository: Repository, state_dir: Path) -> None:
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(WorkspaceError, match="no"):
        repository.commit([FileChange("app.py", OLD, NEW)], "Fix", notes=state_dir)
    assert not (state_dir / "commit.json").exists() and not (state_dir / "commit").exists()


def test_a_git_that_takes_no_settings_from_variables_is_refused(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    real = subprocess.run(
        ["sh", "-c", "command -v git"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (folder / "git").write_text(f'#!/bin/sh\nunset GIT_CONFIG_COUNT\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    with pytest.raises(RunnerMissing) as refused:
        Repository.open(root, environ={"PATH": str(folder), "HOME": str(tmp_path)})
    assert "too old" in refused.value.message and "2.31" in refused.value.hint
