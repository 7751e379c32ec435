"""What changed files have to be told about, once or at every save. Asks no model, runs nothing of the project, changes nothing."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import aclosing, closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from flashagent.compose.mapping import open_map
from flashagent.compose.place import Place
from flashagent.errors import WorkspaceError
from flashagent.frontends import words
from flashagent.jobs.watching import Finding, counts, findings
from flashagent.secrecy import Secrets
from flashagent.tools.guarded import Guard
from flashagent.workspace import files
from flashagent.workspace.compared import of_work_tree

if TYPE_CHECKING:
    from flashagent.repomap.repo_map import RepoMap

T = TypeVar("T")
Changes = Callable[[Path, Sequence[Path]], AsyncIterator[frozenset[str]]]
_REST = 1.0  # so much of the time that a look took nothing is looked at after it
HOW = "`flashagent do` or /findings NUMBER in the app has one repaired."


async def look(place: Place) -> tuple[Finding, ...]:
    """About what changed since the last commit; texts masked."""
    with closing(Looks(place)) as looks:
        return await looks.again()


class Looks:
    """Looks again and again, with one map: it is opened when a file has changed first, and then told which ones do."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._map: RepoMap | None = None

    async def again(self, only: Collection[str] | None = None) -> tuple[Finding, ...]:
        """About what changed since the last commit; texts masked. `only` are the paths that changed since the last look."""
        place, settings = self._place, self._place.settings
        guard = Guard(secret=settings.secret_files)
        compared = await asyncio.to_thread(
            lambda: of_work_tree(place.repository, place.repository.head() or place.repository.empty_tree())
        )
        changed = [one for one in compared.changes if not guard.is_secret(one.path)]
        if not changed and self._map is None:
            return ()
        repo_map = await asyncio.to_thread(self._fresh, only)
        found = await findings(
            changed, repo_map, lambda path: _read(place, path), wishes=settings.app.comments
        )
        mask = Secrets(place.secrets).mask
        return tuple(
            Finding(one.path, one.line, one.kind, words.one_line(mask(one.message), 400), one.code)
            for one in found
        )

    def close(self) -> None:
        if self._map is not None:
            self._map.close()

    def _fresh(self, only: Collection[str] | None) -> RepoMap:
        if self._map is None:
            place, settings = self._place, self._place.settings
            hidden = (*settings.ignore, *settings.secret_files)
            self._map, _ = open_map(place.repository, place.folders.cache, hidden)
        else:
            self._map.refresh(only)
        return self._map


def _read(place: Place, path: str) -> str | None:
    try:
        return files.read_text(place.root, path).text
    except WorkspaceError:
        return None


def line_of(one: Finding) -> str:
    """'shop/cart.py:7: security S307: what it is'"""
    code = f" {one.code}" if one.code else ""
    return f"{words.one_line(one.path)}:{one.line}: {one.kind}{code}: {one.message}"


async def once(place: Place, out: TextIO, talk: TextIO, *, as_json: bool) -> int:
    """How many findings there are, all of them printed."""
    found = await look(place)
    if as_json:
        out.write(json.dumps(_as_json(found), indent=2) + "\n")
    else:
        out.writelines(f"{line_of(one)}\n" for one in found)
        talk.write(f"{counts(found)}.\n")
        if found:
            talk.write(f"{HOW}\n")
    return len(found)


async def watch(place: Place, out: TextIO, talk: TextIO, changes: Changes) -> None:
    """At the start and after every change: what is new (+) and what is gone (-). Ends by cancelling."""
    known: Sequence[Finding] = ()
    talk.write("Watching. Ctrl+C ends it.\n")
    talk.flush()
    async with aclosing(_looks(place, changes)) as looks:
        async for found in looks:
            known = _told(known, found, out)


async def stream(place: Place, out: TextIO, changes: Changes) -> None:
    """At the start and after every change: all there is, as one line of JSON. Ends by cancelling."""
    async with aclosing(_looks(place, changes)) as looks:
        async for found in looks:
            out.write(json.dumps(_as_json(found)) + "\n")
            out.flush()


async def attached(work: Coroutine[None, None, T], stdin: int) -> T | None:
    """The work, at the lowest priority and only as long as nobody closes the other end of `stdin`, a pipe: then None."""
    os.nice(19)
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)

    def heard() -> None:
        if not os.read(stdin, 4096):
            loop.remove_reader(stdin)
            task.cancel()

    loop.add_reader(stdin, heard)
    await asyncio.wait({task})
    return None if task.cancelled() else task.result()


async def _looks(place: Place, changes: Changes) -> AsyncGenerator[tuple[Finding, ...], None]:
    """Changes that come while it looks are looked at together, after a rest: a folder that never rests costs a part of one
    core at most."""
    loop = asyncio.get_running_loop()
    own = (place.folders.cache, place.folders.state)
    with closing(Looks(place)) as looks:
        async for paths in changes(place.root, own):
            started = loop.time()
            yield await looks.again(paths)
            await asyncio.sleep(_REST * (loop.time() - started))


def _as_json(found: Sequence[Finding]) -> list[dict[str, object]]:
    """`request` is what an agent is told to repair it."""
    return [{**asdict(one), "request": one.request} for one in found]


def _told(known: Sequence[Finding], found: tuple[Finding, ...], out: TextIO) -> Sequence[Finding]:
    gone = [one for one in known if one not in found]
    fresh = [one for one in found if one not in known]
    out.writelines(f"- {line_of(one)}\n" for one in gone)
    out.writelines(f"+ {line_of(one)}\n" for one in fresh)
    if gone or fresh:
        out.write(f"{counts(found)}\n")
    out.flush()
    return found
