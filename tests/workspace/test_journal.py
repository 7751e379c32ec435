from __future__ import annotations

import codecs
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from helpers.workspace_state import fingerprint, git, work_tree_state

from flashagent.errors import SavedMeanwhile, WorkspaceError
from flashagent.values import FileChange
from flashagent.workspace.journal import Recovered, Workspace

OLD = "def add(a, b):\n    return a - b\n"
NEW = "def add(a, b):\n    return a + b\n"
PATCH = [
    FileChange("app.py", OLD, NEW),
    FileChange("src/util.py", "X = 1\n", None),
    FileChange("made/deep/new.py", None, "new\n"),
    FileChange("docs/a.txt", "alpha\nbeta\ngamma\n", "alpha\nBETA\ngamma\n"),
]


def test_a_patch_lands_whole(root: Path, state_dir: Path) -> None:
    workspace = Workspace(root, state_dir)
    workspace.apply(PATCH)
    assert workspace.read("app.py") == NEW
    assert not (root / "src/util.py").exists()
    assert workspace.read("made/deep/new.py") == "new\n"
    assert git(root, "status", "--porcelain", "-uall").splitlines() == [
        " M app.py", " M docs/a.txt", " D src/util.py", "?? made/deep/new.py",
    ]  # fmt: skip
    assert list((state_dir / "journal").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (FileChange("docs/a.txt", "stale\n", "x\n"), "not what it was"),
        (FileChange("src/util.py", None, "x\n"), "already exists"),
        (FileChange("Docs/b.txt", None, "x\n"), "only by case"),
        (FileChange("src/UTIL.py", None, "x\n"), "only by case"),
        (FileChange("missing.py", "x\n", "y\n"), "does not exist"),
        (FileChange("../out.py", None, "x\n"), "leaves"),
        (FileChange(".git/hooks/pre-commit", None, "x\n"), "git's own"),
        (FileChange("app.py/x", None, "x\n"), "not a folder"),
        (FileChange("./app.py", OLD, "x\n"), "same file"),
        (FileChange("binary", "a", "b"), "binary"),
        (FileChange("locked", "l\n", "m\n"), "read-only"),
        (FileChange("latin", "caf\xe9\n", "\u2603\n"), "no character"),
        (FileChange("fifo", "", "x"), "FIFO"),
        (FileChange("leaves/x", None, "x"), "leaves the repository"),
    ],
)
def test_one_bad_change_refuses_the_whole_patch(
    root: Path, state_dir: Path, change: FileChange, reason: str
) -> None:
    (root / "binary").write_bytes(b"a\0b")
    (root / "locked").write_text("l\n")
    (root / "locked").chmod(0o444)
    (root / "latin").write_bytes(b"caf\xe9\n")
    (root / "leaves").symlink_to("/var/tmp")
    os.mkfifo(root / "fifo")
    before = fingerprint(root)
    with pytest.raises(WorkspaceError, match=reason):
        Workspace(root, state_dir).apply([PATCH[0], change])
    assert fingerprint(root) == before


@pytest.mark.parametrize(
    "data",
    [
        b"one\r\ntwo\r\nthree\r\n", b"one\r\ntwo\nthree\r", b"one\ntwo\nthree", b"one\n\x0ctwo\nthree\n",
        codecs.BOM_UTF8 + b"one\ntwo\nthree\n", "\ufeffone\r\ntwo\r\nthree\xe4\r\n".encode("utf-16-le"),
        "\ufeffone\ntwo\nthree\n".encode("utf-16-be"), b"one\ntwo\nthr\xe9e\n", "one\ntwo\nü".encode() + b"\xff\n",
    ],
)  # fmt: skip
def test_only_the_changed_line_changes(root: Path, state_dir: Path, data: bytes) -> None:
    (root / "x").write_bytes(data)
    workspace = Workspace(root, state_dir)
    text = workspace.read("x")
    workspace.apply([FileChange("x", text, text.replace("two", "2"))])
    encoding = "utf-16-le" if data[:2] == b"\xff\xfe" else "utf-16-be" if data[:2] == b"\xfe\xff" else "ascii"
    assert (root / "x").read_bytes() == data.replace("two".encode(encoding), "2".encode(encoding))


