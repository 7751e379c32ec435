from __future__ import annotations

import pytest
from helpers.clock import FrozenClock

from flashagent.agent.limits import Budget, Limits
from flashagent.errors import LimitReached, UsageError
from flashagent.values import Usage


def price(model: str, usage: Usage) -> float | None:
    return (usage.prompt_tokens * 1.0 + usage.completion_tokens * 5.0) / 1e6 if model == "priced" else None


def test_the_reply_cap_is_what_remains() -> None:
    budget = Budget(Limits(tokens=10_000), FrozenClock())
    assert budget.reserve("m", 1_000, 4_000).max_output_tokens == 4_000
    assert budget.reserve("m", 1_000, 4_000).max_output_tokens == 10_000 - 5_001 - 1_001


def test_reservations_count_until_they_are_settled() -> None:
    budget = Budget(Limits(tokens=10_000), FrozenClock())
    first = budget.reserve("m", 1_000, 8_000)
    with pytest.raises(LimitReached) as refused:
        budget.reserve("m", 1_000, 8_000)
    assert refused.value.limit == "tokens"
    budget.settle(first, Usage(prompt_tokens=900, completion_tokens=100))
    assert budget.reserve("m", 1_000, 8_000).max_output_tokens == 7_999


def test_an_estimate_that_was_too_low_is_corrected() -> None:
    budget = Budget(Limits(), FrozenClock())
    first = budget.reserve("m", 999, 100)
    budget.settle(first, Usage(prompt_tokens=2_000, completion_tokens=10))
    assert budget.reserve("m", 1_000, 100).prompt_tokens == 2_001


def test_no_sequence_of_replies_within_their_caps_goes_over_the_limit() -> None:
    budget = Budget(Limits(tokens=20_000, requests=1_000), FrozenClock())
    with pytest.raises(LimitReached):
        for _ in range(1_000):
            reservation = budget.reserve("m", 500, 2_000)
            used = Usage(
                prompt_tokens=reservation.prompt_tokens, completion_tokens=reservation.max_output_tokens
            )
            budget.settle(reservation, used)
    assert 19_000 < budget.usage.total_tokens <= 20_000


def test_money_is_reserved_like_tokens() -> None:
    budget = Budget(Limits(cost=0.01), FrozenClock(), price)
    reservation = budget.reserve("priced", 999, 4_000)
    assert reservation.max_output_tokens == pytest.approx((0.01 - 0.001) / 5e-6, abs=1)
    with pytest.raises(LimitReached) as refused:
        budget.reserve("priced", 999, 4_000)
    assert refused.value.limit == "cost"


def test_a_cost_limit_needs_a_price() -> None:
    with pytest.raises(UsageError, match="no|none"):
        Budget(Limits(cost=1.0), FrozenClock(), price).reserve("unknown", 10, 10)


def test_requests_and_time_are_limited() -> None:
    clock = FrozenClock()
    budget = Budget(Limits(requests=1, seconds=5.0), clock)
    budget.settle(budget.reserve("m", 1, 300), None)
    with pytest.raises(LimitReached) as refused:
        budget.reserve("m", 1, 300)
    assert refused.value.limit == "requests"
    clock.seconds = 5.0
    with pytest.raises(LimitReached) as refused:
        budget.check_time()
    assert refused.value.limit == "time"
    assert budget.share == 1.0
