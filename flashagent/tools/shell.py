"""Run one command for the model: `run` (any command, in the sandbox unless the user lets it out) and `check` (the
project's own check)."""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from flashagent import untrusted
from flashagent.dataclass import dataclass
from flashagent.ports import Command, CommandRunner
from flashagent.tools.base import Arguments, OnText, Placement, ToolResult
from flashagent.tools.outputs import Outputs

OUTPUT_TOKENS = 1_500  # of one command, head and tail; the rest is kept for reading by range


class RunArguments(Arguments):
    command: Annotated[str, Field(description="shell command, run in the repository root")]
    timeout: Annotated[int, Field(description="seconds", ge=1, le=600)] = 60


class OutsideArguments(RunArguments):
    outside: Annotated[
        str,
        Field(description="only if it cannot work in the sandbox: why. The user is asked", max_length=500),
    ] = ""


@dataclass(frozen=True)
class Outside:
    """How a command leaves the sandbox once the user has said yes: a runner without one, and the user's own folder."""

    runner: CommandRunner
    template: Command


class RunTool:
    """`run`: a shell line of the model, executed by /bin/sh. It runs in the sandbox; only where `outside` is given may
    a call ask to leave it, and the approval comes before this tool is called."""

    name = "run"
    kind = "run"
    parallel = False

    def __init__(
        self,
        runner: CommandRunner,
        template: Command,
        mask: Callable[[str], str] = lambda text: text,
        *,
        outside: Outside | None = None,
        outputs: Outputs | None = None,
        nonce: Callable[[], str] = untrusted.new_nonce,
    ) -> None:
        self._runner = runner
        self._template = template
        self._mask = mask
        self._outside = outside
        self._outputs = outputs or Outputs()
        self._nonce = nonce
        self.arguments: type[Arguments] = OutsideArguments if outside else RunArguments

    def describe(self, arguments: RunArguments) -> tuple[str, tuple[str, ...]]:
        return arguments.command, ("/bin/sh", "-c", arguments.command)

    def place(self, arguments: RunArguments) -> Placement:
        reason = _reason(arguments)
        _, template = self._way(arguments)
        return Placement(str(template.cwd), bool(reason), reason)

    async def run(self, arguments: RunArguments, on_output: OnText) -> ToolResult:
        _, argv = self.describe(arguments)
        runner, template = self._way(arguments)
        command = replace(template, argv=argv, timeout_s=float(arguments.timeout))
        result = await runner.run(command, on_output=_decoding(on_output))
        ended = f"cut off by the {result.limit} limit" if result.limit else f"exit status {result.exit_code}"
        shown = untrusted.for_model(result.output.decode("utf-8", "replace"))
        removed = f", {shown.neutralized} control sequences taken out" if shown.neutralized else ""
        text = self._outputs.fit(self._mask(shown.text), OUTPUT_TOKENS)
        output = untrusted.mark(text, "output", self._nonce()) if text.strip() else "no output"
        refused = refusal_in(shown.text) if result.exit_code and runner.protects else ""
        return ToolResult(
            "\n".join(filter(None, (ended, output, refused))),
            f"{shlex.join(argv[2:])}: {ended}{removed}{f' ({refused})' if refused else ''}",
            ok=result.exit_code == 0,
        )

    def _way(self, arguments: RunArguments) -> tuple[CommandRunner, Command]:
        """Where the call runs. Raises nothing: a call that may not leave has no `outside` to say so."""
        if self._outside is not None and _reason(arguments):
            return self._outside.runner, self._outside.template
        return self._runner, self._template


# What programs print when the sandbox refuses them something, and what that means.
_REFUSALS = (
    (
        re.compile(
            r"(?i)could ?n[o']t resolve|name resolution|network is unreachable|failed to connect|connection refused"
            r"|no address associated|name or service not known"
        ),
        "The sandbox has no network.",
    ),
    (
        re.compile(r"(?i)read-only file system"),
        "The sandbox lets commands read but not write here; change files with edits.",
    ),
    (
        re.compile(r"(?i)operation not permitted|device or resource busy"),
        "The sandbox refuses this operation.",
    ),
)


def refusal_in(output: str) -> str:
    """What the sandbox refused, as far as the output of a failed command tells it; '' for nothing."""
    return " ".join(said for pattern, said in _REFUSALS if pattern.search(output))


def _reason(arguments: RunArguments) -> str:
    """Why the call asks to leave the sandbox, '' when it does not."""
    return arguments.outside.strip() if isinstance(arguments, OutsideArguments) else ""


def _decoding(on_text: OnText) -> Callable[[bytes], None]:
    """Output as text; a character that is split over two pieces stays one."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return lambda data: on_text(decoder.decode(data))


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
