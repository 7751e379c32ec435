from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.workspace_state import fingerprint, git, make_repository, state_of, work_tree_state

from flashagent.errors import WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace
from flashagent.workspace.restoring import Change


def dirty_everything(root: Path) -> None:
    """Staged and unstaged in one file, untracked, intent-to-add, deleted, modes, links, hidden and conflicting."""
    (root / "app.py").write_text("staged\n")
    git(root, "add", "app.py")
    (root / "app.py").write_text("unstaged\r\nno newline")
    (root / "src/util.py").chmod(0o755)
    (root / "docs/a.txt").unlink()
    (root / "untracked.txt").write_text("untracked\n")
    (root / "untracked.txt").chmod(0o600)
    (root / "intent.txt").write_text("intent\n")
    git(root, "add", "-N", "intent.txt")
    (root / "added.bin").write_bytes(bytes(range(256)))
    git(root, "add", "added.bin")
    (root / "link").symlink_to("app.py")
    (root / "dangling").symlink_to("../nowhere")
    git(root, "add", "link")
    strange = root / 'sp ace\n"quote" é'
    strange.write_bytes(b"\xff\xfe\x00")
    git(root, "rm", "-q", "-f", "--cached", "src/util.py")


def agent_works(root: Path) -> None:
    """What an agent and its commands may do: no file stays as it was."""
    (root / "app.py").write_text("agent\n")
    (root / "src/util.py").unlink()
    (root / "src").rmdir()
    (root / "src").write_text("a file now\n")
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs/a.txt").write_text("made again\n")
    (root / "untracked.txt").unlink()
    (root / "intent.txt").write_text("agent\n")
    (root / "added.bin").unlink()
    (root / "added.bin").mkdir()
    (root / "added.bin" / "inner").write_text("x\n")
    (root / "link").unlink()
    (root / "link").write_text("no link\n")
    (root / "dangling").unlink()
    (root / "dangling").symlink_to("elsewhere")
    (root / "brand").mkdir()
    (root / "brand/new.txt").write_text("new\n")


@pytest.fixture
def checkpoints(repository: Repository, state_dir: Path) -> Checkpoints:
    return Checkpoints(repository, state_dir)


def test_taking_one_touches_nothing(root: Path, checkpoints: Checkpoints) -> None:
    dirty_everything(root)
    index = (root / ".git/index").read_bytes()
    before = fingerprint(root)
    checkpoints.take("start")
    checkpoints.take("again")
    assert fingerprint(root) == before
    assert (root / ".git/index").read_bytes() == index
    assert "flashagent" not in git(root, "log", "--all", "--decorate", "--oneline")


def test_restore_brings_back_every_state_exactly(root: Path, checkpoints: Checkpoints) -> None:
    dirty_everything(root)
    before = state_of(root)
    taken = checkpoints.take("start")
    agent_works(root)
    git(root, "add", "-A")
    after = state_of(root)
    restored = checkpoints.restore(taken.id)
    assert state_of(root) == before
    assert restored.index_restored and not restored.head_moved and restored.before is not None
    assert not (root / "brand").exists()
    assert checkpoints.restore(restored.before.id).index_restored
    assert state_of(root) == after


def test_staged_content_survives_garbage_collection(root: Path, checkpoints: Checkpoints) -> None:
    dirty_everything(root)
    before = state_of(root)
    taken = checkpoints.take("start")
    git(root, "reset", "-q", "--hard")
    git(root, "clean", "-fdqx")
    git(root, "reflog", "expire", "--expire=now", "--all")
    git(root, "gc", "-q", "--prune=now")
    checkpoints.restore(taken.id)
    now = state_of(root)
    assert {**now, "reflog": ""} == {**before, "reflog": ""}
    git(root, "fsck", "--full")


