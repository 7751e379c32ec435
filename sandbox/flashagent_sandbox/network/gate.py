"""The proxy that commands with an allow-list talk to. It runs outside of the sandbox and listens on a UNIX socket.

It speaks HTTP (CONNECT, and plain requests by absolute URL) and SOCKS5 on the same socket. A name is read, compared,
resolved, and the very address that was judged is connected to, so that a second look-up cannot give another one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence

from flashagent_sandbox.network.hosts import Address, HostRule, is_public, read_host, split_host

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_PATIENCE_S = 20.0
_MAX_HEAD = 1 << 14
_MAX_CONNECTIONS = 128
_CHUNK = 1 << 16
_MAX_REFUSALS = 20
_SOCKS5 = b"\x05"
_SOCKS_REFUSED, _SOCKS_UNREACHABLE, _SOCKS_NO_COMMAND, _SOCKS_NO_ADDRESS = 2, 4, 7, 8


class Refused(Exception):
    """The host, its address or the request may not pass."""


class Unreachable(Exception):
    """It may pass, but nobody answers there."""


class Gate:
    """Lets connections through to the hosts of `rules`. `refusals` says, once each, what was not let through and why.

    `acceptable` judges addresses; anything but the default is for tests, whose servers are on loopback.
    """

    def __init__(
        self,
        rules: Sequence[HostRule],
        *,
        acceptable: Callable[[Address], bool] = is_public,
        resolve: Resolve | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self._acceptable = acceptable
        self._resolve = resolve or _resolve
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refusals: dict[str, str] = {}

    async def open(self, path: str) -> None:
        """Listen on a new UNIX socket at `path`."""
        self._server = await asyncio.start_unix_server(self._accepted, path, limit=_MAX_HEAD)

    async def close(self) -> None:
        """Ends all connections."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) >= _MAX_CONNECTIONS:
            writer.close()
            return
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the other side went away, or said nothing that ends
        except asyncio.CancelledError:
            pass  # closed: there is nobody to tell
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            first = await reader.readexactly(1)
            if first == _SOCKS5:
                other = await self._socks(reader, writer)
            else:
                other = await self._http(first + await reader.readuntil(b"\r\n\r\n"), reader, writer)
        if other is not None:
            await _relay((reader, writer), other)

    # ---- HTTP

    async def _http(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Streams | None:
        try:
            method, target, host, port, path = _request(head)
            other = await self._connect(host, port, target)
        except Refused as error:
            await _answer(writer, 403, "Forbidden", str(error))
            return None
        except Unreachable as error:
            await _answer(writer, 502, "Bad Gateway", str(error))
            return None
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            return other
        try:
            await _one_request(head, path, target, reader, other[1])
        except Refused as error:
            other[1].close()
            await _answer(writer, 411, "Length Required", str(error))
            return None
        await _copy(other[0], writer)
        other[1].close()
        return None

    # ---- SOCKS5 (RFC 1928), without authentication

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Streams | None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        if 0 not in methods:
            writer.write(b"\x05\xff")
            return None
        writer.write(b"\x05\x00")
        _, command, _, kind = await reader.readexactly(4)
        host = await _socks_host(kind, reader)
        if host is None:
            _socks_answer(writer, _SOCKS_NO_ADDRESS)
            return None
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        if command != 1:
            _socks_answer(writer, _SOCKS_NO_COMMAND)
            return None
        try:
            other = await self._connect(host, port, host)
        except Refused:
            _socks_answer(writer, _SOCKS_REFUSED)
            return None
        except Unreachable:
            _socks_answer(writer, _SOCKS_UNREACHABLE)
            return None
        _socks_answer(writer, 0)
        return other

    # ---- the decision

    async def _connect(self, text: str, port: int, asked: str) -> Streams:
        try:
            host = read_host(text)
        except ValueError as error:
            raise self._refusal(asked, str(error)) from error
        shown = f"{host}:{port}"
        if not any(rule.allows(host, port) for rule in self._rules):
            raise self._refusal(shown, "it is not in the allow-list")
        try:
            found = await self._resolve(host, port)
        except OSError as error:
            raise Unreachable(f"{shown} cannot be resolved: {error}.") from error
        public = [text for text in found if self._acceptable(ipaddress.ip_address(text.partition("%")[0]))]
        if not public:
            raise self._refusal(shown, "its address is private, link-local or a metadata service's")
        return await _first_answer(public, port, shown)

    def _refusal(self, shown: str, why: str) -> Refused:
        if len(self.refusals) < _MAX_REFUSALS:
            self.refusals[shown[:200]] = why
        return Refused(f"flashagent refused a connection to {shown[:200]!r}: {why}.")


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _first_answer(addresses: Sequence[str], port: int, shown: str) -> Streams:
    last: OSError | None = None
    for address in addresses:
        try:
            return await asyncio.open_connection(address, port)
        except OSError as error:
            last = error
    raise Unreachable(f"{shown} does not answer: {last}.")


def _request(head: bytes) -> tuple[str, str, str, int, str]:
    """Method, target, host, port and path of a request's first line. Raises Refused."""
    try:
        method, target, version = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
        if not version.startswith("HTTP/1.") or not target.isprintable():
            raise ValueError("not HTTP/1")
        if method == "CONNECT":
            return method, target, *split_host(target, 443), ""
        if not target.startswith("http://"):
            raise ValueError("neither CONNECT nor an http:// URL")
        authority, slash, path = target[7:].partition("/")
        if set(authority) & set("@?#\\"):
            raise ValueError("not a plain host")
        return method, target, *split_host(authority, 80), slash + path or "/"
    except ValueError as error:
        raise Refused(f"flashagent's proxy does not understand the request: {error}.") from error


async def _one_request(
    head: bytes, path: str, target: str, reader: asyncio.StreamReader, out: asyncio.StreamWriter
) -> None:
    """Pass exactly one request on, for the host that was judged: no other Host, nothing after its body."""
    lines = head.split(b"\r\n")
    method = lines[0].split(b" ")[0]
    kept, length = [], 0
    for line in lines[1:-2]:
        name, _, value = line.partition(b":")
        lowered = name.strip().lower()
        if lowered == b"transfer-encoding" or (lowered == b"content-length" and not value.strip().isdigit()):
            raise Refused("flashagent's proxy needs the length of a request's body.")
        if lowered == b"content-length":
            length = int(value)
        if lowered not in (
            b"host",
            b"connection",
            b"proxy-connection",
            b"proxy-authorization",
            b"keep-alive",
        ):
            kept.append(line)
    host = target[7:].partition("/")[0].encode()
    first = method + b" " + path.encode() + b" HTTP/1.1"
    out.write(b"\r\n".join([first, b"Host: " + host, b"Connection: close", *kept, b"", b""]))
    while length:
        data = await reader.read(min(_CHUNK, length))
        if not data:
            raise EOFError
        length -= len(data)
        out.write(data)
        await out.drain()


async def _answer(writer: asyncio.StreamWriter, status: int, words: str, text: str) -> None:
    body = f"{text}\n".encode()
    head = f"HTTP/1.1 {status} {words}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def _socks_host(kind: int, reader: asyncio.StreamReader) -> str | None:
    match kind:
        case 1:
            return str(ipaddress.IPv4Address(await reader.readexactly(4)))
        case 3:
            return (await reader.readexactly((await reader.readexactly(1))[0])).decode("latin-1")
        case 4:
            return str(ipaddress.IPv6Address(await reader.readexactly(16)))
    return None


def _socks_answer(writer: asyncio.StreamWriter, code: int) -> None:
    writer.write(bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0]))


async def _relay(one: Streams, other: Streams) -> None:
    """Both directions, each until its end."""
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(one[0], other[1]))
            both.create_task(_copy(other[0], one[1]))
    finally:
        other[1].close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
    except OSError:
        target.close()  # one side has gone, so the other direction must not wait for it
