"""Messages of the language server protocol on a byte stream: a header with the length, then one JSON object."""

from __future__ import annotations

import asyncio
import json
from typing import Any

MOST_BYTES = 32 * 1024 * 1024
_MOST_HEADER_LINES = 16
_LONGEST_HEADER = 4096


class Garbled(Exception):
    """The other side does not keep to the protocol; nothing that comes after can be trusted."""


def encode(message: dict[str, Any]) -> bytes:
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


async def read_message(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message, None at the end of the stream. Raises Garbled for what is no message or is too large."""
    length = await _length(reader)
    if length is None:
        return None
    try:
        message = json.loads(await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None
    except (ValueError, RecursionError) as error:
        raise Garbled(f"a message is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise Garbled("a message is not a JSON object")
    return message


async def _length(reader: asyncio.StreamReader) -> int | None:
    length: int | None = None
    for number in range(_MOST_HEADER_LINES):
        try:
            line = await reader.readline()
        except ValueError as error:  # no line end within the reader's limit
            raise Garbled("a header has no end") from error
        if not line.endswith(b"\n"):
            return None
        if not line.strip():
            if length is None:
                raise Garbled("a header has no Content-Length")
            return length
        name, colon, value = line.partition(b":")
        if not colon or len(line) > _LONGEST_HEADER:
            raise Garbled(f"header line {number + 1} is none: {line[:60]!r}")
        if name.strip().lower() == b"content-length":
            length = _size(value.strip())
    raise Garbled("a header has too many lines")


def _size(value: bytes) -> int:
    if not value.isdigit() or int(value) > MOST_BYTES:
        raise Garbled(f"a message of {value[:20]!r} bytes was announced")
    return int(value)
