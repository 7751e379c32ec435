"""Run one job without a screen: Ctrl-C and SIGTERM end it in order, and its exit code is the program's."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from flashagent.errors import ExitCode
from flashagent.events import JobFinished

Job = Callable[[], Coroutine[Any, Any, JobFinished]]


def run_headless(job: Job) -> int:
    """The exit code of the job. A signal cancels it once; the job then gives its account as interrupted."""
    return asyncio.run(_run(job))


async def _run(job: Job) -> int:
    task = asyncio.create_task(job())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return (await task).exit_code
    except asyncio.CancelledError:
        return ExitCode.INTERRUPTED  # the signal came before the job's first step
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
