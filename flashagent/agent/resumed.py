"""Rebuild what a model has seen and said from the record of a session. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import dropwhile
from typing import Any

from flashagent.events import AssistantReplied, ContextCompacted, ToolFinished, TurnStarted, from_plain
from flashagent.messages import AssistantMessage, Message, ToolMessage, UserMessage

UNRECORDED = "The session ended before this call had a result."


def history_of(lines: Iterable[Mapping[str, Any]]) -> list[Message]:
    """The messages after the system text, in order; every tool call has its answer, so that any endpoint takes them.

    After a compaction it is what the model was left with. A prompt that got no reply is left out. Secrets stay masked as they were
    recorded. Lines of other events, also of ones that this version does not know, are passed over.
    """
    told = _History()
    for line in lines:
        try:
            told.add(from_plain(line))
        except ValueError:
            continue
    return told.whole()


class _History:
    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._open: list[str] = []  # calls of the last reply that have no answer yet
        self._start: Message | None = None  # what a compaction put in place of all before it

    def add(self, event: object) -> None:
        match event:
            case TurnStarted(prompt=prompt):
                self._drop_unanswered()
                self._messages.append(UserMessage(prompt))
            case AssistantReplied(text=text, tool_calls=calls, usage=usage, model=model, reasoning=thought):
                self._close()
                self._messages.append(AssistantMessage(text, calls, thought, usage, model))
                self._open = [call.id for call in calls]
            case ToolFinished(call_id=call_id, for_model=said) if call_id in self._open:
                self._open.remove(call_id)
                self._messages.append(ToolMessage(call_id, said))
            case ToolFinished(for_model=said):  # asked for in plain text, by a model without tool calls
                self._messages.append(UserMessage(said))
            case ContextCompacted(told=told, kept=kept) if told:
                self._start = UserMessage(told)
                self._messages = [self._start, *_standing_alone(self._messages, kept)]
            case ContextCompacted():  # of a record that does not say what was left
                prompts: list[Message] = [m for m in self._messages if isinstance(m, UserMessage)]
                self._messages = prompts[-1:]
                self._open = []

    def whole(self) -> list[Message]:
        self._drop_unanswered()
        return self._messages

    def _close(self) -> None:
        self._messages += [ToolMessage(call_id, UNRECORDED) for call_id in self._open]
        self._open = []

    def _drop_unanswered(self) -> None:
        self._close()
        while (
            self._messages and isinstance(last := self._messages[-1], UserMessage) and last is not self._start
        ):
            self._messages.pop()


def _standing_alone(messages: list[Message], count: int) -> list[Message]:
    """The last `count` messages, without answers at their head whose calls are not among them."""
    kept = messages[max(0, len(messages) - count) :]
    return list(dropwhile(lambda message: isinstance(message, ToolMessage), kept))
