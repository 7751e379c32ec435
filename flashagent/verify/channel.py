"""Our end of the reporter's channel: says a secret once, then believes only lines that begin with it."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_TOTAL_BYTES = 256 * 1024 * 1024


class Listener:
    """Collects what one check run tells. `records` are in the order of sending; `forged` is true when something else
    than our reporter wrote to the channel; `ended` when the last word came."""

    def __init__(
        self,
        secret: str,
        select: Sequence[str] = (),
        *,
        limit_s: float = 0.0,
        limits: Mapping[str, float] | None = None,
        load_s: float = 0.0,
    ) -> None:
        """`limit_s` is for each test that is not in `limits` (seconds by test id), `load_s` for what is imported before
        the tests, file by file; 0 for none."""
        self.records: list[Record] = []
        self.forged = False
        self._secret = secret.encode("ascii")
        self._told = {"select": tuple(select), "limit": limit_s, "limits": dict(limits or {}), "load": load_s}

    @property
    def started(self) -> bool:
        return bool(self.records)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak first, then listen until the end line or until nobody can speak any more."""
        told = json.dumps(self._told).encode("utf-8")
        try:
            writer.write(self._secret + b" " + told + b"\n")
            await writer.drain()
            await self._listen(reader)
        except (ConnectionError, BrokenPipeError):
            return  # the other end is gone; what came before it counts as it is

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        pending, total = bytearray(), 0
        while chunk := await reader.read(65536):
            pending += chunk
            total += len(chunk)
            if len(pending) > MAX_LINE_BYTES or total > MAX_TOTAL_BYTES:
                self.forged = True
                return
            *lines, rest = pending.split(b"\n")
            pending = bytearray(rest)
            if any(self._take(bytes(line)) for line in lines):
                return

    def _take(self, line: bytes) -> bool:
        """Keep the record of a line; whether it was the last."""
        secret, _, text = line.partition(b" ")
        if not hmac.compare_digest(secret, self._secret):
            self.forged = True
            return False
        try:
            record = json.loads(text)
        except ValueError:
            self.forged = True
            return False
        if not isinstance(record, dict):
            self.forged = True
            return False
        self.records.append(record)
        return record.get("e") == "end"
