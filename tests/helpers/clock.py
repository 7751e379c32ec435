"""Clocks for tests: time moves only when told, and nothing waits for real."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

_START = datetime(2026, 1, 1, tzinfo=UTC)


class FrozenClock:
    """Always the same moment. `sleep` returns at once and is recorded in `slept`."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> str:
        moment = _START + timedelta(seconds=self.seconds)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class VirtualClock(FrozenClock):
    """Sleeping moves time on and returns at once, except sleeps of at least `hold_from` seconds: those wait until
    `advance` has moved time past their end. So retry waits cost nothing, while a time limit runs out only when a test
    says so."""

    def __init__(self, seconds: float = 0.0, *, hold_from: float = float("inf")) -> None:
        super().__init__(seconds)
        self.hold_from = hold_from
        self._held: list[tuple[float, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        if seconds < self.hold_from:
            self.seconds += max(0.0, seconds)
            await super().sleep(seconds)
            return
        entry = (self.seconds + seconds, asyncio.Event())
        self._held.append(entry)
        try:
            await entry[1].wait()
        finally:
            self._held.remove(entry)

    def advance(self, seconds: float) -> None:
        """Move time on and wake every sleeper whose end has come."""
        self.seconds += seconds
        for end, event in self._held:
            if end <= self.seconds:
                event.set()
