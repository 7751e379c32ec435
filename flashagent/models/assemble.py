"""Put a reply together from the pieces of a stream. Touches nothing; a reply exists only when it has ended in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flashagent.messages import AssistantMessage, FinishReason, ToolCall, ToolMessage
from flashagent.models.base import ModelRequest
from flashagent.models.tokens import estimate, estimate_request
from flashagent.models.toolcalls import repaired, with_distinct_ids
from flashagent.models.wire import CallPiece, Piece
from flashagent.untrusted import readable
from flashagent.values import Usage

_CAP_FACTOR, _CAP_SLACK = 1.25, 64  # our count is rough: only what is clearly over the cap counts as over
_CHARACTERS_PER_TOKEN = 32  # more than text ever has; a run of blanks or signs may be estimated as one token
_PLAUSIBLE_SHARE = 4  # a reported figure below a quarter of our own count is not believed


class ReplyBuilder:
    """Collects the pieces of one try; a new try takes a new builder."""

    def __init__(self, request: ModelRequest, model: str) -> None:
        self._request = request
        self._model = model
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[_OpenCall] = []
        self._usage: Usage | None = None
        self._items: list[str] = []
        self._fingerprint = ""
        self._said, self._thought = _Halves(), _Halves()
        self._characters = 0
        self._count_again_at = 0
        self._ended_by_us = False
        self.fell_silent = False
        self.finish: FinishReason | None = None

    def add(self, piece: Piece) -> Piece:
        """Take the piece in; returned as it may be shown: no character cut in two, nor a half of one."""
        piece = replace(
            piece, text=self._said.whole(piece.text), reasoning=self._thought.whole(piece.reasoning)
        )
        self._text.append(piece.text)
        self._reasoning.append(piece.reasoning)
        for call in piece.calls:
            self._add_call(call)
        self._items += piece.items
        self._characters += _size(piece)
        self.finish = piece.finish or self.finish
        self._usage = piece.usage or self._usage
        self._model = piece.model or self._model
        self._fingerprint = piece.fingerprint or self._fingerprint
        return piece

    @property
    def started(self) -> bool:
        """Whether any word, thought or call has come."""
        return bool(self._calls) or any(self._text) or any(self._reasoning)

    @property
    def billed(self) -> bool:
        """Whether the endpoint has most likely read the prompt: it said something, or took the request and fell silent."""
        return self.started or self.counted or self.finish is not None or self.fell_silent

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
        """The endpoint's figures, else an estimate marked as one. A figure that cannot be true is replaced by ours, and
        of a reply that we ended the larger count is taken, since the endpoint had not told its last."""
        ours = self._estimated()
        told = self._usage
        if told is None:
            return ours
        if self._ended_by_us:
            return replace(max(told, ours, key=lambda usage: usage.total_tokens), estimated=True)
        if told.prompt_tokens * _PLAUSIBLE_SHARE < ours.prompt_tokens:
            told = replace(told, prompt_tokens=ours.prompt_tokens, estimated=True)
        if told.completion_tokens * _PLAUSIBLE_SHARE < ours.completion_tokens:
            reasoning = max(told.reasoning_tokens, ours.reasoning_tokens)
            completion = max(ours.completion_tokens, reasoning)
            told = replace(told, completion_tokens=completion, reasoning_tokens=reasoning, estimated=True)
        return told

    def end_at_cap(self) -> bool:
        """Whether the reply has clearly passed its cap; it then ends here, as 'length' if it has not told its end."""
        cap = self._request.max_output_tokens
        if cap is None or self._characters < self._count_again_at:
            return False
        limit = cap * _CAP_FACTOR + _CAP_SLACK
        written = self._surely_written()
        if written <= limit:
            # Each further token has a character at least. Counting reads the whole text, so it is not done too often.
            self._count_again_at = self._characters + int(max(limit - written, limit / 16))
            return False
        self._ended_by_us = True
        self.finish = self.finish or "length"
        return True

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
            items=tuple(self._items),
            fingerprint=self._fingerprint,
        )

    def _estimated(self) -> Usage:
        reasoning = estimate("".join(self._reasoning))
        written = estimate("".join(self._text)) + sum(
            estimate(call.name) + estimate(call.arguments) for call in self._calls
        )
        completion = max(written + reasoning, self._characters // _CHARACTERS_PER_TOKEN)
        return Usage(estimate_request(self._request), 0, completion, reasoning, estimated=True)

    def _surely_written(self) -> int:
        """Our count, lowered for letters beyond ASCII, of which the newer vocabularies hold several in a token."""
        pieces = [*self._text, *self._reasoning, *(call.arguments for call in self._calls)]
        beyond = sum(len(piece) - len(piece.encode("ascii", "ignore")) for piece in pieces)
        return self._estimated().completion_tokens - beyond // 4

    def _add_call(self, piece: CallPiece) -> None:
        call = self._find(piece)
        if call is None:
            call = _OpenCall(piece.index)
            self._calls.append(call)
        call.id = call.id or piece.id
        call.name = call.name or piece.name  # some servers repeat the name in each piece
        call.arguments = piece.arguments if piece.whole else call.arguments + piece.arguments

    def _find(self, piece: CallPiece) -> _OpenCall | None:
        """The call that the piece belongs to. A new id with a name opens a new call even at a known index, because
        some servers number all parallel calls 0."""
        candidates = [call for call in self._calls if piece.index is None or call.index == piece.index]
        if not candidates:
            return None
        last = candidates[-1]
        is_new = bool(piece.id and piece.name and last.id and piece.id != last.id)
        return None if is_new else last


def _size(piece: Piece) -> int:
    calls = sum(len(call.name) + len(call.arguments) for call in piece.calls if not call.whole)
    return len(piece.text) + len(piece.reasoning) + calls


class _OpenCall:
    __slots__ = ("arguments", "id", "index", "name")

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = self.name = self.arguments = ""

    def closed(self) -> ToolCall:
        return ToolCall(readable(self.id), readable(self.name), readable(self.arguments))


class _Halves:
    """A text in pieces. Some endpoints cut a character beyond the first 65,536 into the two halves that JSON writes it in."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def whole(self, text: str) -> str:
        """The next piece, with the half that was held back and without one that it ends in."""
        text = self._half + text
        self._half = text[-1] if text and "\ud800" <= text[-1] <= "\udbff" else ""
        return readable(text.removesuffix(self._half))


def _ids_in(request: ModelRequest) -> Iterable[str]:
    for message in request.messages:
        if isinstance(message, AssistantMessage):
            yield from (call.id for call in message.tool_calls)
        elif isinstance(message, ToolMessage):
            yield message.call_id
