"""The tools `definition`, `references` and `rename`: a language server that stands ready answers for a name.

A server's word is data: a rename comes back as edits that land like any others, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field

from flashagent import untrusted
from flashagent.diagnose.lsp.places import Place, Text, Unanswered
from flashagent.edits.values import Refused, Replace
from flashagent.tools.base import Arguments, OnText, ToolResult
from flashagent.tools.edit import refused_result
from flashagent.tools.guarded import Guard
from flashagent.tools.landing import Landing

MOST_PLACES = 40
LINE_CHARACTERS = 160
Question = Literal["definition", "references"]
Read = Callable[[str], str | None]


class Names(Protocol):
    """Who answers: see `diagnose.lsp.servers.LanguageServers`."""

    async def places(
        self, question: str, read: Read, path: str, line: int, name: str
    ) -> Sequence[Place] | Unanswered: ...

    async def rename(
        self, read: Read, path: str, line: int, name: str, new_name: str
    ) -> Mapping[str, tuple[str, str]] | Unanswered: ...


class NameArguments(Arguments):
    path: str
    line: Annotated[int, Field(ge=1)]
    name: Annotated[str, Field(min_length=1)]


class RenameArguments(NameArguments):
    new_name: Annotated[str, Field(min_length=1)]


class PlacesTool:
    """`question` is the tool's name and what is asked."""

    kind = "read"
    parallel = True
    arguments = NameArguments

    def __init__(
        self,
        question: Question,
        names: Names,
        landing: Landing,
        mask: Callable[[str], str] = lambda text: text,
        is_secret: Callable[[str], bool] | None = None,
    ) -> None:
        self.name = question
        self._names = names
        self._landing = landing
        self._mask = mask
        self._is_secret = is_secret or Guard().is_secret

    def describe(self, arguments: NameArguments) -> tuple[str, tuple[str, ...]]:
        return f"{arguments.name} at {arguments.path}:{arguments.line}", ()

    async def run(self, arguments: NameArguments, on_output: OnText) -> ToolResult:
        read = self._landing.readable
        found = await self._names.places(self.name, read, arguments.path, arguments.line, arguments.name)
        if isinstance(found, Unanswered):
            return ToolResult.failed(self._clean(found.why))
        shown = [self._line(place, read) for place in found[:MOST_PLACES]]
        if len(found) > MOST_PLACES:
            shown.append(f"[{len(found) - MOST_PLACES} more]")
        return ToolResult(self._clean("\n".join(shown)), f"{len(found)} places")

    def _line(self, place: Place, read: Read) -> str:
        text = None if self._is_secret(place.path) else read(place.path)
        line = Text(text or "").line(place.line).strip()
        return f"{place.path}:{place.line}: {line[:LINE_CHARACTERS]}"

    def _clean(self, text: str) -> str:
        return self._mask(untrusted.plain(text))


class RenameTool:
    name = "rename"
    kind = "edit"
    parallel = False
    arguments = RenameArguments

    def __init__(self, names: Names, landing: Landing) -> None:
        self._names = names
        self._landing = landing

    def describe(self, arguments: RenameArguments) -> tuple[str, tuple[str, ...]]:
        return f"{arguments.name} to {arguments.new_name}, from {arguments.path}:{arguments.line}", ()

    async def run(self, arguments: RenameArguments, on_output: OnText) -> ToolResult:
        found = await self._names.rename(
            self._landing.readable, arguments.path, arguments.line, arguments.name, arguments.new_name
        )
        if isinstance(found, Unanswered):
            return ToolResult.failed(untrusted.plain(found.why))
        edits = [Replace(path, old, new) for path, (old, new) in sorted(found.items()) if old != new]
        outcome = await self._landing.land(edits)
        if isinstance(outcome, Refused):
            return refused_result(outcome)
        paths = ", ".join(change.path for change in outcome.changes)
        return ToolResult(
            f"Renamed {arguments.name} to {arguments.new_name} in {paths}.",
            f"renamed in {len(outcome.changes)} files",
            changes=outcome.changes,
        )


def name_tools(
    names: Names,
    landing: Landing,
    mask: Callable[[str], str] = lambda text: text,
    is_secret: Callable[[str], bool] | None = None,
) -> tuple[PlacesTool, PlacesTool, RenameTool]:
    return (
        PlacesTool("definition", names, landing, mask, is_secret),
        PlacesTool("references", names, landing, mask, is_secret),
        RenameTool(names, landing),
    )