def test_mode_owner_attributes_and_links_are_kept(root: Path, state_dir: Path) -> None:
    target = root / "app.py"
    target.chmod(0o750)
    if os.geteuid() == 0:
        os.chown(target, 1234, 1234)
    try:
        os.setxattr(target, "user.note", b"kept")
        noted = True
    except OSError:
        noted = False
    (root / "link.py").symlink_to("app.py")
    before = target.stat()
    Workspace(root, state_dir).apply([FileChange("link.py", OLD, NEW)])
    after = target.stat()
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (0o750, before.st_uid, before.st_gid)
    assert (root / "link.py").is_symlink() and target.read_text() == NEW
    assert not noted or os.getxattr(target, "user.note") == b"kept"


def test_a_save_between_planning_and_writing_wins(root: Path, state_dir: Path) -> None:
    def save(step: str) -> None:
        if step == "switched src/util.py":
            (root / "docs/a.txt").write_text("saved by the user\n")

    before = work_tree_state(root)
    with pytest.raises(WorkspaceError, match=r"docs/a\.txt was changed by someone else"):
        Workspace(root, state_dir, after_step=save).apply(PATCH)
    after = work_tree_state(root)
    assert (root / "docs/a.txt").read_text() == "saved by the user\n"
    assert {**after, "docs/a.txt": ""} == {**before, "docs/a.txt": ""}


def test_a_file_that_appears_where_one_is_created_wins(root: Path, state_dir: Path) -> None:
    def save(step: str) -> None:
        if step == "staged docs/a.txt":
            (root / "made/deep/new.py").write_text("mine\n")

    with pytest.raises(WorkspaceError, match="someone else"):
        Workspace(root, state_dir, after_step=save).apply(PATCH)
    assert (root / "made/deep/new.py").read_text() == "mine\n"
    assert (root / "app.py").read_text() == OLD
    assert (root / "src/util.py").read_text() == "X = 1\n"


