"""The audit of a session: what ran, what was asked, what was written; changed afterwards, it says so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from helpers.verify_runner import PlainRunner

from flashagent.cli import sessions
from flashagent.compose.auditing import SessionAudit, read_audit
from flashagent.errors import RunnerMissing, UsageError, WorkspaceError
from flashagent.events import ApprovalRequested, ApprovalResolved, FileChanged, JobFinished, Notice
from flashagent.folders import Folders
from flashagent.ports import Command
from flashagent.values import Usage


def masking(text: str) -> str:
    return text.replace("hunter22", "[secret]")


async def filled(path: Path, root: Path) -> None:
    audit = SessionAudit(path, masking)
    runner = audit.watch(PlainRunner(root), "default")
    await runner.run(Command(("sh", "-c", "echo hunter22; exit 3"), root))
    with pytest.raises(RunnerMissing):
        await runner.run(Command(("no-such-program",), root))
    audit(ApprovalRequested("c", "make", ("make",), "/p", "why"))
    audit(ApprovalResolved("c", "deny", "not now"))
    audit(FileChanged("a.py", "modified", "diff"))
    audit(Notice("info", "not for the audit"))
    audit(JobFinished("not_fixed", 1, "", "", Usage()))


async def test_commands_approvals_and_files_are_on_record_without_secrets(tmp_path: Path) -> None:
    path = tmp_path / "audit" / "s1.jsonl"
    await filled(path, tmp_path)
    found = read_audit(path)
    assert found.problem == ""
    kinds = [entry["type"] for entry in found.entries]
    assert kinds == ["command", "command", "asked", "answered", "file", "job"]
    first = found.entries[0]
    assert first["argv"] == ["sh", "-c", "echo [secret]; exit 3"]
    assert (first["exit"], first["limit"], first["folder"]) == (3, "", str(tmp_path))
    assert first["policy"]["profile"] == "default" and first["policy"]["sandbox"] == "none (tests)"
    assert found.entries[1]["ended"] == "RunnerMissing"
    assert "hunter22" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, str], Path]:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    environ = {"FLASHAGENT_HOME": str(tmp_path / "fa")}
    path = Folders.of(environ).of_repository(root) / "audit" / "20260101T000000-aaaaaa.jsonl"
    asyncio.run(filled(path, root))
    return environ, path


def test_the_command_verifies_and_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environ, _ = prepared(tmp_path, monkeypatch)
    assert sessions.run(["audit"], environ) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert len(lines) == 6 and "intact, 6 entries" in shown.err
    assert "sh -c 'echo [secret]; exit 3'  [none (tests), default]  exit 3 after" in lines[0]
    assert lines[3].endswith("call c, decision deny, reason not now")
    assert sessions.run(["audit", "2026", "--json"], environ) == 0
    with pytest.raises(UsageError, match="no session 1999"):
        sessions.run(["audit", "1999"], environ)


@pytest.mark.parametrize(("line", "entries"), [(1, 0), (4, 3)])
def test_a_changed_line_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: int,
    entries: int,
) -> None:
    environ, path = prepared(tmp_path, monkeypatch)
    lines = path.read_text().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace('"type":"', '"type":"x', 1)
    path.write_text("".join(lines))
    assert sessions.run(["audit"], environ) == 1
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == entries
    assert f"line {line} was changed" in shown.err


def test_a_line_taken_out_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ, path = prepared(tmp_path, monkeypatch)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]))
    assert sessions.run(["audit"], environ) == 1


def test_without_any_session_or_action_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no session of this project"):
        sessions.run(["audit"], {"FLASHAGENT_HOME": str(tmp_path / ".." / "fa-home")})
    assert sessions.run([], {}) == 0
    assert "audit" in capsys.readouterr().out
    with pytest.raises(WorkspaceError, match="cannot be read"):
        read_audit(tmp_path / "none.jsonl")


async def test_a_disk_that_refuses_ends_the_audit_and_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told: list[str] = []
    audit = SessionAudit(tmp_path / "file" / "s.jsonl", masking, told.append)
    result = await audit.watch(PlainRunner(tmp_path), "default").run(Command(("true",), tmp_path))
    audit(FileChanged("a.py", "modified", "diff"))
    assert (result.exit_code, len(told)) == (0, 1)
