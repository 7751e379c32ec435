"""The models of a recorded run, speaking again from its record: the run is done once more, and no endpoint is asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from flashagent.compose.tape import Tape
from flashagent.errors import ModelUnreachable
from flashagent.events import Emit, ReasoningDelta, TextDelta
from flashagent.jobs.house import Models
from flashagent.messages import AssistantMessage, ToolCall
from flashagent.models.base import ModelRequest
from flashagent.values import Usage

Entry = Mapping[str, Any]


class RecordEnded(ModelUnreachable):
    """More was asked than the recorded run asked."""


class TapedModel:
    """Gives the recorded replies of one model in their order; what failed then fails again."""

    def __init__(self, name: str, replies: Sequence[Entry]) -> None:
        self._name = name
        self._replies = deque(replies)

    @property
    def name(self) -> str:
        return self._name

    async def warm(self) -> None:
        """There is nothing to prepare."""

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    async def reply(self, request: ModelRequest, emit: Emit) -> AssistantMessage:
        if not self._replies:
            raise RecordEnded(
                "The record has no further reply.", hint="From here on the run went another way."
            )
        entry = self._replies.popleft()
        if "error" in entry:
            raise ModelUnreachable(f"{entry['error']} then: {entry.get('said') or 'nothing more is known'}")
        message = _message(entry)
        for kind, text in ((ReasoningDelta, message.reasoning), (TextDelta, message.text)):
            if text:
                emit(kind(text))
                await asyncio.sleep(0)
        return message


def _message(entry: Entry) -> AssistantMessage:
    fields = {key: value for key, value in entry.items() if key not in ("k", "t", "n")}
    return AssistantMessage(
        **{
            **fields,
            "tool_calls": tuple(ToolCall(**call) for call in fields.get("tool_calls", ())),
            "usage": Usage(**fields.get("usage", {})),
            "wasted": Usage(**fields.get("wasted", {})),
            "items": tuple(fields.get("items", ())),
        }
    )


def about(models: Models | None) -> dict[str, Any] | None:
    """What a record has to say of the models, so that they can be played; None where none was configured."""
    if models is None:
        return None
    plain = {one.name: getattr(models, one.name) for one in fields(models) if one.name != "router"}
    plain["edit_formats"] = dict(models.edit_formats)
    architect = models.router.architect
    return {**plain, "flash": models.router.flash.name, "architect": architect.name if architect else None}


def played_models(
    said: Entry | None, entries: Sequence[Entry], tape: Tape, mask: Callable[[str], str]
) -> Models | None:
    """The models of a record whose `about` is `said`; what they are asked goes on the new tape."""
    if said is None:
        return None
    from flashagent.models.router import Router

    names = {entry.get("n"): entry.get("model") for entry in entries if entry["k"] == "ask"}
    replies = [entry for entry in entries if entry["k"] == "reply"]

    def speaker(name: str) -> Any:
        own = [entry for entry in replies if names.get(entry.get("n")) == name]
        return tape.model(TapedModel(name, own), mask)

    facts = {key: value for key, value in said.items() if key not in ("flash", "architect")}
    architect = speaker(said["architect"]) if said["architect"] else None
    return Models(Router(speaker(said["flash"]), architect), **facts)
