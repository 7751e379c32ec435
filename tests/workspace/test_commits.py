from __future__ import annotations

from pathlib import Path

import pytest
from helpers.workspace_state import fingerprint, git, index_state, make_repository, work_tree_state

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace

OLD = "def add(a, b):\n    return a - b\n"
NEW = "def add(a, b):\n    return a + b\n"
FIX = FileChange("app.py", OLD, NEW)


def status(root: Path) -> list[str]:
    return git(root, "status", "--porcelain", "-uall").splitlines()


def test_commit_holds_the_changes_and_leaves_everything_else(
    root: Path, repository: Repository, state_dir: Path
) -> None:
    (root / "src/util.py").write_text("X = 'staged'\n")
    (root / "staged.py").write_text("staged\n")
    git(root, "add", "src/util.py", "staged.py")
    (root / "src/util.py").write_text("X = 'unstaged'\n")
    (root / "intent.py").write_text("intent\n")
    git(root, "add", "-N", "intent.py")
    (root / "docs/a.txt").unlink()
    (root / "untracked").write_text("u\n")
    changes = [FIX, FileChange("made/new.py", None, "new\n")]
    Workspace(root, state_dir).apply(changes)
    files, staged = work_tree_state(root), git(root, "diff", "--cached", "--raw", "src", "staged.py", "docs")
    made = repository.commit(changes, "Fix add\n\nBecause.\n")
    assert repository.head() == made
    assert git(root, "show", "--format=%an <%ae>%n%B", "--name-status", made).split("\n") == [
        "Test Person <test@example.invalid>", "Fix add", "", "Because.", "", "", "M\tapp.py", "A\tmade/new.py", "",
    ]  # fmt: skip
    assert git(root, "show", f"{made}:app.py") == NEW
    assert work_tree_state(root) == files
    assert git(root, "diff", "--cached", "--raw", "src", "staged.py", "docs") == staged
    assert sorted(status(root)) == sorted(
        [" D docs/a.txt", " A intent.py", "MM src/util.py", "A  staged.py", "?? untracked"]
    )
    assert git(root, "stash", "list") == ""


def test_commit_of_a_file_with_staged_and_unstaged_work_takes_only_the_change(
    root: Path, repository: Repository
) -> None:
    lines = [f"line {number}\n" for number in range(20)]
    (root / "docs/a.txt").write_text("".join(lines))
    git(root, "commit", "-qam", "Long")
    staged = ["STAGED\n", *lines[1:]]
    (root / "docs/a.txt").write_text("".join(staged))
    git(root, "add", "docs/a.txt")
    before = [*staged[:19], "UNSTAGED\n"]
    after = [*before[:10], "FIXED\n", *before[11:]]
    (root / "docs/a.txt").write_text("".join(after))
    made = repository.commit([FileChange("docs/a.txt", "".join(before), "".join(after))], "Fix")
    assert git(root, "show", f"{made}:docs/a.txt") == "".join([*lines[:10], "FIXED\n", *lines[11:]])
    assert git(root, "show", ":docs/a.txt") == "".join([*staged[:10], "FIXED\n", *staged[11:]])
    assert (root / "docs/a.txt").read_text() == "".join(after)


@pytest.mark.parametrize("stage", [True, False])
def test_overlap_with_the_users_work_is_refused(root: Path, repository: Repository, stage: bool) -> None:
    before = OLD.replace("a - b", "a * b")
    (root / "app.py").write_text(before)
    if stage:
        git(root, "add", "app.py")
    (root / "app.py").write_text(NEW)
    state = fingerprint(root)
    with pytest.raises(WorkspaceError, match=r"app\.py: the change touches"):
        repository.commit([FileChange("app.py", before, NEW)], "Fix")
    assert fingerprint(root) == state


def test_untracked_work_of_the_user_is_not_committed(root: Path, repository: Repository) -> None:
    (root / "mine.py").write_text("mine\nfixed\n")
    state = fingerprint(root)
    with pytest.raises(WorkspaceError, match="in no commit yet"):
        repository.commit([FileChange("mine.py", "mine\n", "mine\nfixed\n")], "Fix")
    assert fingerprint(root) == state


def test_delete_and_mode_and_encoding(root: Path, repository: Repository, state_dir: Path) -> None:
    (root / "run.sh").write_bytes("caf\xe9\r\n".encode("latin-1"))
    (root / "run.sh").chmod(0o755)
    git(root, "add", "run.sh")
    git(root, "commit", "-qm", "Script")
    changes = [FileChange("run.sh", "caf\xe9\r\n", "th\xe9\r\n"), FileChange("src/util.py", "X = 1\n", None)]
    Workspace(root, state_dir).apply(changes)
    made = repository.commit(changes, "Tea")
    assert git(root, "ls-tree", made, "run.sh").startswith("100755 blob")
    assert git(root, "show", f"{made}:run.sh") == "th\udce9\r\n"
    assert git(root, "ls-tree", "-r", "--name-only", made, "src") == ""
    assert status(root) == []


