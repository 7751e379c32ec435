"""What the agent asks of any model: one request in, one finished reply out, deltas on the way.

No vendor's name or shape appears here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Protocol

from flashagent.dataclass import dataclass
from flashagent.events import Emit
from flashagent.messages import AssistantMessage, Message, ToolSpec
from flashagent.values import Usage

MayRetry = Callable[[Usage], bool]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model. `max_output_tokens` caps the reply, reasoning included; None leaves out a parameter.
    `json_object` asks for a reply that is one JSON object, where the endpoint offers that.

    `may_retry` is asked before each further try whether the budget bears it, with what the failed tries have used; None
    allows it. It is not sent.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_output_tokens: int | None = None
    temperature: float | None = None
    reasoning_effort: str | None = None
    json_object: bool = False
    may_retry: MayRetry | None = field(default=None, compare=False, repr=False)


class ChatModel(Protocol):
    """Answers requests. May be asked from several tasks at once."""

    @property
    def name(self) -> str:
        """The model's name as the endpoint knows it; prices are looked up by it."""
        ...

    async def warm(self) -> None:
        """Do now what would delay the first reply (imports, clients). Optional, and harmless to call again."""
        ...

    async def reply(self, request: ModelRequest, emit: Emit) -> AssistantMessage:
        """One whole reply. Emits TextDelta and ReasoningDelta while it comes, and ModelRetrying before it is asked for
        again, which voids the deltas so far; nothing of a failed try is in the result.

        The tool calls have distinct ids, also distinct from those in the request. Their arguments are a JSON object, or
        the model's own text where that cannot be repaired without guessing.
        A reply that clearly passes its cap is ended there, with finish 'length' and a Notice.
        Raises ModelUnreachable, ModelRefused or ContextTooLong. What failed tries used is told by the reply's `wasted`,
        or by the error's, a cancellation's too (`models.waste.wasted_by`).
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
