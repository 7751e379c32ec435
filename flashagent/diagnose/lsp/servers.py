"""All language servers of one project behind one door: diagnostics of a planned patch, and places and renames of a name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from flashagent.diagnose.lsp.actions import Complaint, complaints, text_edits
from flashagent.diagnose.lsp.discover import Discovery
from flashagent.diagnose.lsp.finding import caused, diagnostics_of
from flashagent.diagnose.lsp.places import (
    Outside,
    Place,
    Text,
    Unanswered,
    edited,
    path_of,
    range_of,
    uri_of,
)
from flashagent.diagnose.lsp.server import LanguageServer, Start
from flashagent.values import Diagnostic, FileChange

DEADLINE_S = 2.0  # a warm server answers within one, on a machine that does nothing else
QUESTION_S = 10.0
_MOST_OPEN = 200

Read = Callable[[str], str | None]
State = tuple[int, int] | None


class LanguageServers:
    """`start` runs one server in the sandbox. `clock` of all deadlines is the event loop's.

    Everything that a server says is data: places outside of the root are left out, and a rename that touches one is
    no answer.
    """

    def __init__(self, discovery: Discovery, root: Path, start: Start, python: str = "") -> None:
        self._root = root
        self.discovery = discovery
        self._states: Mapping[str, State] = {}
        self._said: dict[tuple[str, str], Sequence[Diagnostic]] = {}  # by path and text, oldest first
        self._servers = [LanguageServer(found, root, start, python) for found in discovery.usable]

    @property
    def servers(self) -> Sequence[LanguageServer]:
        return tuple(self._servers)

    @property
    def warm(self) -> bool:
        """Whether a server stands ready to be asked."""
        return any(server.warm for server in self._servers)

    def warm_up(self, paths: Sequence[str]) -> None:
        """Start, in the background, the servers that read any of these files, which are all of the project. Those that run
        already hear which files changed on the disk since they were told last, and see the disk's files again."""
        endings = {PurePosixPath(path).suffix for path in paths}
        wanted = [one for one in self._servers if endings & one.found.kind.languages.keys()]
        for server in wanted:
            server.begin()
        if not wanted:
            return
        read = {ending for server in wanted for ending in server.found.kind.languages}
        now = {path: state_of(self._root / path) for path in paths if PurePosixPath(path).suffix in read}
        before, self._states = self._states, now
        self._said.clear()  # other files may have changed since
        kinds = {path: change_of(before.get(path), now.get(path)) for path in {*before, *now}}
        for server in wanted:
            for opened in server.open_files:
                server.take_away(opened)
            server.disk_changed({path: kind for path, kind in kinds.items() if kind and before})

    async def ready_for(self, path: str, wait_s: float) -> bool:
        """Whether the server that reads the file stands ready within `wait_s`; started when it does not run yet."""
        server = self._for(path)
        if server is None:
            return False
        try:
            async with asyncio.timeout(wait_s):
                return await server.ready()
        except TimeoutError:
            return False

    async def close(self) -> None:
        await asyncio.gather(*(server.end() for server in self._servers))

    def _for(self, path: str) -> LanguageServer | None:
        ending = PurePosixPath(path).suffix
        return next((one for one in self._servers if ending in one.found.kind.languages), None)

    # ---- diagnostics

    async def caused(
        self, changes: Sequence[FileChange], *, wait_s: float = DEADLINE_S
    ) -> tuple[Diagnostic, ...]:
        """The errors that the changes bring to the files that they change. Nothing when no server answers in time: a
        server that is not warm yet is started, and not waited for beyond `wait_s`."""
        deadline = asyncio.get_running_loop().time() + wait_s
        jobs = []
        for server in self._servers:
            own = [change for change in changes if self._for(change.path) is server]
            if own:
                jobs.append(self._caused_by(server, own, deadline))
        found = await asyncio.gather(*jobs)
        return tuple(one for several in found for one in several)

    async def _caused_by(
        self, server: LanguageServer, changes: Sequence[FileChange], deadline: float
    ) -> tuple[Diagnostic, ...]:
        server.begin()
        try:
            # Two that compare at once would see each other's texts.
            async with asyncio.timeout_at(deadline):
                await server.alone.acquire()
        except TimeoutError:
            return ()
        try:
            return await self._compared(server, changes, deadline)
        finally:
            server.alone.release()

    async def _compared(
        self, server: LanguageServer, changes: Sequence[FileChange], deadline: float
    ) -> tuple[Diagnostic, ...]:
        texts = {one.path: one.before for one in changes}
        before = self._said_before(texts)
        if before is None:
            before = await self._state(server, texts, deadline)
        after = await self._state(server, {one.path: one.after for one in changes}, deadline)
        return () if before is None or after is None else caused(before, after)

    def _said_before(self, texts: Mapping[str, str | None]) -> list[Diagnostic] | None:
        """What was said of these texts when they were shown last: an edit mostly goes on from where the one before it
        ended, and to look at both sides again would take twice as long. None when some were never shown."""
        found: list[Diagnostic] = []
        for path, text in texts.items():
            if text is None:
                continue
            if (path, text) not in self._said:
                return None
            found += self._said[path, text]
        return found

    async def _state(
        self, server: LanguageServer, texts: Mapping[str, str | None], deadline: float
    ) -> list[Diagnostic] | None:
        """What the server says of these files when they have these texts; None when it did not tell all in time. The
        server has the texts in any case."""
        for path, text in texts.items():
            if text is None:
                server.take_away(path)
            else:
                server.put(path, text)
        present = [(path, text) for path, text in texts.items() if text is not None]
        if len(server.open_files) > _MOST_OPEN:
            return None
        answers = await asyncio.gather(*(server.diagnostics(path, deadline) for path, _ in present))
        found: list[Diagnostic] = []
        for (path, text), items in zip(present, answers, strict=True):
            if items is None:
                return None
            said = diagnostics_of(path, text, items, server.found.kind.name)
            self._said[path, text] = said
            found += said
        while len(self._said) > _MOST_OPEN:
            del self._said[next(iter(self._said))]
        return found

    # ---- quick fixes

    async def quick_fixes(self, read: Read, path: str, *, wait_s: float = QUESTION_S) -> Sequence[Complaint]:
        """The errors of a file as `read` gives it and all others, with the fixes that answer them; the server is started when it
        does not run yet. Nothing is written."""
        server = self._for(path)
        if server is None:
            return ()
        deadline = asyncio.get_running_loop().time() + wait_s
        try:
            async with asyncio.timeout_at(deadline):
                await server.alone.acquire()
        except TimeoutError:
            return ()
        try:
            return await complaints(server, self._root, read, path, deadline)
        finally:
            server.alone.release()

    # ---- questions about a name

    async def places(
        self, question: str, read: Read, path: str, line: int, name: str
    ) -> Sequence[Place] | Unanswered:
        """Where the name on that line is defined ('definition') or used ('references'), by path and line. `read` gives
        each file as it is for the one who asks, which need not be what is on the disk."""
        extra = {"context": {"includeDeclaration": True}} if question == "references" else {}
        answer = await self._ask(f"textDocument/{question}", read, path, line, name, extra)
        if isinstance(answer, Unanswered):
            return answer
        items = answer if isinstance(answer, list) else [answer] if answer else []
        found = {place for item in items if (place := self._place(item, read))}
        if not found:
            return Unanswered(f"{name} is not defined in the project; `docs` tells of installed names.")
        return sorted(found, key=lambda one: (one.path, one.line, one.column))

    def _place(self, item: Any, read: Read) -> Place | None:
        if not isinstance(item, Mapping):
            return None
        try:
            where = path_of(self._root, item.get("uri") or item.get("targetUri"))
            start, _ = range_of(item.get("range") or item.get("targetSelectionRange"))
            text = Text(read(where) or "")
            return Place(where, int(start["line"]) + 1, text.column(start))
        except (Outside, TypeError, KeyError, ValueError):
            return None

    async def rename(
        self, read: Read, path: str, line: int, name: str, new_name: str, *, wait_s: float = QUESTION_S
    ) -> Mapping[str, tuple[str, str]] | Unanswered:
        """For each file what it is and what it becomes when the name on that line is called `new_name` everywhere. Nothing
        is written."""
        extra = {"newName": new_name}
        answer = await self._ask("textDocument/rename", read, path, line, name, extra, wait_s)
        if isinstance(answer, Unanswered):
            return answer
        server = self._for(path)
        try:
            edits = text_edits(answer, self._root)
            return {where: self._renamed(server, where, one, read) for where, one in edits.items()}
        except Outside as error:
            return Unanswered(f"The server's rename is not usable: {error}.")

    def _renamed(
        self, server: LanguageServer | None, path: str, edits: Sequence[Any], read: Read
    ) -> tuple[str, str]:
        now = read(path)
        if now is None or server is None:
            raise Outside(f"{path} is no file that can be read")
        if server.text(path) is None and not self._on_disk(path, now):
            raise Outside(f"{path} is not what the server saw")
        return now, edited(now, edits)

    def _on_disk(self, path: str, text: str) -> bool:
        try:
            return (self._root / path).read_bytes() == text.encode("utf-8", "surrogateescape")
        except OSError:
            return False

    async def _ask(
        self,
        method: str,
        read: Read,
        path: str,
        line: int,
        name: str,
        extra: Mapping[str, Any],
        wait_s: float = QUESTION_S,
    ) -> Any:
        server, text = self._for(path), read(path)
        if server is None or not server.warm:
            return Unanswered(f"No language server stands ready for {path}.")
        if not server.found.kind.sees_all and method != "textDocument/definition":
            return Unanswered(f"{server.found.kind.name} knows only open files; use `search` and `edit`.")
        if text is None:
            return Unanswered(f"There is no file {path}.")
        column = _column(text, line, name)
        if column is None:
            return Unanswered(f"{name} does not stand on line {line} of {path}.")
        async with server.alone:
            return await self._asked(server, method, read, path, text, line, column, extra, wait_s)

    async def _asked(
        self,
        server: LanguageServer,
        method: str,
        read: Read,
        path: str,
        text: str,
        line: int,
        column: int,
        extra: Mapping[str, Any],
        wait_s: float,
    ) -> Any:
        """The answer when the server sees every open file as `read` gives it."""
        for opened in server.open_files:
            if (now := read(opened)) is None:
                server.take_away(opened)
            else:
                server.put(opened, now)
        server.put(path, text)
        params = {
            "textDocument": {"uri": uri_of(self._root, path)},
            "position": Text(text).position(line, column),
            **extra,
        }
        deadline = asyncio.get_running_loop().time() + wait_s
        # Some answer with nothing until they have looked at the file once.
        await server.diagnostics(path, deadline)
        answer = await server.request(method, params, deadline)
        return Unanswered("The server has no answer for that name.") if answer in (None, [], {}) else answer


def state_of(path: Path) -> State:
    """What tells that a file on the disk is another one than before; None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def change_of(before: State, now: State) -> int:
    """The protocol's number for what happened to a file: 0 nothing, 1 created, 2 changed, 3 deleted."""
    if before == now:
        return 0
    return 1 if before is None else 3 if now is None else 2


def _column(text: str, line: int, name: str) -> int | None:
    """The 1-based column of the first whole word `name` on the line."""
    found = re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", Text(text).line(line))
    return None if found is None else found.start() + 1
