"""Shorten a recorded session without a model: what a later request is sent is written down anew, the record only grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from flashagent.agent.compaction import Compactor, Memory
from flashagent.agent.recorder import Recorder, read_record
from flashagent.agent.resumed import history_of
from flashagent.compose.clock import SystemClock
from flashagent.errors import UsageError
from flashagent.events import ContextCompacted
from flashagent.messages import Message, SystemMessage, UserMessage
from flashagent.models.tokens import message_tokens
from flashagent.prompts import load

LEFT_TOKENS = 4_000  # about what is left of the conversation
FEW = 4  # messages; so few hold nothing to leave out


def compact_record(path: Path) -> ContextCompacted:
    """What was done, as it is on record now. Raises UsageError when there is nothing to leave out, or another process
    writes to the session."""
    lines = list(read_record(path))
    history = history_of(lines)
    if len(history) < FEW:
        raise UsageError(f"Session {path.stem} is short already: {len(history)} messages.")
    event = compacted(history, lines)

    def refused(error: OSError) -> None:
        raise UsageError(f"Session {path.stem} cannot be written to: {error.strerror or error}.") from error

    with closing(Recorder(path, path.stem, SystemClock(), refused)) as recorder:
        recorder(event)
    return event


def compacted(history: Sequence[Message], lines: Sequence[Mapping[str, Any]]) -> ContextCompacted:
    """The history in about LEFT_TOKENS tokens: the goal, a line for each step, and the last exchanges."""
    goal = next((message.text for message in history if isinstance(message, UserMessage)), "")
    patches = [str(line.get("patch", "")) for line in lines if line.get("type") == "JobFinished"]
    memory = Memory(goal, patch=patches[-1] if patches else "")
    compactor = Compactor(LEFT_TOKENS, load("compact"), lambda: memory)
    _, told, *tail = compactor.compacted([SystemMessage(""), *history], 0, 0, 1.0)
    assert isinstance(told, UserMessage)
    after = message_tokens(told) + sum(map(message_tokens, tail))
    return ContextCompacted(sum(map(message_tokens, history)), after, told.text, len(tail))
