"""What one job learns reaches a later one, as data and after everything that stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from helpers.jobs_house import BUG, CART, FIX, Shop, edit

from flashagent.agent.limits import Limits
from flashagent.compose.facts import FactFile
from flashagent.events import JobFinished, Notice
from flashagent.frontends import history
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob
from flashagent.models.scripted import ScriptedReply

pytestmark = pytest.mark.needs("bwrap")
ONCE = FixJob(limits=Limits(attempts=1))


def facts_of(shop: Shop) -> FactFile:
    return FactFile(next((Path(shop.environ["FLASHAGENT_HOME"]) / "state/repositories").iterdir()))


async def run(shop: Shop, answers: Sequence[ScriptedReply], job: FixJob) -> JobFinished:
    house = shop.house(answers)
    try:
        return await run_fix(job, house, shop.events.append)
    finally:
        await house.close()


def break_again(shop: Shop) -> None:
    (shop.root / "shop/cart.py").write_text(CART)


async def test_a_past_repair_reaches_the_next_request(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    assert (await run(shop, [edit()], ONCE)).outcome == "fixed"
    first = shop.model.requests[0]  # type: ignore[union-attr]
    assert "Remembered" not in first.messages[-1].text
    fix, check = sorted(facts_of(shop).known(), key=lambda fact: fact.kind, reverse=True)
    assert (fix.kind, check.kind, check.text) == ("fix", "check", "python3 -m unittest")
    assert "test_discount" in fix.text and f"+    return amount - amount * {FIX}" in fix.patch

    break_again(shop)
    assert (await run(shop, [edit()], ONCE)).outcome == "fixed"
    later = shop.model.requests[0]  # type: ignore[union-attr]
    body, marked, memory = later.messages[-1].text.rpartition("<data-")
    assert marked and 'label="memory"' in memory
    assert (
        f"-    return amount - amount * {BUG}" in memory and f"+    return amount - amount * {FIX}" in memory
    )
    # Everything before it is as if nothing were remembered: what an endpoint has cached stays of use.
    assert (later.messages[0], later.tools) == (first.messages[0], first.tools)
    assert [fact.kind for fact in facts_of(shop).known()].count("fix") == 1
    assert any(isinstance(one, Notice) and "1 remembered fact is shown" in one.text for one in shop.events)


async def test_what_was_undone_is_told_as_not_wanted(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    await run(shop, [edit()], ONCE)
    history.undo(shop.root, shop.environ)
    assert sorted(fact.kind for fact in facts_of(shop).known()) == ["check", "rejected"]
    await run(shop, [edit(new="discount / 1000"), ScriptedReply("No.")], ONCE)
    assert "not wanted: The user took back a change of shop/cart.py." in shop.prompts[0]
    history.redo(shop.root, shop.environ)
    assert [fact.kind for fact in facts_of(shop).known()] == ["check"]


async def test_a_note_of_the_user_is_told_and_a_dry_run_teaches_nothing(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    await run(shop, [edit()], FixJob(limits=Limits(attempts=1), dry_run=True))
    assert not facts_of(shop).path.exists()
    facts_of(shop).add("Prices are in cents.", "")
    await run(shop, [edit()], ONCE)
    assert "- Prices are in cents." in shop.prompts[0]


async def test_a_damaged_memory_stops_no_job(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    await run(shop, [edit()], FixJob(limits=Limits(attempts=1), dry_run=True))
    facts_of(shop).path.write_text("{")
    assert (await run(shop, [edit()], ONCE)).outcome == "fixed"
    told = [one.text for one in shop.events if isinstance(one, Notice) and one.level == "warning"]
    assert [text.partition(":")[0] for text in told] == ["Nothing is remembered", "Nothing new is remembered"]
    assert facts_of(shop).path.read_text() == "{"