def test_a_parent_swapped_for_a_link_is_not_followed(root: Path, state_dir: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("alpha\nbeta\ngamma\n")

    def swap(step: str) -> None:
        if step == "planned":
            (root / "docs").rename(root / "docs2")
            (root / "docs").symlink_to(outside)

    with pytest.raises(WorkspaceError, match="nothing was changed"):
        Workspace(root, state_dir, after_step=swap).apply(PATCH)
    assert work_tree_state(outside).keys() == {"a.txt"}
    assert (outside / "a.txt").read_text() == "alpha\nbeta\ngamma\n"
    assert (root / "app.py").read_text() == OLD


def test_a_full_disk_changes_nothing(root: Path, state_dir: Path) -> None:
    def fill(step: str) -> None:
        if step == "staged made/deep/new.py":
            raise OSError(28, "No space left on device")

    before = fingerprint(root)
    with pytest.raises(WorkspaceError, match="No space left"):
        Workspace(root, state_dir, after_step=fill).apply(PATCH)
    assert fingerprint(root) == before
    assert not (root / "made").exists()
    assert Workspace(root, state_dir).recover() == Recovered()


def test_empty_folders_of_the_user_survive_a_roll_back(root: Path, state_dir: Path) -> None:
    (root / "empty").mkdir()

    def stop(step: str) -> None:
        if step.startswith("switched"):
            raise OSError(5, "Input/output error")

    with pytest.raises(WorkspaceError):
        Workspace(root, state_dir, after_step=stop).apply([FileChange("empty/sub/x.py", None, "x\n")])
    assert (root / "empty").is_dir() and not (root / "empty/sub").exists()


CHILD = """
import json, os, signal, sys
from collections.abc import Callable, Mapping
from pathlib import Path
from flashagent.values import FileChange
from flashagent.workspace.journal import Workspace
root, state, count, patch = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
steps = 0
def after_step(name):
    global steps
    if steps == count:
        os.kill(os.getpid(), signal.SIGKILL)
    steps += 1
Workspace(root, state, after_step=after_step).apply([FileChange(*change) for change in patch])
"""


def test_kill_at_every_step_leaves_all_or_nothing_after_recovery(root: Path, state_dir: Path) -> None:
    (root / "app.py").chmod(0o755)
    (root / "src/util.py").chmod(0o640)
    before = work_tree_state(root)
    Workspace(root, state_dir).apply(PATCH)
    complete = work_tree_state(root)
    Workspace(root, state_dir).apply([FileChange(c.path, c.after, c.before) for c in PATCH])
    (root / "src/util.py").chmod(0o640)
    (root / "made/deep").rmdir()
    (root / "made").rmdir()
    assert work_tree_state(root) == before
    patch = json.dumps([[change.path, change.before, change.after] for change in PATCH])
    outcomes = []
    for count in range(100):
        arguments = [sys.executable, "-c", CHILD, str(root), str(state_dir), str(count), patch]
        done = subprocess.run(arguments, stderr=subprocess.PIPE, check=False)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        recovered = Workspace(root, state_dir).recover()
        now = work_tree_state(root)
        assert now in (before, complete), (count, recovered)
        assert recovered.kept == ()
        assert list((state_dir / "journal").iterdir()) == []
        outcomes.append("all" if now == complete else "none")
        if now == complete:
            Workspace(root, state_dir).apply([FileChange(c.path, c.after, c.before) for c in PATCH])
            (root / "src/util.py").chmod(0o640)
        else:
            assert not (root / "made").exists()
        for folder in ("made/deep", "made"):
            if (root / folder).exists():
                (root / folder).rmdir()
    assert outcomes == ["none"] * 8 + ["all"] * 2
    assert work_tree_state(root) == complete


ANYWHERE = """
import json, os, signal, sys
from collections.abc import Callable, Mapping
from pathlib import Path
from flashagent.values import FileChange
from flashagent.workspace.journal import Workspace
import psutil
left = int(sys.argv[3])
def watch(event, arguments):
    global left
    if event == "open" or event.startswith(("os.", "shutil.", "pathlib.")):
        left -= 1
        if left == -1:
            os.kill(os.getpid(), signal.SIGKILL)
workspace = Workspace(Path(sys.argv[1]), Path(sys.argv[2]))
patch = [FileChange(*change) for change in json.loads(sys.argv[4])]
sys.addaudithook(watch)
workspace.apply(patch)
"""


@pytest.mark.slow
def test_kill_at_every_system_call_leaves_all_or_nothing(root: Path, state_dir: Path) -> None:
    back = [FileChange(c.path, c.after, c.before) for c in PATCH]
    before = work_tree_state(root)
    Workspace(root, state_dir).apply(PATCH)
    complete = work_tree_state(root)
    Workspace(root, state_dir).apply(back)
    patch = json.dumps([[change.path, change.before, change.after] for change in PATCH])
    kills = 0
    for count in range(1000):
        arguments = [sys.executable, "-c", ANYWHERE, str(root), str(state_dir), str(count), patch]
        done = subprocess.run(arguments, stderr=subprocess.PIPE, check=False)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        kills += 1
        recovered = Workspace(root, state_dir).recover()
        now = work_tree_state(root)
        assert now in (before, complete), (count, recovered)
        assert recovered.kept == ()
        if now == complete:
            Workspace(root, state_dir).apply(back)
    assert kills > 50
    assert work_tree_state(root) == complete


def test_what_the_user_saved_after_a_crash_is_kept(root: Path, state_dir: Path) -> None:
    patch = json.dumps([[change.path, change.before, change.after] for change in PATCH])
    arguments = [sys.executable, "-c", CHILD, str(root), str(state_dir), "6", patch]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    assert (root / "app.py").read_text() == NEW
    (root / "app.py").write_text(NEW + "# mine\n")
    recovered = Workspace(root, state_dir).recover()
    assert recovered.kept == ("app.py",)
    assert (root / "app.py").read_text() == NEW + "# mine\n"
    assert (root / "src/util.py").read_text() == "X = 1\n"
    assert len(list((state_dir / "conflicts").rglob("*.old"))) == 3


def test_two_processes_do_not_write_at_once(root: Path, state_dir: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom flashagent.workspace.journal import Workspace\n"
        "with Workspace(Path(sys.argv[1]), Path(sys.argv[2])).session():\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    arguments = [sys.executable, "-c", code, str(root), str(state_dir)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(WorkspaceError, match=f"process {other.pid}"):
            Workspace(root, state_dir).apply(PATCH)
        other.kill()
    workspace = Workspace(root, state_dir)
    with workspace.session():
        workspace.apply(PATCH)
    assert (root / "app.py").read_text() == NEW


def test_the_state_folder_must_lie_outside(root: Path) -> None:
    with pytest.raises(WorkspaceError, match="inside the repository"):
        Workspace(root, root / ".state")


def test_before_write_hears_the_paths_and_the_bytes(root: Path, state_dir: Path) -> None:
    heard: list[tuple[str, bytes | None]] = []
    present: list[str] = []

    def before(written: Mapping[str, bytes | None]) -> None:
        heard.extend(written.items())
        present.append((root / "app.py").read_text())

    Workspace(root, state_dir, before_write=before).apply(PATCH)
    assert heard == [(change.path, change.after.encode() if change.after else None) for change in PATCH]
    assert present != [NEW]


FIX = FileChange("app.py", OLD, NEW)


def test_merging_keeps_what_was_saved_since_and_tells_what_was_written(root: Path, state_dir: Path) -> None:
    (root / "app.py").write_bytes(b"MINE = 1 # \xff\n" + OLD.encode())
    mine = Workspace(root, state_dir).read("app.py")
    written = Workspace(root, state_dir).apply_merging([FIX, PATCH[3]])
    assert written == (FileChange("app.py", mine, mine.replace("a - b", "a + b")), PATCH[3])
    assert (root / "app.py").read_bytes() == b"MINE = 1 # \xff\n" + NEW.encode()


@pytest.mark.parametrize(
    "save",
    [
        lambda app: app.write_text(OLD.replace("- b", "* b")),
        lambda app: app.unlink(),
        lambda app: app.write_text(OLD + "MINE = 1\n"),
    ],
)
def test_merging_refuses_what_touches_and_leaves_it_alone(
    root: Path, state_dir: Path, save: Callable[[Path], object]
) -> None:
    save(root / "app.py")
    before = fingerprint(root)
    with pytest.raises(SavedMeanwhile, match="app.py was"):
        Workspace(root, state_dir).apply_merging([PATCH[3], FIX])
    assert fingerprint(root) == before


@pytest.mark.parametrize("times", [1, 99])
def test_a_save_in_the_very_moment_of_writing_is_merged_or_wins(
    root: Path, state_dir: Path, times: int
) -> None:
    saved: list[str] = []

    def save(step: str) -> None:
        if step == "planned" and len(saved) < times:
            saved.append(f"MINE = {len(saved)}\n")
            (root / "app.py").write_text("".join(saved) + OLD)

    workspace = Workspace(root, state_dir, after_step=save)
    if times == 1:
        workspace.apply_merging([FIX, PATCH[3]])
        assert (root / "app.py").read_text() == "MINE = 0\n" + NEW
        return
    with pytest.raises(WorkspaceError, match="changed by someone else"):
        workspace.apply_merging([FIX, PATCH[3]])
    assert (root / "app.py").read_text() == "".join(saved) + OLD
    assert (root / "docs/a.txt").read_text() == "alpha\nbeta\ngamma\n"
    assert list((state_dir / "journal").iterdir()) == []


def test_a_tree_of_our_own_takes_patches_whole_without_lock_and_journal(root: Path, state_dir: Path) -> None:
    with Workspace(root, state_dir).session():
        tree = Workspace(root, state_dir, durable=False)
        tree.apply([FileChange("made/new.py", None, "new\n")])
        before = work_tree_state(root)
        with pytest.raises(WorkspaceError):
            tree.apply([FileChange("made/more.py", None, "x\n"), FileChange("made/new.py", "stale", "y\n")])

        def full(step: str) -> None:
            if step.startswith("switched"):
                raise OSError(28, "No space left on device")

        failing = Workspace(root, state_dir, durable=False, after_step=full)
        with pytest.raises(WorkspaceError, match="nothing was changed"):
            failing.apply([FileChange("made/new.py", "new\n", "newer\n"), FileChange("b.py", None, "b\n")])
        assert work_tree_state(root) == before
    assert not (state_dir / "journal").exists()
