"""The Responses API as plain data: requests to JSON values, stream events to our pieces. Pure.

Nothing is kept at the endpoint (`store` is false): each request carries the whole history, and what the model thought goes
back as the sealed items that the endpoint gave. The API: https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flashagent.messages import AssistantMessage, FinishReason, Message, ToolMessage, ToolSpec, UserMessage
from flashagent.models.base import ModelRequest
from flashagent.models.wire import SAID_NOTHING, CallPiece, Piece, call_arguments, count, mapping, text
from flashagent.values import Usage

_CUT_BY: Mapping[str, FinishReason] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
}


def request_body(
    model: str, request: ModelRequest, *, omit: frozenset[str] = frozenset(), reasoning: bool = True
) -> dict[str, Any]:
    """The JSON body. Equal requests give equal bytes, and a longer history only adds at its end.

    `omit` names optional parameters that this endpoint does not take. `reasoning` sends earlier thoughts back.
    """
    effort = request.reasoning_effort
    optional: dict[str, Any] = {
        "max_output_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "reasoning": None if effort is None else {"effort": effort},
        "text": {"format": {"type": "json_object"}} if request.json_object else None,
        "store": False,
        "include": ["reasoning.encrypted_content"] if reasoning else None,
    }
    returned = reasoning and "include" not in omit
    body: dict[str, Any] = {
        "model": model,
        "input": [item for message in request.messages for item in _items(message, reasoning=returned)],
        "stream": True,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    return body | {key: value for key, value in optional.items() if value is not None and key not in omit}


def read_event(data: object) -> Piece:
    """One event of a stream, or a whole response; what is missing or of the wrong type adds nothing."""
    event = mapping(data)
    kind = text(event.get("type"))
    match kind.removeprefix("response."):
        case "output_text.delta" | "refusal.delta":
            return Piece(text=text(event.get("delta")))
        case "reasoning_summary_text.delta" | "reasoning_text.delta":
            return Piece(reasoning=text(event.get("delta")))
        case "function_call_arguments.delta":
            return Piece(calls=(CallPiece(_place(event), arguments=text(event.get("delta"))),))
        case "output_item.added":
            return _opened(event)
        case "output_item.done":
            return _closed(mapping(event.get("item")), _place(event))
        case "completed" | "incomplete":
            return _ended(mapping(event.get("response")))
        case "failed":
            return Piece(error=mapping(event.get("response")).get("error") or {"message": "it failed"})
        case "error":
            return Piece(error=event)
    if event.get("object") == "response" and not kind:
        return _whole(event)
    return Piece()


def read_usage(data: object) -> Usage | None:
    """The endpoint's own count, or None when it gives none."""
    fields = mapping(data)
    prompt, completion = fields.get("input_tokens"), fields.get("output_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    cached = count(mapping(fields.get("input_tokens_details")).get("cached_tokens"))
    return Usage(
        prompt_tokens=max(0, prompt),
        cached_tokens=min(cached, max(0, prompt)),
        completion_tokens=max(0, completion),
        reasoning_tokens=count(mapping(fields.get("output_tokens_details")).get("reasoning_tokens")),
    )


def _items(message: Message, *, reasoning: bool) -> Iterator[dict[str, Any]]:
    match message:
        case AssistantMessage():
            if reasoning:
                yield from (json.loads(item) for item in message.items)
            if message.text.strip() or not message.tool_calls:
                yield {"role": "assistant", "content": message.text if message.text.strip() else SAID_NOTHING}
            for call in message.tool_calls:
                yield {
                    "type": "function_call",
                    "call_id": call.id,
                    "name": call.name,
                    "arguments": call_arguments(call),
                }
        case ToolMessage():
            yield {"type": "function_call_output", "call_id": message.call_id, "output": message.text}
        case _:
            yield {
                "role": "user" if isinstance(message, UserMessage) else "system",
                "content": message.text,
            }


def _tool(tool: ToolSpec) -> dict[str, Any]:
    parameters = json.loads(tool.parameters)
    about = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", **about, "strict": False}  # strict wants every field required


def _place(event: Mapping[str, Any]) -> int | None:
    place = event.get("output_index")
    return place if isinstance(place, int) else None


def _opened(event: Mapping[str, Any]) -> Piece:
    item = mapping(event.get("item"))
    if item.get("type") != "function_call":
        return Piece()
    named = CallPiece(_place(event), id=text(item.get("call_id")), name=text(item.get("name")))
    return Piece(calls=(named,))


def _closed(item: Mapping[str, Any], place: int | None) -> Piece:
    """A finished item. The text of a message came as deltas already; a call is told again as a whole."""
    match item.get("type"):
        case "function_call":
            return Piece(calls=(_call(item, place),))
        case "reasoning" if item.get("encrypted_content"):
            return Piece(items=(_sealed(item),))
    return Piece()


def _call(item: Mapping[str, Any], place: int | None) -> CallPiece:
    name, arguments = text(item.get("name")), text(item.get("arguments"))
    return CallPiece(place, text(item.get("call_id")), name, arguments, whole=True)


def _sealed(item: Mapping[str, Any]) -> str:
    """The item as it goes back: what only tells its state here is left out."""
    kept = {key: value for key, value in item.items() if key != "status"}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def _ended(response: Mapping[str, Any]) -> Piece:
    reason = text(mapping(response.get("incomplete_details")).get("reason"))
    incomplete = response.get("status") == "incomplete" or reason
    return Piece(
        finish=_CUT_BY.get(reason, "unknown") if incomplete else "stop",
        usage=read_usage(response.get("usage")),
        model=text(response.get("model")),
    )


def _whole(response: Mapping[str, Any]) -> Piece:
    """A response that came in one piece, from an endpoint that does not stream."""
    output = response.get("output")
    items = [mapping(item) for item in output] if isinstance(output, list) else []
    said, thought = [], []
    for item in items:
        if item.get("type") == "message":
            said += _parts(item.get("content"))
        if item.get("type") == "reasoning":
            thought += _parts(item.get("summary"))
    ended = _ended(response)
    return Piece(
        text="".join(said),
        reasoning="".join(thought),
        calls=tuple(_call(item, at) for at, item in enumerate(items) if item.get("type") == "function_call"),
        finish=ended.finish,
        usage=ended.usage,
        model=ended.model,
        items=tuple(piece for item in items for piece in _closed(item, None).items),
    )


def _parts(value: object) -> list[str]:
    parts = [mapping(part) for part in value] if isinstance(value, list) else []
    return [text(part.get("text")) or text(part.get("refusal")) for part in parts]
