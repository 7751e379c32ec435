"""What is said to one running language server: the first words, the open files, and what it says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.diagnose.lsp.catalog import ServerKind
from flashagent.diagnose.lsp.places import Outside, path_of, uri_of
from flashagent.diagnose.lsp.rpc import Connection, Gone, NotKnown, Refused

_SETTLED_S = (
    0.25  # how long a server that tells no versions must stay silent before its word counts as its last
)
_TRIES = 3
_TS_REQUEST = "typescript.tsserverRequest"
_CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True},
    },
    "textDocument": {
        "synchronization": {"dynamicRegistration": False},
        "publishDiagnostics": {"versionSupport": True},
        "diagnostic": {"dynamicRegistration": True, "relatedDocumentSupport": False},
        "definition": {"linkSupport": False},
        "references": {},
        "rename": {"prepareSupport": False},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "isPreferredSupport": True,
            "disabledSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a server said by itself of a file, and for which version (None: it does not say)."""

    version: int | None
    items: Sequence[Any]


class ServerSession:
    """One life of a server. `language` tells the protocol's name of a path's language."""

    def __init__(self, kind: ServerKind, root: Path, python: str) -> None:
        self._kind = kind
        self._root = root
        self._settings = kind.settings(python)
        self._versions: dict[str, int] = {}
        self._told: dict[str, Told] = {}  # since the file was put last
        self._news = asyncio.Event()
        self._pulls = False
        self._asks_tsserver = False
        self._lost = False
        self._connection: Connection | None = None

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Connection:
        self._connection = Connection(reader, writer, self._answer, self._hear)
        return self._connection

    def lose(self) -> None:
        """The connection is over: whoever waits for a word of the server gets Gone."""
        self._lost = True
        self._news.set()

    async def begin(self) -> None:
        """The handshake. Raises Gone and Refused."""
        uri = "file://" + uri_of(self._root, "")[7:].rstrip("/")
        result = await self._talk.request(
            "initialize",
            {
                "processId": None,
                "rootUri": uri,
                "rootPath": str(self._root),
                "workspaceFolders": [{"uri": uri, "name": self._root.name}],
                "capabilities": _CAPABILITIES,
                "initializationOptions": dict(self._kind.options),
            },
        )
        can = result.get("capabilities") if isinstance(result, Mapping) else None
        can = can if isinstance(can, Mapping) else {}
        self._pulls |= can.get("diagnosticProvider") not in (None, False)
        commands = can.get("executeCommandProvider")
        names = commands.get("commands", ()) if isinstance(commands, Mapping) else ()
        self._asks_tsserver = _TS_REQUEST in names
        self._talk.notify("initialized", {})
        self._talk.notify("workspace/didChangeConfiguration", {"settings": dict(self._settings)})

    @property
    def _talk(self) -> Connection:
        assert self._connection is not None, "connect first"
        return self._connection

    async def request(self, method: str, params: Any) -> Any:
        """Raises Gone and Refused."""
        return await self._talk.request(method, params)

    # ---- open files

    def put(self, path: str, text: str) -> None:
        """Let the server see the file with this text, whatever is on the disk. Raises Gone."""
        uri, version = uri_of(self._root, path), self._versions.get(path, 0) + 1
        self._told.pop(path, None)
        if version == 1:
            language = self._kind.languages[Path(path).suffix]
            document = {"uri": uri, "languageId": language, "version": 1, "text": text}
            self._talk.notify("textDocument/didOpen", {"textDocument": document})
        else:
            self._talk.notify(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]},
            )
        self._versions[path] = version

    def take_away(self, path: str) -> None:
        """Let the server see the disk's file again. Raises Gone."""
        if self._versions.pop(path, None) is not None:
            self._talk.notify("textDocument/didClose", {"textDocument": {"uri": uri_of(self._root, path)}})

    def disk_changed(self, kinds: Mapping[str, int]) -> None:
        """Files that were created (1), changed (2) or deleted (3) on the disk. Raises Gone."""
        changes = [{"uri": uri_of(self._root, path), "type": kind} for path, kind in sorted(kinds.items())]
        self._talk.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    # ---- diagnostics

    async def diagnostics(self, path: str) -> Sequence[Any]:
        """What the server says of an open file as it was put last, in the protocol's own words. Raises Gone and Refused;
        a server that says nothing is waited for, so the caller sets a deadline."""
        if self._asks_tsserver:
            return await self._from_tsserver(path)
        return await self._pushed(path)

    async def _pulled(self, path: str) -> Sequence[Any]:
        params = {"textDocument": {"uri": uri_of(self._root, path)}}
        for left in reversed(range(_TRIES)):
            try:
                result = await self.request("textDocument/diagnostic", params)
            except Refused:  # servers call a request off when something changed while they worked
                if not left:
                    raise
                continue
            items = result.get("items") if isinstance(result, Mapping) else None
            return items if isinstance(items, list) else ()
        return ()

    async def _from_tsserver(self, path: str) -> Sequence[Any]:
        """tsserver tells in parts and never when it is done, so it is asked directly."""
        found: list[Any] = []
        for command in ("syntacticDiagnosticsSync", "semanticDiagnosticsSync"):
            arguments = [command, {"file": str(self._root / path)}]
            answer = await self.request(
                "workspace/executeCommand", {"command": _TS_REQUEST, "arguments": arguments}
            )
            body = answer.get("body") if isinstance(answer, Mapping) else None
            found += map(_of_tsserver, body if isinstance(body, list) else ())
        return found

    async def _pushed(self, path: str) -> Sequence[Any]:
        """What it told by itself, or what it is asked for: some servers say only later that they want to be asked."""
        while True:
            if self._lost:
                raise Gone("the server is gone")
            if self._pulls:
                return await self._pulled(path)
            if (wanted := self._versions.get(path)) is None:
                raise Gone("the server was never shown the file")
            told = self._told.get(path)
            if told is not None and told.version is None:
                return await self._settled(path, told)
            if told is not None and told.version == wanted:
                return told.items
            await self._next_news()

    async def _settled(self, path: str, told: Told) -> Sequence[Any]:
        """The last of what is said in several parts: nothing tells which one that is but the silence after it."""
        while True:
            try:
                async with asyncio.timeout(_SETTLED_S):
                    await self._next_news()
            except TimeoutError:
                return told.items
            told = self._told.get(path, told)

    async def _next_news(self) -> None:
        self._news.clear()
        await self._news.wait()

    # ---- what the server says and asks by itself

    def _hear(self, method: str, params: Any) -> None:
        if method != "textDocument/publishDiagnostics" or not isinstance(params, Mapping):
            return
        try:
            path = path_of(self._root, params.get("uri"))
        except Outside:
            return
        items, version = params.get("diagnostics"), params.get("version")
        self._told[path] = Told(
            version if isinstance(version, int) else None,
            items if isinstance(items, list) else (),
        )
        self._news.set()

    def _answer(self, method: str, params: Any) -> Any:
        """Servers get their settings and are let know that they were heard; edits of their own are never made."""
        answers: dict[str, Callable[[], Any]] = {
            "workspace/configuration": lambda: self._configuration(params),
            "client/registerCapability": lambda: self._registered(params),
            "client/unregisterCapability": lambda: None,
            "window/workDoneProgress/create": lambda: None,
            "window/showMessageRequest": lambda: None,
            "workspace/diagnostic/refresh": lambda: None,
            "workspace/workspaceFolders": lambda: None,
            "workspace/applyEdit": lambda: {"applied": False, "failureReason": "edits are not taken"},
        }
        if method not in answers:
            raise NotKnown(method)
        return answers[method]()

    def _registered(self, params: Any) -> None:
        registrations = params.get("registrations") if isinstance(params, Mapping) else None
        for one in registrations if isinstance(registrations, list) else ():
            if isinstance(one, Mapping) and one.get("method") == "textDocument/diagnostic":
                self._pulls = True
                self._news.set()

    def _configuration(self, params: Any) -> list[Any]:
        items = params.get("items") if isinstance(params, Mapping) else None
        return [self._section(one) for one in items] if isinstance(items, list) else []

    def _section(self, item: Any) -> Any:
        name = item.get("section") if isinstance(item, Mapping) else None
        value: Any = self._settings
        for part in str(name or "").split(".") if name else ():
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def _of_tsserver(one: Any) -> dict[str, Any]:
    """tsserver's own form of a diagnostic in the protocol's; a severity of 1 is an error."""
    if not isinstance(one, Mapping):
        return {}
    severities = {"error": 1, "warning": 2}
    return {
        "range": {"start": _ts_position(one.get("start")), "end": _ts_position(one.get("end"))},
        "message": one.get("text"),
        "code": one.get("code"),
        "severity": severities.get(str(one.get("category")), 3),
        "source": "typescript",
    }


def _ts_position(value: Any) -> dict[str, Any]:
    line = value.get("line") if isinstance(value, Mapping) else None
    offset = value.get("offset") if isinstance(value, Mapping) else None
    if not isinstance(line, int) or not isinstance(offset, int):
        return {}
    return {"line": line - 1, "character": offset - 1}
