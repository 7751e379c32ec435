"""What changed files have to be told about, once or at every save. Asks no model, runs nothing of the project, changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from flashagent.compose.house import Place
from flashagent.compose.mapping import open_map
from flashagent.errors import WorkspaceError
from flashagent.frontends import words
from flashagent.jobs.watching import Finding, counts, findings
from flashagent.secrecy import Secrets
from flashagent.tools.guarded import Guard
from flashagent.workspace import files
from flashagent.workspace.compared import of_work_tree

Changes = Callable[[Path], AsyncIterator[None]]
HOW = "`flashagent do` or /findings NUMBER in the app has one repaired."


async def look(place: Place) -> tuple[Finding, ...]:
    """About what changed since the last commit; texts masked."""
    settings, mask = place.settings, Secrets(place.secrets).mask
    guard = Guard(secret=settings.secret_files)
    compared = await asyncio.to_thread(
        lambda: of_work_tree(place.repository, place.repository.head() or place.repository.empty_tree())
    )
    changed = [one for one in compared.changes if not guard.is_secret(one.path)]
    if not changed:
        return ()
    hidden = (*settings.ignore, *settings.secret_files)
    repo_map, _ = await asyncio.to_thread(open_map, place.repository, place.folders.cache, hidden)
    with repo_map:
        found = await findings(
            changed, repo_map, lambda path: _read(place, path), wishes=settings.app.comments
        )
    return tuple(
        Finding(one.path, one.line, one.kind, words.one_line(mask(one.message), 400), one.code)
        for one in found
    )


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
        out.write(json.dumps([asdict(one) for one in found], indent=2) + "\n")
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
    async for _ in changes(place.root):
        known = _told(known, await look(place), out)


def _told(known: Sequence[Finding], found: tuple[Finding, ...], out: TextIO) -> Sequence[Finding]:
    gone = [one for one in known if one not in found]
    fresh = [one for one in found if one not in known]
    out.writelines(f"- {line_of(one)}\n" for one in gone)
    out.writelines(f"+ {line_of(one)}\n" for one in fresh)
    if gone or fresh:
        out.write(f"{counts(found)}\n")
    out.flush()
    return found
