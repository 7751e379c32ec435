"""Batches on a Dask cluster: the only file that imports distributed.

The cluster carries tasks and results and nothing else: no key, no endpoint. Whoever may talk to its scheduler may run code
on its workers; that is so with every Dask cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.errors import RunnerMissing, UsageError
from flashagent.jobs.batch.travelling import Task, Told
from flashagent.jobs.batch.working import Worked

CONNECT_S = 10.0
PATIENCE_S = 300.0  # how long a scheduler that went away may take to come back
PAUSE_S = 0.5
_KEPT, _HEARD = "flashagent_benches", "flashagent_heard"
TOPIC = "flashagent-pace"
PART_BYTES = 16_000_000  # of the bundle in the driver's memory at a time
_MAKING = threading.Lock()
MOST_SENDINGS = 6  # of one try: workers and schedulers that were lost under it


def require() -> Any:
    """The package, or RunnerMissing with what to install."""
    try:
        import distributed
    except ImportError as error:
        raise RunnerMissing(
            "The Dask engine needs the package distributed.",
            hint="Install flashagent with its extra: flashagent[dask].",
        ) from error
    return distributed


def work_on(task: str, bundle: list[bytes]) -> str:
    """What a worker runs, in one of its threads."""
    from distributed import get_worker

    worker = get_worker()
    told: Told = _benches(worker).work(Task.loaded(task), lambda: bundle)
    return replace(told, worker=worker.address).dumped()


def _benches(worker: Any) -> Any:
    """What this worker keeps between tasks; it lives as long as the worker does."""
    from flashagent.compose.distant import Benches

    kept = vars(worker)  # its `extensions` would be closed with it, and ours outlive a scheduler
    with _MAKING:  # the first tasks come in several threads at once
        if _KEPT not in kept:
            kept[_KEPT] = Benches(os.environ, tell=_teller(worker))
    return kept[_KEPT]


def _teller(worker: Any) -> Callable[[str], None]:
    """Tells all drivers what this worker met with; each message has a number, since several drivers may pass it on."""
    numbers = itertools.count(1)
    who = secrets.token_hex(8)
    vars(worker)[_HEARD] = {who: float("inf")}  # its own words come back to it

    def tell(notes: str) -> None:
        worker.log_event(TOPIC, {"from": who, "number": next(numbers), "notes": notes})

    return tell


def hear(messages: list[dict[str, Any]], dask_worker: Any) -> None:
    """What a worker runs to learn what the others met with."""
    benches, heard = vars(dask_worker).get(_KEPT), vars(dask_worker).get(_HEARD, {})
    for one in messages if benches is not None else ():
        if one["number"] > heard.get(one["from"], 0):
            heard[one["from"]] = one["number"]
            benches.hear(one["notes"])


@dataclass
class Cluster:
    """A connection to a scheduler that outlives it: what was lost with it is sent again to the next one. `bundle` is the file
    with the base, None where the workers have it. What one worker learns of an endpoint is passed on to the others."""

    address: str
    bundle: Path | None
    patience_s: float = PATIENCE_S
    _client: Any | None = None
    _base: Any = None
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _overheard: list[dict[str, Any]] = field(default_factory=list)
    _relaying: asyncio.Task[None] | None = None

    async def work(self, task: Task) -> Told:
        """One try of an item somewhere. What cannot be done anywhere is a failed item; UsageError when no scheduler
        answers."""
        unfit: dict[str, str] = {}
        why = ""
        for _ in range(MOST_SENDINGS):
            told = await self._sent(task, unfit)
            if isinstance(told, str):
                why = told
            elif not told.unfit:
                return told
            else:
                unfit[told.worker] = why = told.unfit
                if not await self._others(unfit):
                    break
        return Told(Worked("failed", "", (), f"No worker of the cluster could do it: {why}"))

    async def threads(self) -> int:
        """How many items the workers that are there now take at once."""
        return sum((await _threads(await self._connected())).values())

    async def close(self) -> None:
        client: Any = self._client
        self._client = None
        if self._relaying is not None:
            self._relaying.cancel()
        if client is not None:
            with contextlib.suppress(OSError, TimeoutError):
                await client.close()

    async def _others(self, unfit: Mapping[str, str]) -> list[str]:
        if self._client is None:
            return []
        with contextlib.suppress(OSError, TimeoutError):
            return [one for one in await _threads(self._client) if one not in unfit]
        return []

    async def _sent(self, task: Task, unfit: Mapping[str, str]) -> Told | str:
        """What came back, or why nothing did."""
        distributed = require()
        lost = (
            distributed.client.FutureCancelledError, distributed.KilledWorker,
            distributed.comm.CommClosedError, OSError, TimeoutError,
        )  # fmt: skip
        try:
            client = await self._connected()
        except lost as error:
            return f"the cluster was lost ({type(error).__name__})"
        future = None
        others = await self._others(unfit) if unfit else None
        try:
            future = client.submit(
                work_on, task.dumped(), self._base, pure=False,
                workers=others,
            )  # fmt: skip
            return Told.loaded(await future)
        except lost as error:
            if isinstance(error, distributed.KilledWorker):
                return f"the workers that took it were lost ({error})"
            await self._gone(client)
            return f"the cluster was lost ({type(error).__name__})"
        except asyncio.CancelledError:
            if future is not None:
                with contextlib.suppress(*lost):
                    await future.cancel()
            raise

    async def _gone(self, client: Any) -> None:
        """The connection is of no use any more; the next who asks makes a new one."""
        async with self._connecting:
            current: Any = self._client
            if current is client:
                self._client = None
                with contextlib.suppress(OSError, TimeoutError):
                    await client.close(timeout=1)

    async def _connected(self) -> Any:
        async with self._connecting:
            if self._client is None:
                client = await self._connect()
                async with _closed_on_failure(client):
                    client.subscribe_topic(TOPIC, self._overhear)
                    self._base = await self._scattered(client)
                self._client = client  # from here on others send their items by it: the base is there
            return self._client

    async def _scattered(self, client: Any) -> list[Any]:
        """The bundle with all workers, part by part."""
        if self.bundle is None:
            return []
        with await asyncio.to_thread(self.bundle.open, "rb") as file:
            futures = []
            while part := await asyncio.to_thread(file.read, PART_BYTES):
                futures.append(await client.scatter(part, broadcast=True, hash=False))
            return futures

    def _overhear(self, event: tuple[Any, dict[str, Any]]) -> None:
        self._overheard.append(event[1])
        if self._relaying is None or self._relaying.done():
            self._relaying = asyncio.create_task(self._relay())

    async def _relay(self) -> None:
        """Pass on what came, and what comes meanwhile with the next message. What is lost is only a hint."""
        while self._overheard and self._client is not None:
            messages, self._overheard = self._overheard, []
            with contextlib.suppress(OSError, TimeoutError):
                await self._client.run(hear, messages, on_error="ignore")

    async def _connect(self) -> Any:
        distributed = require()
        # A connection that breaks is our business, and told by what we do about it.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience_s
        while True:
            try:
                client = await distributed.Client(
                    self.address,
                    asynchronous=True,
                    timeout=min(CONNECT_S, self.patience_s),
                    set_as_default=False,
                )
                async with _closed_on_failure(client):
                    await client.wait_for_workers(1, timeout=max(0.1, until - loop.time()))
                return client
            except (OSError, TimeoutError) as error:
                if loop.time() > until:
                    raise UsageError(
                        f"No Dask scheduler with a worker answers at {self.address}.",
                        hint="Start one with `dask scheduler`, and workers with `flashagent batch worker`.",
                    ) from error
                await asyncio.sleep(PAUSE_S)


@contextlib.asynccontextmanager
async def _closed_on_failure(client: Any) -> AsyncIterator[None]:
    """A connection that nobody else knows yet is given back where it turns out to be of no use."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError, TimeoutError):
            await client.close(timeout=1)
        raise


@contextlib.asynccontextmanager
async def cluster(address: str, bundle: Path | None, *, patience_s: float) -> AsyncIterator[Cluster]:
    """Raises RunnerMissing without the package."""
    require()
    found = Cluster(address, bundle, patience_s)
    try:
        yield found
    finally:
        await found.close()


async def serve(address: str, environ: Mapping[str, str], threads: int, *, sandboxed: bool) -> None:
    """Be a worker until cancelled; a scheduler that goes away is waited for."""
    distributed = require()
    from flashagent.compose.distant import Benches

    benches = Benches(environ, sandboxed=sandboxed)
    try:
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                async with distributed.Worker(
                    address, nthreads=threads, memory_limit=0, dashboard=False, death_timeout=CONNECT_S
                ) as worker:
                    setattr(worker, _KEPT, benches)
                    benches.tell = _teller(worker)
                    await worker.finished()
            await asyncio.sleep(PAUSE_S)
    finally:
        await asyncio.to_thread(benches.close)


async def _threads(client: Any) -> dict[str, int]:
    """How many tasks each worker that is there now takes at once (`scheduler_info` of such a client tells the past)."""
    return dict(await client.nthreads())
