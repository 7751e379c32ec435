"""The help as a user calls it."""

from __future__ import annotations

import pytest

from flashagent.cli import main
from flashagent.cli.commands import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_that_commands_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["help", command], {}) == 0
    asked = capsys.readouterr().out
    assert main.run([command, "--help"], {}) == 0
    assert asked == capsys.readouterr().out
    assert asked.startswith(f"usage: flashagent {command}")


@pytest.mark.parametrize("command", ["batch", "sessions"])
def test_a_command_of_actions_alone_tells_them(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([command], {}) == 0
    assert capsys.readouterr().out.startswith(f"usage: flashagent {command}")


def test_help_alone_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["help"], {}) == 0
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  {name} " not in out] == []
