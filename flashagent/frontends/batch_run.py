"""Batches that run: begun or gone on with, here or on a cluster, until their end is told."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flashagent.compose import batch_state, batching
from flashagent.compose.clock import SystemClock
from flashagent.compose.house import open_house
from flashagent.compose.place import Place, new_session_id, open_place
from flashagent.errors import ExitCode, UsageError
from flashagent.frontends import words
from flashagent.frontends.batch_apply import apply_to_files
from flashagent.frontends.batch_call import AGAIN, EXIT_CODES, Call, nobody
from flashagent.frontends.batch_reports.writing import write_report
from flashagent.frontends.batch_text import BatchText
from flashagent.frontends.outlet import Outlets
from flashagent.jobs.batch.events import BatchEvent, BatchFinished, EmitBatch, to_line
from flashagent.jobs.batch.running import WorkOn
from flashagent.jobs.batch.spec import BatchSpec
from flashagent.jobs.batch.working import Ground
from flashagent.workspace.bundles import bundled, tree_of

_TICK_S = 0.25


def start(call: Call, spec: BatchSpec) -> int:
    """Begin a batch and run it to its end."""
    call = call.asking(spec.model)
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        spec = batch_state.with_settings(spec, place)
        return _headless(call, lambda one: run(one, place, spec, new_session_id(SystemClock()), fresh=True))


def resume(call: Call, batch: str, *, retry: bool = False) -> int:
    """Go on with a batch; `retry` also tries failed items again."""
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        batch = batch_state.chosen(place, batch)
        with batch_state.held(place, batch) as store:
            meta = store.meta()
            if meta.get("aborted"):
                raise UsageError(f"The batch {batch} was aborted.", hint="Start it again.")
            if retry:
                store.reset(AGAIN)
    spec = batch_state.loaded(meta["spec"])
    call = call.asking(spec.model)
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        return _headless(call, lambda one: run(one, place, spec, batch, fresh=False))


async def run(call: Call, place: Place, spec: BatchSpec, batch: str, *, fresh: bool) -> BatchFinished:
    """One batch in an open place, to its end, with the reports that were asked for."""
    house = open_house(place, replace(call.wishes, requests=spec.jobs), nobody, batch)
    try:
        with batching.standing(place, house) as (base, still):
            work = batching.Batching(place, still, spec)
            finished = await _through(call, work, batch, base, fresh=fresh)
        if call.apply and finished.commit:
            apply_to_files(place, batch, call)
        for report in call.reports:
            write_report(place, batch, report)
        return finished
    finally:
        await house.close()


async def _through(
    call: Call, work: batching.Batching, batch: str, base: str, *, fresh: bool
) -> BatchFinished:
    async with contextlib.AsyncExitStack() as stack:
        warming = asyncio.create_task(_nothing() if call.scheduler else work.warm())
        stack.push_async_callback(_ended, warming)
        if fresh:
            call.tell("Reading the map of the repository, finding the items …")
            found = await work.plan()
            call.tell(
                f"{words.count(len(found.items), 'item')}. Running the checks before anything is changed …"
            )
            ground, finals = await work.ground(), await work.finals()
            work_on = await _work_of(call, work, batch, base, ground, stack)
            work.new(batch, base, found.items, elsewhere=bool(call.scheduler))
        else:
            _same_base(work.place, batch, base)
            call.tell("Reading the map, running the checks before anything is changed …")
            ground, finals = await work.ground(), await work.finals()
            work_on = await _work_of(call, work, batch, base, ground, stack)
        emit = await stack.enter_async_context(_sink(call, batch))
        await warming
        with work.opened(batch, ground, finals, emit, work_on) as running:
            return await running.run()


async def _ended(task: asyncio.Task[None]) -> None:
    """Stop it where it still runs. What else ended the call is told, and not what this one met with."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _nothing() -> None:
    """Others do the work, and nothing is to be made ready here."""


async def _work_of(
    call: Call,
    work: batching.Batching,
    batch: str,
    base: str,
    ground: Ground,
    stack: contextlib.AsyncExitStack,
) -> WorkOn:
    """Who does the items: this process, or the workers of a cluster."""
    if not call.scheduler:
        return work.work_here(batch, ground)
    from flashagent.compose import dask_engine

    dask_engine.require()
    repository = work.place.repository
    tree = tree_of(repository, base)
    bundle = None
    if not call.base_on_workers:
        bundle = Path(stack.enter_context(TemporaryDirectory(prefix="flashagent-"))) / "base.bundle"
        await asyncio.to_thread(bundled, repository, tree, bundle)
    cluster = await stack.enter_async_context(
        dask_engine.cluster(call.scheduler, bundle, patience_s=call.patience_s)
    )
    await cluster.threads()
    return work.work_there(batch, tree, cluster.work)


def _same_base(place: Place, batch: str, head: str) -> None:
    with batch_state.reading(place, batch) as store:
        base = store.meta()["base"]
    if base != head:
        raise UsageError(
            f"The batch started from {base[:12]}, and HEAD is {head[:12]} now.",
            hint=f"`git switch --detach {base[:12]}` first.",
        )


@contextlib.asynccontextmanager
async def _sink(call: Call, batch: str) -> AsyncIterator[EmitBatch]:
    """Who hears of the batch; a live table is drawn anew also while nothing happens."""
    clock = SystemClock()
    if call.emit is not None:
        yield call.emit
    elif call.json:
        numbers = itertools.count(1)

        def emit(event: BatchEvent) -> None:
            call.out.write(to_line(event, seq=next(numbers), time=clock.now(), batch=batch) + "\n")
            call.out.flush()

        yield emit
    else:
        text = BatchText(call.out, call.talk, clock, live=call.live)
        ticking = asyncio.create_task(_tick(text)) if call.live else None
        try:
            yield text
        finally:
            if ticking is not None:
                ticking.cancel()
            text.close()


async def _tick(text: BatchText) -> None:
    while True:
        await asyncio.sleep(_TICK_S)
        text.draw()


def worker(call: Call, threads: int) -> int:
    """Serve a Dask scheduler until stopped."""
    from flashagent.compose.dask_engine import require, serve

    require()
    call.talk.write(
        f"A worker for {call.scheduler}, {words.count(threads, 'item')} at once; Ctrl-C ends it.\n"
    )

    async def run() -> int:
        task = asyncio.create_task(serve(call.scheduler, call.environ, threads, sandboxed=call.sandboxed))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return ExitCode.OK

    return asyncio.run(run())


def _headless(call: Call, job: Callable[[Call], Coroutine[Any, Any, BatchFinished]]) -> int:
    """Ctrl-C cancels once; the batch then tells its end as interrupted. Raises NotWritten, once it has ended, when its output
    took no more, which stops it too."""
    outlets = Outlets(call.out, call.talk)
    out, talk = outlets.streams
    call = replace(call, out=out, talk=talk)

    async def run() -> int:
        task = asyncio.create_task(job(call))
        outlets.stop(task)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if not call.live:  # a table is not written into, and goes by itself
                call.tell("Stopping; what is finished is kept …")
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            return EXIT_CODES[(await task).outcome]
        except asyncio.CancelledError:
            return ExitCode.INTERRUPTED
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    code = asyncio.run(run())
    outlets.check(code)
    return code
