"""Run one job without a screen: Ctrl-C and SIGTERM end it in order, and its exit code is the program's."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from flashagent.errors import ExitCode
from flashagent.events import JobFinished
from flashagent.frontends.outlet import Outlets

Job = Callable[[], Coroutine[Any, Any, JobFinished]]


def run_headless(job: Job, outlets: Outlets) -> int:
    """The exit code of the job. A signal cancels it once, and so does the loss of an outlet that it writes to; the job then
    gives its account as interrupted.

    Raises NotWritten, once the job has ended, when an outlet was lost.
    """
    code = asyncio.run(_run(job, outlets))
    outlets.check(code)
    return code


async def _run(job: Job, outlets: Outlets) -> int:
    task = asyncio.create_task(job())
    outlets.stop(task)
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
