"""One connection to a language server: requests with answers, notifications, and answers to what the server asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from flashagent.diagnose.lsp.framing import encode, read_message

Answer = Callable[[str, Any], Any]
Notified = Callable[[str, Any], None]
_NOT_FOUND = -32601


class Gone(Exception):
    """The server ended, or broke off the connection, before it answered."""


class Refused(Exception):
    """The server answered with an error; its message is the text."""


class NotKnown(Exception):
    """Raised by `Answer` for a request that this client does not serve."""


class Connection:
    """`answer` serves what the server asks (method, params) and raises NotKnown for the rest; `notified` is told what
    the server says. Neither may block. `serve` reads until the stream ends and must run as long as the connection is used."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer, notified: Notified
    ) -> None:
        self._reader, self._writer = reader, writer
        self._answer, self._notified = answer, notified
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._last = 0
        self._open = True

    async def serve(self) -> None:
        """Returns at the end of the stream; every request that waits then ends with Gone. Raises Garbled."""
        try:
            with contextlib.suppress(ConnectionError):
                while (message := await read_message(self._reader)) is not None:
                    self._receive(message)
        finally:
            self._open = False
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(Gone("the server is gone"))

    async def request(self, method: str, params: Any) -> Any:
        """The result. Raises Gone and Refused. A request that is cancelled is cancelled at the server too."""
        self._last += 1
        number = self._last
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            self._send({"id": number, "method": method, "params": params})
            return await waiting
        except asyncio.CancelledError:
            with contextlib.suppress(Gone):
                self.notify("$/cancelRequest", {"id": number})
            raise
        finally:
            del self._waiting[number]

    def notify(self, method: str, params: Any) -> None:
        """Raises Gone."""
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        if not self._open or self._writer.is_closing():
            raise Gone("the server is gone")
        self._writer.write(encode({"jsonrpc": "2.0", **message}))

    def _receive(self, message: Mapping[str, Any]) -> None:
        method, number = message.get("method"), message.get("id")
        if isinstance(method, str) and number is None:
            self._notified(method, message.get("params"))
        elif isinstance(method, str):
            self._serve_request(method, number, message.get("params"))
        elif isinstance(number, int) and (waiting := self._waiting.get(number)) and not waiting.done():
            error = message.get("error")
            if isinstance(error, Mapping):
                waiting.set_exception(Refused(str(error.get("message", "refused"))[:500]))
            else:
                waiting.set_result(message.get("result"))

    def _serve_request(self, method: str, number: object, params: Any) -> None:
        with contextlib.suppress(Gone):
            try:
                self._send({"id": number, "result": self._answer(method, params)})
            except NotKnown:
                error = {"code": _NOT_FOUND, "message": f"{method} is not served"}
                self._send({"id": number, "error": error})
