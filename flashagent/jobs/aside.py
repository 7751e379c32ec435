"""What is found out beside a job while others wait: which failing tests are flaky, and which commit broke the first one."""

from __future__ import annotations

import asyncio
from types import TracebackType

from flashagent.errors import FlashagentError
from flashagent.events import Emit, Notice
from flashagent.jobs.breakage import TOLD_CHARACTERS, Breakage
from flashagent.jobs.house import House
from flashagent.jobs.job import FixJob
from flashagent.jobs.observing import Observation
from flashagent.jobs.trees import candidate
from flashagent.values import CheckReport
from flashagent.verify.detect import Check
from flashagent.verify.flaky import Suspects, suspects
from flashagent.verify.verdict import names


class Aside:
    """Use it in `async with`: it begins at once and has ended, or is ended, when the context does."""

    def __init__(self, job: FixJob, seen: Observation, house: House, emit: Emit) -> None:
        self._job = job
        self._seen = seen
        self._house = house
        self._emit = emit
        self._flaky: asyncio.Task[frozenset[str]] | None = None
        self._broken: asyncio.Task[Breakage | None] | None = None
        self._told = False

    async def __aenter__(self) -> Aside:
        if not self._seen.green:
            self._flaky = asyncio.create_task(self._find_flaky())
            self._broken = asyncio.create_task(self._find_broken())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [task for task in (self._flaky, self._broken) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def flaky(self) -> frozenset[str]:
        """The failing tests that did not fail again."""
        return await asyncio.shield(self._flaky) if self._flaky is not None else frozenset()

    async def broken(self) -> Breakage | None:
        """What the bisection found, once it has come to its end; None where there was none."""
        return await asyncio.shield(self._broken) if self._broken is not None else None

    async def nothing_lasting(self) -> frozenset[str]:
        """The flaky tests when no other failure is left, else nothing: then there is nothing that a patch could prove."""
        flaky = await self.flaky()
        failures = [failure for report in self._seen.reports for failure in report.failures]
        return flaky if flaky and all(one.test_id in flaky for one in failures) else frozenset()

    def known(self) -> Breakage | None:
        """What the bisection has found by now; it is given once, here or by `learned`."""
        task = self._broken
        if self._told or task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        self._told = True
        return task.result()

    def learned(self) -> str:
        """`known` in words for a model, '' for nothing new."""
        found = self.known()
        return found.told(TOLD_CHARACTERS) if found is not None else ""

    async def _find_flaky(self) -> frozenset[str]:
        found: list[str] = []
        for check, report in zip(self._seen.checks, self._seen.reports, strict=True):
            if not report.green:
                found += (await self._suspects(check, report)).flaky
        if found:
            several = len(found) > 1
            what = f"{names(found)} {'fail' if several else 'fails'} only now and then"
            self._emit(
                Notice("warning", f"{what}: {'they count' if several else 'it counts'} for nothing here.")
            )
        return frozenset(found)

    async def _suspects(self, check: Check, report: CheckReport) -> Suspects:
        house = self._house
        if not house.runner.protects:
            return await suspects(house.verifier, check, report)
        async with candidate(house) as tree:
            found = await suspects(house.verifier, check, report, tree=tree)
        if house.results is not None and (found.flaky or found.together):
            house.results.distrust(check)
        return found

    async def _find_broken(self) -> Breakage | None:
        asked = self._job.bisect
        if asked is False:
            return None
        from flashagent.jobs.bisecting import bisect, wanted

        flaky = await self.flaky()
        job = wanted(self._seen, self._house, flaky, asked=bool(asked), seconds=self._job.bisect_seconds)
        if isinstance(job, str):
            if job:
                self._emit(Notice("warning", f"No bisection: {job}"))
            return None
        try:
            return await bisect(job, self._house, self._emit, quiet=not asked)
        except FlashagentError as error:
            self._emit(Notice("warning", f"The bisection ended: {error.message}", error.hint))
            return None
