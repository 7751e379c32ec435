"""Hold a run inside its limits: what a request may cost is reserved before it is sent, and settled after the reply.

Knows no model and no endpoint; prices and the clock come in through the constructor.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from flashagent.dataclass import dataclass
from flashagent.errors import LimitReached, UsageError
from flashagent.ports import Clock
from flashagent.values import Usage

PriceOf = Callable[[str, Usage], float | None]
SMALLEST_REPLY_TOKENS = 256  # a reply cap below this cannot hold a useful edit
USEFUL_REPLY_TOKENS = 1_024  # a reply gets this much before anything is put by for the request after it
FIRST_MARGIN, LATER_MARGIN = (
    1.3,
    1.15,
)  # on our count of a prompt, before and after an endpoint has told its own


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use. Tokens count prompt and completion; `cost` is in US dollars, None = no limit."""

    attempts: int = 3
    requests: int = 30
    tokens: int = 200_000
    cost: float | None = None
    seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is set aside for one request that is under way, told apart by its number. `estimate` is our own count of the
    prompt."""

    model: str
    prompt_tokens: int
    max_output_tokens: int
    cost: float
    estimate: int
    number: int

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.max_output_tokens


@dataclass(frozen=True, slots=True)
class _Held:
    """What one open request may use in all."""

    tokens: int
    cost: float


class Budget:
    """The ledger of one job, shared by all its requests, parallel ones too."""

    def __init__(self, limits: Limits, clock: Clock, price: PriceOf = lambda model, usage: None) -> None:
        self.limits = limits
        self.usage = Usage()
        self.cost: float | None = 0.0
        self.requests = 0
        self._clock = clock
        self._price = price
        self._started = clock.monotonic()
        self._open: dict[int, _Held] = {}
        self._number = 0
        self._ratio: float | None = None

    @property
    def seconds(self) -> float:
        return self._clock.monotonic() - self._started

    @property
    def seconds_left(self) -> float:
        return self.limits.seconds - self.seconds

    @property
    def share(self) -> float:
        """The most used limit, 0 to 1."""
        shares = [
            self.usage.total_tokens / self.limits.tokens,
            self.requests / self.limits.requests,
            self.seconds / self.limits.seconds,
        ]
        if self.limits.cost:
            shares.append((self.cost or 0.0) / self.limits.cost)
        return min(1.0, max(shares))

    @property
    def scale(self) -> float:
        """The endpoint's tokens for one of our estimated ones: the largest ratio seen, 1 before any was."""
        return self._ratio or 1.0

    def check_time(self) -> None:
        """Raises LimitReached when the wall time is used up."""
        if self.seconds_left <= 0:
            raise LimitReached(
                f"The time limit of {self.limits.seconds:g} s is reached.",
                limit="time",
                hint="Raise --timeout.",
            )

    def check_price(self, model: str) -> None:
        """Raises UsageError when a cost limit is set and the price of the model is unknown."""
        if self.limits.cost is not None and self._cost_of(model, 1, 1) is None:
            raise UsageError(
                f"--max-cost needs a price, and none is known for {model}.",
                hint="Add it under `prices:` in your settings, or limit the run with --max-tokens.",
            )

    def reserve(self, model: str, estimated_prompt_tokens: int, wanted_output_tokens: int) -> Reservation:
        """Set aside what the request may use at most, and say how long the reply may be.

        The prompt estimate is scaled up, since it may be too low. A reply does not get all that is left: half of it is
        put by for the request after it, so that a reply that is cut does not end the run. Raises LimitReached when not
        even a short reply fits, UsageError when a cost limit is set and the price is unknown.
        """
        self.check_time()
        if self.requests + len(self._open) >= self.limits.requests:
            raise LimitReached(
                f"The limit of {self.limits.requests} requests is reached.",
                limit="requests",
                hint="Raise --max-requests.",
            )
        prompt = int(estimated_prompt_tokens * self._margin) + 1
        room = self.tokens_left - prompt
        affordable, after_another = self._affordable(model, prompt, wanted_output_tokens)
        most = min(wanted_output_tokens, room, affordable)
        output = min(most, max(USEFUL_REPLY_TOKENS, min((room - prompt) // 2, after_another)))
        if output < min(SMALLEST_REPLY_TOKENS, wanted_output_tokens):
            limit = "tokens" if room <= affordable else "cost"
            raise LimitReached(
                self.overrun
                or f"The next request would go over the {limit} limit "
                f"({self.usage.total_tokens} of {self.limits.tokens} tokens used).",
                limit=limit,
                hint=f"Raise --max-{limit}.",
            )
        cost = self._cost_of(model, prompt, output) or 0.0
        self._number += 1
        reservation = Reservation(model, prompt, output, cost, estimated_prompt_tokens, self._number)
        self._open[reservation.number] = _Held(reservation.tokens, cost)
        return reservation

    def extend(self, reservation: Reservation, wasted: Usage) -> bool:
        """Whether a further try of this open request fits beside the failed ones, which used `wasted` in all; it is then
        set aside too."""
        tokens = math.ceil(wasted.total_tokens * (self._margin if wasted.estimated else 1.0))
        cost = (self._price(reservation.model, wasted) or 0.0) * (self._margin if wasted.estimated else 1.0)
        held = self._open[reservation.number]
        wider = _Held(reservation.tokens + tokens, reservation.cost + cost)
        if self.tokens_left + held.tokens < wider.tokens or self._money_left + held.cost < wider.cost:
            return False
        self._open[reservation.number] = wider
        return True

    @property
    def tokens_left(self) -> int:
        """What is neither used nor set aside."""
        return self.limits.tokens - self.usage.total_tokens - sum(held.tokens for held in self._open.values())

    @property
    def _money_left(self) -> float:
        if self.limits.cost is None:
            return math.inf
        return self.limits.cost - (self.cost or 0.0) - sum(held.cost for held in self._open.values())

    @property
    def overrun(self) -> str:
        """What was used beyond a limit, in one sentence; '' while all is inside. Only an endpoint that does not keep to
        the reply cap brings it about."""
        used, limits = self.usage.total_tokens, self.limits
        said = [f"{used} of {limits.tokens} tokens"] if used > limits.tokens else []
        if limits.cost is not None and self.cost is not None and self.cost > limits.cost:
            said.append(f"${self.cost:.4f} of ${limits.cost:g}")
        return f"This run is over its limit: {' and '.join(said)} used." if said else ""

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Book what the request really used; None when nothing came back (a refused or failed request)."""
        del self._open[reservation.number]
        self.requests += 1
        if usage is None:
            return
        self.usage += usage
        cost = self._price(reservation.model, usage)
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        if not usage.estimated and reservation.estimate:
            self._ratio = max(self._ratio or 0.0, usage.prompt_tokens / reservation.estimate)

    def spent_elsewhere(self, usage: Usage, cost: float | None, requests: int) -> None:
        """Count what was used on another machine under these limits."""
        self.usage += usage
        self.requests += requests
        self.cost = None if cost is None or self.cost is None else self.cost + cost

    @property
    def _margin(self) -> float:
        return FIRST_MARGIN if self._ratio is None else self._ratio * LATER_MARGIN

    def _cost_of(self, model: str, prompt: int, output: int) -> float | None:
        return self._price(model, Usage(prompt_tokens=prompt, completion_tokens=output))

    def _affordable(self, model: str, prompt: int, wanted: int) -> tuple[int, int]:
        """The longest reply that the money left pays for, and half of what it pays for beside another such prompt."""
        if self.limits.cost is None:
            return wanted, wanted
        self.check_price(model)
        full, free = self._cost_of(model, prompt, wanted), self._cost_of(model, prompt, 0)
        assert full is not None and free is not None
        left = self._money_left
        per_token = (full - free) / wanted if wanted else 0.0
        if not per_token:
            return (wanted, wanted) if full <= left else (0, 0)
        return max(0, int((left - free) / per_token)), max(0, int((left - 2 * free) / per_token / 2))
