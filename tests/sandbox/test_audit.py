"""The audit log: a chain that shows every change, crashes and many writers included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flashagent_sandbox.audit import START, AuditError, append, read, verify
from helpers.sandbox_project import PACKAGE, git


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_entries_come_back_in_order_and_the_file_is_private(log: Path) -> None:
    hashes = [append(log, "Approval", {"number": number, "argv": ["a\nb", "\udcff"]}) for number in range(3)]
    assert [(entry["number"], entry["hash"]) for entry in read(log)] == list(enumerate(hashes))
    assert read(log)[0]["previous"] == START
    assert (verify(log).entries, verify(log).head, verify(log).intact) == (3, hashes[-1], True)
    assert log.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="hash"):
        append(log, "Approval", {"hash": "x"})


@pytest.mark.parametrize(
    ("change", "intact", "line"),
    [
        (lambda lines: [lines[0], lines[1].replace(b'"number":1', b'"number":7'), lines[2]], 1, 2),
        (lambda lines: [lines[0], lines[2]], 1, 2),
        (lambda lines: lines[1:], 0, 1),
        (lambda lines: [lines[0], lines[2], lines[1]], 1, 2),
        (lambda lines: [lines[0], lines[1], lines[1], lines[2]], 2, 3),
        (lambda lines: [lines[0], b"not a line\n", *lines[1:]], 1, 2),
        (lambda lines: [*lines, b'{"at": 1'], 3, 4),
    ],
)
def test_every_change_shows(
    log: Path, change: Callable[[list[bytes]], list[bytes]], intact: int, line: int
) -> None:
    for number in range(3):
        append(log, "Approval", {"number": number})
    log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))
    verdict = verify(log)
    assert (verdict.entries, verdict.line, verdict.intact) == (intact, line, False)
    with pytest.raises(AuditError, match=f"line {line}"):
        read(log)


def test_a_line_cut_off_by_a_crash_is_kept_and_vouched_for(log: Path) -> None:
    append(log, "Approval", {"number": 0})
    whole = log.read_bytes()
    log.write_bytes(whole + b'{"at":17')
    append(log, "Approval", {"number": 1})
    assert log.read_bytes().startswith(whole + b'{"at":17\n{')
    assert [entry["number"] for entry in read(log)] == [0, 1]
    append(log, "Approval", {"number": 2, "long": "x" * 200_000})
    append(log, "Approval", {"number": 3})
    assert verify(log).entries == 4
    log.write_bytes(log.read_bytes().replace(b'{"at":17\n', b'{"at":18\n'))
    assert (verify(log).entries, verify(log).line) == (1, 2)


def test_nothing_is_added_to_a_file_of_another_kind_or_through_a_link(log: Path, tmp_path: Path) -> None:
    log.write_text("notes of mine\nmore\n")
    with pytest.raises(AuditError, match="no audit log"):
        append(log, "Approval", {})
    assert log.read_text() == "notes of mine\nmore\n"
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditError, match="cannot be opened"):
        append(tmp_path / "link", "Approval", {})
    assert not (tmp_path / "elsewhere").exists()


def test_several_processes_write_one_chain(log: Path) -> None:
    code = "import sys; from pathlib import Path; from flashagent_sandbox.audit import append\n"
    code += "for n in range(25): append(Path(sys.argv[1]), 'Approval', {'from': sys.argv[2], 'number': n})"
    environ = {**os.environ, "PYTHONPATH": PACKAGE}
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(log), str(number)], env=environ)
        for number in range(4)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert verify(log).entries == 100
    assert [e["number"] for e in read(log) if e["from"] == "2"] == list(range(25))


@pytest.mark.needs("bwrap")
def test_run_writes_what_was_asked_and_what_came_of_it(tmp_path: Path, log: Path) -> None:
    root = tmp_path / "home" / "project"
    root.mkdir(parents=True)
    git(root, "init", "-q")
    for name in ("old", "gone"):
        (root / name).write_text("x")
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(root.parent),
        "PYTHONPATH": PACKAGE,
        "API_TOKEN": "s3cret",
    }

    def sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flashagent_sandbox", *arguments]
        return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)

    script = "echo new > new; echo more >> old; rm gone; mkdir .vscode; exit 4"
    assert sandbox("run", "--audit", str(log), "--", "/bin/sh", "-c", script).returncode == 4
    assert sandbox("run", "--audit", str(log), "--time", "0.3", "--", "sleep", "60").returncode == 124
    assert sandbox("run", "--audit", str(log), "--", "no-such-program").returncode == 127
    entries = read(log)
    assert [entry["type"] for entry in entries] == [
        "CommandStarted", "CommandFinished", "CommandStarted", "CommandFinished", "CommandStarted", "CommandRefused",
    ]  # fmt: skip
    started, finished = entries[:2]
    assert (started["argv"], started["backend"], started["network"]) == (
        ["/bin/sh", "-c", script],
        "bwrap",
        "off",
    )
    assert started["limits"]["memory_bytes"] == 2 << 30
    assert {name: finished[name] for name in ("status", "limit", "created", "changed", "deleted", "removed")} == {
        "status": 4, "limit": "", "created": ["new"], "changed": ["old"], "deleted": ["gone"], "removed": [".vscode"],
    }  # fmt: skip
    assert (entries[3]["status"], entries[3]["limit"]) == (124, "time")
    assert "s3cret" not in log.read_text()
    assert sandbox("audit", str(log)).stdout.startswith("6 entries, all intact.")
    assert [json.loads(line) for line in sandbox("audit", "--json", str(log)).stdout.splitlines()] == list(
        entries
    )
    log.write_text(log.read_text().replace('"status":4', '"status":0'))
    broken = sandbox("audit", str(log))
    assert (broken.returncode, "line 2 was changed" in broken.stderr) == (1, True)
    inside = sandbox("run", "--audit", str(root / "log"), "--", "true")
    assert (inside.returncode, (root / "log").exists()) == (125, False)
