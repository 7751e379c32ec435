"""Run one command in the sandbox for the model: `run` (any command) and `check` (the project's own check)."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from flashagent import untrusted
from flashagent.ports import Command, CommandRunner
from flashagent.tools.base import Arguments, OnText, ToolResult

OUTPUT_CHARACTERS = 6_000  # of one command, head and tail; about 1,500 tokens


class RunArguments(Arguments):
    command: Annotated[str, Field(description="shell command, run in the repository root")]
    timeout: Annotated[int, Field(description="seconds", ge=1, le=600)] = 60


class RunTool:
    """`run`: a shell line of the model, executed by /bin/sh inside the sandbox, never outside of it."""

    name = "run"
    kind = "run"
    parallel = False
    arguments = RunArguments

    def __init__(
        self, runner: CommandRunner, template: Command, mask: Callable[[str], str] = lambda text: text
    ) -> None:
        self._runner = runner
        self._template = template
        self._mask = mask

    def describe(self, arguments: RunArguments) -> tuple[str, tuple[str, ...]]:
        return arguments.command, ("/bin/sh", "-c", arguments.command)

    async def run(self, arguments: RunArguments, on_output: OnText) -> ToolResult:
        _, argv = self.describe(arguments)
        command = replace(self._template, argv=argv, timeout_s=float(arguments.timeout))
        result = await self._runner.run(
            command, on_output=lambda data: on_output(data.decode("utf-8", "replace"))
        )
        text = shorten(
            self._mask(untrusted.plain(result.output.decode("utf-8", "replace"))), OUTPUT_CHARACTERS
        )
        ended = f"cut off by the {result.limit} limit" if result.limit else f"exit status {result.exit_code}"
        return ToolResult(
            f"{ended}\n{text}".rstrip(), f"{shlex.join(argv[2:])}: {ended}", ok=result.exit_code == 0
        )


class CheckArguments(Arguments):
    test: Annotated[str | None, Field(description="one test id; all when left out")] = None


@dataclass(frozen=True)
class CheckTool:
    """`check`: the project's check or one of its tests, run by the harness, whose word alone counts."""

    run_check: Callable[[str | None], Awaitable[tuple[bool, str]]]
    name: str = "check"
    kind: str = "read"
    parallel: bool = False
    arguments: type[Arguments] = CheckArguments

    def describe(self, arguments: CheckArguments) -> tuple[str, tuple[str, ...]]:
        return arguments.test or "the whole check", ()

    async def run(self, arguments: CheckArguments, on_output: OnText) -> ToolResult:
        green, text = await self.run_check(arguments.test)
        return ToolResult(text, text.partition("\n")[0], ok=green)


def shorten(text: str, characters: int) -> str:
    """Head and tail of a long text with a line between that says how much is left out."""
    if len(text) <= characters:
        return text
    head, tail = characters // 3, characters - characters // 3
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[... {left_out} characters left out ...]\n{text[-tail:]}"
