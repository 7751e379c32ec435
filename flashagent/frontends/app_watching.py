"""The background watcher of the terminal app. The operating system tells of changes; each look is a passing process of the lowest
priority, so that nothing that it does keeps a key waiting or stays in memory. It ends with the app, however that ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from flashagent.compose.changes import changes, prepare
from flashagent.compose.place import Place
from flashagent.errors import ExitCode, WorkspaceError
from flashagent.frontends import words
from flashagent.frontends.app_served import beside
from flashagent.frontends.tui.controller import Found

# -P: nothing is imported from the folder that it works in.
PROGRAM = (sys.executable, "-P", "-m", "flashagent", "watch", "--once", "--json", "--attached")
_REST = 1.0  # so much of the time that a look took nothing is looked at after it


async def watch(
    place: Place,
    found: Callable[[Sequence[Found]], None],
    more: Callable[[], Awaitable[Sequence[Found]]],
) -> None:
    """All findings, at the start and after each burst of changes, until it is cancelled; those of `more` come after them, once
    something was saved. Raises WorkspaceError when a look fails or the operating system watches no more."""
    loop = asyncio.get_running_loop()
    saved = False
    await asyncio.to_thread(prepare)
    async with aclosing(changes(place.root, (place.folders.cache, place.folders.state))) as bursts:
        async for _ in bursts:
            started = loop.time()
            seen = await _look(place)
            found(seen)
            if saved and (served := await more()):
                found(beside(seen, served))
            saved = True
            await asyncio.sleep(_REST * (loop.time() - started))


async def _look(place: Place) -> list[Found]:
    process = await _started(place)
    try:
        out, said = await _both(process)
    finally:
        await _end(process)
    if process.returncode in (ExitCode.OK, ExitCode.NOT_FIXED):
        return _findings(out)
    told = said.decode("utf-8", "replace").strip().splitlines()
    reason = words.one_line(told[0], words.MAX_SENTENCE) if told else f"exit status {process.returncode}"
    raise WorkspaceError(f"Changed files are no longer looked at: {reason}", hint="/findings looks once.")


async def _both(process: Process) -> tuple[bytes, bytes]:
    """Standard output and error. Its stdin stays open: closing it would end the look."""
    assert process.stdout and process.stderr
    out, said = await asyncio.gather(process.stdout.read(), process.stderr.read())
    await process.wait()
    return out, said


async def _started(place: Place) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            *PROGRAM,
            cwd=place.root,
            env=dict(place.environ),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,  # Ctrl+C of the terminal is meant for the app
        )
    except OSError as error:
        raise WorkspaceError(
            f"Changed files are not looked at: {error}.", hint="/findings looks once."
        ) from error


def _findings(text: bytes) -> list[Found]:
    return [
        Found(
            one["path"],
            one["line"],
            one["kind"],
            f"{one['code']} {one['message']}".strip(),
            one["request"],
        )
        for one in json.loads(text)
    ]


async def _end(process: Process) -> None:
    """With all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    await process.wait()
