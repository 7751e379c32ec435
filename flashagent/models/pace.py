"""The pace of all requests to one endpoint together, learned from what it answers.

Three sources, the surest first: the counts in its `x-ratelimit-*` (or `ratelimit-*`) headers, the share of requests that
it refuses with 429, and the waits that it asks for then. A refusal now and then is left to the retry policy of the one
request; only when a good part is refused does everybody slow down, to what got through.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import field
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.ports import Clock

WINDOW = 20  # answers that the share of refusals is taken of
CROWDED = 0.4  # of them refused: the endpoint has a limit, and we are over it
CALM = 0.1
LONGEST_S = 60.0  # a quota of a day is not waited for: the endpoint's refusal then says so
GROWTH = 1.15  # of the rate after each calm window
_LOOKS = 8
_KINDS = ("requests", "tokens")
_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that happened between somebody and an endpoint. `amount` is the tokens of a request that was sent, or the
    seconds that a refusal asked to wait; `headers` are those about limits, their names in lower case."""

    kind: Literal["sent", "answered", "refused"]
    amount: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Allowance:
    """What the endpoint said at `told_at` is left of one kind, less what was sent since. It comes back evenly until all of
    it is there at `resets_at`."""

    limit: float
    remaining: float
    told_at: float
    resets_at: float
    per_second: float

    def wait_s(self, now: float, need: float) -> float:
        left = self.remaining + (now - self.told_at) * self.per_second
        if now >= self.resets_at or left >= need:
            return 0.0
        until_reset = self.resets_at - now
        wait = min(until_reset, (need - left) / self.per_second) if self.per_second else until_reset
        return wait if wait <= LONGEST_S else 0.0


@dataclass(slots=True)
class Learned:
    """What is known of an endpoint. Pure: the time comes in, in seconds."""

    rate: float | None = None  # requests a second, None while no limit was met
    _allowances: dict[str, _Allowance] = field(default_factory=dict)
    _answers: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _since: int = 0
    _next_at: float = 0.0

    def wait_s(self, now: float, tokens: int) -> float:
        """Seconds until a request of so many tokens may go."""
        waits = [self._next_at - now]
        for kind, allowance in self._allowances.items():
            waits.append(allowance.wait_s(now, tokens if kind == "tokens" else 1))
        return max(0.0, *waits)

    def sent(self, now: float, tokens: int) -> None:
        for kind, allowance in self._allowances.items():
            allowance.remaining -= tokens if kind == "tokens" else 1
        if self.rate is not None:
            self._next_at = max(now, self._next_at) + 1.0 / self.rate

    def answered(self, now: float, headers: Mapping[str, str]) -> None:
        """The endpoint took a request. Header names in lower case."""
        self._read(now, headers)
        self._note(now, taken=True)

    def refused(self, now: float, asked_s: float | None, headers: Mapping[str, str]) -> None:
        """It answered 429, asking to wait so long."""
        self._read(now, headers)
        self._note(now, taken=False)
        if self._share() >= CROWDED and self._since >= WINDOW // 2:
            self._slow_down(now, asked_s)

    def _note(self, now: float, *, taken: bool) -> None:
        self._answers.append((now, taken))
        self._since += 1
        if self.rate is not None and self._since >= WINDOW and self._share() <= CALM:
            self.rate *= GROWTH
            self._since = 0

    def _share(self) -> float:
        refused = sum(not taken for _, taken in self._answers)
        return refused / len(self._answers) if len(self._answers) >= WINDOW // 2 else 0.0

    def _slow_down(self, now: float, asked_s: float | None) -> None:
        """To the rate at which requests got through, and nobody goes before the wait that was asked for is over."""
        spent = max(0.1, now - self._answers[0][0])
        taken = sum(ok for _, ok in self._answers)
        through = max(1, taken) / spent
        self.rate = through if self.rate is None else min(self.rate * 0.7, max(through, 0.1))
        self._next_at = max(self._next_at, now + (asked_s or 0.0))
        self._since = 0

    def _read(self, now: float, headers: Mapping[str, str]) -> None:
        for kind in _KINDS:
            remaining = _number(headers.get(f"x-ratelimit-remaining-{kind}"))
            reset = _duration(headers.get(f"x-ratelimit-reset-{kind}"))
            limit = _number(headers.get(f"x-ratelimit-limit-{kind}"))
            if kind == "requests" and remaining is None:
                remaining = _number(headers.get("ratelimit-remaining"))
                reset = _duration(headers.get("ratelimit-reset"))
                limit = _number(headers.get("ratelimit-limit"))
            if remaining is not None and reset is not None:
                self._allow(kind, now, remaining, reset, limit)

    def _allow(self, kind: str, now: float, remaining: float, reset_s: float, limit: float | None) -> None:
        """Answers come in another order than they were given: of one period the smallest count is believed."""
        before = self._allowances.get(kind)
        if before is not None and now < before.resets_at:
            remaining = min(remaining, before.remaining + (now - before.told_at) * before.per_second)
        full = limit if limit is not None else max(remaining, before.limit if before else 0.0)
        back = max(0.0, full - remaining) / reset_s if reset_s else 0.0
        self._allowances[kind] = _Allowance(full, remaining, now, now + reset_s, back)


class Pace:
    """Lets requests go at the pace that was learned, first come, first served. One for all who ask one endpoint."""

    def __init__(
        self, clock: Clock, at_once: int | None = None, tell: Callable[[Note], None] | None = None
    ) -> None:
        """`at_once` is how many requests may be under way at the same time, None for any number; `tell` hears of all that
        happens, for others who ask the same endpoint."""
        self.learned = Learned()
        self._clock = clock
        self._tell = tell
        self._turn = asyncio.Lock()
        self._places = None if at_once is None else asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self, tokens: int) -> AsyncIterator[None]:
        """For as long as one request of so many tokens is under way, from the moment when it may go."""
        async with self._places or nullcontext():
            await self.ready(tokens)
            yield

    async def ready(self, tokens: int) -> float:
        """Wait until a request of so many tokens may go; the seconds that it took."""
        began = self._clock.monotonic()
        async with self._turn:
            for _ in range(_LOOKS):
                wait = self.learned.wait_s(self._clock.monotonic(), tokens)
                if wait <= 0:
                    break
                await self._clock.sleep(wait)  # meanwhile a refusal may have made it longer
            self._note(Note("sent", tokens))
        return self._clock.monotonic() - began

    def answered(self, headers: Mapping[str, str]) -> None:
        self._note(Note("answered", headers=_lowered(headers)))

    def refused(self, asked_s: float | None, headers: Mapping[str, str]) -> None:
        self._note(Note("refused", asked_s, _lowered(headers)))

    def hear(self, note: Note) -> None:
        """Somebody else who asks the same endpoint met with this just now."""
        now = self._clock.monotonic()
        match note.kind:
            case "sent":
                self.learned.sent(now, int(note.amount or 0))
            case "answered":
                self.learned.answered(now, note.headers)
            case "refused":
                self.learned.refused(now, note.amount, note.headers)

    def _note(self, note: Note) -> None:
        self.hear(note)
        if self._tell is not None:
            self._tell(note)


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if "ratelimit" in name.lower()}


def _number(text: str | None) -> float | None:
    """The first number: some endpoints list several windows."""
    found = _PARTS.match((text or "").strip())
    return float(found[1]) if found else None


def _duration(text: str | None) -> float | None:
    """'6m0s', '120ms' or plain seconds."""
    parts = _PARTS.findall(text or "")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts) if parts else None
