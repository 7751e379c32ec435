"""Search beside the model: while it is slow to answer and cores are idle, the offline engine looks for a repair of its own.
The first patch that is verified wins; what the search learns meanwhile is told to the model in two lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from flashagent.errors import ExitCode, FlashagentError, ModelUnreachable
from flashagent.events import (
    AssistantReplied,
    Emit,
    Event,
    Notice,
    ReasoningDelta,
    SearchProgress,
    StepStarted,
    TextDelta,
)
from flashagent.jobs.house import House
from flashagent.jobs.job import EXIT_CODES, FixJob, Result, failed
from flashagent.jobs.observing import Observation
from flashagent.jobs.searching import kept_patch, offered
from flashagent.verify.flaky import Flaky, none_known, without

if TYPE_CHECKING:
    from flashagent.repair.insight import Insight

FIRST_TOKEN_S = 1.0  # a model that answers sooner needs no company
WORTH_WAITING = ("not_fixed", "limit")  # a model that came to this leaves the rest to a search under way

Learned = Callable[[], str]
Ask = Callable[[Emit, Learned], Awaitable[Result]]


class Beside:
    """One search beside one conversation, on cores that are idle when it begins."""

    def __init__(
        self, job: FixJob, seen: Observation, house: House, emit: Emit, first_token_s: float = FIRST_TOKEN_S,
        flaky: Flaky = none_known,
    ) -> None:  # fmt: skip
        """`flaky` names tests that count for nothing; it is asked when a search begins."""
        self._job = job
        self._seen = seen
        self._house = house
        self._emit = emit
        self._first_token_s = first_token_s
        self._flaky = flaky
        self._slow = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._insight: Insight | None = None
        self._told = ""
        self._offered: Result | None = None

    async def first(self, ask: Ask) -> Result:
        """The model's result, or that of the search when it is verified first. The other one is stopped and gone when
        this returns, whatever ends it."""
        asking = asyncio.ensure_future(ask(self._watch, self._learned))
        searching = asyncio.create_task(self._search())
        try:
            await asyncio.wait({asking, searching}, return_when=asyncio.FIRST_COMPLETED)
            if not searching.done() and not self._is_worth_waiting(asking):
                return await asking
            found = await searching
            return found if found is not None else await self._or_offered(asking)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            asking.cancel()
            searching.cancel()
            await asyncio.gather(asking, searching, return_exceptions=True)

    async def _or_offered(self, asking: asyncio.Future[Result]) -> Result:
        """The model's result; where it came to nothing, with the patches of the search that a person may take."""
        try:
            result = await asking
        except FlashagentError as error:
            if self._offered is None:
                raise
            result = failed(error)
        if self._offered is None or EXIT_CODES[result.outcome] is ExitCode.OK:
            return result
        message = f"{result.message} {self._offered.message}".strip()
        return replace(self._offered, outcome=result.outcome, message=message, hint=result.hint)

    def _is_worth_waiting(self, asking: asyncio.Future[Result]) -> bool:
        """The model gave up or is out of reach, and a search that costs nothing is under way."""
        if self._insight is None or asking.cancelled():
            return False
        if (error := asking.exception()) is not None:
            return isinstance(error, ModelUnreachable)
        return asking.result().outcome in WORTH_WAITING

    def _watch(self, event: Event) -> None:
        """The conversation's events pass here; a request that nothing comes back of starts the clock."""
        if isinstance(event, StepStarted) and self._timer is None and not self._slow.is_set():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._first_token_s, self._slow.set)
        elif isinstance(event, TextDelta | ReasoningDelta | AssistantReplied) and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._emit(event)

    async def _search(self) -> Result | None:
        """The engine's patch when it is good enough to keep and every check agrees, else None."""
        await self._slow.wait()
        cores = min(self._house.idle(), self._house.jobs)
        if cores < 1 or self._job.search_seconds <= 0 or self._seen.green or not self._house.runner.protects:
            return None
        from flashagent.repair.engine import RepairRequest, repair
        from flashagent.repair.insight import Insight

        self._insight = Insight()
        house = self._house
        try:
            flaky = frozenset(await self._flaky())
            baseline = without(self._seen.before, flaky)
            if flaky and not baseline.failures:
                return None
            request = RepairRequest(
                house.root, self._seen.check, baseline, house.environment,
                search_time_s=self._job.search_seconds, jobs=cores, quick_fixes=False, insight=self._insight, flaky=flaky,
            )  # fmt: skip
            found = await repair(request, house.runner, house.verifier, house.trees, self._quietly)
            result = await kept_patch(found, self._seen, house, flaky)
            if result is None and found.patches:
                self._offered = offered(found)
        except FlashagentError as error:
            self._emit(Notice("warning", f"The search beside the model ended: {error.message}", error.hint))
            return None
        if result is None or result.outcome != "fixed":
            return None
        self._emit(Notice("info", "The offline search was faster than the model; its patch is verified."))
        return result

    def _quietly(self, event: Event) -> None:
        """What the engine says, without the progress line that would run through the model's text."""
        if not isinstance(event, SearchProgress):
            self._emit(event)

    def _learned(self) -> str:
        """What the search knows, each state of it once; '' when there is nothing new."""
        now = "\n".join(self._insight.lines()) if self._insight is not None else ""
        if now == self._told:
            return ""
        self._told = now
        return now
