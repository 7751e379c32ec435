"""Batches from Python: the same job as the command, its events one after another."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path

from flashagent.compose import batch_state
from flashagent.compose.clock import SystemClock
from flashagent.compose.jobfile import read_job
from flashagent.compose.place import new_session_id, open_place
from flashagent.frontends.batch_call import Call
from flashagent.frontends.batch_run import run
from flashagent.jobs.batch.events import BatchEvent, BatchFinished
from flashagent.jobs.batch.spec import BatchSpec


async def batch(
    job: str | BatchSpec,
    path: str | Path = ".",
    *,
    settings: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    scheduler: str = "",
    apply: bool = False,
) -> AsyncIterator[BatchEvent]:
    """Run a batch over the repository around `path`, and give its events as they come: `BatchStarted`, for each item
    `ItemFinished` and `ItemMerged`, at the end `BatchFinished`.

    `job` is the text of a job file (YAML) or a BatchSpec. `settings` maps setting names to values, `environ` is the
    process environment when not given, `scheduler` the address of a Dask scheduler. Leaving the loop early stops the
    batch in order; `flashagent batch resume` goes on with it. Raises UsageError or SettingsError for a job that cannot
    begin.
    """
    spec = read_job(job, "the job") if isinstance(job, str) else job
    told: asyncio.Queue[BatchEvent] = asyncio.Queue()
    call = Call(
        Path(path), environ or dict(os.environ), io.StringIO(), io.StringIO(), settings or {},  # noqa: TID251
        apply=apply, emit=told.put_nowait, scheduler=scheduler,
    ).asking(spec.model)  # fmt: skip
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        spec = batch_state.with_settings(spec, place)
        running = asyncio.create_task(run(call, place, spec, new_session_id(SystemClock()), fresh=True))
        ended = False
        try:
            while not ended:
                event = await _next(told, running)
                ended = isinstance(event, BatchFinished)
                yield event
        finally:
            if not ended:
                running.cancel()
            await asyncio.wait([running])  # after its last event it still writes to the files, and tidies up
        await running


async def _next(told: asyncio.Queue[BatchEvent], running: asyncio.Task[BatchFinished]) -> BatchEvent:
    """The next event; what ended the batch before its last event is raised."""
    waiting = asyncio.create_task(told.get())
    await asyncio.wait([waiting, running], return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done() and told.empty() and running.done():
        waiting.cancel()
        await running
    return await waiting
