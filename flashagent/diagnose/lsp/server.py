"""One language server of a project: started when first needed, kept warm, started again when it died or hung."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flashagent.diagnose.lsp.discover import FoundServer
from flashagent.diagnose.lsp.framing import Garbled
from flashagent.diagnose.lsp.rpc import Gone, Refused
from flashagent.diagnose.lsp.session import ServerSession
from flashagent.errors import FlashagentError
from flashagent.ports import Channel

Start = Callable[[FoundServer, Channel], Awaitable[object]]
"""Runs the server in the sandbox with the channel as its standard input and output, until it ends."""

BRIDGE = (
    Path(__file__).parent / "bridge.py"
)  # the source of what makes the channel a server's standard input and output
MOST_STARTS = 4
HANDSHAKE_S = 60.0
_MOST_SILENCES = 3
_LAST_WORDS_S = 1.0  # what a process that closed the connection gets to end in order


class LanguageServer:
    """Everything about one server but what is asked of it. `python` is the project's interpreter, '' for none.

    The open files are remembered, so that a server that is started again sees what the one before it saw.
    """

    def __init__(self, found: FoundServer, root: Path, start: Start, python: str = "") -> None:
        self.found = found
        self.trouble = ""
        self.alone = asyncio.Lock()  # for whoever shows it texts that are not to stay
        self._root = root
        self._start = start
        self._python = python
        self._texts: dict[str, str] = {}
        self._session: ServerSession | None = None
        self._life: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._starts = 0
        self._silences = 0

    @property
    def warm(self) -> bool:
        return self._session is not None

    @property
    def hopeless(self) -> bool:
        """Whether it died so often that it is not started any more."""
        return self._starts >= MOST_STARTS and (self._life is None or self._life.done())

    def begin(self) -> None:
        """Start it in the background unless it runs already."""
        if (self._life is None or self._life.done()) and self._starts < MOST_STARTS:
            self._starts += 1
            self._life = asyncio.create_task(self._live())

    async def ready(self) -> bool:
        """Wait until it is warm; False when it could not be started."""
        self.begin()
        while self._session is None:
            if self._life is None or self._life.done():
                if self.hopeless:
                    return False
                self.begin()
            self._changed.clear()
            await self._changed.wait()
        return True

    async def end(self) -> None:
        life, self._life = self._life, None
        self._starts = MOST_STARTS
        await self._cut(life)

    async def _cut(self, life: asyncio.Task[None] | None) -> None:
        if life is not None:
            life.cancel()
            await asyncio.wait({life})

    async def _live(self) -> None:
        """One life: the process and the talk with it. When either ends the other is ended too; `trouble` tells why."""
        over = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._talk(reader, writer)
            finally:
                over.set()

        running = asyncio.ensure_future(self._start(self.found, talk))
        broken = asyncio.create_task(over.wait())
        try:
            await asyncio.wait({running, broken}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await asyncio.wait({running}, timeout=_LAST_WORDS_S)
        finally:
            broken.cancel()
            running.cancel()
            await asyncio.wait({running, broken})
            self._session = None
            self._changed.set()
        self._note_end(running)

    def _note_end(self, running: asyncio.Future[object]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            if not isinstance(error, FlashagentError | OSError | TimeoutError):
                raise error
            self.trouble = str(error) or type(error).__name__
        self.trouble = self.trouble or "it ended by itself"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = ServerSession(self.found.kind, self._root, self._python)
        serving = asyncio.create_task(session.connect(reader, writer).serve())
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await session.begin()
            for path, text in self._texts.items():
                session.put(path, text)
            self._session, self._silences, self.trouble = session, 0, ""
            self._changed.set()
            await serving
        except (Gone, Refused, Garbled, TimeoutError) as error:
            self.trouble = str(error) or "it did not begin in time"
        finally:
            self._session = None
            session.lose()
            serving.cancel()
            await asyncio.wait({serving})

    # ---- what is asked of it

    def put(self, path: str, text: str) -> None:
        """Let it see the file with this text; a server that is not warm sees it when it is."""
        if self._texts.get(path) == text:
            return
        self._texts[path] = text
        if self._session is not None:
            with contextlib.suppress(Gone):
                self._session.put(path, text)

    def take_away(self, path: str) -> None:
        """Let it see the disk's file again, or none."""
        if self._texts.pop(path, None) is not None and self._session is not None:
            with contextlib.suppress(Gone):
                self._session.take_away(path)

    def disk_changed(self, kinds: Mapping[str, int]) -> None:
        """Tell a warm server what happened to files on the disk; one that is not warm has not seen them yet."""
        if self._session is not None and kinds:
            with contextlib.suppress(Gone):
                self._session.disk_changed(kinds)

    @property
    def open_files(self) -> Sequence[str]:
        return tuple(self._texts)

    def text(self, path: str) -> str | None:
        """The text that it was shown last of an open file."""
        return self._texts.get(path)

    async def diagnostics(self, path: str, deadline: float) -> Sequence[Any] | None:
        """What it says of an open file, None when it does not answer until `deadline` (the loop's clock)."""
        items: Sequence[Any] | None = await self._ask(lambda session: session.diagnostics(path), deadline)
        return items

    async def request(self, method: str, params: Any, deadline: float) -> Any:
        """Its answer, None when it refuses or does not answer in time."""
        return await self._ask(lambda session: session.request(method, params), deadline)

    async def _ask(self, question: Callable[[ServerSession], Awaitable[Any]], deadline: float) -> Any:
        """Asked once more when the server died over it: the next one was shown the same files."""
        try:
            async with asyncio.timeout_at(deadline):
                for _ in range(2):
                    if not await self.ready():
                        return None
                    try:
                        assert self._session is not None
                        answer = await question(self._session)
                    except Gone:
                        await self._over()
                        continue
                    except Refused:
                        return None
                    self._silences = 0
                    self._starts = min(self._starts, 1)
                    return answer
        except TimeoutError:
            self._silent()
        return None

    async def _over(self) -> None:
        """Wait until the process that broke off is gone for good."""
        if (life := self._life) is not None:
            await asyncio.wait({life})

    def _silent(self) -> None:
        """One that was silent several times in a row is taken for hung and ended; the next question starts it again."""
        if self._session is None:
            return
        self._silences += 1
        if self._silences >= _MOST_SILENCES and self._life is not None:
            self.trouble = "it did not answer any more"
            self._session = None
            self._life.cancel()
