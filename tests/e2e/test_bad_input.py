"""Bad input of files and git, as a user meets it: one test per row, each proving that nothing was lost.

The rows are numbered as in the threat model: 8 and 9 paths of a model, 10 patches, 11 to 15 odd files, 16 to 18 odd
repositories, 19 to 22 the user's own work; 23 to 25 are in `test_bad_machine.py`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.e2e_place import CARTS, GOOD, SEARCH, Place, busy_place, make, refused
from helpers.e2e_program import flashagent, with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import git, make_repository


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return busy_place(tmp_path)


OUTSIDE = [
    "/etc/passwd", "../x.py", "~/.ssh/config", "C:\\x.py", "shop/../../x.py", "a\0b", ".git/config",
    ".git/hooks/pre-commit", ".GIT/config", ".g\u200cit/config", "git~1/config", "shop/.git./x",
]  # fmt: skip


@pytest.mark.needs("bwrap")
def test_row_08_a_model_that_names_paths_outside(place: Place, tmp_path: Path) -> None:
    calls = [Call("edit", {"edits": [{"path": path, "old": "", "new": "x\n"}]}) for path in OUTSIDE]
    replies = [Reply(calls=[call]) for call in calls]
    limits = ("--max-requests", str(len(replies) + 2))
    around = sorted(path.name for path in tmp_path.iterdir())
    with serving([*replies, Reply("I give up.")]) as server, place.nothing_lost():
        environ = with_model(place.environ, server.base_url)
        ran = flashagent(place.root, environ, "do", "--json", "--check", CHECK, *limits, "write outside")
    results = [message["content"] for message in server.bodies[-1]["messages"] if message["role"] == "tool"]
    assert ran.code != 70 and len(results) >= 3
    assert not any(result.lower().startswith("ok") for result in results), results
    assert sorted({*around, "fa"}) == sorted(path.name for path in tmp_path.iterdir())


def test_row_09_links_that_leave(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("a = 1\n")
    (place.root / "file.py").symlink_to(outside / "x.py")
    (place.root / "folder").symlink_to(outside)
    with place.nothing_lost():
        for path in ("file.py", "folder/x.py", "folder/new.py"):
            assert "leaves" in refused(place.apply(path, "a = 1", "a = 2")) or path == "folder/new.py"
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"x.py": "a = 1\n"}


PATCHES = [
    "--- a/../../.bashrc\n+++ b/../../.bashrc\n@@ -0,0 +1 @@\n+x\n",
    "--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n",
    "--- /dev/null\n+++ /etc/x\n@@ -0,0 +1 @@\n+x\n",
    "--- /dev/null\n+++ b/.git/hooks/x\n@@ -0,0 +1 @@\n+x\n",
    "--- /dev/null\n+++ b/.GIT/config\n@@ -0,0 +1 @@\n+x\n",
    "--- /dev/null\n+++ b/.g\u200cit/x\n@@ -0,0 +1 @@\n+x\n",
    "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n",
    "diff --git a/s b/s\nnew file mode 160000\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n+Subproject commit 1234\n",
]
HALF = f"--- a/{CARTS}\n+++ b/{CARTS}\n@@ -10,2 +10,2 @@\n def count(prices):\n-    return len(prices)\n+    return 0\n"


@pytest.mark.parametrize("patch", PATCHES)
def test_row_10_patches_that_reach_out(place: Place, patch: str) -> None:
    with place.nothing_lost():
        refused(place.call("apply", "--format", "udiff", stdin=HALF + patch))


def test_row_10_a_patch_sets_no_mode(place: Place) -> None:
    patch = (
        "diff --git a/run.sh b/run.sh\nnew file mode 100755\n--- /dev/null\n+++ b/run.sh\n@@ -0,0 +1 @@\n+x\n"
    )
    place.call("apply", "--format", "udiff", stdin=patch)
    made = place.root / "run.sh"
    assert not made.exists() or not made.stat().st_mode & 0o111


def test_row_11_giant_files_take_no_memory(place: Place) -> None:
    with (place.root / "giant.bin").open("wb") as stream:
        stream.truncate(2 << 30)
    (place.root / "line.json").write_bytes(b'{"a": "' + b"x" * 50_000_000 + b'"}')
    os.truncate(place.root / "giant.bin", 2 << 30)
    data = {resource.RLIMIT_DATA: 700_000_000}
    before = (place.root / "giant.bin").stat()
    for path in ("giant.bin", "line.json"):
        text = refused(place.limited(data, "apply", stdin=SEARCH.format(path=path, old="x", new="y")))
        assert "larger" in text, text
    assert place.limited(data, "apply", stdin=GOOD).code == 0
    assert place.limited(data, "undo").code == 0
    after = (place.root / "giant.bin").stat()
    assert (before.st_ino, before.st_size, before.st_mtime_ns) == (
        after.st_ino,
        after.st_size,
        after.st_mtime_ns,
    )
    assert (place.root / CARTS).read_text() == CART


def test_row_12_binary_files(place: Place) -> None:
    (place.root / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with place.nothing_lost():
        assert "binary" in refused(place.apply("image.png", "PNG", "GIF"))


@pytest.mark.parametrize(
    ("data", "old", "new", "wanted"),
    [
        (b"one\ncaf\xe9\nthree\n", "one", "1", b"1\ncaf\xe9\nthree\n"),
        (
            "one\ncaf\xe9\n".encode() + b"\xff\xfe\nthree\n",
            "three",
            "3",
            "one\ncaf\xe9\n".encode() + b"\xff\xfe\n3\n",
        ),
        ("\ufeffone\r\ntwo\r\n".encode("utf-16-le"), "two", "2", "\ufeffone\r\n2\r\n".encode("utf-16-le")),
        (b"one\n\0\ntwo\n", "one", "1", None),
    ],
)
def test_row_13_odd_encodings(place: Place, data: bytes, old: str, new: str, wanted: bytes | None) -> None:
    odd = place.root / "odd.txt"
    odd.write_bytes(data)
    with place.nothing_lost(*(["odd.txt"] if wanted else [])):
        ran = place.apply("odd.txt", old, new)
        assert (ran.code == 0) == (wanted is not None), ran.err
    assert odd.read_bytes() == (wanted or data)


@pytest.mark.parametrize(
    "data",
    [
        b"one\r\ntwo\r\nthree\r\n", b"one\r\ntwo\nthree\n", b"\xef\xbb\xbfone\ntwo\nthree\n", b"one\ntwo\nthree",
        b"one\n\x0ctwo\nthree\n",
    ],
)  # fmt: skip
def test_row_14_line_ends(place: Place, data: bytes) -> None:
    odd = place.root / "odd.txt"
    odd.write_bytes(data)
    git(place.root, "add", "odd.txt")
    git(place.root, "commit", "-qm", "Odd", "odd.txt")
    with place.nothing_lost("odd.txt"):
        assert place.apply("odd.txt", "three", "3").code == 0
    assert git(place.root, "diff", "--numstat", "odd.txt") == "1\t1\todd.txt\n"
    assert odd.read_bytes() == data.replace(b"three", b"3")


@pytest.mark.needs("bwrap")
def test_row_15_links_in_circles_and_special_files(place: Place) -> None:
    (place.root / "circle").symlink_to("circle")
    (place.root / "up").symlink_to(".")
    os.mkfifo(place.root / "fifo")
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(place.root):
        server.bind("socket")
    for path in ("circle", "fifo", "socket", "circle/x"):
        with place.nothing_lost():
            refused(place.apply(path, "a", "b"))
    with place.nothing_lost(CARTS):
        assert place.call("fix", "--offline", "--check", CHECK).code == 0
    assert place.call("undo").code == 0
    assert (place.root / CARTS).read_text() == CART and (place.root / "fifo").is_fifo()


def test_row_16_nested_repositories_and_submodules(place: Place, tmp_path: Path) -> None:
    inner = make(tmp_path / "other", {"lib.py": "a = 1\n"})
    git(place.root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.root), "sub")
    git(place.root, "commit", "-qm", "Sub", "sub", ".gitmodules")
    make_repository(place.root / "nested", {"x.py": "a = 1\n"}, home=tmp_path / "home")
    with place.nothing_lost():
        for path in ("sub/lib.py", "nested/x.py"):
            assert "nested repository" in refused(place.apply(path, "a = 1", "a = 2")), path
        new = "nested/new.py\n```\nx = 1\n```\n"
        assert "nested repository" in refused(place.call("apply", "--format", "whole", stdin=new))
    assert git(place.root / "sub", "status", "--porcelain") == ""
    assert place.call("apply", stdin=GOOD).code == 0
    assert place.call("undo").code == 0
    assert git(place.root, "submodule", "status").startswith(" ")


def test_row_16_worktrees_sparse_checkouts_and_pointers(place: Place, tmp_path: Path) -> None:
    git(place.root, "worktree", "add", "-q", str(tmp_path / "linked"), "-b", "other")
    linked = Place(tmp_path / "linked", place.environ)
    with place.nothing_lost():
        assert linked.call("apply", stdin=GOOD).code == 0
        assert FIX in (linked.root / CARTS).read_text()
        assert linked.call("undo").code == 0
        assert (linked.root / CARTS).read_text() == CART
    git(place.root, "stash", "-qu")
    git(place.root, "sparse-checkout", "set", "tests")
    with place.nothing_lost():
        refused(place.call("apply", stdin=GOOD))
    (place.root / "big.bin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 9\n")
    start = place.state()
    place.apply("big.bin", "size 9", "size 8")
    place.call("undo")
    assert place.state() == start


def as_unborn(root: Path) -> None:
    git(root, "update-ref", "-d", "HEAD")
    git(root, "rm", "-rqf", "--cached", ".")


def as_broken_head(root: Path) -> None:
    (root / ".git" / "HEAD").unlink()


def as_bare(root: Path) -> None:
    git(root, "config", "core.bare", "true")


def as_shallow(root: Path) -> None:
    (root / ".git" / "shallow").write_text(git(root, "rev-parse", "HEAD"))


@pytest.mark.parametrize(
    ("change", "words"),
    [(as_unborn, None), (as_shallow, None), (as_broken_head, "git"), (as_bare, "bare")],
)
def test_row_17_odd_repositories(place: Place, change: Callable[[Path], None], words: str | None) -> None:
    git(place.root, "stash", "drop", "-q")
    change(place.root)
    before = (place.root / CARTS).read_bytes()
    if words is None:
        with place.nothing_lost(CARTS):
            assert place.call("apply", stdin=GOOD).code == 0
        assert place.call("undo").code == 0
        assert (place.root / CARTS).read_bytes() == before
        return
    for arguments in (["apply"], ["undo"], ["fix", "--offline", "--check", CHECK]):
        ran = place.call(*arguments, stdin=GOOD)
        assert "Traceback" not in ran.out + ran.err and ran.code in (0, 1, 2, 5)
    assert (place.root / "untracked.txt").read_text() == "mine\n"


def in_operation(root: Path, operation: str) -> None:
    git(root, "stash", "-qu")
    start = git(root, "rev-parse", "HEAD").strip()
    if operation == "bisect":
        git(root, "bisect", "start", "HEAD", "HEAD~1")
        return
    git(root, "checkout", "-q", "-b", "side", f"{start}~1")
    (root / "notes.txt").write_text("side\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Side")
    arguments = {
        "merge": ["merge", "main"],
        "rebase": ["rebase", "main"],
        "cherry-pick": ["cherry-pick", "main"],
    }
    git(root, *arguments[operation], check=False)


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("operation", ["rebase", "merge", "bisect", "cherry-pick", "detached"])
def test_row_18_a_commit_in_the_middle_of_something(place: Place, operation: str) -> None:
    if operation == "detached":
        git(place.root, "checkout", "-q", "--detach")
    else:
        in_operation(place.root, operation)
    start = place.state()
    ran = place.call("fix", "--offline", "--commit", "--check", CHECK)
    assert ran.code == 0, ran.out + ran.err
    now = place.state()
    assert now["HEAD"] == start["HEAD"] or operation == "detached"
    assert (now["refs"], now["stash"]) == (start["refs"], start["stash"])
    if operation == "detached":
        assert git(place.root, "diff", "--name-only", "HEAD~1", "HEAD").split() == [CARTS]
        return
    assert f"A {operation} is in progress" in ran.out + ran.err
    assert {name for name in now if now[name] != start.get(name)} == {f"file {CARTS}"}
    assert place.call("undo").code == 0
    assert place.state() == start


def test_row_19_every_state_of_the_users_work(place: Place) -> None:
    root = place.root
    (root / CARTS).write_text(CART.replace("A cart.", "A staged cart."))
    git(root, "add", CARTS)
    (root / CARTS).write_text(CART.replace("A cart.", "An unstaged cart."))
    (root / "intent.py").write_text("intent\n")
    git(root, "add", "-N", "intent.py")
    git(root, "update-index", "--assume-unchanged", "tests/test_cart.py")
    (root / "tests/test_cart.py").write_text("hidden = 1\n")
    (root / "shop/__init__.py").unlink()
    start = place.state()
    for path, old, new in (
        (CARTS, f"    return amount - amount * {BUG}", f"    return amount - amount * {FIX}"),
        ("intent.py", "intent", "agent"),
        ("tests/test_cart.py", "hidden = 1", "hidden = 2"),
        ("notes.txt", "unstaged", "agent"),
        ("untracked.txt", "mine", "agent"),
    ):
        assert place.apply(path, old, new).code == 0, path
    assert {name for name, value in place.state().items() if value != start[name]} == {
        f"file {path}" for path in (CARTS, "intent.py", "tests/test_cart.py", "notes.txt", "untracked.txt")
    }
    for _ in range(5):
        assert place.call("undo").code == 0
    assert place.state() == start


def test_row_20_names_that_collide(place: Place) -> None:
    (place.root / "Makefile").write_text("all:\n")
    (place.root / "caf\u00e9.py").write_text("a = 1\n")
    with place.nothing_lost():
        for path in ("makefile", "SHOP/new.py", "cafe\u0301.py"):
            text = refused(place.call("apply", "--format", "whole", stdin=f"{path}\n```\nx = 1\n```\n"))
            assert "only by case" in text or "not" in text, text


def test_row_21_read_only_files_keep_everything(place: Place) -> None:
    locked = place.root / "locked.py"
    locked.write_text("a = 1\n")
    locked.chmod(0o444)
    with place.nothing_lost():
        assert "read-only" in refused(place.apply("locked.py", "a = 1", "a = 2"))
    locked.chmod(0o751)
    with contextlib.suppress(OSError):  # a file system without attributes
        os.setxattr(locked, "user.note", b"mine")
    attributes = {name: os.getxattr(locked, name) for name in os.listxattr(locked)}
    assert place.apply("locked.py", "a = 1", "a = 2").code == 0
    assert locked.stat().st_mode & 0o777 == 0o751
    assert {name: os.getxattr(locked, name) for name in os.listxattr(locked)} == attributes
    assert place.call("undo").code == 0
    assert (locked.read_text(), locked.stat().st_mode & 0o777) == ("a = 1\n", 0o751)


SAVES: list[Callable[[Path], object]] = [
    lambda cart: cart.unlink(),
    lambda cart: cart.rename(cart.with_name("basket.py")),
    lambda cart: cart.write_text(CART.replace(BUG, "discount / 7")),
]


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("save", SAVES, ids=["deleted", "renamed", "saved"])
def test_row_22_a_file_that_changes_between_read_and_write(
    place: Place, save: Callable[[Path], object]
) -> None:
    saved: list[dict[str, str]] = []

    def script(body: dict[str, object]) -> Reply:
        if not saved:
            save(place.root / CARTS)
            saved.append(place.state())
        return Reply(calls=[Call("edit", {"edits": [{"path": CARTS, "old": BUG, "new": FIX}]})])

    with serving(script) as server:
        environ = with_model(place.environ, server.base_url)
        ran = flashagent(
            place.root, environ, "fix", "--check", CHECK, "--max-attempts", "1", "--max-requests", "3"
        )
    assert ran.code in (1, 3), ran.out + ran.err
    assert place.state() == saved[0]
