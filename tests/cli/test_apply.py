"""`flashagent apply` on real repositories: 0 applied, 1 refused and nothing written, 2 wrong usage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPLY = "src/f.py\n```python\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n>>>>>>> REPLACE\n```\n"
BEFORE = b"def f():\r\n    return 1\r\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "src" / "f.py").write_bytes(BEFORE)
    (root / "data.bin").write_bytes(b"\x00\x01\x02")
    (tmp_path / "outside.txt").write_text("secret\n")
    (root / "link.txt").symlink_to("../outside.txt")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


def apply(root: Path, *argv: str, reply: str = REPLY, under: str = ".") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "FLASHAGENT_HOME": str(root.parent / "home")}
    return subprocess.run(
        [sys.executable, "-m", "flashagent", "apply", *argv],
        cwd=root / under, env=environ, input=reply, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_reply_on_stdin_lands(tree):
    done = apply(tree)
    assert (done.returncode, done.stdout, done.stderr) == (0, "changed src/f.py\n", "")
    assert (tree / "src" / "f.py").read_bytes() == BEFORE.replace(b"1", b"2")


def test_a_reply_in_a_file_lands_from_a_subfolder(tree):
    (tree.parent / "reply.md").write_text(REPLY)
    done = apply(tree, str(tree.parent / "reply.md"), "--format", "sr", under="src")
    assert done.returncode == 0
    assert (tree / "src" / "f.py").read_bytes() == BEFORE.replace(b"1", b"2")


def test_check_writes_nothing(tree):
    done = apply(tree, "-", "--check")
    assert (done.returncode, done.stdout) == (0, "would change src/f.py\n")
    assert (tree / "src" / "f.py").read_bytes() == BEFORE


def test_a_refused_reply_writes_nothing_and_shows_the_lines(tree):
    new_file = "*** Begin Patch\n*** Add File: new.py\n+x = 1\n*** Update File: src/f.py\n@@\n-    return 3\n+    return 4\n*** End Patch\n"
    done = apply(tree, reply=new_file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "[not_found]" in done.stderr and "     2|     return 1" in done.stderr
    assert not (tree / "new.py").exists() and (tree / "src" / "f.py").read_bytes() == BEFORE


def test_json(tree):
    done = apply(tree, "--json")
    assert json.loads(done.stdout) == {
        "ok": True,
        "files": {"src/f.py": "def f():\r\n    return 2\r\n"},
        "refusals": [],
    }
    again = json.loads(apply(tree, "--json").stdout)
    assert (again["ok"], again["files"], [one["path"] for one in again["refusals"]]) == (
        False,
        {},
        ["src/f.py"],
    )


@pytest.mark.parametrize("path", ["data.bin", "link.txt"])
def test_odd_files_are_refused(tree, path):
    reply = json.dumps({"edits": [{"path": path, "old": "secret", "new": "gone"}]})
    done = apply(tree, "--json", reply=reply)
    assert done.returncode == 1
    assert [one["reason"] for one in json.loads(done.stdout)["refusals"]] == ["unreadable"]
    assert (tree.parent / "outside.txt").read_text() == "secret\n"


def test_wrong_usage(tree):
    assert apply(tree, "no-such-file").returncode == 2
    assert apply(tree, "--format", "xml").returncode == 2


def one_edit(path: str, old: str = "return 1", new: str = "return 2") -> str:
    return json.dumps({"edits": [{"path": path, "old": old, "new": new}]})


def state(root: Path) -> dict[str, bytes]:
    """Every file of the folder around the tree by name, but for git's objects and the program's own state and refs."""
    kept = (path for path in root.parent.rglob("*") if path.is_file() and not path.is_symlink())
    return {
        str(path): path.read_bytes()
        for path in kept
        if root.parent / "home" not in path.parents and not {"objects", "flashagent"} & set(path.parts)
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfdef f():\r\n    return 1\r\n", b"\xef\xbb\xbfdef f():\r\n    return 2\r\n"),
        (b"def f():\n    return 1", b"def f():\n    return 2"),
        (b"def f():\r    return 1\r", b"def f():\r    return 2\r"),
        (b"a = 0\r\n\ndef f():\n    return 1\r\n", b"a = 0\r\n\ndef f():\n    return 2\r\n"),
    ],
    ids=["BOM and CRLF", "no last newline", "CR", "mixed line ends"],
)
def test_bytes_around_an_edit_stay(tree: Path, before: bytes, after: bytes) -> None:
    (tree / "src" / "f.py").write_bytes(before)
    assert apply(tree, reply=one_edit("src/f.py")).returncode == 0
    assert (tree / "src" / "f.py").read_bytes() == after


def odd_files(root: Path) -> None:
    (root / "huge.txt").write_bytes(b"return 1\n" * 2_000_000)
    (root / "NUL.py").write_bytes(b"return 1\n\x00")
    subprocess.run(["git", "init", "-q", str(root / "inner")], check=True)
    (root / "inner" / "f.py").write_text("return 1\n")


@pytest.mark.parametrize(
    "path",
    [
        "huge.txt", "NUL.py", "link.txt", "inner/f.py", ".git/config", ".GIT/config", ".git./config",
        "src/../.git/config", "../outside.txt", "/etc/hostname", "src", "SRC/new.py",
    ],
)  # fmt: skip
def test_what_may_not_be_edited_stays_to_the_byte(tree: Path, path: str) -> None:
    odd_files(tree)
    before = state(tree)
    for reply in (one_edit(path), json.dumps({"edits": [{"path": path, "text": "new\n"}]})):
        done = apply(tree, reply=reply)
        told = done.stderr.splitlines()
        assert (done.returncode, done.stdout, told[-1]) == (1, "", "flashagent: nothing was written"), path
        assert "Traceback" not in done.stderr and told[0].startswith("flashagent: ")
    assert state(tree) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_file_is_refused(tree: Path) -> None:
    (tree / "src" / "f.py").chmod(0o444)
    before = state(tree)
    done = apply(tree)
    assert (done.returncode, state(tree)) == (1, before)
    assert "src/f.py" in done.stderr


def test_an_unknown_path_is_told_with_the_files_like_it(tree: Path) -> None:
    before = state(tree)
    done = apply(tree, "--json", reply=one_edit("lib/g.py"))
    assert [one["reason"] for one in json.loads(done.stdout)["refusals"]] == ["unknown_path"]
    assert (done.returncode, state(tree)) == (1, before)


def test_latin_1_is_kept_or_refused_by_name(tree: Path) -> None:
    (tree / "src" / "f.py").write_bytes(b"# caf\xe9\ndef f():\n    return 1\n")
    before = state(tree)
    done = apply(tree)
    if done.returncode:
        assert "src/f.py" in done.stderr and state(tree) == before
    else:
        assert (tree / "src" / "f.py").read_bytes() == b"# caf\xe9\ndef f():\n    return 2\n"
