"""Patches that are not sure enough to be applied unasked: who is there chooses, else they are only kept."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.jobs_house import CHECK, Shop
from helpers.workspace_state import fingerprint

from flashagent.compose.house import open_house
from flashagent.compose.place import Wishes
from flashagent.errors import UsageError
from flashagent.events import ChoiceRequested, ChoiceResolved, Event, FileChanged, JobFinished
from flashagent.jobs.choosing import Choices, choose
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob, Result
from flashagent.jobs.kept import Offer, last_kept
from flashagent.jobs.observing import observe
from flashagent.jobs.searching import taken_offer
from flashagent.values import FileChange, PatchOption

LOANS = "def is_overdue(due, today):\n    return today >= due\n"
TESTS = """import unittest
from loans import is_overdue

class Loans(unittest.TestCase):
    def test_on_the_day(self):
        self.assertFalse(is_overdue(15, 15))
"""
FILES = {"loans.py": LOANS, "test_loans.py": TESTS}
ONE = Offer(PatchOption("one", "weak", (), "d"), (FileChange("a", "1", "2"),))
TWO = Offer(PatchOption("two", "weak", (), "d"), (FileChange("a", "1", "3"),))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path, FILES)


async def chosen(shop: Shop, hear: Callable[[Choices, ChoiceRequested], object], **how: bool) -> JobFinished:
    """The end of a job in which somebody hears the question."""
    choices = Choices()
    house = dataclasses.replace(shop.house(None), choices=choices)

    def emit(event: Event) -> None:
        shop.events.append(event)
        if isinstance(event, ChoiceRequested):
            asyncio.get_running_loop().call_soon(hear, choices, event)

    finished = await run_fix(FixJob(search_seconds=20.0, **how), house, emit)  # type: ignore[arg-type]
    await house.close()
    assert_promises(shop.events)
    return finished


def requested(shop: Shop) -> ChoiceRequested:
    return next(event for event in shop.events if isinstance(event, ChoiceRequested))


@pytest.mark.needs("bwrap")
async def test_the_patch_that_is_chosen_is_judged_and_written(shop: Shop) -> None:
    finished = await chosen(shop, lambda choices, event: choices.answer(event.call_id, 1))
    options = requested(shop).options
    assert len(options) > 1 and all(option.green for option in options)
    assert {len(one.answers) for one in requested(shop).contrasts} == {len(options)}
    assert (finished.outcome, finished.exit_code) == ("fixed", 0)
    assert finished.report.how == options[0].how and finished.report.reasons[0] == "you chose it"
    assert finished.report.kept == "" and finished.report.options == ()
    assert finished.patch == options[0].diff
    assert [event.path for event in shop.events if isinstance(event, FileChanged)] == ["loans.py"]
    assert shop.read("loans.py") != LOANS


@pytest.mark.needs("bwrap")
async def test_who_chooses_none_has_them_kept(shop: Shop) -> None:
    before = fingerprint(shop.root)
    finished = await chosen(shop, lambda choices, event: choices.answer(event.call_id, 0))
    assert (finished.outcome, finished.exit_code) == ("not_fixed", 1)
    kept = last_kept(Path(finished.report.kept).parent)
    assert tuple(offer.option for offer in kept.offers) == requested(shop).options == finished.report.options
    assert fingerprint(shop.root) == before


@pytest.mark.needs("bwrap")
async def test_an_interrupt_at_the_question_leaves_them_kept(shop: Shop) -> None:
    before = fingerprint(shop.root)
    task = asyncio.create_task(chosen(shop, lambda choices, event: task.cancel()))
    finished = await task
    assert (finished.outcome, finished.exit_code) == ("interrupted", 130)
    assert ChoiceResolved(requested(shop).call_id, 0) in shop.events
    assert Path(finished.report.kept).is_file()
    assert fingerprint(shop.root) == before


@pytest.mark.needs("bwrap")
async def test_a_dry_run_asks_nobody(shop: Shop) -> None:
    finished = await chosen(shop, lambda choices, event: pytest.fail("asked"), dry_run=True)
    assert finished.outcome == "not_fixed" and finished.report.options


async def test_a_chosen_patch_that_another_check_refuses_is_not_written(shop: Shop) -> None:
    wishes = Wishes({}, (CHECK, "grep -q '>=' loans.py"))
    house = open_house(shop.place(wishes), wishes, shop.events.append, "s")
    seen = await observe(FixJob(offline=True), house, shop.events.append)
    changes = (FileChange("loans.py", LOANS, LOANS.replace(">=", ">")),)
    result = await taken_offer(Offer(PatchOption("how", "weak", (), "d"), changes), seen, house)
    await house.close()
    assert result.outcome == "not_fixed" and result.message.startswith("Not done:")


async def test_the_time_limit_stands_still_while_a_person_thinks() -> None:
    choices, loop = Choices(), asyncio.get_running_loop()
    async with asyncio.timeout(30) as limit:
        ends = limit.when()
        result = Result("not_fixed", offers=(ONE, TWO))
        asking = asyncio.create_task(choose(result, choices, lambda event: None, limit))
        while limit.when() is not None:
            await asyncio.sleep(0)
        began = loop.time()
        while loop.time() == began:
            await asyncio.sleep(0)
        choices.answer("patches", 2)
        assert await asking is TWO
        assert limit.when() is not None and ends is not None and limit.when() > ends


async def test_answers_that_fit_no_question_are_refused() -> None:
    choices = Choices()
    with pytest.raises(UsageError, match="No choice is open"):
        choices.answer("c", 1)
    asking = asyncio.create_task(choices.ask("c", 2))
    await asyncio.sleep(0)
    for wrong in (3, -1):
        with pytest.raises(UsageError, match="no patch"):
            choices.answer("c", wrong)
    choices.answer("c", 2)
    with pytest.raises(UsageError, match="No choice is open"):
        choices.answer("c", 1)
    assert await asking == 2