def test_line_end_rules_of_the_user_hold(root: Path, repository: Repository, state_dir: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    (root / "app.py").write_bytes(OLD.replace("\n", "\r\n").encode())
    change = FileChange("app.py", OLD.replace("\n", "\r\n"), NEW.replace("\n", "\r\n"))
    Workspace(root, state_dir).apply([change])
    made = repository.commit([change], "Fix")
    assert git(root, "show", f"{made}:app.py") == NEW
    assert git(root, "diff", "HEAD", "--stat") == ""


def test_first_commit_of_an_unborn_branch(tmp_path: Path) -> None:
    root = tmp_path / "new"
    environment = make_repository(root)
    (root / "mine").write_text("mine\n")
    git(root, "add", "mine")
    with Repository.open(root, environ=environment) as repository:
        made = repository.commit([FileChange("a.py", None, "a\n")], "Start")
    assert git(root, "ls-tree", "-r", "--name-only", made) == "a.py\n"
    assert "A  mine" in status(root)


def test_detached_head_stays_detached(root: Path, repository: Repository) -> None:
    git(root, "checkout", "-q", "--detach")
    (root / "app.py").write_text(NEW)
    made = repository.commit([FIX], "Fix")
    assert (repository.head(), repository.branch()) == (made, None)
    assert git(root, "rev-parse", "main") != made + "\n"


def hook(root: Path, name: str, body: str) -> None:
    place = root / ".git" / "hooks" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\n{body}\n")
    place.chmod(0o755)


def test_hooks_run(root: Path, repository: Repository) -> None:
    hook(root, "pre-commit", "git diff --cached --name-only > .git/seen")
    hook(root, "commit-msg", 'echo "Checked: yes" >> "$1"')
    (root / "app.py").write_text(NEW)
    (root / "src/util.py").write_text("other\n")
    git(root, "add", "src/util.py")
    repository.commit([FIX], "Fix")
    assert (root / ".git/seen").read_text() == "app.py\n"
    assert repository.recent_messages(1) == ("Fix\nChecked: yes",)


def test_a_failing_hook_is_told_and_nothing_is_committed(root: Path, repository: Repository) -> None:
    hook(root, "pre-commit", "echo 'line too long' >&2; exit 1")
    (root / "app.py").write_text(NEW)
    state = fingerprint(root)
    with pytest.raises(WorkspaceError, match="line too long") as caught:
        repository.commit([FIX], "Fix")
    assert "hook" in caught.value.hint
    assert fingerprint(root) == state


def test_a_hook_that_waits_is_ended(root: Path, repository: Repository) -> None:
    hook(root, "pre-commit", "if read answer < /dev/tty; then exit 0; fi; sleep 1000 & wait")
    (root / "app.py").write_text(NEW)
    state = fingerprint(root)
    with pytest.raises(WorkspaceError, match="did not end within 1 second"):
        repository.commit([FIX], "Fix", timeout_s=1)
    assert fingerprint(root) == state
    assert not list((root / ".git").glob("*.lock"))


def test_signing_that_fails_is_told(root: Path, repository: Repository) -> None:
    git(root, "config", "commit.gpgSign", "true")
    git(root, "config", "gpg.program", "false")
    (root / "app.py").write_text(NEW)
    state = fingerprint(root)
    with pytest.raises(WorkspaceError, match="gpg failed to sign"):
        repository.commit([FIX], "Fix")
    assert fingerprint(root) == state


def test_no_identity_is_told(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    (root / "app.py").write_text(NEW)
    state = fingerprint(root)
    nobody = {**environment, "GIT_CONFIG_GLOBAL": str(empty)}
    with (
        Repository.open(root, environ=nobody) as repository,
        pytest.raises(WorkspaceError, match="who you are") as caught,
    ):
        repository.commit([FIX], "Fix")
    assert "user.email" in caught.value.hint
    assert fingerprint(root) == state


def test_a_locked_index_is_waited_for_and_never_unlocked(root: Path, repository: Repository) -> None:
    (root / "app.py").write_text(NEW)
    state = fingerprint(root)
    lock = root / ".git" / "index.lock"
    with lock.open("w"), pytest.raises(WorkspaceError, match=r"index\.lock.*held by process"):
        repository.commit([FIX], "Fix")
    assert lock.exists()
    lock.unlink()
    assert fingerprint(root) == state


def test_no_commit_during_a_merge(root: Path, repository: Repository) -> None:
    git(root, "checkout", "-q", "-b", "side")
    (root / "app.py").write_text("side\n")
    git(root, "commit", "-qam", "Side")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-commit", "--no-ff", "side")
    state = fingerprint(root)
    with pytest.raises(WorkspaceError, match="merge is in progress"):
        repository.commit([FileChange("src/util.py", "X = 1\n", "X = 2\n")], "Fix")
    assert fingerprint(root) == state


def test_paths_out_of_bounds_are_refused(root: Path, repository: Repository) -> None:
    state = fingerprint(root)
    for path in ("../x", ".git/config", "/etc/x"):
        with pytest.raises(WorkspaceError):
            repository.commit([FileChange(path, None, "x")], "Fix")
    assert fingerprint(root) == state
    assert index_state(root)
