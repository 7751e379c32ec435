"""Which model answers in which role, and who answers when one cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.errors import ContextTooLong, ModelError
from flashagent.events import Emit, ModelRetrying
from flashagent.messages import AssistantMessage
from flashagent.models.base import ChatModel, ModelRequest
from flashagent.models.waste import another_try_fits, budget_used, tell_waste, wasted_by
from flashagent.values import Usage

Role = Literal["flash", "architect", "embed"]


@dataclass(frozen=True, slots=True)
class Router:
    """The models by role. Only `flash` is needed; who plans and reviews is the flash model where there is no architect."""

    flash: ChatModel
    architect: ChatModel | None = None
    embed: ChatModel | None = None

    def for_role(self, role: Role) -> ChatModel | None:
        """The model for the role; None only for `embed` where none is configured."""
        if role == "embed":
            return self.embed
        return (self.architect or self.flash) if role == "architect" else self.flash

    async def aclose(self) -> None:
        for model in (self.flash, self.architect, self.embed):
            if model is not None:
                await model.aclose()


class FallbackModel:
    """Models in order: the next is asked when one is unreachable or refuses. One that failed is not asked first again.

    ContextTooLong is passed on, since the agent can shorten the request.
    """

    def __init__(self, models: Sequence[ChatModel]) -> None:
        if not models:
            raise ValueError("a fallback needs at least one model")
        self._models = tuple(models)
        self._first = 0

    @property
    def name(self) -> str:
        return self._models[self._first].name

    async def warm(self) -> None:
        await self._models[self._first].warm()

    async def reply(self, request: ModelRequest, emit: Emit) -> AssistantMessage:
        wasted = Usage()
        while True:
            number = self._first
            model = self._models[number]
            try:
                reply = await model.reply(_after(request, wasted), emit)
                return replace(reply, wasted=reply.wasted + wasted)
            except (asyncio.CancelledError, ModelError) as error:
                wasted += wasted_by(error) or Usage()
                tell_waste(error, wasted)
                if not isinstance(error, ModelError) or isinstance(error, ContextTooLong):
                    raise
                if number + 1 == len(self._models):
                    raise
                if not another_try_fits(request, wasted):
                    last = budget_used(model.name, error.message.rstrip("."), wasted)
                    tell_waste(last, wasted)
                    raise last from error
                self._first = max(self._first, number + 1)  # another reply may have moved on already
                emit(ModelRetrying(number + 2, 0.0, f"{error.message} Asking {self.name} instead."))

    async def aclose(self) -> None:
        for model in self._models:
            await model.aclose()


def _after(request: ModelRequest, used: Usage) -> ModelRequest:
    """The request for the next model, whose failed tries come on top of what is used already."""
    asked = request.may_retry
    return request if asked is None else replace(request, may_retry=lambda wasted: asked(used + wasted))
