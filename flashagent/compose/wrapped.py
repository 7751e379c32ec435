"""What decorators of a command runner have in common: all but running a command is the inner one's."""

from __future__ import annotations

from flashagent.ports import CommandRunner


class Wrapped:
    """A base for a CommandRunner around another; `run` is the subclass's own."""

    def __init__(self, runner: CommandRunner) -> None:
        self._runner = runner

    @property
    def protects(self) -> bool:
        return self._runner.protects

    @property
    def description(self) -> str:
        return self._runner.description
