"""The toy language server of `diagnose_server.py` as a project's language server, run without a sandbox."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers.verify_runner import PlainRunner

from flashagent.diagnose.lsp.catalog import ServerKind
from flashagent.diagnose.lsp.discover import Discovery, FoundServer
from flashagent.diagnose.lsp.server import BRIDGE
from flashagent.diagnose.lsp.servers import LanguageServers
from flashagent.ports import Channel, Command
from flashagent.values import FileChange

SCRIPT = Path(__file__).parent / "diagnose_server.py"
KIND = ServerKind("toy", {".toy": "toy"}, ("toy-server",))


@dataclass(frozen=True)
class Toy:
    """The servers of a project whose toy files lie in `root`; `marks` is where misbehaviour is asked for."""

    servers: LanguageServers
    root: Path
    marks: Path

    def mark(self, name: str) -> None:
        (self.marks / name).touch()

    @property
    def starts(self) -> list[int]:
        """The process ids of all that were started, in order."""
        path = self.marks / "starts"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def text(self, path: str) -> str | None:
        file = self.root / path
        return file.read_text() if file.is_file() else None

    async def warm(self) -> None:
        assert await asyncio.wait_for(self.servers.servers[0].ready(), 30)

    async def problems(self, before: str | None, after: str | None, *, wait_s: float = 30.0) -> list[str]:
        found = await self.servers.caused([FileChange("a.toy", before, after)], wait_s=wait_s)
        return [f"{one.line}:{one.column} {one.message}" for one in found]


@asynccontextmanager
async def toy(
    folder: Path, files: dict[str, str] | None = None, *options: str, root: Path | None = None
) -> AsyncIterator[Toy]:
    """The project is `root`, or a new folder beside the marks in `folder`."""
    marks = folder / "marks"
    marks.mkdir()
    if root is None:
        root = folder / "project"
        root.mkdir()
    for name, text in (files or {}).items():
        (root / name).write_text(text)
    runner = PlainRunner(root)

    async def start(found: FoundServer, channel: Channel) -> object:
        bridge = (sys.executable, "-I", "-S", "-c", BRIDGE.read_text(encoding="utf-8"))
        argv = (*bridge, sys.executable, str(SCRIPT), str(marks), *options)
        return await runner.run(Command(argv, root), channel=channel)

    found = Discovery((FoundServer(KIND, Path("/toy-server")),))
    servers = LanguageServers(found, root.resolve(), start)
    try:
        yield Toy(servers, root.resolve(), marks)
    finally:
        await servers.close()
