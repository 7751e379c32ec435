"""An endpoint on loopback that plays a script, faults included, and keeps what it was asked: by chat completions, or by the
Responses API where the path says so.

In a test:

    async with ModelServer([Reply("Hello."), Reply(calls=[Call("edit", {...})]), Reply(fault="reset")]) as server:
        Endpoint(server.base_url, "scripted")

From another thread (for a process under test): `with serving([...]) as server: ...`.
As a process: `python -m helpers.model_server script.json` in the tests folder; it prints its base address, then serves until
it is ended. The script is a JSON list of objects with the fields of `Reply`.

A script is a list of replies, played in order (`Reply(times=...)` repeats one; `times=0` for ever), or a function of the
request's body. A request after the end of the script gets status 400 with a text that says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from helpers.model_responses import response_events, whole_response

Fault = Literal[
    "",
    "429",  # with Retry-After
    "500",
    "504",  # with an HTML body
    "reset",  # TCP RST in mid-stream
    "cut",  # the stream ends in order, without finish_reason and [DONE]
    "drop",  # the connection ends inside a chunk
    "stall",  # silence in mid-stream until the client gives up
    "silent",  # headers, then silence
    "no_headers",  # silence before the headers
    "broken_json",  # the arguments of the tool call lack their end and cannot be repaired
    "empty",  # finish_reason stop and nothing else
    "length",  # finish_reason length in the middle of a tool call or text
    "error_in_stream",  # an error object instead of a chunk
    "garbage",  # a data line that is no JSON
    "html",  # status 200 with a page
    "json",  # one JSON value instead of a stream
    "too_long",  # 400: context length
    "no_tools",  # 400: the model takes no tools
    "unauthorized",
    "forbidden",
    "not_found",
    "no_credit",  # 429 with insufficient_quota
    "redirect",
    "bad_parameter",  # 400 while the body has `parameter`
]


@dataclass(frozen=True)
class Call:
    """A tool call. `arguments` as values, or as raw text. `id` None: numbered by the server."""

    name: str
    arguments: Any = field(default_factory=dict)
    id: str | None = None


@dataclass(frozen=True)
class Reply:
    """One answer. `usage` None: counted roughly by the server; False: not sent. `pace` is in characters per second of real
    time, 0 for as fast as it goes. `times` 0 is for ever."""

    text: str = ""
    calls: Sequence[Call] = ()
    reasoning: str = ""
    usage: dict[str, Any] | bool | None = None
    finish: str | None = None
    fault: Fault = ""
    retry_after: str | None = None
    message: str = ""
    parameter: str = ""
    pace: float = 0.0
    piece: int = 16
    model: str = "scripted"
    fingerprint: str = ""
    times: int = 1
    headers: Sequence[tuple[str, str]] = ()


Script = Sequence[Reply] | Callable[[dict[str, Any]], Reply]


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    raw: bytes


class ModelServer:
    """`requests` holds every request; `stalled` is set while a reply hangs; `dropped` counts clients that left early."""

    def __init__(self, script: Script) -> None:
        self._script = script if callable(script) else _player(script)
        self.requests: list[Request] = []
        self.stalled = asyncio.Event()
        self.dropped = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [request.body for request in self.requests]

    async def __aenter__(self) -> ModelServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while (request := await _read_request(reader)) is not None:
                if not await self._answer(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            self.dropped += 1
        except asyncio.CancelledError:  # the test's loop is closing; a streams callback may not raise this
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Send the answer; True when the connection may serve another request."""
        if request.path.endswith("/models"):
            await _send(
                writer, 200, json.dumps({"object": "list", "data": [{"id": "scripted", "object": "model"}]})
            )
            return True
        self.requests.append(request)
        reply = self._script(request.body)
        if reply.fault == "bad_parameter" and reply.parameter not in request.body:
            reply = replace(reply, fault="")
        if (error := _error(reply)) is not None:
            await _send(writer, *error)
            return True
        if reply.fault in ("no_headers", "silent"):
            if reply.fault == "silent":
                writer.write(_STREAM_HEAD)
                await writer.drain()
            await self._hang(reader)
            return False
        if reply.fault == "json":
            by_responses = request.path.endswith("/responses")
            await _send(writer, 200, json.dumps(whole_response(reply) if by_responses else _whole(reply)))
            return True
        return await self._stream(request, reply, reader, writer)

    async def _stream(
        self, request: Request, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
        writer.write(_STREAM_HEAD.removesuffix(b"\r\n") + more.encode() + b"\r\n")
        by_responses = request.path.endswith("/responses")
        chunks = list(response_events(reply, request) if by_responses else _chunks(reply, request))
        # these faults come in the middle: after half of the content
        end = max(2, len(chunks) // 2) if reply.fault in _MIDDLE else len(chunks)
        for chunk in chunks[:end]:
            _write_event(writer, json.dumps(chunk, separators=(",", ":"), ensure_ascii=False))
            await writer.drain()
            if reply.pace:
                await asyncio.sleep(reply.piece / reply.pace)
        match reply.fault:
            case "reset":
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                return False
            case "drop":
                writer.write(b"ff\r\ndata: {")
                await writer.drain()
                return False
            case "stall":
                await self._hang(reader)
                return False
            case "error_in_stream":
                error = {
                    "message": reply.message or "The server had an error.",
                    "type": "server_error",
                    "code": None,
                }
                if by_responses:
                    _write_event(writer, json.dumps({"type": "error", **error, "param": None}))
                else:
                    _write_event(writer, json.dumps({"error": error}))
            case "garbage":
                _write_event(writer, "{not json")
            case "cut":
                pass
            case _ if not by_responses:
                _write_event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _hang(self, reader: asyncio.StreamReader) -> None:
        self.stalled.set()
        await reader.read()  # until the client gives up
        self.dropped += 1
        self.stalled.clear()


_MIDDLE = ("reset", "cut", "drop", "stall", "error_in_stream", "garbage")
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_PAGE = "<!DOCTYPE html>\n<html><head><title>504 Gateway Time-out</title></head><body><h1>504</h1>nginx</body></html>"


@contextlib.contextmanager
def serving(script: Script, port: int = 0) -> Iterator[ModelServer]:
    """The server in a thread of its own, for code under test that blocks or runs as a process."""
    loop = asyncio.new_event_loop()
    server = ModelServer(script)
    started = threading.Event()

    async def main() -> None:
        await server.start(port)
        started.set()
        await finished.wait()
        await server.stop()

    finished = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(finished.set)
        thread.join()
        loop.close()


def _player(script: Sequence[Reply]) -> Callable[[dict[str, Any]], Reply]:
    def replies() -> Iterator[Reply]:
        for reply in script:
            if reply.times == 0:
                while True:
                    yield reply
            yield from (reply for _ in range(reply.times))

    rest = replies()
    return lambda body: next(
        rest, Reply(fault="bad_parameter", parameter="model", message="the script has ended")
    )


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None  # an idle connection was closed in order
        raise
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(first.split(" ")[1], headers, json.loads(raw) if raw else {}, raw)


async def _send(writer: asyncio.StreamWriter, status: int, body: str, *more: str) -> None:
    content_type = "text/html" if body.startswith("<") else "application/json"
    data = body.encode()
    head = [f"HTTP/1.1 {status} X", f"content-type: {content_type}", f"content-length: {len(data)}", *more]
    writer.write("\r\n".join([*head, "", ""]).encode() + data)
    await writer.drain()


def _write_event(writer: asyncio.StreamWriter, data: str) -> None:
    line = f"data: {data}\n\n".encode()
    writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")


def _error(reply: Reply) -> tuple[Any, ...] | None:
    """Status, body and headers of an answer that is no stream."""

    def body(message: str, kind: str = "invalid_request_error", code: str | None = None) -> str:
        return json.dumps({"error": {"message": reply.message or message, "type": kind, "code": code}})

    match reply.fault:
        case "429":
            return 429, body("Rate limit reached.", "rate_limit"), f"retry-after: {reply.retry_after or '2'}"
        case "500":
            return 500, body("Internal server error.", "server_error")
        case "504":
            return 504, _PAGE
        case "html":
            return 200, "<!DOCTYPE html><html><head><title>Sign in</title></head><body></body></html>"
        case "too_long":
            text = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."
            return 400, body(text, code="context_length_exceeded")
        case "no_tools":
            return 400, body("registry/gemma does not support tools")
        case "unauthorized":
            return 401, body("Incorrect API key provided.", code="invalid_api_key")
        case "forbidden":
            return 403, body("You do not have access to this model.")
        case "not_found":
            return 404, body("The model `scripted` does not exist.", code="model_not_found")
        case "no_credit":
            return 429, body("You exceeded your current quota.", "insufficient_quota", "insufficient_quota")
        case "redirect":
            return 307, "", f"location: {reply.message}"
        case "bad_parameter":
            return 400, body(f"Unsupported parameter: '{reply.parameter}' is not supported with this model.")
    return None


def _chunks(reply: Reply, request: Request) -> Iterator[dict[str, Any]]:
    """The chunks of the whole reply, in the protocol's shape."""

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": reply.model,
            **({"system_fingerprint": reply.fingerprint} if reply.fingerprint else {}),
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }

    yield chunk({"role": "assistant", "content": ""})
    if reply.fault != "empty":
        yield from (chunk({"reasoning_content": part}) for part in _parts(reply.reasoning, reply.piece))
        yield from (chunk({"content": part}) for part in _parts(reply.text, reply.piece))
        for index, call in enumerate(reply.calls):
            yield from (chunk({"tool_calls": [delta]}) for delta in _call_deltas(index, call, reply))
    finish = reply.finish or ("tool_calls" if reply.calls and reply.fault != "empty" else "stop")
    yield chunk({}, "length" if reply.fault == "length" else finish)
    if reply.usage is not False and (request.body.get("stream_options") or {}).get("include_usage"):
        yield {**chunk({}), "choices": [], "usage": _usage(reply, request)}


def _call_deltas(index: int, call: Call, reply: Reply) -> Iterator[dict[str, Any]]:
    text = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
    if reply.fault == "length":
        text = text[: len(text) // 2]
    if reply.fault == "broken_json":
        text = text[:-3] + " oops"
    call_id = f"call_{index}" if call.id is None else call.id
    yield {
        "index": index,
        "id": call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": ""},
    }
    for part in _parts(text, reply.piece):
        yield {"index": index, "function": {"arguments": part}}


def _parts(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def _usage(reply: Reply, request: Request) -> dict[str, Any]:
    if isinstance(reply.usage, dict):
        return reply.usage
    prompt, completion = len(request.raw) // 4, len(reply.text + reply.reasoning) // 4 + 20 * len(reply.calls)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _whole(reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text, "tool_calls": []}
    for index, call in enumerate(reply.calls):
        function = {"name": call.name, "arguments": json.dumps(call.arguments)}
        message["tool_calls"].append({"id": f"call_{index}", "type": "function", "function": function})
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if reply.calls else "stop"}
    usage = reply.usage or {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {"id": "1", "object": "chat.completion", "model": reply.model, "choices": [choice], "usage": usage}


def read_script(text: str) -> list[Reply]:
    """Replies from JSON: a list of objects with the fields of `Reply`, calls as objects with the fields of `Call`."""
    return [
        Reply(**{**entry, "calls": [Call(**call) for call in entry.get("calls", [])]})
        for entry in json.loads(text)
    ]


async def _process(path: str) -> None:
    async with ModelServer(read_script(Path(path).read_text(encoding="utf-8"))) as server:
        print(server.base_url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_process(sys.argv[1]))
