"""One budget for many agents: what an item may use at most is set aside before it starts."""

from __future__ import annotations

from dataclasses import field, replace

from flashagent.agent.limits import Limits
from flashagent.dataclass import dataclass
from flashagent.values import Usage

SMALLEST_ITEM_TOKENS = 2_000  # below this not even one short request and its reply fit


@dataclass(slots=True)
class SharedBudget:
    """Totals of a whole batch; None = no limit. Items of one loop share it, so it needs no lock."""

    tokens: int | None = None
    cost: float | None = None
    used: Usage = field(default_factory=Usage)
    spent: float | None = 0.0
    _open: dict[str, Limits] = field(default_factory=dict)

    def reserve(self, item: str, wanted: Limits) -> Limits | None:
        """The item's limits, cut to what is left; None when too little is left to begin."""
        tokens, cost = wanted.tokens, wanted.cost
        if self.tokens is not None:
            promised = sum(limits.tokens for limits in self._open.values())
            tokens = min(tokens, self.tokens - self.used.total_tokens - promised)
            if tokens < SMALLEST_ITEM_TOKENS:
                return None
        if self.cost is not None:
            left = self.cost - (self.spent or 0.0) - sum(limits.cost or 0.0 for limits in self._open.values())
            cost = left if cost is None else min(cost, left)
            if cost <= 0:
                return None
        limits = replace(wanted, tokens=tokens, cost=cost)
        self._open[item] = limits
        return limits

    @property
    def waits(self) -> bool:
        """Whether items under way hold something back that may come free."""
        return bool(self._open)

    def settle(self, item: str, usage: Usage, cost: float | None) -> None:
        self._open.pop(item, None)
        self.used += usage
        self.spent = None if cost is None or self.spent is None else self.spent + cost
