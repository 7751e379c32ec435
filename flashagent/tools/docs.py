"""The `docs` tool: signature and documentation of a name in what is installed for the project; nothing from memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import Field

from flashagent import untrusted
from flashagent.tools.base import Arguments, OnText, ToolResult
from flashagent.tools.outputs import cut_middle

MOST_TOKENS = 1_500
LookUp = Callable[[str], Awaitable[tuple[bool, str]]]


class DocsArguments(Arguments):
    name: Annotated[str, Field(description="like json.dumps")]


class DocsTool:
    """`look_up` answers for a dotted name: whether it exists, and what is known of it."""

    name = "docs"
    kind = "read"
    parallel = True
    arguments = DocsArguments

    def __init__(self, look_up: LookUp, mask: Callable[[str], str] = lambda text: text) -> None:
        self._look_up = look_up
        self._mask = mask

    def describe(self, arguments: DocsArguments) -> tuple[str, tuple[str, ...]]:
        return arguments.name, ()

    async def run(self, arguments: DocsArguments, on_output: OnText) -> ToolResult:
        exists, text = await self._look_up(arguments.name)
        shown = cut_middle(self._mask(untrusted.plain(text)), MOST_TOKENS)
        return ToolResult(shown, shown.partition("\n")[0], ok=exists)