@pytest.mark.parametrize("where", ["unborn", "detached", "worktree", "subfolder"])
def test_everywhere_that_a_user_may_be(
    root: Path, environment: dict[str, str], tmp_path: Path, where: str
) -> None:
    start = root
    if where == "unborn":
        start = tmp_path / "unborn"
        make_repository(start)
        (start / "src").mkdir()
        (start / "docs").mkdir()
        for name in ("app.py", "src/util.py", "docs/a.txt"):
            (start / name).write_text(name)
        git(start, "add", "src")
    elif where == "detached":
        git(root, "checkout", "-q", "--detach")
    elif where == "worktree":
        start = tmp_path / "linked"
        git(root, "worktree", "add", "-q", "-b", "side", str(start))
    dirty_everything(start)
    before, other = state_of(start), fingerprint(root)
    with Repository.open(start / "src", environ=environment) as repository:
        checkpoints = Checkpoints(repository, tmp_path / "state")
        taken = checkpoints.take("start")
        agent_works(start)
        checkpoints.restore(taken.id)
    assert state_of(start) == before
    assert start == root or fingerprint(root) == other


def test_restoring_is_itself_undone_by_undo(root: Path, checkpoints: Checkpoints) -> None:
    dirty_everything(root)
    taken = checkpoints.take("start")
    agent_works(root)
    worked = work_tree_state(root)
    checkpoints.restore(taken.id)
    assert checkpoints.undo().checkpoint.label == "before restoring start"
    assert work_tree_state(root) == worked


def test_head_moved_since_leaves_head_and_index(root: Path, checkpoints: Checkpoints) -> None:
    before = state_of(root)
    taken = checkpoints.take("start")
    (root / "app.py").write_text("committed\n")
    git(root, "commit", "-qam", "Mine")
    moved = state_of(root)
    restored = checkpoints.restore(taken.id)
    assert restored.head_moved and not restored.index_restored
    now = state_of(root)
    assert {key: now[key] for key in ("HEAD", "refs", "index")} == {
        key: moved[key] for key in ("HEAD", "refs", "index")
    }
    assert git(root, "diff", "HEAD", "--stat").count("app.py") == 1
    checkpoints.restore(taken.id, move_head=True)
    now = state_of(root)
    assert {**now, "reflog": ""} == {**before, "reflog": ""}


def test_move_head_restores_branch_and_detachment(root: Path, checkpoints: Checkpoints) -> None:
    git(root, "checkout", "-q", "--detach")
    before = state_of(root)
    taken = checkpoints.take("detached")
    git(root, "checkout", "-q", "main")
    checkpoints.restore(taken.id, move_head=True)
    assert {**state_of(root), "reflog": ""} == {**before, "reflog": ""}


def test_hidden_changes_are_seen(root: Path, checkpoints: Checkpoints) -> None:
    git(root, "update-index", "--assume-unchanged", "app.py")
    git(root, "update-index", "--skip-worktree", "src/util.py")
    (root / "app.py").write_text("hidden by the user\n")
    before = state_of(root)
    taken = checkpoints.take("start")
    (root / "app.py").write_text("agent\n")
    (root / "src/util.py").write_text("agent\n")
    checkpoints.restore(taken.id)
    assert state_of(root) == before


@pytest.mark.parametrize(
    "rule", ["* text=auto\n", "* text eol=crlf\n", "*.py ident\n", "*.py filter=shout\n", ""]
)
def test_bytes_on_disk_count_whatever_conversion_says(
    root: Path, repository: Repository, state_dir: Path, rule: str
) -> None:
    git(root, "config", "filter.shout.clean", "tr a-z A-Z")
    git(root, "config", "filter.shout.smudge", "tr A-Z a-z")
    if rule:
        (root / ".gitattributes").write_text(rule)
    else:
        git(root, "config", "core.autocrlf", "true")
    (root / "app.py").write_bytes(b"# $Id$\r\nmixed = 1\r\n")
    (root / "docs/a.txt").write_bytes(b"all\r\nof\r\nit\r\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Converted")
    (root / "src/util.py").unlink()
    git(root, "checkout", "-q", "--", ".")
    before = state_of(root)
    with Repository.open(root, environ=repository.calls.environ) as opened:
        checkpoints = Checkpoints(opened, state_dir)
        taken = checkpoints.take("start")
        for name in ("app.py", "docs/a.txt", "src/util.py"):
            (root / name).write_bytes((root / name).read_bytes().replace(b"\r\n", b"\n") + b"x\n")
        checkpoints.restore(taken.id)
        assert state_of(root) == before
        (root / "docs/a.txt").write_bytes(b"all\nof\nit\n")
        assert checkpoints.restore(taken.id).changes == (Change("docs/a.txt", "modified"),)
        assert state_of(root) == before


