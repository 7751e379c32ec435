"""Notice that a stream has fallen silent, by a clock that a test can hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flashagent.models.endpoint import Timeouts
from flashagent.ports import Clock


class Silence:
    """Ends a stream that says nothing for too long, by the given clock."""

    def __init__(self, limits: Timeouts, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._since = clock.monotonic()
        self._limit_s = limits.first_token_s
        self._started = False
        self._timeout: asyncio.Timeout | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._wakes = float("inf")
        self.reason = ""

    def heard(self, *, started: bool, finished: bool) -> None:
        if not started:  # before the first word a server may send empty chunks for as long as it likes to
            return
        self._since = self._clock.monotonic()
        trailer_s = self._limits.trailer_s if finished else float("inf")
        self._limit_s = min(self._limits.between_tokens_s, trailer_s)
        self._started = True
        if self._since + self._limit_s < self._wakes:
            self._watch_anew()  # it sleeps for a longer silence than may now be: the first word's, or that between words

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Raises TimeoutError inside and out when the limit of silence has passed."""
        async with asyncio.timeout(None) as timeout:
            self._timeout = timeout
            self._watch_anew()
            try:
                yield
            finally:
                self._stop_watching()
                self._timeout = None

    def _watch_anew(self) -> None:
        self._stop_watching()
        if self._timeout is not None:
            self._wakes = self._since + self._limit_s
            self._watcher = asyncio.create_task(self._watch(self._timeout))

    def _stop_watching(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    async def _watch(self, timeout: asyncio.Timeout) -> None:
        while (left := self._since + self._limit_s - self._clock.monotonic()) > 0:
            self._wakes = self._since + self._limit_s
            await self._clock.sleep(left)
        self.reason = f"no {'further ' if self._started else ''}word came for {self._limit_s:.0f} s"
        timeout.reschedule(asyncio.get_running_loop().time())
