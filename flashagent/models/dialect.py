"""The two ways to ask an OpenAI-compatible endpoint: the path of a request, how it is written, how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from flashagent.dataclass import dataclass
from flashagent.models import responses, wire
from flashagent.models.base import ModelRequest
from flashagent.models.wire import Piece

Api = Literal["chat", "responses"]


class WriteBody(Protocol):
    """`omit` names optional parameters that the endpoint refused; `reasoning` sends the model's earlier thoughts back."""

    def __call__(
        self, model: str, request: ModelRequest, *, omit: frozenset[str], reasoning: bool
    ) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """`answer` is the field that a whole answer, which did not come as a stream, has for sure."""

    path: str
    body: WriteBody
    read: Callable[[object], Piece]
    answer: str


DIALECTS: Mapping[Api, Dialect] = {
    "chat": Dialect("/chat/completions", wire.request_body, wire.read_chunk, "choices"),
    "responses": Dialect("/responses", responses.request_body, responses.read_event, "output"),
}
