"""The chat-completions protocol as plain data: requests to JSON values, stream chunks to our pieces. Pure.

The vendor's shape is parsed here, once, and with patience: endpoints differ, and none of them is trusted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.messages import (
    AssistantMessage,
    FinishReason,
    Message,
    SystemMessage,
    ToolCall,
    ToolMessage,
    ToolSpec,
    UserMessage,
)
from flashagent.models.base import ModelRequest
from flashagent.values import Usage

SAID_NOTHING = (
    "(nothing)"  # a reply that was cut while the model thought: some endpoints take no empty message
)

_FINISH: Mapping[str, FinishReason] = {
    "stop": "stop", "end_turn": "stop", "eos": "stop", "stop_sequence": "stop",
    "tool_calls": "tool_calls", "function_call": "tool_calls", "tool_use": "tool_calls",
    "length": "length", "max_tokens": "length", "model_length": "length",
    "content_filter": "content_filter", "safety": "content_filter",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A part of a tool call. `index` None when the endpoint did not say to which call it belongs. `whole`: the arguments are
    all of them, in place of those that came before."""

    index: int | None
    id: str = ""
    name: str = ""
    arguments: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """What one chunk of a stream adds. `items` are sealed thoughts; `error` is what the endpoint reported instead."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[CallPiece, ...] = ()
    finish: FinishReason | None = None
    usage: Usage | None = None
    model: str = ""
    items: tuple[str, ...] = ()
    error: object = None
    fingerprint: str = ""


def request_body(
    model: str, request: ModelRequest, *, omit: frozenset[str] = frozenset(), reasoning: bool = False
) -> dict[str, Any]:
    """The JSON body. Equal requests give equal bytes, and a longer history only adds at its end.

    `omit` names optional parameters that this endpoint does not take; leaving out `max_tokens` sends its newer name
    `max_completion_tokens` instead, unless that is left out too.
    """
    cap = "max_completion_tokens" if "max_tokens" in omit else "max_tokens"
    optional: dict[str, Any] = {
        cap: request.max_output_tokens,
        "temperature": request.temperature,
        "reasoning_effort": request.reasoning_effort,
        "stream_options": {"include_usage": True},
        "response_format": {"type": "json_object"} if request.json_object else None,
    }
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(message, reasoning=reasoning) for message in request.messages],
        "stream": True,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    return body | {key: value for key, value in optional.items() if value is not None and key not in omit}


def read_chunk(data: object) -> Piece:
    """One chunk of a stream; what is missing or of the wrong type adds nothing."""
    chunk = mapping(data)
    choice = _first(chunk.get("choices"))
    return _piece(chunk, choice, mapping(choice.get("delta") or choice.get("message")))


def _piece(chunk: Mapping[str, Any], choice: Mapping[str, Any], delta: Mapping[str, Any]) -> Piece:
    finish = choice.get("finish_reason")
    calls = delta.get("tool_calls")
    return Piece(
        text=_content(delta.get("content")) + text(delta.get("refusal")),
        reasoning=text(delta.get("reasoning_content")) or text(delta.get("reasoning")),
        calls=tuple(_call(call) for call in calls if isinstance(call, Mapping))
        if isinstance(calls, list)
        else (),
        finish=_FINISH.get(finish.lower(), "unknown") if isinstance(finish, str) and finish else None,
        usage=read_usage(chunk.get("usage") or choice.get("usage")),
        model=text(chunk.get("model")),
        fingerprint=text(chunk.get("system_fingerprint")),
    )


def read_usage(data: object) -> Usage | None:
    """The endpoint's own count, or None when it gives none."""
    fields = mapping(data)
    prompt, completion = fields.get("prompt_tokens"), fields.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    cached = count(mapping(fields.get("prompt_tokens_details")).get("cached_tokens"))
    return Usage(
        prompt_tokens=max(0, prompt),
        cached_tokens=min(cached or count(fields.get("prompt_cache_hit_tokens")), max(0, prompt)),
        completion_tokens=max(0, completion),
        reasoning_tokens=count(mapping(fields.get("completion_tokens_details")).get("reasoning_tokens")),
    )


def _message(message: Message, *, reasoning: bool) -> dict[str, Any]:
    match message:
        case SystemMessage(text=text):
            return {"role": "system", "content": text}
        case UserMessage(text=text):
            return {"role": "user", "content": text}
        case ToolMessage(call_id=call_id, text=text):
            return {"role": "tool", "tool_call_id": call_id, "content": text}
        case AssistantMessage():
            return _assistant(message, reasoning=reasoning)


def _assistant(message: AssistantMessage, *, reasoning: bool) -> dict[str, Any]:
    said = message.text if message.text.strip() else None
    result: dict[str, Any] = {"role": "assistant", "content": said}
    if not message.tool_calls:
        result["content"] = said or SAID_NOTHING
    else:
        result["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call_arguments(call)},
            }
            for call in message.tool_calls
        ]
    if reasoning and message.reasoning:
        result["reasoning_content"] = message.reasoning
    return result


def call_arguments(call: ToolCall) -> str:
    """Arguments for the history: some servers parse them and fail on broken JSON, so that is wrapped."""
    try:
        if isinstance(json.loads(call.arguments), dict):
            return call.arguments
    except (ValueError, RecursionError):
        pass
    return json.dumps({"invalid_json": call.arguments}, ensure_ascii=False)


def _tool(tool: ToolSpec) -> dict[str, Any]:
    parameters = json.loads(tool.parameters)
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def _call(data: Mapping[str, Any]) -> CallPiece:
    function = mapping(data.get("function"))
    index, arguments = data.get("index"), function.get("arguments")
    return CallPiece(
        index=index if isinstance(index, int) else None,
        id=text(data.get("id")),
        name=text(function.get("name")),
        # some servers send the arguments as an object instead of its text
        arguments=arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else "",
    )


def _content(value: object) -> str:
    """Text content, given as a string or as a list of parts."""
    if isinstance(value, list):
        return "".join(text(mapping(part).get("text")) for part in value)
    return text(value)


def _first(value: object) -> Mapping[str, Any]:
    return mapping(value[0]) if isinstance(value, Sequence) and value and not isinstance(value, str) else {}


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def count(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0
