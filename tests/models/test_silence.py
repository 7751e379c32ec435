from __future__ import annotations

import asyncio

import pytest
from helpers.clock import VirtualClock

from flashagent.models.endpoint import Timeouts
from flashagent.models.silence import Silence

LIMITS = Timeouts(first_token_s=120.0, between_tokens_s=30.0, trailer_s=5.0)


async def ends_after(seconds: float, *heard: bool) -> bool:
    """Whether a stream that said something for each of `heard` (true: its end too) is ended after this much silence."""
    clock = VirtualClock(hold_from=0.0)
    silence = Silence(LIMITS, clock)
    begun = asyncio.Event()

    async def listen() -> None:
        async with silence.watched():
            await asyncio.sleep(0)
            for finished in heard:
                silence.heard(started=True, finished=finished)
                await asyncio.sleep(0)
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(listen())
    await begun.wait()
    for _ in range(3):
        await asyncio.sleep(0)
    clock.advance(seconds)
    for _ in range(10):
        await asyncio.sleep(0)
    ended = task.done()
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(outcome, TimeoutError) == ended
    return ended


@pytest.mark.parametrize(
    ("heard", "limit"),
    [((), 120.0), ((False,), 30.0), ((False, True), 5.0), ((True,), 5.0), ((False, False, True), 5.0)],
    ids=["first word", "between words", "trailer", "end at once", "trailer after some words"],
)
async def test_each_silence_ends_at_its_own_limit(heard: tuple[bool, ...], limit: float) -> None:
    assert not await ends_after(limit - 0.1, *heard)
    assert await ends_after(limit + 0.1, *heard)
