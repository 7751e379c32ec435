"""The `search` tool: where a name is defined and where a text stands, as path:line with the line itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from flashagent import untrusted
from flashagent.ports import Command, CommandRunner, MapQuery
from flashagent.tools.base import Arguments, OnText, ToolResult
from flashagent.tools.guarded import Guard

MOST_HITS = 40
LINE_CHARACTERS = 200
SEARCH_SECONDS = 20.0
NOT_SEARCHED = (".git", "node_modules", ".venv", "__pycache__", "target", ".tox")


class SearchArguments(Arguments):
    text: Annotated[str, Field(min_length=1, description="text or symbol name")]
    regex: bool = False
    under: Annotated[str | None, Field(description="folder or file")] = None


class SearchTool:
    """Runs ripgrep, or grep where it is not installed, in the sandbox: neither has patterns that take for ever. Lines of files
    that hold secrets are left out, as `read` leaves out the files."""

    name = "search"
    kind = "read"
    parallel = True
    arguments = SearchArguments

    def __init__(
        self,
        runner: CommandRunner,
        template: Command,
        symbols: MapQuery,
        mask: Callable[[str], str] = lambda text: text,
        is_secret: Callable[[str], bool] | None = None,
    ) -> None:
        self._is_secret = is_secret or Guard().is_secret
        self._runner = runner
        self._template = template
        self._symbols = symbols
        self._mask = mask

    def describe(self, arguments: SearchArguments) -> tuple[str, tuple[str, ...]]:
        return f"{arguments.text!r}" + (f" under {arguments.under}" if arguments.under else ""), ()

    async def run(self, arguments: SearchArguments, on_output: OnText) -> ToolResult:
        under = arguments.under or "."
        if under.startswith(("/", "~")) or ".." in under.split("/"):
            return ToolResult.failed(f"`under` must be a path inside the repository, not {under!r}.")
        found = await self._definitions(arguments)
        command = replace(
            self._template, argv=_argv(arguments, under), timeout_s=SEARCH_SECONDS, read_only=True
        )
        result = await self._runner.run(command)
        lines = result.output.decode("utf-8", "replace").splitlines()
        if result.exit_code > 1 or result.limit:
            return ToolResult.failed(
                self._clean("\n".join(lines[:5])) or f"The search failed: {result.limit}."
            )
        shown = (line.removeprefix("./") for line in lines)
        return self._answer(found, [line for line in shown if not self._is_secret(line.partition(":")[0])])

    async def _definitions(self, arguments: SearchArguments) -> list[str]:
        if arguments.regex:
            return []
        symbols = self._symbols.definitions(arguments.text)[:10]
        return [
            f"{s.path}:{s.start_line}-{s.end_line}: {s.kind} {s.signature or s.qualified}" for s in symbols
        ]

    def _answer(self, found: list[str], lines: list[str]) -> ToolResult:
        if not found and not lines:
            return ToolResult("Nothing found.", "nothing found")
        shown = [line[:LINE_CHARACTERS] for line in lines[:MOST_HITS]]
        if len(lines) > MOST_HITS:
            shown.append(f"[{len(lines) - MOST_HITS} more lines]")
        parts = (["Defined at:", *found] if found else []) + (["Lines:", *shown] if shown else [])
        return ToolResult(self._clean("\n".join(parts)), f"{len(found)} definitions, {len(lines)} lines")

    def _clean(self, text: str) -> str:
        return self._mask(untrusted.plain(text))


def _argv(arguments: SearchArguments, under: str) -> tuple[str, ...]:
    if shutil.which("rg"):
        mode = () if arguments.regex else ("-F",)
        return (
            "rg",
            "-nH",  # the path also where `under` is one file
            "--no-heading",
            "--color=never",
            "--sort=path",
            "-m",
            "20",
            *mode,
            "-e",
            arguments.text,
            "--",
            under,
        )
    mode = ("-E",) if arguments.regex else ("-F",)
    skipped = tuple(f"--exclude-dir={name}" for name in NOT_SEARCHED)
    return ("grep", "-rnHI", "-m", "20", *skipped, *mode, "-e", arguments.text, "--", under)
