"""Hold a run inside its limits: what a request may cost is reserved before it is sent, and settled after the reply.

Knows no model and no endpoint; prices and the clock come in through the constructor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flashagent.errors import LimitReached, UsageError
from flashagent.ports import Clock
from flashagent.values import Usage

PriceOf = Callable[[str, Usage], float | None]
SMALLEST_REPLY_TOKENS = 256  # a reply cap below this cannot hold a useful edit


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
    """What is set aside for one request that is under way."""

    model: str
    prompt_tokens: int
    max_output_tokens: int
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
        self._open: list[Reservation] = []
        self._calibration = 1.0

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

        The prompt estimate is scaled up by the largest factor by which an earlier estimate was too low. Raises
        LimitReached when not even a short reply fits, UsageError when a cost limit is set and the price is unknown.
        """
        self.check_time()
        if self.requests + len(self._open) >= self.limits.requests:
            raise LimitReached(
                f"The limit of {self.limits.requests} requests is reached.",
                limit="requests",
                hint="Raise --max-requests.",
            )
        prompt = int(estimated_prompt_tokens * self._calibration) + 1
        spoken_for = self.usage.total_tokens + sum(r.prompt_tokens + r.max_output_tokens for r in self._open)
        room = self.limits.tokens - spoken_for - prompt
        output = min(wanted_output_tokens, room, self._affordable(model, prompt, wanted_output_tokens))
        if output < min(SMALLEST_REPLY_TOKENS, wanted_output_tokens):
            limit = "tokens" if room <= output else "cost"
            raise LimitReached(
                self.overrun
                or f"The next request would go over the {limit} limit "
                f"({self.usage.total_tokens} of {self.limits.tokens} tokens used).",
                limit=limit,
                hint=f"Raise --max-{limit}.",
            )
        reservation = Reservation(model, prompt, output, self._cost_of(model, prompt, output) or 0.0)
        self._open.append(reservation)
        return reservation

    def allowance(self, reservation: Reservation) -> int:
        """Tokens that this open request and its further tries may use together, on the scale of our own estimates.

        Money counts as the tokens it buys at the dearer of the reserved mix and the plain prompt.
        """
        others = [other for other in self._open if other is not reservation]
        tokens: float = self.limits.tokens - self.usage.total_tokens
        tokens -= sum(other.prompt_tokens + other.max_output_tokens for other in others)
        if self.limits.cost is not None and reservation.cost:
            money = self.limits.cost - (self.cost or 0.0) - sum(other.cost for other in others)
            prompt = reservation.prompt_tokens
            mixed = reservation.cost / (prompt + reservation.max_output_tokens)
            plain = (self._cost_of(reservation.model, prompt, 0) or 0.0) / prompt
            tokens = min(tokens, money / max(mixed, plain))
        return max(0, int(tokens / self._calibration))

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
        self._open.remove(reservation)
        self.requests += 1
        if usage is None:
            return
        self.usage += usage
        cost = self._price(reservation.model, usage)
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        if not usage.estimated and reservation.prompt_tokens:
            self._calibration = max(
                self._calibration, self._calibration * usage.prompt_tokens / reservation.prompt_tokens
            )

    def _cost_of(self, model: str, prompt: int, output: int) -> float | None:
        return self._price(model, Usage(prompt_tokens=prompt, completion_tokens=output))

    def _affordable(self, model: str, prompt: int, wanted: int) -> int:
        if self.limits.cost is None:
            return wanted
        self.check_price(model)
        full, free = self._cost_of(model, prompt, wanted), self._cost_of(model, prompt, 0)
        assert full is not None and free is not None
        left = self.limits.cost - (self.cost or 0.0) - sum(r.cost for r in self._open)
        if full <= left:
            return wanted
        per_token = (full - free) / wanted if wanted else 0.0
        return int((left - free) / per_token) if per_token and left > free else 0
