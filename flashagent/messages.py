"""What goes to a model and what comes back, in our own frozen values; no vendor's shape passes this door.

Standard library only.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.values import Usage

FinishReason = Literal["stop", "tool_calls", "length", "content_filter", "unknown"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call as the model wrote it. `arguments` is its JSON text, unparsed and untrusted."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class SystemMessage:
    text: str


@dataclass(frozen=True, slots=True)
class UserMessage:
    text: str


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    """One finished reply of a model.

    `wasted` counts tries of this same reply that came to nothing (cut off, empty): an endpoint bills those too. It is
    always an estimate and not part of `usage`. `items` are the model's thoughts as an endpoint sealed them, JSON texts that
    go back to it as they came. `fingerprint` is the endpoint's own mark of the build that answered, '' where it gives none.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    finish: FinishReason = "stop"
    wasted: Usage = field(default_factory=Usage)
    items: tuple[str, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class ToolMessage:
    """The answer to one tool call."""

    call_id: str
    text: str


Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as it is offered to a model. `parameters` is a JSON Schema object, given as its canonical JSON text so
    that the value stays hashable and the prompt prefix byte-identical."""

    name: str
    description: str
    parameters: str