def test_ignored_files_are_left_alone_unless_edited(
    root: Path, repository: Repository, checkpoints: Checkpoints, state_dir: Path
) -> None:
    (root / ".gitignore").write_text("*.log\nbuild/\n")
    (root / "edited.log").write_text("before\n")
    (root / "edited.log").chmod(0o640)
    (root / "other.log").write_text("before\n")
    (root / "build").mkdir()
    checkpoints.take("turn 1")
    workspace = Workspace(root, state_dir, before_write=checkpoints.watch)
    workspace.apply(
        [FileChange("edited.log", "before\n", "after\n"), FileChange("build/made.txt", None, "made\n")]
    )
    (root / "other.log").write_text("after\n")
    done = checkpoints.undo()
    assert done.changes == (Change("build/made.txt", "deleted"), Change("edited.log", "modified"))
    assert (root / "edited.log").read_text() == "before\n"
    assert (root / "edited.log").stat().st_mode & 0o777 == 0o640
    assert (root / "other.log").read_text() == "after\n"
    assert not (root / "build/made.txt").exists()
    checkpoints.redo()
    assert (root / "edited.log").read_text() == "after\n"
    assert (root / "build/made.txt").read_text() == "made\n"


def test_secrets_and_large_files_stay_out_of_git(
    root: Path, checkpoints: Checkpoints, state_dir: Path
) -> None:
    (root / ".env").write_text("KEY=secret-value\n")
    (root / "large.bin").write_bytes(b"x" * 10_000_001)
    before = work_tree_state(root)
    taken = checkpoints.take("turn 1")
    (root / ".env").write_text("KEY=changed\n")
    (root / "large.bin").unlink()
    (root / "id_rsa").write_text("made\n")
    objects = git(
        root, "cat-file", "--batch-all-objects", "--batch-check=%(objectsize) %(objectname)"
    ).splitlines()
    assert max(int(line.split()[0]) for line in objects) < 1000
    for line in objects:
        assert "secret-value" not in git(root, "cat-file", "-p", line.split()[1])
    checkpoints.restore(taken.id)
    assert work_tree_state(root) == before
    kept = list((state_dir / "checkpoints/snapshots/kept").iterdir())
    assert len(kept) == 4 and all(place.stat().st_mode & 0o077 == 0 for place in kept)


def test_diff_and_preview_change_nothing(root: Path, checkpoints: Checkpoints) -> None:
    taken = checkpoints.take("start")
    (root / "app.py").write_text("agent\n")
    (root / "new.py").write_text("new\n")
    before = fingerprint(root)
    assert "+agent" in checkpoints.diff(taken.id) and "+new" in checkpoints.diff(taken.id)
    preview = checkpoints.preview(taken.id)
    assert preview.changes == (Change("app.py", "modified"), Change("new.py", "deleted"))
    later = checkpoints.take("later")
    assert checkpoints.diff(taken.id, later.id) == checkpoints.diff(taken.id)
    assert fingerprint(root) == before
    with pytest.raises(WorkspaceError, match="no checkpoint"):
        checkpoints.restore("../../etc/passwd")


def test_a_folder_with_ignored_files_in_the_way_is_refused_whole(
    root: Path, checkpoints: Checkpoints
) -> None:
    (root / ".gitignore").write_text("*.o\n")
    taken = checkpoints.take("start")
    (root / "app.py").unlink()
    (root / "app.py").mkdir()
    (root / "app.py" / "x.o").write_text("ignored\n")
    (root / "src/util.py").write_text("agent\n")
    before = fingerprint(root)
    with pytest.raises(WorkspaceError, match=r"holds app\.py/x\.o"):
        checkpoints.restore(taken.id)
    assert fingerprint(root) == before
    (root / "app.py" / "x.o").unlink()
    checkpoints.restore(taken.id)
    assert (root / "app.py").read_text() == "def add(a, b):\n    return a - b\n"


