"""The background watcher of the terminal app: `flashagent watch` as a process of its own, so that nothing that it does keeps a key
waiting. It ends with the app, however that ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence

from flashagent.compose.house import Place
from flashagent.errors import WorkspaceError
from flashagent.frontends import words
from flashagent.frontends.tui.controller import Found

# -P: nothing is imported from the folder that it works in.
PROGRAM = (sys.executable, "-P", "-m", "flashagent", "watch", "--json", "--attached")
_LONGEST_LINE = 64 * 1024 * 1024


async def watch(place: Place, found: Callable[[Sequence[Found]], None]) -> None:
    """All findings after each look, until it is cancelled. Raises WorkspaceError when the watcher ended by itself."""
    process = await _started(place)
    try:
        assert process.stdout and process.stderr
        said = asyncio.create_task(process.stderr.read())
        async for line in process.stdout:
            found(_findings(line))
        told = (await said).decode("utf-8", "replace").strip().splitlines()
    finally:
        await _end(process)
    reason = words.one_line(told[0], words.MAX_SENTENCE) if told else f"exit status {process.returncode}"
    raise WorkspaceError(f"Changed files are no longer looked at: {reason}", hint="/findings looks once.")


async def _started(place: Place) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            *PROGRAM,
            cwd=place.root,
            env=dict(place.environ),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,  # Ctrl+C of the terminal is meant for the app
        )
    except OSError as error:
        raise WorkspaceError(
            f"Changed files are not looked at: {error}.", hint="/findings looks once."
        ) from error


def _findings(line: bytes) -> list[Found]:
    return [
        Found(
            one["path"],
            one["line"],
            one["kind"],
            f"{one['code']} {one['message']}".strip(),
            one["request"],
        )
        for one in json.loads(line)
    ]


async def _end(process: Process) -> None:
    """With all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    await process.wait()
