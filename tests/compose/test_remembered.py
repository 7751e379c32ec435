"""Grants of a project: exact, private, outside of the repository, and revocable."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from helpers.workspace_state import git_environment, make_repository

from flashagent.agent.approvals import Command, Grants
from flashagent.cli import approvals
from flashagent.compose.remembered import ApprovalStore
from flashagent.errors import SettingsError, UsageError
from flashagent.folders import Folders

MAKE = Command(("make", "x y"), "/p", outside=True)
OTHER = Command(("make",), "/p")


def test_keep_deny_and_revoke(tmp_path: Path) -> None:
    store = ApprovalStore(tmp_path / "state")
    assert store.grants() == Grants()
    store.keep(MAKE)
    store.deny(OTHER)
    again = ApprovalStore(tmp_path / "state")
    assert again.grants() == Grants(frozenset({MAKE}), frozenset({OTHER}))
    assert again.listed() == (("allowed", MAKE), ("denied", OTHER))
    again.revoke(MAKE)
    assert store.grants() == Grants(frozenset(), frozenset({OTHER}))
    assert stat.S_IMODE((tmp_path / "state" / "approvals.json").stat().st_mode) == 0o600


def test_the_last_hundred_commands_are_known_and_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    store = ApprovalStore(tmp_path)
    for number in range(450):
        store.note(Command((f"c{number}",)))
    with (tmp_path / "commands.jsonl").open("a") as file:
        file.write('{"argv": ["to')
    assert [one.argv[0] for one in store.recent()] == [f"c{number}" for number in range(350, 450)]
    assert len((tmp_path / "commands.jsonl").read_text().splitlines()) < 420


@pytest.mark.parametrize("text", ["", "[]", '{"allowed": [{"argv": [1]}], "denied": []}', '{"allowed": 5}'])
def test_a_damaged_file_grants_nothing_and_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "approvals.json").write_text(text)
    with pytest.raises(SettingsError, match="is damaged"):
        ApprovalStore(tmp_path).grants()


def test_the_command_lists_and_revokes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "repo"
    make_repository(root, {"a.txt": "a\n"})
    monkeypatch.chdir(root)
    environ = {**git_environment(tmp_path / "home"), "FLASHAGENT_HOME": str(tmp_path / "fa")}
    store = ApprovalStore(Folders.of(environ).of_repository(root))
    assert approvals.run([], environ) == 0
    assert capsys.readouterr().out == "Nothing is allowed or denied for good in this project.\n"
    store.keep(Command(("/bin/sh", "-c", "pip list\x1b[2J"), "/p", outside=True))
    store.note(Command(("/bin/sh", "-c", "pip list\x1b[2J"), "/p", outside=True))
    assert approvals.run(["list"], environ) == 0
    assert capsys.readouterr().out.splitlines() == [
        "  1  allowed  pip list\\x1b[2J (in /p, OUTSIDE the sandbox)",
        "     A lasting yes covers exactly this command in this folder: 1 of the last 1 commands (#1 from the last).",
    ]
    assert approvals.run(["deny", "1"], environ) == 0
    assert [kind for kind, _ in store.listed()] == ["denied"]
    assert approvals.run(["revoke", "1"], environ) == 0
    assert store.listed() == ()
    with pytest.raises(UsageError, match="no approval number 1"):
        approvals.run(["revoke", "1"], environ)
