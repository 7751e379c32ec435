"""A few worker processes side by side, and work spread over them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from flashagent.ports import CommandRunner
from flashagent.repair.workers import Launch, Worker, WorkerGone

MOST_LOST = 8  # workers, in one round


class Slot:
    """One seat: at most one warm and one cold worker, each started when first needed."""

    def __init__(self, runner: CommandRunner, launch: Launch, timeout_s: float) -> None:
        self._runner = runner
        self._launch = launch
        self._timeout_s = timeout_s
        self._workers: dict[str, Worker] = {}
        self.prepared: list[str] | None = None
        self.first: dict[str, Any] = {}
        self._ended_cpu_s = 0.0

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all workers that sat here."""
        return self._ended_cpu_s + sum(worker.cpu_s for worker in self._workers.values())

    async def warm(self) -> Worker:
        """The worker that has the tests loaded; made ready as the others were when it is a new one."""
        if "warm" not in self._workers:
            worker = await self._start("warm")
            if self.first.get("error"):
                raise WorkerGone(str(self.first["error"]))
            if self.prepared is not None:
                await worker.ask({"do": "prepare", "modules": self.prepared})
        return self._workers["warm"]

    async def cold(self) -> Worker:
        if "cold" not in self._workers:
            await self._start("cold")
        return self._workers["cold"]

    async def _start(self, mode: str) -> Worker:
        worker = Worker(self._runner, self._launch, mode, self._timeout_s)
        self._workers[mode] = worker
        try:
            answer = await worker.start()
        except BaseException:
            await self.drop(cold=mode == "cold")
            raise
        if mode == "warm":
            self.first = answer
        return worker

    async def drop(self, *, cold: bool) -> None:
        """End one worker; the next call starts another."""
        worker = self._workers.pop("cold" if cold else "warm", None)
        if worker is not None:
            self._ended_cpu_s += worker.cpu_s
            await worker.close()

    async def close(self) -> None:
        for mode in list(self._workers):
            await self.drop(cold=mode == "cold")


class Pool:
    """An async context: all its processes are gone when it ends, however it ends."""

    def __init__(
        self, runner: CommandRunner, launch: Launch, jobs: int, timeout_s: float, trees: Sequence[Path] = ()
    ) -> None:
        placed = [replace(launch, tree=tree) for tree in trees] or [launch] * jobs
        self.slots = [Slot(runner, one, timeout_s) for one in placed]

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all workers, ended ones too."""
        return sum(slot.cpu_s for slot in self.slots)

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(slot.close() for slot in self.slots))

    async def start(self) -> dict[str, Any]:
        """Load the tests in every seat; what the first one found. Raises WorkerGone when the first cannot.

        The others are given up quietly: fewer seats are slower, not wrong.
        """
        results = await asyncio.gather(*(slot.warm() for slot in self.slots), return_exceptions=True)
        problem = next((r for r in results if isinstance(r, BaseException)), None)
        if problem is not None and all(isinstance(r, BaseException) for r in results):
            raise problem
        self.slots = [s for s, r in zip(self.slots, results, strict=True) if not isinstance(r, BaseException)]
        return self.slots[0].first

    async def spread(self, tests: Sequence[str], request: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """One request about many tests, shared out in runs of neighbours; the answer of each test. A test that takes its worker
        with it is answered {'died': reason}. Raises WorkerGone when workers end again and again."""
        if not tests:
            return {}
        size = max(1, min(40, -(-len(tests) // len(self.slots))))
        parts = [list(tests[i : i + size]) for i in range(0, len(tests), size)]
        found: dict[str, dict[str, Any]] = {}
        lost = 0

        async def work(slot: Slot) -> None:
            nonlocal lost
            while parts:
                part = parts.pop(0)
                worker = await slot.warm()
                try:
                    answer = await worker.ask({**request, "tests": part})
                except WorkerGone:
                    lost += 1
                    if lost > MOST_LOST:
                        raise
                    await slot.drop(cold=False)
                    if len(part) > 1:
                        parts[:0] = [[test] for test in part]
                    else:
                        found[part[0]] = {"died": "the worker ended"}
                else:
                    found.update(zip(part, answer["results"], strict=True))

        await self.everywhere(work)
        return found

    async def everywhere(self, work: Callable[[Slot], Coroutine[Any, Any, None]]) -> None:
        """The same work in every seat. Raises what one of them raised, when the others are ended: a worker that is gone only
        where there is no other reason."""
        try:
            async with asyncio.TaskGroup() as group:
                for slot in self.slots:
                    group.create_task(work(slot))
        except ExceptionGroup as problems:
            reasons = [e for e in problems.exceptions if not isinstance(e, WorkerGone)]
            raise (reasons or problems.exceptions)[0] from None

    async def spread_behaviour(
        self, messages: dict[int, dict[str, Any]], request: dict[str, Any]
    ) -> dict[int, dict[str, Any]]:
        """What each candidate answers, shared out a few at a time."""
        pending = list(messages.items())
        found: dict[int, dict[str, Any]] = {}

        async def work(slot: Slot) -> None:
            while pending:
                part, pending[:] = pending[:4], pending[4:]
                worker = await slot.warm()
                answer = await worker.ask({**request, "candidates": [message for _, message in part]})
                found.update(zip([order for order, _ in part], answer["results"], strict=True))

        await self.everywhere(work)
        return found

    async def prepare(self, modules: Sequence[str]) -> None:
        """Take stock of the live functions in every seat."""

        async def one(slot: Slot) -> None:
            slot.prepared = list(modules)
            worker = await slot.warm()
            await worker.ask({"do": "prepare", "modules": list(modules)})

        await self.everywhere(one)
