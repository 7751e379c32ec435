"""The last door before a model: whatever a request was made of, no secret of the user leaves with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from flashagent.events import Emit
from flashagent.messages import AssistantMessage, Message, ToolCall
from flashagent.models.base import ChatModel, ModelRequest

REMEMBERED = 4_096  # messages; a history is sent again with every request


class MaskedModel:
    """A model behind a mask. Equal messages become equal ones, so that the prefix of a request stays the same bytes."""

    def __init__(self, model: ChatModel, mask: Callable[[str], str]) -> None:
        self._model = model
        self._mask = lru_cache(REMEMBERED)(mask)

    @property
    def name(self) -> str:
        return self._model.name

    async def warm(self) -> None:
        await self._model.warm()

    async def reply(self, request: ModelRequest, emit: Emit) -> AssistantMessage:
        messages = tuple(map(self._masked, request.messages))
        return await self._model.reply(replace(request, messages=messages), emit)

    async def aclose(self) -> None:
        await self._model.aclose()

    def _masked(self, message: Message) -> Message:
        if not isinstance(message, AssistantMessage):
            return replace(message, text=self._mask(message.text))
        calls = tuple(self._call(call) for call in message.tool_calls)
        reasoning = self._mask(message.reasoning)
        items = tuple(map(self._mask, message.items))
        return replace(
            message, text=self._mask(message.text), tool_calls=calls, reasoning=reasoning, items=items
        )

    def _call(self, call: ToolCall) -> ToolCall:
        return replace(call, arguments=self._mask(call.arguments))
