"""The `edit` tool: replace exact, unique text in files; create, delete and rename them. All of a call, or nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flashagent.edits.values import Create, Delete, Edit, Refused, Rename, Replace
from flashagent.tools.base import Arguments, OnText, ToolResult
from flashagent.tools.landing import Landed, Landing, refusal_text


class OneEdit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    old: Annotated[
        str | None, Field(description="exact current text, as little as is unique; empty to create")
    ] = None
    new: Annotated[str | None, Field(description="text instead of it")] = None
    all: Annotated[bool, Field(description="replace every place")] = False
    near_line: Annotated[int | None, Field(description="which of several places")] = None
    delete: Annotated[bool, Field(description="delete the file")] = False
    rename_to: str | None = None


class EditArguments(Arguments):
    edits: Annotated[list[OneEdit], Field(min_length=1)]


class EditTool:
    name = "edit"
    kind = "edit"
    parallel = False
    arguments = EditArguments

    def __init__(self, landing: Landing) -> None:
        self._landing = landing

    def describe(self, arguments: EditArguments) -> tuple[str, tuple[str, ...]]:
        return ", ".join(dict.fromkeys(edit.path for edit in arguments.edits)), ()

    async def run(self, arguments: EditArguments, on_output: OnText) -> ToolResult:
        edits: list[Edit] = []
        for number, one in enumerate(arguments.edits, 1):
            edit = to_edit(one)
            if isinstance(edit, str):
                return ToolResult.failed(f"Edit {number} ({one.path}): {edit} Nothing was written.")
            edits.append(edit)
        outcome = await self._landing.land(edits)
        return refused_result(outcome) if isinstance(outcome, Refused) else landed_result(outcome)


def to_edit(one: OneEdit) -> Edit | str:
    """The edit that is meant, or a sentence that says what is missing."""
    if one.delete:
        return Delete(one.path)
    if one.rename_to:
        return Rename(one.path, one.rename_to)
    if one.new is None:
        return "`new` is missing."
    if not one.old:
        return Create(one.path, one.new)
    return Replace(one.path, one.old, one.new, all=one.all, near_line=one.near_line)


def landed_result(landed: Landed) -> ToolResult:
    paths = ", ".join(change.path for change in landed.changes)
    return ToolResult(f"Written: {paths}.", f"edited {paths}", changes=landed.changes)


def refused_result(refused: Refused) -> ToolResult:
    return ToolResult.failed(refusal_text(refused), f"edit refused: {refused.refusals[0].reason}")
