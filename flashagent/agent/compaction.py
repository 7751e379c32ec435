"""Keep a conversation inside the model's context window: what may be forgotten goes, what must not be lost stays.

The goal, the failing test and the last patch are written down anew from what the harness knows, never from what a model
remembers; earlier steps shrink to a line each; the last exchanges stay as they were. Touches nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from itertools import groupby

from flashagent.dataclass import dataclass
from flashagent.errors import ContextTooLong
from flashagent.messages import AssistantMessage, Message, SystemMessage, ToolMessage, UserMessage
from flashagent.models.tokens import estimate, message_tokens
from flashagent.prompts import Prompt
from flashagent.tools.outputs import cut_middle

SLACK = 1.05  # our count is an estimate, also after it has been set right by the endpoint's own figures
MISCOUNT_SHRINK = 0.9
UNKNOWN_SHRINK = 0.7  # of the request that was refused, where the endpoint does not say how much it takes
GOAL, PINNED, FAILING, PATCH, DONE, FOCUS = 0.12, 0.15, 0.15, 0.2, 0.1, 0.13
TAIL = 0.3  # of the room; what is unused goes to the tail
TARGET = 0.7  # a compaction frees at least this much, so that the next one is some steps away
FRESH_TOKENS = 8_000  # at most, for what another model needs to go on
LINE_CHARACTERS = 140
NOTHING = "(nothing yet)"


@dataclass(frozen=True, slots=True)
class Memory:
    """What no compaction may lose, as it is at this moment. `focus` gives the code that matters most now, within a number
    of tokens; `pinned` are texts that the user wants in view."""

    goal: str
    failing: str = ""
    patch: str = ""
    focus: Callable[[int], str] = lambda tokens: ""
    pinned: str = ""


@dataclass
class Compactor:
    """`window` is the model's context in tokens, 0 while unknown; an endpoint that refuses a request teaches it. `prompt` has
    the slots goal, failing, patch, done and focus. `by_model` says that the model itself is asked to sum up."""

    window: int
    prompt: Prompt
    memory: Callable[[], Memory]
    by_model: bool = False
    journal: list[str] = field(default_factory=list)

    def fits(self, prompt_tokens: float, reply_tokens: int) -> bool:
        return not self.window or math.ceil(prompt_tokens * SLACK) + reply_tokens <= self.window

    def learn(self, error: ContextTooLong, prompt_tokens: int, reply_tokens: int) -> None:
        """Take the window from the endpoint's refusal, or guess it from the size that was refused. An endpoint that counts
        more than we do is believed: what it refused was too long."""
        refused = prompt_tokens + reply_tokens
        told = error.window or int(refused * UNKNOWN_SHRINK)
        if told >= refused:
            told = int(refused * MISCOUNT_SHRINK)
        self.window = min(self.window or told, told)

    def compacted(
        self,
        history: Sequence[Message],
        other_tokens: int,
        reply_tokens: int,
        scale: float,
        summary: str = "",
    ) -> list[Message]:
        """The history anew: the system message, one message with all that counts, and the last exchanges.

        `other_tokens` is what tools add to each request; `scale` turns our estimates into the endpoint's tokens.
        Raises ContextTooLong when not even that fits.
        """
        system = history[0]
        assert isinstance(system, SystemMessage)
        fixed = message_tokens(system) + other_tokens
        room = int((self.window - reply_tokens) / (scale * SLACK) - fixed)
        if room < estimate(self.prompt.text) * 2:
            raise ContextTooLong(
                f"A context window of {self.window} tokens is too small for this work.",
                hint="Use a model with a longer one (8,000 tokens do), or fewer tools.",
            )
        room = int(room * TARGET)
        groups = exchanges(history[1:])
        told = self._told(room, summary)
        kept = _tail(groups, room - message_tokens(UserMessage(told)), int(room * TAIL))
        dropped = groups[: len(groups) - len(kept)]
        self.journal += [line for group in dropped[1:] for line in in_short(group)]
        told = self._told(room, summary)
        return [system, UserMessage(told), *(message for group in kept for message in group)]

    def afresh(self, history: Sequence[Message], account: Sequence[str]) -> list[Message]:
        """A new conversation on the same work: the system message, and all that counts with this account in it."""
        self.journal = []
        window = self.window or FRESH_TOKENS
        return [history[0], UserMessage(self._told(min(window, FRESH_TOKENS), "\n".join(account)))]

    def _told(self, room: int, summary: str) -> str:
        memory = self.memory()
        parts = {
            "goal": "\n\n".join(
                filter(
                    None,
                    (
                        cut_middle(memory.goal, int(room * GOAL)),
                        cut_middle(memory.pinned, int(room * PINNED)),
                    ),
                )
            ),
            "failing": cut_middle(memory.failing, int(room * FAILING)),
            "patch": cut_middle(memory.patch, int(room * PATCH)),
            "done": cut_middle(summary, int(room * DONE))
            if summary
            else last_lines(self.journal, int(room * DONE)),
            "focus": memory.focus(int(room * FOCUS)),
        }
        return self.prompt.fill(**{name: (text.strip() and text) or NOTHING for name, text in parts.items()})


def exchanges(messages: Sequence[Message]) -> list[list[Message]]:
    """The messages in groups that only stand together: a reply with the answers to its calls; a user's message alone."""
    groups: list[list[Message]] = []
    for message in messages:
        if isinstance(message, ToolMessage) and groups:
            groups[-1].append(message)
        else:
            groups.append([message])
    return groups


