"""Account for tries of a reply that came to nothing: an endpoint bills those too, so they count and they may end it."""

from __future__ import annotations

from dataclasses import replace

from flashagent.errors import ModelUnreachable
from flashagent.models.assemble import ReplyBuilder
from flashagent.models.base import ModelRequest
from flashagent.values import Usage


class Waste:
    """What the tries of one reply have used. `ended` counts the failed ones; always an estimate."""

    def __init__(self) -> None:
        self.ended = Usage()
        self._open: ReplyBuilder | None = None

    def begin(self, builder: ReplyBuilder) -> None:
        self._open = builder

    def end(self) -> None:
        """The open try has failed. It costs nothing when nothing came: refused, or no server there."""
        if self._open is not None and self._open.billed:
            self.ended = self.total
        self._open = None

    @property
    def total(self) -> Usage:
        """The failed tries and the open one, whose prompt the endpoint has most likely read."""
        return self.ended if self._open is None else self.ended + replace(self._open.usage, estimated=True)


def tell_waste(error: BaseException, usage: Usage) -> None:
    """Let the error say, as its attribute `wasted`, what the request used; nothing is told about nothing."""
    if usage.total_tokens:
        error.wasted = usage  # type: ignore[attr-defined]


def wasted_by(error: BaseException) -> Usage | None:
    """What the request that ended with this error (or this cancellation) used, where that is known."""
    usage = getattr(error, "wasted", None)
    return usage if isinstance(usage, Usage) else None


def another_try_fits(request: ModelRequest, wasted: Usage) -> bool:
    """Whether one more try, with its longest reply, stays inside the budget beside what the failed ones used.

    A try that used nothing never stands in the way of the next.
    """
    return request.may_retry is None or not wasted.total_tokens or request.may_retry(wasted)


def budget_used(where: str, reason: str, wasted: Usage) -> ModelUnreachable:
    """The error for a reply that may not be asked for again."""
    return ModelUnreachable(
        f"No usable reply from {where}; last: {reason}. The failed tries used about {wasted.total_tokens} tokens, "
        f"and another one could go over the limit of this run.",
        hint="Raise --max-tokens or --max-cost, or use an endpoint that does not break off.",
    )
