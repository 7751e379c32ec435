from __future__ import annotations

import asyncio

import pytest
from helpers.agent_session import session_of
from helpers.clock import FrozenClock, VirtualClock
from helpers.model_server import ModelServer, Reply

from flashagent.agent.limits import Budget, Limits
from flashagent.agent.loop import ask
from flashagent.errors import LimitReached, ModelUnreachable, UsageError
from flashagent.events import Notice
from flashagent.models.endpoint import Endpoint
from flashagent.models.openai_compatible import OpenAICompatibleModel
from flashagent.models.scripted import ScriptedReply
from flashagent.models.waste import tell_waste
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


def test_further_tries_may_use_what_is_left_beside_other_requests() -> None:
    budget = Budget(Limits(tokens=10_000), FrozenClock())
    budget.settle(budget.reserve("m", 99, 400), Usage(100, 0, 400))
    budget.reserve("m", 999, 1_000)
    assert budget.allowance(budget.reserve("m", 99, 400)) == 10_000 - 500 - 2_000


def test_the_allowance_is_on_the_scale_of_our_estimates() -> None:
    budget = Budget(Limits(tokens=10_000), FrozenClock())
    budget.settle(budget.reserve("m", 999, 100), Usage(2_000))
    assert budget.allowance(budget.reserve("m", 99, 400)) == 4_000


def test_money_left_limits_further_tries() -> None:
    budget = Budget(Limits(cost=0.01), FrozenClock(), price)
    reservation = budget.reserve("priced", 999, 200)
    assert reservation.cost == pytest.approx(0.002)
    assert budget.allowance(reservation) == pytest.approx(5 * 1_200, abs=1)


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
    session, model, seen = session_of(
        [ScriptedReply("Hello.", usage=Usage(10, 0, 20_000))], limits=Limits(tokens=9_000)
    )
    await session.turn("Hi")
    assert [event.text for event in seen if isinstance(event, Notice)] == [
        "This run is over its limit: 20010 of 9000 tokens used."
    ]
    allowance = model.requests[0].token_allowance
    assert allowance == 9_000


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
