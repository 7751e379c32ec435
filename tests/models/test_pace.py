from __future__ import annotations

import asyncio
import random

from helpers.clock import VirtualClock
from hypothesis import given
from hypothesis import strategies as st

from flashagent.models.pace import LONGEST_S, Learned, Pace


def headers(kind: str, limit: int, remaining: int, reset: str) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": str(remaining),
        f"x-ratelimit-reset-{kind}": reset,
    }


def test_an_endpoint_that_says_nothing_is_asked_at_once() -> None:
    learned = Learned()
    for number in range(100):
        assert learned.wait_s(number / 1000, 5_000) == 0.0
        learned.sent(number / 1000, 5_000)
        learned.answered(number / 1000, {})
    assert learned.rate is None


def test_what_is_left_by_the_headers_is_not_overspent() -> None:
    learned = Learned()
    learned.answered(10.0, headers("requests", 60, 2, "6m0s") | headers("tokens", 1_000, 900, "120ms"))
    assert learned.wait_s(10.0, 800) == 0.0
    learned.sent(10.0, 800)
    assert 0.0 < learned.wait_s(10.0, 800) <= 0.12  # tokens come back within 120 ms
    assert learned.wait_s(10.2, 800) == 0.0
    learned.sent(10.2, 10)
    assert 0.0 < learned.wait_s(10.2, 10) <= 6.2 + 0.2  # one of sixty requests comes back
    assert learned.wait_s(370.1, 10) == 0.0


def test_an_answer_that_comes_late_does_not_give_back_what_was_spent() -> None:
    learned = Learned()
    learned.answered(0.0, headers("requests", 10, 1, "30"))
    learned.sent(0.0, 1)
    learned.answered(0.1, headers("requests", 10, 9, "30"))
    assert learned.wait_s(0.1, 1) > 0.0


def test_a_quota_of_a_day_is_not_waited_for() -> None:
    learned = Learned()
    learned.answered(0.0, headers("requests", 1, 0, "23h"))
    assert learned.wait_s(0.0, 1) == 0.0
    assert LONGEST_S < 24 * 3_600


def test_a_refusal_now_and_then_slows_nobody_down() -> None:
    learned, chance = Learned(), random.Random(1)
    for number in range(500):
        if chance.random() < 0.1:
            learned.refused(number * 0.1, 0.5, {})
        else:
            learned.answered(number * 0.1, {})
    assert learned.rate is None


@given(st.floats(0.5, 20.0), st.integers(0, 2**16))
def test_a_hidden_limit_is_found_and_the_share_of_refusals_falls(limit: float, seed: int) -> None:
    """An endpoint that takes `limit` requests a second and refuses the others, asked by as many as want."""
    learned, now, taken = Learned(), 0.0, []
    room, last, refused = 1.0, 0.0, []
    chance = random.Random(seed)
    for number in range(600):
        now += learned.wait_s(now, 1) + chance.random() * 0.02
        learned.sent(now, 1)
        room, last = min(max(1.0, limit), room + (now - last) * limit), now
        if room >= 1.0:
            room -= 1.0
            taken.append(now)
            learned.answered(now, {})
        else:
            refused.append(number)
            learned.refused(now, 1.0 / limit, {})
    late = [number for number in refused if number >= 300]
    assert learned.rate is not None
    assert len(late) <= 120  # of 300, where without a pace nearly all would be
    assert len([moment for moment in taken if moment > 0]) > 300


async def test_those_who_wait_go_in_the_order_in_which_they_came() -> None:
    clock = VirtualClock()
    pace = Pace(clock)
    pace.answered(headers("requests", 4, 0, "4s"))
    began = clock.monotonic()
    went: list[tuple[int, float]] = []

    async def ask(number: int) -> None:
        await pace.ready(1)
        went.append((number, clock.monotonic() - began))

    await asyncio.gather(*(ask(number) for number in range(3)))
    assert [number for number, _ in went] == [0, 1, 2]
    assert went[0][1] >= 1.0


async def test_so_many_requests_are_under_way_at_once_and_no_more() -> None:
    pace, under_way, most, order = Pace(VirtualClock(), 3), 0, 0, list[int]()

    async def request(number: int) -> None:
        nonlocal under_way, most
        async with pace.turn(100):
            order.append(number)
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            if number % 4 == 0:
                raise ConnectionError

    ended = await asyncio.gather(*(request(number) for number in range(12)), return_exceptions=True)

    assert (most, under_way) == (3, 0)  # one that failed gave its place back
    assert order == list(range(12))
    assert sum(isinstance(one, ConnectionError) for one in ended) == 3
