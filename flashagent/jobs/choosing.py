"""Ask whoever is there which of the patches that were found is meant; where nobody is, they are only kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from flashagent.errors import UsageError
from flashagent.events import ChoiceRequested, ChoiceResolved, Emit
from flashagent.jobs.job import Result
from flashagent.jobs.kept import Offer, options_of

NONE = 0


class Choices:
    """Open choices by their call id, between a job that waits and a front end that answers."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[int, asyncio.Future[int]]] = {}

    async def ask(self, call_id: str, count: int) -> int:
        """The number of one of `count` patches, from 1, or NONE."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._open[call_id] = count, answer
        try:
            return await answer
        finally:
            del self._open[call_id]

    def answer(self, call_id: str, chosen: int) -> None:
        """Raises UsageError when no such choice is open, or it has no such number."""
        count, waiting = self._open.get(call_id, (0, None))
        if waiting is None or waiting.done():
            raise UsageError(f"No choice is open for {call_id}.")
        if not NONE <= chosen <= count:
            raise UsageError(f"There is no patch {chosen}.", hint=f"Choose 1 to {count}, or 0 for none.")
        waiting.set_result(chosen)


async def choose(result: Result, choices: Choices, emit: Emit, limit: asyncio.Timeout) -> Offer | None:
    """The offered patch that the user takes, None for none. The time limit of the job stands still meanwhile."""
    call_id = "patches"
    emit(ChoiceRequested(call_id, options_of(result.offers), result.contrasts))
    chosen = NONE
    try:
        with _standing_still(limit):
            chosen = await choices.ask(call_id, len(result.offers))
    finally:
        emit(ChoiceResolved(call_id, chosen))
    return result.offers[chosen - 1] if chosen else None


@contextmanager
def _standing_still(limit: asyncio.Timeout) -> Iterator[None]:
    loop, ends = asyncio.get_running_loop(), limit.when()
    began = loop.time()
    limit.reschedule(None)
    try:
        yield
    finally:
        if ends is not None:
            limit.reschedule(ends + loop.time() - began)
