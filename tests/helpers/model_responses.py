"""A scripted reply in the wire format of the Responses API: its events, or the whole response."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.model_server import Call, Reply, Request


def response_events(reply: Reply, request: Request) -> Iterator[dict[str, Any]]:
    """The events of a stream, numbered as the API numbers them."""
    for number, event in enumerate(_events(reply, request)):
        yield {**event, "sequence_number": number}


def whole_response(reply: Reply) -> dict[str, Any]:
    """The response in one piece, as it comes without a stream."""
    items = [] if reply.fault == "empty" else [item for item, _ in _items(reply)]
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    return _response(reply, "completed", output=items, usage=usage)


def _events(reply: Reply, request: Request) -> Iterator[dict[str, Any]]:
    yield {"type": "response.created", "response": _response(reply, "in_progress")}
    yield {"type": "response.in_progress", "response": _response(reply, "in_progress")}
    items = [] if reply.fault == "empty" else _items(reply)
    for place, (item, deltas) in enumerate(items):
        opened = {**item, **({"arguments": ""} if item["type"] == "function_call" else {})}
        yield {"type": "response.output_item.added", "output_index": place, "item": opened}
        for kind, delta in deltas:
            yield {"type": kind, "item_id": item["id"], "output_index": place, "delta": delta}
        if reply.fault != "length":
            yield {"type": "response.output_item.done", "output_index": place, "item": item}
    cut = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(
        reply.fault if reply.fault == "length" else reply.finish or ""
    )
    status = "incomplete" if cut else "completed"
    response = _response(reply, status, output=[item for item, _ in items], usage=_usage(reply, request))
    if cut:
        response["incomplete_details"] = {"reason": cut}
    yield {"type": f"response.{status}", "response": response}


def _items(reply: Reply) -> list[tuple[dict[str, Any], list[tuple[str, str]]]]:
    """Each item of the output with the deltas that it comes in."""
    items: list[tuple[dict[str, Any], list[tuple[str, str]]]] = []
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        thought = {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "c2VhbGVk"}
        items.append((thought, _deltas("reasoning_summary_text", reply.reasoning, reply.piece)))
    if reply.text:
        part = {"type": "output_text", "text": reply.text, "annotations": []}
        message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
        items.append(({**message, "content": [part]}, _deltas("output_text", reply.text, reply.piece)))
    return items + [_call(number, call, reply) for number, call in enumerate(reply.calls)]


def _call(number: int, call: Call, reply: Reply) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
    if reply.fault == "length":
        arguments = arguments[: len(arguments) // 2]
    if reply.fault == "broken_json":
        arguments = arguments[:-3] + " oops"
    call_id = f"call_{number}" if call.id is None else call.id
    about = {"id": f"fc_{number}", "call_id": call_id, "name": call.name, "arguments": arguments}
    item = {"type": "function_call", **about, "status": "completed"}
    return item, _deltas("function_call_arguments", arguments, reply.piece)


def _deltas(kind: str, text: str, size: int) -> list[tuple[str, str]]:
    return [(f"response.{kind}.delta", text[start : start + size]) for start in range(0, len(text), size)]


def _response(reply: Reply, status: str, **more: Any) -> dict[str, Any]:
    about = {"id": "resp_1", "object": "response", "created_at": 1, "model": reply.model}
    return {**about, "status": status, "error": None, "output": [], **more}


def _usage(reply: Reply, request: Request) -> dict[str, Any] | None:
    if reply.usage is False:
        return None
    if isinstance(reply.usage, dict):
        return reply.usage
    tokens = len(reply.text + reply.reasoning) // 4 + 20 * len(reply.calls)
    prompt = len(request.raw) // 4
    return {"input_tokens": prompt, "output_tokens": tokens, "total_tokens": prompt + tokens}
