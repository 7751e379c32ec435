"""Open the linear app on this process's own input and output."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable

from flashagent.errors import ExitCode
from flashagent.frontends.plain.app import PlainApp
from flashagent.frontends.plain.lines import Lines
from flashagent.frontends.tui.controller import Controller


def run_plain(build: Callable[[], Controller]) -> int:
    """The exit code. What `build` raises is raised from here."""
    return asyncio.run(_run(build))


async def _run(build: Callable[[], Controller]) -> int:
    loop = asyncio.get_running_loop()
    app = PlainApp(await asyncio.to_thread(build), Lines(sys.stdin.fileno()), sys.stdout)
    task = asyncio.create_task(app.run())
    left = False

    def interrupt() -> None:
        nonlocal left
        try:
            app.interrupt()
        except KeyboardInterrupt:
            left = True
            task.cancel()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(ending, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return ExitCode.OK if left else ExitCode.INTERRUPTED
