"""Put a reply together from the pieces of a stream. Touches nothing; a reply exists only when it has ended in order."""

from __future__ import annotations

from collections.abc import Iterable

from flashagent.messages import AssistantMessage, FinishReason, ToolCall, ToolMessage
from flashagent.models.base import ModelRequest
from flashagent.models.tokens import estimate, estimate_request
from flashagent.models.toolcalls import repaired, with_distinct_ids
from flashagent.models.wire import CallPiece, Piece
from flashagent.values import Usage


class ReplyBuilder:
    """Collects the pieces of one try; a new try takes a new builder."""

    def __init__(self, request: ModelRequest, model: str) -> None:
        self._request = request
        self._model = model
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[_OpenCall] = []
        self._usage: Usage | None = None
        self.finish: FinishReason | None = None

    def add(self, piece: Piece) -> None:
        self._text.append(piece.text)
        self._reasoning.append(piece.reasoning)
        for call in piece.calls:
            self._add_call(call)
        self.finish = piece.finish or self.finish
        self._usage = piece.usage or self._usage
        self._model = piece.model or self._model

    @property
    def started(self) -> bool:
        """Whether any word, thought or call has come."""
        return bool(self._calls) or any(self._text) or any(self._reasoning)

    @property
    def counted(self) -> bool:
        """Whether the endpoint has told its usage, which is the last thing it sends."""
        return self._usage is not None

    @property
    def empty(self) -> bool:
        """Ended in order with nothing to go on with; a reply that was cut or filtered is not empty, it is told."""
        said = self._calls or any(text.strip() for text in self._text)
        return not said and self.finish not in ("length", "content_filter")

    @property
    def usage(self) -> Usage:
        """The endpoint's figures, else an estimate marked as one."""
        if self._usage is not None:
            return self._usage
        reasoning = estimate("".join(self._reasoning))
        written = estimate("".join(self._text)) + sum(
            estimate(call.name) + estimate(call.arguments) for call in self._calls
        )
        return Usage(estimate_request(self._request), 0, written + reasoning, reasoning, estimated=True)

    def message(self) -> AssistantMessage:
        """The finished reply."""
        finish = self.finish or "unknown"
        calls = repaired((call.closed() for call in self._calls), finish)
        return AssistantMessage(
            text="".join(self._text),
            tool_calls=with_distinct_ids(calls, _ids_in(self._request)),
            reasoning="".join(self._reasoning),
            usage=self.usage,
            model=self._model,
            finish="tool_calls" if calls and finish in ("stop", "unknown") else finish,
        )

    def _add_call(self, piece: CallPiece) -> None:
        call = self._find(piece)
        if call is None:
            call = _OpenCall(piece.index)
            self._calls.append(call)
        call.id = call.id or piece.id
        call.name = call.name or piece.name  # some servers repeat the name in each piece
        call.arguments += piece.arguments

    def _find(self, piece: CallPiece) -> _OpenCall | None:
        """The call that the piece belongs to. A new id with a name opens a new call even at a known index, because
        some servers number all parallel calls 0."""
        candidates = [call for call in self._calls if piece.index is None or call.index == piece.index]
        if not candidates:
            return None
        last = candidates[-1]
        is_new = bool(piece.id and piece.name and last.id and piece.id != last.id)
        return None if is_new else last


class _OpenCall:
    __slots__ = ("arguments", "id", "index", "name")

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = self.name = self.arguments = ""

    def closed(self) -> ToolCall:
        return ToolCall(self.id, self.name, self.arguments)


def _ids_in(request: ModelRequest) -> Iterable[str]:
    for message in request.messages:
        if isinstance(message, AssistantMessage):
            yield from (call.id for call in message.tool_calls)
        elif isinstance(message, ToolMessage):
            yield message.call_id
