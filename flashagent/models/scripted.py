"""A model that answers from a script: for tests, demonstrations and offline trials. Sends nothing anywhere."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError
from flashagent.events import Emit, ReasoningDelta, TextDelta
from flashagent.messages import AssistantMessage, FinishReason, ToolCall
from flashagent.models.base import ModelRequest
from flashagent.models.tokens import estimate, estimate_request
from flashagent.models.toolcalls import with_distinct_ids
from flashagent.values import Usage


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """One reply. `usage` None: estimated from the request and the text. `after` is waited for before the first word, so
    that a test decides when the model speaks."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    usage: Usage | None = None
    finish: FinishReason | None = None
    after: asyncio.Event | None = None


Answer = (
    ScriptedReply | FlashagentError | str | Callable[[ModelRequest], "ScriptedReply | FlashagentError | str"]
)


def call(name: str, arguments: Mapping[str, Any] | str, call_id: str = "") -> ToolCall:
    """A tool call as a model would write it; `arguments` as values, or as raw text for a broken one."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(call_id, name, text)


class ScriptedModel:
    """Gives the script's answers in order: a text, a whole reply, an error to raise, or a function of the request.

    `requests` keeps what was asked. Asked more often than the script has answers, it raises AssertionError.
    """

    def __init__(self, answers: Iterable[Answer], *, name: str = "scripted", delta_chars: int = 24) -> None:
        self._answers = deque(answers)
        self._name = name
        self._delta_chars = delta_chars
        self.requests: list[ModelRequest] = []

    @property
    def name(self) -> str:
        return self._name

    async def warm(self) -> None:
        """There is nothing to prepare."""

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    async def reply(self, request: ModelRequest, emit: Emit) -> AssistantMessage:
        self.requests.append(request)
        if not self._answers:
            raise AssertionError(
                f"the script of {self._name!r} has ended, and request {len(self.requests)} came"
            )
        answer = self._answers.popleft()
        if not isinstance(answer, ScriptedReply | FlashagentError | str):
            answer = answer(request)
        if isinstance(answer, FlashagentError):
            raise answer
        return await self._say(ScriptedReply(answer) if isinstance(answer, str) else answer, request, emit)

    async def _say(self, reply: ScriptedReply, request: ModelRequest, emit: Emit) -> AssistantMessage:
        if reply.after is not None:
            await reply.after.wait()
        for kind, text in ((ReasoningDelta, reply.reasoning), (TextDelta, reply.text)):
            for start in range(0, len(text), self._delta_chars):
                emit(kind(text[start : start + self._delta_chars]))
                await asyncio.sleep(0)
        earlier = [c.id for m in request.messages if isinstance(m, AssistantMessage) for c in m.tool_calls]
        return AssistantMessage(
            text=reply.text,
            tool_calls=with_distinct_ids(reply.tool_calls, earlier),
            reasoning=reply.reasoning,
            usage=reply.usage or _estimated(reply, request),
            model=self._name,
            finish=reply.finish or ("tool_calls" if reply.tool_calls else "stop"),
        )


def _estimated(reply: ScriptedReply, request: ModelRequest) -> Usage:
    written = estimate(reply.text) + sum(estimate(c.name) + estimate(c.arguments) for c in reply.tool_calls)
    thought = estimate(reply.reasoning)
    return Usage(estimate_request(request), 0, written + thought, thought, estimated=True)
