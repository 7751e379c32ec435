"""No sink of events sees a secret: whole texts are masked at once, streamed ones piece by piece."""

from __future__ import annotations

from dataclasses import replace

from flashagent.events import (
    AssistantReplied,
    CheckFinished,
    CheckOutput,
    Emit,
    Event,
    JobFinished,
    ModelRetrying,
    ReasoningDelta,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolOutput,
    TurnFinished,
    with_texts,
)
from flashagent.secrecy import Secrets, StreamMask

Piece = TextDelta | ReasoningDelta | ToolOutput | CheckOutput
_SPEECH = (TextDelta, ReasoningDelta)


def masked(secrets: Secrets, *sinks: Emit) -> Emit:
    """One sink for several, in their order."""
    return _Masked(secrets, sinks)


class _Masked:
    """Pieces of a stream are held back while they may be the start of a secret; the event that ends the stream brings
    the rest out first, so that the pieces together are always the whole masked text."""

    def __init__(self, secrets: Secrets, sinks: tuple[Emit, ...]) -> None:
        self._secrets = secrets
        self._sinks = sinks
        self._open: dict[tuple[type, str], tuple[StreamMask, Piece]] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, TextDelta | ReasoningDelta | ToolOutput | CheckOutput):
            self._piece(event)
            return
        if isinstance(event, ModelRetrying):
            for kind in _SPEECH:
                self._open.pop((kind, ""), None)  # deltas of this step so far are void
        for key in [key for key in self._open if _ends(event, *key)]:
            self._flush(key)
        self._send(with_texts(event, self._secrets.mask))

    def _piece(self, event: Piece) -> None:
        key = _key(event)
        if isinstance(event, _SPEECH):
            other = (ReasoningDelta if isinstance(event, TextDelta) else TextDelta, "")
            self._flush(other)  # so that what was thought before it was said comes before it
        stream = self._open[key][0] if key in self._open else StreamMask(self._secrets)
        self._open[key] = (stream, event)
        if text := stream.feed(event.text):
            self._send(replace(event, text=text))

    def _flush(self, key: tuple[type, str]) -> None:
        if key in self._open:
            stream, last = self._open.pop(key)
            if text := stream.flush():
                self._send(replace(last, text=text))

    def _send(self, event: Event) -> None:
        for sink in self._sinks:
            sink(event)


def _key(event: Piece) -> tuple[type, str]:
    return (type(event), event.call_id if isinstance(event, ToolOutput) else "")


def _ends(event: Event, kind: type, call_id: str) -> bool:
    """Whether no more pieces of the stream can come after the event."""
    if isinstance(event, TurnFinished | JobFinished):
        return True
    if kind in _SPEECH:
        return isinstance(event, AssistantReplied | StepStarted)
    if kind is CheckOutput:
        return isinstance(event, CheckFinished)
    return isinstance(event, ToolFinished) and event.call_id == call_id
