"""Messages to and from the engine: a 4-byte length, then JSON."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it


def pack(message: Json) -> bytes:
    body = json.dumps(message, ensure_ascii=True).encode("ascii")
    return struct.pack(">I", len(body)) + body


class Channel:
    """Messages to and from the engine."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def receive(self) -> Json | None:
        head = self._exactly(4)
        if head is None:
            return None
        body = self._exactly(struct.unpack(">I", head)[0])
        return None if body is None else json.loads(body)

    def send(self, message: Json) -> None:
        """Every message carries the CPU seconds that this process and its ended children have used."""
        self.connection.sendall(pack(dict(message, cpu_s=sum(os.times()[:4]))))

    def _exactly(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            part = self.connection.recv(size - len(data))
            if not part:
                return None
            data += part
        return data