def in_short(group: Sequence[Message]) -> list[str]:
    """A line for each call of an exchange, for a reply without any, and for what the user side said."""
    reply = group[0]
    if isinstance(reply, UserMessage):
        return [_line(f"told: {reply.text}")]
    if not isinstance(reply, AssistantMessage):
        return []
    if not reply.tool_calls:
        return [_line(f"said: {reply.text}")] if reply.text.strip() else []
    answers = {m.call_id: m.text for m in group if isinstance(m, ToolMessage)}
    return [
        _line(f"{call.name} {call.arguments[:70]} -> {answers.get(call.id, '')}") for call in reply.tool_calls
    ]


def last_lines(lines: Sequence[str], tokens: int) -> str:
    """The newest lines that fit, equal neighbours counted, and how many came before them."""
    counted = [(line, len(list(same))) for line, same in groupby(lines)]
    told = [line if times == 1 else f"{line} (x{times})" for line, times in counted]
    shown: list[str] = []
    left = tokens - 8
    for line in reversed(told):
        left -= estimate(line) + 2
        if left < 0:
            break
        shown.insert(0, f"- {line}")
    hidden = len(told) - len(shown)
    return "\n".join([f"({hidden} earlier steps)"] * bool(hidden) + shown)


def _line(text: str) -> str:
    return " ".join(text.split())[:LINE_CHARACTERS]


def _tail(groups: Sequence[list[Message]], room: int, share: int) -> list[list[Message]]:
    """The last exchanges that fit into the room. The newest stays, with its answers shortened, when it alone is too long;
    the first message of all is never part of it, since it is told anew."""
    kept: list[list[Message]] = []
    for group in reversed(groups[1:]):
        size = sum(map(message_tokens, group))
        if size > room:
            break
        kept.insert(0, group)
        room -= size
    if not kept and len(groups) > 1:
        shrunk = [_shrunk(message, share // len(groups[-1])) for message in groups[-1]]
        if sum(map(message_tokens, shrunk)) <= room:
            kept = [shrunk]
    return kept


def _shrunk(message: Message, tokens: int) -> Message:
    if isinstance(message, ToolMessage | UserMessage):
        return replace(message, text=cut_middle(message.text, tokens))
    return message
