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