def test_a_locked_index_is_not_broken(root: Path, checkpoints: Checkpoints) -> None:
    taken = checkpoints.take("start")
    before = fingerprint(root)
    (root / "app.py").write_text("agent\n")
    git(root, "add", "app.py")
    lock = root / ".git/index.lock"
    lock.touch()
    with pytest.raises(WorkspaceError, match="index is locked"):
        checkpoints.restore(taken.id)
    assert lock.exists()
    lock.unlink()
    assert checkpoints.recover() == "start"
    assert fingerprint(root) == before


def test_nested_repositories_and_modules_are_left_alone(root: Path, checkpoints: Checkpoints) -> None:
    home = root.parent / "home"
    make_repository(root / "nested", {"inner.py": "x\n"}, home=home)
    make_repository(root / "module", {"inner.py": "x\n"}, home=home)
    git(root, "add", "module")
    before = state_of(root)
    taken = checkpoints.take("start")
    for name in ("nested", "module"):
        (root / name / "inner.py").write_text("the user's\n")
    (root / "app.py").write_text("agent\n")
    assert [change.path for change in checkpoints.restore(taken.id).changes] == ["app.py"]
    after = state_of(root)
    inner = {"file nested/inner.py": "", "file module/inner.py": ""}
    assert {**after, **inner} == {**before, **inner}
    assert (root / "nested/inner.py").read_text() == "the user's\n"


def test_unmerged_paths_are_restored_with_their_stages(root: Path, checkpoints: Checkpoints) -> None:
    git(root, "checkout", "-q", "-b", "side")
    (root / "app.py").write_text("side\n")
    git(root, "commit", "-qam", "Side")
    git(root, "checkout", "-q", "main")
    (root / "app.py").write_text("main\n")
    git(root, "commit", "-qam", "Main")
    git(root, "merge", "-q", "side", check=False)
    before = state_of(root)
    taken = checkpoints.take("conflict")
    (root / "app.py").write_text("resolved\n")
    git(root, "add", "app.py")
    checkpoints.restore(taken.id)
    assert state_of(root) == before


def test_prune_keeps_the_latest_and_their_content(
    root: Path, checkpoints: Checkpoints, state_dir: Path
) -> None:
    for number in range(5):
        (root / ".env").write_text(f"{number}\n")
        checkpoints.take(f"turn {number}")
    assert checkpoints.prune(2) == 3
    assert [checkpoint.label for checkpoint in checkpoints.list()] == ["turn 3", "turn 4"]
    assert len(git(root, "for-each-ref", "refs/flashagent").splitlines()) == 2
    assert len(list((state_dir / "checkpoints/snapshots/kept").iterdir())) == 2
    checkpoints.restore(checkpoints.list()[0].id)
    assert (root / ".env").read_text() == "3\n"


def test_another_process_sees_the_same_timeline(root: Path, repository: Repository, state_dir: Path) -> None:
    first = Checkpoints(repository, state_dir)
    first.take("start")
    app = (root / "app.py").read_text()
    Workspace(root, state_dir, before_write=first.watch).apply([FileChange("app.py", app, "agent\n")])
    assert Checkpoints(repository, state_dir).undo().checkpoint.label == "start"
    Checkpoints(repository, state_dir).redo()
    assert (root / "app.py").read_text() == "agent\n"


KILLED = """
import os, signal, sys
from pathlib import Path
from flashagent.workspace import disk
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
left = int(sys.argv[3])
def watch(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.rmdir", "os.symlink", "os.mkdir"):
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
repository = Repository.open(Path(sys.argv[1]))
checkpoints = Checkpoints(repository, Path(sys.argv[2]))
sys.addaudithook(watch)
checkpoints.restore(sys.argv[4])
"""


