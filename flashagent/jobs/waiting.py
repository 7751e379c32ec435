"""Ways of waiting for work that runs beside other work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def unless(work: Awaitable[T], other: Awaitable[T | None]) -> T:
    """The result of `work`, unless `other` comes to one before it that is not None. Both have ended when this returns."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(other)
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done() and watching.done() and (found := watching.result()) is not None:
            return found
        return await working
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def uninterrupted(work: Callable[[], T]) -> T:
    """Run blocking work in a thread to its end, also when this task is cancelled meanwhile: what is begun is finished."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done():
                return task.result()  # what was done is said, not that the user came too late to stop it
