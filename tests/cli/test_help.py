"""The help as a user calls it."""

from __future__ import annotations

import pytest

from flashagent.cli import main
from flashagent.cli.commands import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_that_commands_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.run(["help", command], {})
    asked = capsys.readouterr().out
    assert ended.value.code == 0
    with pytest.raises(SystemExit):
        main.run([command, "--help"], {})
    assert asked == capsys.readouterr().out
    assert asked.startswith(f"usage: flashagent {command}")


def test_help_alone_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["help"], {}) == 0
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  {name} " not in out] == []
