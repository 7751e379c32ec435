"""The search beside a model that is slow to answer."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from helpers.agent_events import assert_promises
from helpers.clock import VirtualClock
from helpers.jobs_house import BUG, CART, FIX, Shop, edit
from helpers.model_server import ModelServer, Reply

from flashagent.agent.limits import Budget
from flashagent.errors import ModelUnreachable, RunnerMissing
from flashagent.events import Emit, Notice, StepStarted, TextDelta
from flashagent.jobs.asking import ask_model
from flashagent.jobs.beside import Beside
from flashagent.jobs.fix import run_fix
from flashagent.jobs.house import House, Models
from flashagent.jobs.job import FixJob, Result
from flashagent.jobs.observing import observe
from flashagent.models.endpoint import Endpoint
from flashagent.models.openai_compatible import OpenAICompatibleModel
from flashagent.models.router import Router

pytestmark = pytest.mark.needs("bwrap")
JOB = FixJob()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def with_idle_cores(house: House, cores: int) -> House:
    return dataclasses.replace(house, idle=lambda: cores, jobs=2)


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


async def test_the_search_wins_over_a_model_that_says_nothing(shop: Shop) -> None:
    before = children()
    async with ModelServer([Reply(fault="no_headers", times=0)]) as server:
        model = OpenAICompatibleModel(Endpoint(server.base_url, "m"), VirtualClock(hold_from=25.0))
        house = dataclasses.replace(shop.house(None), models=Models(Router(model)))
        async with asyncio.timeout(120):  # only a search that finds nothing would wait for the model
            finished = await run_fix(JOB, with_idle_cores(house, 2), shop.events.append)
        await house.close()
        assert len(server.requests) == 1
    assert_promises(shop.events)
    assert (finished.outcome, finished.report.confidence) == ("fixed", "likely")
    assert finished.report.how.startswith("`10` becomes `100` at shop/cart.py:7")
    assert shop.read() == CART.replace(BUG, FIX)
    assert not children() - before


async def asked(shop: Shop, ask: Callable[[Emit, Callable[[], str]], object], cores: int = 2) -> Result:
    """What comes of a conversation `ask` with a search beside it that begins at once."""
    house = with_idle_cores(shop.house(()), cores)
    seen = await observe(JOB, house, shop.events.append)
    try:
        return await Beside(JOB, seen, house, shop.events.append, first_token_s=0.0).first(ask)  # type: ignore[arg-type]
    finally:
        await house.close()


async def test_what_the_search_learns_is_told_once_and_a_model_that_gives_up_leaves_the_rest_to_it(
    shop: Shop,
) -> None:
    told: list[str] = []

    async def ask(emit: Emit, learned: Callable[[], str]) -> Result:
        emit(StepStarted(1))
        while not (words := learned()):
            await asyncio.sleep(0.01)
        told.append(words)
        return Result("not_fixed", message="The model changed nothing.")

    result = await asked(shop, ask)
    assert (result.outcome, result.confidence) == ("fixed", "likely")
    first, *rest = told[0].splitlines()
    assert first.startswith("Lines that the failing tests point at: shop/cart.py:")
    assert "`return amount - amount * discount / 10`" in first
    assert len(rest) <= 1


@pytest.mark.parametrize("fails", [False, True])
async def test_where_the_model_comes_to_nothing_what_the_search_found_is_offered(
    tmp_path: Path, fails: bool
) -> None:
    loans = "def is_overdue(due, today):\n    return today >= due\n"
    test = "import unittest\nfrom loans import is_overdue\n\nclass Loans(unittest.TestCase):\n    def test_it(self):\n        self.assertFalse(is_overdue(15, 15))\n"
    shop = Shop.make(tmp_path, {"loans.py": loans, "test_loans.py": test})

    async def ask(emit: Emit, learned: Callable[[], str]) -> Result:
        emit(StepStarted(1))
        while not learned():
            await asyncio.sleep(0)
        if fails:
            raise ModelUnreachable("No answer.", hint="Is it running?")
        return Result("limit", message="The limit is reached.")

    result = await asked(shop, ask)
    assert result.outcome == ("unreachable" if fails else "limit")
    assert len(result.offers) > 1 and result.patch == result.offers[0].changes
    assert result.message.startswith("No answer." if fails else "The limit is reached.")
    assert "make the check pass" in result.message
    assert result.hint == ("Is it running?" if fails else "")


async def test_flaky_tests_count_for_nothing(shop: Shop) -> None:
    house = with_idle_cores(shop.house(()), 2)
    seen = await observe(JOB, house, shop.events.append)

    async def flaky() -> frozenset[str]:
        return frozenset(failure.test_id for failure in seen.before.failures)

    async def ask(emit: Emit, learned: Callable[[], str]) -> Result:
        emit(StepStarted(1))
        while beside._insight is None:
            await asyncio.sleep(0.01)
        return Result("not_fixed", message="given up")

    beside = Beside(JOB, seen, house, shop.events.append, first_token_s=0.0, flaky=flaky)
    try:
        assert (await beside.first(ask)).message == "given up"  # type: ignore[arg-type]
    finally:
        await house.close()
    assert not [e for e in shop.events if isinstance(e, Notice) and "Searching" in e.text]


async def test_a_check_that_cannot_run_any_more_ends_the_search_and_not_the_conversation(shop: Shop) -> None:
    house = with_idle_cores(shop.house(()), 2)
    seen = await observe(JOB, house, shop.events.append)

    async def flaky() -> frozenset[str]:
        raise RunnerMissing("The runner is gone.")

    async def ask(emit: Emit, learned: Callable[[], str]) -> Result:
        emit(StepStarted(1))
        while not told():
            await asyncio.sleep(0.01)
        return Result("not_fixed", message="given up")

    def told() -> list[str]:
        return [event.text for event in shop.events if isinstance(event, Notice) and event.level == "warning"]

    beside = Beside(JOB, seen, house, shop.events.append, first_token_s=0.0, flaky=flaky)
    try:
        assert (await beside.first(ask)).message == "given up"  # type: ignore[arg-type]
    finally:
        await house.close()
    assert told() == ["The search beside the model ended: The runner is gone."]


@pytest.mark.parametrize("cores", [0, 2])
async def test_no_search_without_idle_cores_or_beside_a_model_that_answers(shop: Shop, cores: int) -> None:
    async def ask(emit: Emit, learned: Callable[[], str]) -> Result:
        emit(StepStarted(1))
        if cores:
            emit(TextDelta("Let me see."))
        await asyncio.to_thread(lambda: None)
        assert learned() == ""
        return Result("not_fixed", message="given up")

    assert (await asked(shop, ask, cores)).message == "given up"
    assert not [e for e in shop.events if isinstance(e, Notice) and "Searching" in e.text]


async def test_an_error_of_the_conversation_ends_the_search(shop: Shop) -> None:
    before = children()

    async def ask(emit: Emit, learned: Callable[[], str]) -> Result:
        emit(StepStarted(1))
        while not learned():
            await asyncio.sleep(0.01)
        raise OSError("the line is cut")

    with pytest.raises(OSError, match="the line is cut"):
        await asked(shop, ask)
    assert not children() - before


async def test_a_quick_model_is_left_alone(shop: Shop) -> None:
    finished = await shop.run([edit()])
    assert finished.report.confidence == ""
    assert shop.read() == CART.replace(BUG, FIX)


async def test_what_was_learned_goes_to_the_model_with_the_next_result(shop: Shop) -> None:
    house = shop.house([edit(new="discount / 1"), edit(old="discount / 1", new=FIX)])
    seen = await observe(JOB, house, shop.events.append)
    said = iter(["Lines that the failing tests point at: shop/cart.py:7.\nNearest miss: none."])
    budget = Budget(JOB.limits, house.clock, house.price)
    assert house.models is not None
    result = await ask_model(
        JOB, seen, house, house.models, budget, shop.events.append, lambda: next(said, "")
    )
    await house.close()
    assert result.outcome == "fixed"
    assert "Lines that the failing tests point at: shop/cart.py:7.\nNearest miss: none." in shop.prompts[1]
