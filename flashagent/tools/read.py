"""The `read` tool: a symbol, a range of lines or a file; a long file is shown as its skeleton unless asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import Field

from flashagent import untrusted
from flashagent.errors import FlashagentError
from flashagent.tools.base import Arguments, OnText, ToolResult
from flashagent.tools.guarded import Guard
from flashagent.tools.landing import Landing
from flashagent.tools.outputs import PREFIX, Outputs
from flashagent.values import Symbol

WHOLE_FILE_LINES = 300
MOST_LINES = 600
OUTPUT_LINES = 100  # of a kept output, where the call names no end


class ReadArguments(Arguments):
    path: Annotated[str, Field(description="file, or file::Class.method")]
    start: Annotated[int | None, Field(description="first line", ge=1)] = None
    end: Annotated[int | None, Field(description="last line", ge=1)] = None


class ReadTool:
    name = "read"
    kind = "read"
    parallel = True
    arguments = ReadArguments

    def __init__(
        self,
        landing: Landing,
        skeleton: Callable[[str, str], str],
        find_symbol: Callable[[str, str, str], tuple[int, int] | None],
        nearby: Callable[[str], list[str]],
        mask: Callable[[str], str] = lambda text: text,
        is_secret: Callable[[str], bool] | None = None,
        outputs: Outputs | None = None,
    ) -> None:
        self._outputs = outputs or Outputs()
        self._is_secret = is_secret or Guard().is_secret
        self._landing = landing
        self._skeleton = skeleton
        self._find_symbol = find_symbol
        self._nearby = nearby
        self._mask = mask

    def describe(self, arguments: ReadArguments) -> tuple[str, tuple[str, ...]]:
        lines = f":{arguments.start or 1}-{arguments.end or ''}" if arguments.start or arguments.end else ""
        return f"{arguments.path}{lines}", ()

    async def run(self, arguments: ReadArguments, on_output: OnText) -> ToolResult:
        path, _, symbol = arguments.path.partition("::")
        if path.startswith(PREFIX):
            return self._output(path, arguments)
        if self._is_secret(path):
            return ToolResult.failed(
                f"{path} holds secrets by its name; it is not shown unless the user names it."
            )
        try:
            text = self._landing.read(path)
        except FlashagentError as error:
            return ToolResult.failed(str(error))
        if text is None:
            near = ", ".join(self._nearby(path))
            return ToolResult.failed(f"{path} does not exist." + (f" Near: {near}." if near else ""))
        self._landing.show(path, text)
        lines = text.split("\n")
        if symbol:
            span = self._find_symbol(text, path, symbol)
            if span is None:
                return ToolResult.failed(f"{path} defines no {symbol}.\n{self._skeleton(text, path)}")
            return self._part(path, lines, *span)
        if arguments.start or arguments.end:
            return self._part(path, lines, arguments.start or 1, arguments.end or len(lines))
        if len(lines) <= WHOLE_FILE_LINES:
            return self._part(path, lines, 1, len(lines))
        outline = self._skeleton(text, path)
        note = f"{path} has {len(lines)} lines; its outline (ask for a range or {path}::NAME):\n"
        return ToolResult(self._clean(note + outline), f"{path}: outline of {len(lines)} lines")

    def _output(self, path: str, arguments: ReadArguments) -> ToolResult:
        """A part of a long result that was shown shortened."""
        text = self._outputs.read(path)
        if text is None:
            return ToolResult.failed(f"There is no {path}.")
        lines = text.split("\n")
        start = arguments.start or 1
        return self._part(path, lines, start, arguments.end or start + OUTPUT_LINES - 1)

    def _part(self, path: str, lines: list[str], start: int, end: int) -> ToolResult:
        end = min(end, len(lines), start + MOST_LINES - 1)
        if start > end:
            return ToolResult.failed(f"{path} has only {len(lines)} lines.")
        body = "\n".join(lines[start - 1 : end])
        return ToolResult(
            self._clean(f"{path} lines {start}-{end} of {len(lines)}:\n{body}"), f"{path}:{start}-{end}"
        )

    def _clean(self, text: str) -> str:
        return self._mask(untrusted.plain(text))


def symbol_finder(
    definitions: Callable[[str, str], Sequence[Symbol]],
) -> Callable[[str, str, str], tuple[int, int] | None]:
    """Find the span of a symbol by plain or qualified name in a text; None when absent or ambiguous."""

    def find(text: str, path: str, name: str) -> tuple[int, int] | None:
        wanted = name.replace("::", ".")
        hits = [
            (s.start_line, s.end_line) for s in definitions(text, path) if wanted in (s.name, s.qualified)
        ]
        return hits[0] if len(hits) == 1 else None

    return find


def neighbours(paths: Callable[[], Sequence[str]]) -> Callable[[str], list[str]]:
    """Existing paths that a wrong one may have meant."""

    def near(path: str) -> list[str]:
        from rapidfuzz import process

        return [hit for hit, _, _ in process.extract(path, paths(), limit=3, score_cutoff=60)]

    return near
