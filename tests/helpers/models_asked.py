"""A model asked at a loopback server, by either API, with time that only moves when told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from helpers.clock import VirtualClock
from helpers.model_server import Call, ModelServer, Reply

from flashagent.events import Event, ModelRetrying
from flashagent.messages import AssistantMessage, SystemMessage, ToolSpec, UserMessage
from flashagent.models.base import ModelRequest
from flashagent.models.dialect import Api
from flashagent.models.endpoint import Endpoint
from flashagent.models.openai_compatible import OpenAICompatibleModel

EDIT = Call("edit", {"path": "shop/cart.py", "old": "a - b", "new": "a + b"}, "c1")
TOOL = ToolSpec("edit", "Replace text.", '{"type":"object","properties":{"path":{"type":"string"}}}')
REQUEST = ModelRequest((SystemMessage("Be brief."), UserMessage("Fix it.")), (TOOL,), max_output_tokens=500)
GOOD = Reply(
    text="The sign is wrong, and here is the edit that puts it right.", calls=[EDIT], reasoning="Let me see."
)
# What can go wrong with one request and is worth another try.
PASSING = ["429", "500", "504", "reset", "cut", "drop", "empty", "error_in_stream", "garbage", "html"]
SILENT = ["stall", "silent", "no_headers"]


class Asked:
    """A model on a server, the clock it lives by, and the events of its replies."""

    def __init__(
        self,
        server: ModelServer,
        clock: VirtualClock,
        key: str = "sk-test-key",
        api: Api = "chat",
        **options: object,
    ) -> None:
        self.server = server
        self.clock = clock
        self.model = OpenAICompatibleModel(
            Endpoint(server.base_url, "scripted", key, api=api),
            clock,
            randomly=lambda: 0.5,
            **options,  # type: ignore[arg-type]
        )
        self.events: list[Event] = []

    async def reply(self, request: ModelRequest = REQUEST) -> AssistantMessage:
        return await self.model.reply(request, self.events.append)

    async def through_silences(
        self, request: ModelRequest = REQUEST, silence_s: float = 121.0
    ) -> AssistantMessage:
        """A reply, with time moved on by `silence_s` whenever the server falls silent."""
        task = asyncio.create_task(self.reply(request))
        while not task.done():
            stalled = asyncio.create_task(self.server.stalled.wait())
            await asyncio.wait([task, stalled], return_when=asyncio.FIRST_COMPLETED)
            stalled.cancel()
            while self.server.stalled.is_set() and not task.done():
                noticed = len(self.retries)
                self.clock.advance(silence_s)
                # What was sent before the silence may reach the client only now; it is then silent from here on.
                for _ in range(200):
                    await asyncio.sleep(0)
                    if task.done() or len(self.retries) > noticed:
                        break
                if len(self.retries) > noticed:
                    await until(lambda: task.done() or not self.server.stalled.is_set())
        return await task

    @property
    def retries(self) -> list[ModelRetrying]:
        return [event for event in self.events if isinstance(event, ModelRetrying)]

    def shown(self) -> str:
        """The text deltas that still hold: those since the last retry."""
        text = ""
        for event in self.events:
            text = "" if isinstance(event, ModelRetrying) else text + getattr(event, "text", "")
        return text


async def until(fact: Callable[[], bool]) -> None:
    while not fact():
        await asyncio.sleep(0)


@asynccontextmanager
async def asked(script: Sequence[Reply], **options: object) -> AsyncIterator[Asked]:
    async with ModelServer(script) as server:
        it = Asked(server, VirtualClock(hold_from=25.0), **options)  # type: ignore[arg-type]
        try:
            yield it
        finally:
            await it.model.aclose()
