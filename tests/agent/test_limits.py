from __future__ import annotations

import asyncio

import pytest
from helpers.agent_session import session_of
from helpers.clock import FrozenClock, VirtualClock
from helpers.model_server import ModelServer, Reply

from flashagent.agent.limits import Budget, Limits
from flashagent.agent.requests import ask
from flashagent.errors import LimitReached, ModelUnreachable, UsageError
from flashagent.events import Notice
from flashagent.models.endpoint import Endpoint
from flashagent.models.openai_compatible import OpenAICompatibleModel
from flashagent.models.scripted import ScriptedReply
from flashagent.models.waste import tell_waste
from flashagent.values import Usage


def price(model: str, usage: Usage) -> float | None:
    return (usage.prompt_tokens * 1.0 + usage.completion_tokens * 5.0) / 1e6 if model == "priced" else None


def test_a_reply_that_fits_is_given_whole() -> None:
    budget = Budget(Limits(tokens=12_000), FrozenClock())
    reservation = budget.reserve("m", 1_000, 4_000)
    assert (reservation.prompt_tokens, reservation.max_output_tokens) == (1_301, 4_000)


def test_half_of_what_is_left_is_put_by_for_the_next_request() -> None:
    budget = Budget(Limits(tokens=10_000), FrozenClock())
    reservation = budget.reserve("m", 1_000, 8_000)
    assert reservation.max_output_tokens == (10_000 - 2 * 1_301) // 2
    budget.settle(reservation, Usage(1_000, 0, reservation.max_output_tokens))
    assert budget.reserve("m", 1_000, 8_000).max_output_tokens > 1_000


def test_a_useful_reply_goes_before_what_is_put_by() -> None:
    budget = Budget(Limits(tokens=2_500), FrozenClock())
    assert budget.reserve("m", 1_000, 8_000).max_output_tokens == 1_024


def test_reservations_count_until_they_are_settled() -> None:
    budget = Budget(Limits(tokens=4_500), FrozenClock())
    first = budget.reserve("m", 1_000, 8_000)
    second = budget.reserve("m", 700, 8_000)
    with pytest.raises(LimitReached) as refused:
        budget.reserve("m", 700, 8_000)
    assert refused.value.limit == "tokens"
    budget.settle(first, Usage(900, 0, 100))
    assert budget.reserve("m", 700, 8_000).max_output_tokens > second.max_output_tokens // 2


def test_an_estimate_that_was_too_low_is_corrected() -> None:
    budget = Budget(Limits(), FrozenClock())
    first = budget.reserve("m", 1_000, 100)
    budget.settle(first, Usage(2_000, 0, 10))
    assert budget.scale == 2.0
    assert budget.reserve("m", 1_000, 100).prompt_tokens == pytest.approx(2_300, abs=1)


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
    budget = Budget(Limits(cost=0.02), FrozenClock(), price)
    reservation = budget.reserve("priced", 1_000, 4_000)
    assert reservation.max_output_tokens == pytest.approx((0.02 - 2 * 0.0013) / 5e-6 / 2, abs=1)
    budget.reserve("priced", 1_000, 4_000)
    with pytest.raises(LimitReached) as refused:
        for _ in range(3):
            budget.reserve("priced", 1_000, 4_000)
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


def test_a_further_try_is_set_aside_or_refused() -> None:
    budget = Budget(Limits(tokens=10_000), FrozenClock())
    mine = budget.reserve("m", 1_000, 1_000)
    other = budget.reserve("m", 1_000, 1_000)
    assert budget.extend(mine, Usage(1_000, 0, 4_000))
    assert not budget.extend(other, Usage(1_000, 0, 4_000))
    budget.settle(mine, Usage(2_000, 0, 5_000))
    assert not budget.extend(other, Usage(0, 0, 1_000))
    assert budget.extend(other, Usage(0, 0, 500))


def test_what_is_only_estimated_is_set_aside_with_a_margin() -> None:
    budget = Budget(Limits(tokens=4_000), FrozenClock())
    mine = budget.reserve("m", 1_000, 1_000)
    left = 4_000 - mine.tokens
    assert budget.extend(mine, Usage(left))
    assert not budget.extend(mine, Usage(left, estimated=True))


def test_money_left_limits_further_tries() -> None:
    budget = Budget(Limits(cost=0.01), FrozenClock(), price)
    mine = budget.reserve("priced", 1_000, 200)
    assert mine.cost == pytest.approx(0.0023, abs=1e-5)
    assert budget.extend(mine, Usage(0, 0, 1_500))
    assert not budget.extend(mine, Usage(0, 0, 1_600))


def test_an_overrun_is_said() -> None:
    budget = Budget(Limits(tokens=10_000, cost=0.01), FrozenClock(), price)
    reservation = budget.reserve("priced", 999, 500)
    assert budget.overrun == ""
    budget.settle(reservation, Usage(1_000, 0, 10_000))
    said = "This run is over its limit: 11000 of 10000 tokens and $0.0510 of $0.01 used."
    assert budget.overrun == said
    with pytest.raises(LimitReached) as refused:
        budget.reserve("priced", 999, 500)
    assert (refused.value.limit, refused.value.message) == ("tokens", said)


async def test_a_reply_over_the_limit_is_told_at_once() -> None:
    session, _, seen = session_of(
        [ScriptedReply("Hello.", usage=Usage(10, 0, 20_000))], limits=Limits(tokens=9_000)
    )
    await session.turn("Hi")
    assert [event.text for event in seen if isinstance(event, Notice)] == [
        "This run is over its limit: 20010 of 9000 tokens used."
    ]


async def test_what_a_failed_request_used_is_booked() -> None:
    error = ModelUnreachable("Gone.")
    used = Usage(300, 0, 200, 0, estimated=True)
    tell_waste(error, used)
    session, _, _ = session_of([error])
    with pytest.raises(ModelUnreachable):
        await ask(session.thread, lambda event: None)
    assert (session.thread.budget.usage, session.thread.budget.requests) == (used, 1)


async def test_a_failed_request_of_which_nothing_is_told_costs_nothing() -> None:
    session, _, _ = session_of([ModelUnreachable("Gone.")])
    with pytest.raises(ModelUnreachable):
        await ask(session.thread, lambda event: None)
    assert (session.thread.budget.usage, session.thread.budget.requests) == (Usage(), 1)


async def test_what_a_cancelled_request_used_is_booked() -> None:
    text = "word " * 400
    async with ModelServer([Reply(text=text, fault="stall")]) as server:
        session, _, _ = session_of([])
        session.thread.model = model = OpenAICompatibleModel(
            Endpoint(server.base_url, "m"), VirtualClock(hold_from=0.0)
        )
        heard: list[str] = []
        task = asyncio.create_task(
            ask(session.thread, lambda event: heard.append(getattr(event, "text", "")))
        )
        while len("".join(heard)) < len(text) // 2 - 16:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await model.aclose()
    usage = session.thread.budget.usage
    assert usage.estimated
    assert usage.prompt_tokens > 0
    assert 195 < usage.completion_tokens < 205
