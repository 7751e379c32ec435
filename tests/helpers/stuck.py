"""A test that never ends fails by name, and says what it waits for, instead of holding up all the others."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import CoroutineType, FrameType
from typing import Any

import pytest


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Fails the test in the main thread after `seconds`. Works for what waits in Python: a lock, a selector, an event loop."""

    def fail(_signal: int, frame: FrameType | None) -> None:
        pytest.fail(f"still running after {seconds:.0f} s\n" + "\n".join(waiting()))

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def waiting() -> list[str]:
    """Where each task of the running event loop waits, innermost last."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:  # no event loop runs in this test
        return []
    return [f"{task.get_name()}: {' > '.join(_places(task.get_coro()))}" for task in tasks]


def _places(coroutine: object) -> Iterator[str]:
    while isinstance(coroutine, CoroutineType):
        known: CoroutineType[Any, Any, Any] = coroutine
        if known.cr_frame is not None:
            yield f"{known.cr_code.co_filename.rsplit('/', 1)[-1]}:{known.cr_frame.f_lineno} {known.__name__}"
        coroutine = known.cr_await