def test_kill_during_restore_is_finished_by_recovery(
    root: Path, repository: Repository, state_dir: Path, environment: dict[str, str]
) -> None:
    dirty_everything(root)
    wanted = state_of(root)
    checkpoints = Checkpoints(repository, state_dir)
    taken = checkpoints.take("start")
    agent_works(root)
    worked = work_tree_state(root)
    code = KILLED
    kills = 0
    for count in range(0, 200, 3):
        arguments = [sys.executable, "-c", code, str(root), str(state_dir), str(count), taken.id]
        done = subprocess.run(arguments, env=environment, stderr=subprocess.PIPE, check=False)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        kills += 1
        checkpoints = Checkpoints(repository, state_dir)
        if checkpoints.recover() is None and work_tree_state(root) == worked:
            checkpoints.restore(taken.id)
        assert state_of(root) == wanted, count
        everything = {json.dumps(item.state.tree) for item in checkpoints.list()}
        assert len(everything) >= 1
        for path in list(work_tree_state(root)):
            assert "flashagent-tmp" not in path
        agent_works(root)
    assert kills > 5
    assert state_of(root) == wanted


def test_special_files_are_passed_over(root: Path, checkpoints: Checkpoints) -> None:
    os.mkfifo(root / "fifo")
    taken = checkpoints.take("start")
    (root / "app.py").unlink()
    os.mkfifo(root / "app.py")
    assert checkpoints.restore(taken.id).changes == (Change("app.py", "created"),)
    assert (root / "app.py").read_text() == "def add(a, b):\n    return a - b\n"
    assert (root / "fifo").is_fifo()


def test_a_large_file_is_kept_outside_of_git_and_comes_back(
    root: Path, checkpoints: Checkpoints, state_dir: Path
) -> None:
    data = os.urandom(1000) * 11_000
    (root / "data.bin").write_bytes(data)
    taken = checkpoints.take("start")
    (kept,) = (state_dir / "checkpoints/snapshots/kept").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600 and kept.stat().st_size == len(data)
    (root / "data.bin").write_bytes(b"x" * 11_000_000)
    checkpoints.restore(taken.id)
    assert (root / "data.bin").read_bytes() == data


def test_a_file_too_large_to_keep_is_left_alone_and_named(root: Path, checkpoints: Checkpoints) -> None:
    giant = root / "giant.bin"
    with giant.open("wb") as stream:
        stream.truncate(1 << 30)
    taken = checkpoints.take("start")
    with giant.open("r+b") as stream:
        stream.write(b"changed")
    (root / "app.py").write_text("agent\n")
    status = giant.stat()
    restored = checkpoints.restore(taken.id)
    assert restored.too_large == ("giant.bin",)
    assert restored.changes == (Change("app.py", "modified"),)
    assert (giant.stat().st_ino, giant.stat().st_mtime_ns) == (status.st_ino, status.st_mtime_ns)


def test_what_is_kept_outside_of_git_is_bounded(root: Path, repository: Repository, state_dir: Path) -> None:
    checkpoints = Checkpoints(repository, state_dir, most_kept_bytes=10_000)
    for number in range(8):
        (root / ".env").write_bytes(bytes([65 + number]) * 3_000)
        last = checkpoints.take(f"number {number}")
    kept = list((state_dir / "checkpoints/snapshots/kept").iterdir())
    assert sum(place.stat().st_size for place in kept) <= 10_000
    assert last in checkpoints.list() and len(checkpoints.list()) >= 2


def test_one_checkpoint_stores_no_more_than_the_bound(
    root: Path, repository: Repository, state_dir: Path
) -> None:
    checkpoints = Checkpoints(repository, state_dir, most_kept_bytes=3_000_000)
    for number in range(4):
        (root / f"media{number}.bin").write_bytes(bytes([number]) * 2_000_000)
    taken = checkpoints.take("start")
    (root / "app.py").write_text("agent\n")
    for number in range(4):
        (root / f"media{number}.bin").write_bytes(b"changed" * 300_000)
    restored = checkpoints.restore(taken.id)
    assert len(restored.too_large) == 3
    assert {change.path for change in restored.changes} | set(restored.too_large) == {
        "app.py", *(f"media{number}.bin" for number in range(4))
    }  # fmt: skip
    for path in restored.too_large:
        assert (root / path).read_bytes().startswith(b"changed")
