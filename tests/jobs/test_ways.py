"""Several ways to a patch: candidates at once, another format, the architect, pinned texts."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.jobs_house import BUG, CART, FIX, Shop, edit
from helpers.workspace_state import fingerprint

from flashagent.agent.limits import Limits
from flashagent.errors import ToolsRefused
from flashagent.events import AttemptStarted, ContextCompacted, Event, JobFinished, Notice
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob
from flashagent.models.base import ModelRequest
from flashagent.models.router import Router
from flashagent.models.scripted import Answer, ScriptedModel, ScriptedReply, call

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


async def with_architect(
    shop: Shop, answers: list[Answer], architect: list[Answer], job: FixJob
) -> tuple[JobFinished, ScriptedModel]:
    house = shop.house(answers)
    assert house.models is not None and shop.model is not None
    strong = ScriptedModel(architect, name="strong")
    models = dataclasses.replace(house.models, router=Router(shop.model, strong))
    return await run_fix(job, dataclasses.replace(house, models=models), shop.events.append), strong


def notices(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def block(old: str = BUG, new: str = FIX) -> str:
    old, new = f"    return amount - amount * {old}", f"    return amount - amount * {new}"
    return f"shop/cart.py\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


async def test_the_first_green_candidate_is_kept_and_the_others_end(shop: Shop) -> None:
    never = ScriptedReply("never", after=asyncio.Event())
    job = FixJob(limits=Limits(attempts=1), candidates=3)
    finished = await shop.run(["No idea.", edit(), never], job)
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("fixed", 0)
    assert shop.read() == CART.replace(BUG, FIX)
    assert shop.model is not None
    assert {request.temperature for request in shop.model.requests} == {None, 0.6, 0.9}
    assert len({request.messages[-1].text for request in shop.model.requests}) == 3
    assert finished.report.requests == 3
    said = notices(shop.events)
    assert said[0] == "3 candidates are tried at once."
    assert any(text.startswith("Candidate") and "changed nothing" in text for text in said)
    assert sum(isinstance(event, AttemptStarted) for event in shop.events) == 1


async def test_when_no_candidate_is_green_the_tree_is_as_it_was(shop: Shop) -> None:
    before = fingerprint(shop.root)
    job = FixJob(limits=Limits(attempts=1), candidates=2)
    finished = await shop.run([edit(BUG, "discount / 1000"), "No idea.", "Done.", "Done."], job)
    assert_promises(shop.events)
    assert (finished.outcome, finished.exit_code) == ("not_fixed", 1)
    assert Path(finished.report.kept).is_file()
    assert fingerprint(shop.root) == before


async def test_the_budget_covers_all_candidates(shop: Shop) -> None:
    job = FixJob(limits=Limits(attempts=1, requests=2), candidates=3)
    finished = await shop.run(["No idea.", "No idea."], job)
    assert_promises(shop.events)
    assert finished.exit_code in (1, 3)
    assert finished.report.requests == 2


async def test_after_two_refusals_the_edit_is_asked_for_in_another_format(shop: Shop) -> None:
    wrong = edit("discount / 11", FIX)
    finished = await shop.run([wrong, wrong, block()])
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert "Edits were refused twice" not in shop.prompts[1]
    assert "Edits were refused twice" in shop.prompts[2] and "<<<<<<< SEARCH" in shop.prompts[2]


async def test_the_users_table_says_in_which_format_edits_are_asked_for(shop: Shop) -> None:
    house = shop.house([block()])
    assert house.models is not None
    models = dataclasses.replace(house.models, edit_formats={"*": "udiff"})
    finished = await run_fix(
        FixJob(limits=Limits(attempts=1)), dataclasses.replace(house, models=models), shop.events.append
    )
    assert finished.outcome == "fixed"
    assert shop.model is not None
    system = shop.model.requests[0].messages[0].text
    assert "answer with a unified diff" in system and "<<<<<<< SEARCH" not in system


async def test_a_refused_text_edit_is_answered_in_the_same_attempt(shop: Shop) -> None:
    finished = await shop.run(
        [block("discount / 11"), block()], FixJob(limits=Limits(attempts=1)), tools=False
    )
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert "return amount - amount * discount / 10" in shop.prompts[1]


async def test_a_model_that_refuses_tools_repairs_in_plain_text(shop: Shop) -> None:
    finished = await shop.run([ToolsRefused("No tools."), block()])
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert shop.model is not None
    assert [bool(request.tools) for request in shop.model.requests] == [True, False]


async def test_the_architect_takes_over_with_a_short_account(shop: Shop) -> None:
    job = FixJob(limits=Limits(attempts=4))
    wrong = [edit(BUG, "discount / 1000"), "Done.", "Done.", "Done."]
    finished, strong = await with_architect(shop, list(wrong), [edit("discount / 1000", FIX)], job)
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert [(e.effort, e.model) for e in shop.events if isinstance(e, AttemptStarted)] == [
        ("low", "scripted"), ("low", "scripted"), ("medium", "scripted"), ("high", "strong"),
    ]  # fmt: skip
    assert all(event.why for event in shop.events if isinstance(event, AttemptStarted))
    told = strong.requests[0].messages
    assert "attempt 1 (scripted, low effort) changed shop/cart.py; 2 still failing" in told[1].text
    assert "discount / 1000" in told[1].text
    assert len(told) == 3
    assert sum(isinstance(event, ContextCompacted) for event in shop.events) == 1


async def test_an_end_without_success_says_what_was_learned(shop: Shop) -> None:
    finished = await shop.run(["Done."] * 2)
    assert finished.outcome == "not_fixed"
    assert finished.report.reasons[0].startswith(
        "attempt 1 (scripted, low effort) changed nothing; 2 still failing"
    )


WIDER = "def total(prices, discount=0, tax=0):\n"
RISKY = ScriptedReply(
    tool_calls=(
        call(
            "edit",
            {
                "edits": [
                    {"path": "shop/cart.py", "old": BUG, "new": FIX},
                    {"path": "shop/cart.py", "old": "def total(prices, discount=0):\n", "new": WIDER},
                ]
            },
        ),
    )
)


@pytest.mark.parametrize(
    ("verdict", "attempts", "outcome"),
    [
        ("KEEP. Sound.", 1, "fixed"),
        ("REJECT: total is called elsewhere.", 1, "not_fixed"),
        ("**REJECT**\n\ntotal is called elsewhere.", 1, "not_fixed"),
        ("KEEP\nNothing to reject.", 1, "fixed"),
    ],
)
async def test_a_risky_patch_is_reviewed_before_it_is_kept(
    shop: Shop, verdict: str, attempts: int, outcome: str
) -> None:
    job = FixJob(limits=Limits(attempts=attempts))
    finished, strong = await with_architect(shop, [RISKY], [verdict], job)
    assert_promises(shop.events)
    assert finished.outcome == outcome
    assert "it changes the interface of total" in strong.requests[0].messages[-1].text
    assert (shop.read() == CART) == (outcome == "not_fixed")
    if outcome == "not_fixed":
        assert "total is called elsewhere" in finished.report.message


async def test_an_objection_is_worth_one_more_attempt(shop: Shop) -> None:
    narrow = edit(WIDER, "def total(prices, discount=0):\n")
    finished, _ = await with_architect(
        shop, [RISKY, narrow], ["REJECT: total is called elsewhere."], FixJob(limits=Limits(attempts=2))
    )
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert shop.read() == CART.replace(BUG, FIX)


async def test_without_an_architect_a_risky_patch_is_told(shop: Shop) -> None:
    finished = await shop.run([RISKY])
    assert finished.outcome == "fixed"
    assert any("The patch is risky" in text for text in notices(shop.events))


async def test_a_long_goal_gets_a_plan_first(shop: Shop) -> None:
    job = FixJob(goal="Make it right. " * 30, limits=Limits(attempts=1))
    finished, strong = await with_architect(shop, [edit()], ["1. Change shop/cart.py."], job)
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert "1. Change shop/cart.py." in shop.prompts[0]
    assert strong.requests[0].tools == ()


async def test_pinned_texts_are_data_in_the_first_request(shop: Shop) -> None:
    job = FixJob(docs=(("quux.md", "quux(a, b) adds.\n"),), limits=Limits(attempts=1))
    finished = await shop.run([edit()], job)
    assert finished.outcome == "fixed"
    assert "quux(a, b) adds." in shop.prompts[0] and "document quux.md" in shop.prompts[0]


async def test_a_small_window_keeps_the_fix_going(shop: Shop) -> None:
    """Forty readings of a file in a window of 8,192 tokens; then the edit."""
    (shop.root / "notes.txt").write_text("remember the milk\n" * 250)
    reads = [ScriptedReply(tool_calls=(call("read", {"path": "notes.txt"}),))] * 24
    requests: list[ModelRequest] = []
    house = shop.house([*reads, edit()])
    assert house.models is not None
    house = dataclasses.replace(house, models=dataclasses.replace(house.models, window=8_192))
    finished = await run_fix(FixJob(goal="Fix the discount."), house, shop.events.append)
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert shop.model is not None
    requests = shop.model.requests
    assert sum(isinstance(event, ContextCompacted) for event in shop.events) >= 2
    assert all("Fix the discount." in request.messages[1].text for request in requests)
    assert all("test_discount" in request.messages[1].text for request in requests)
    assert "amount * discount / 10" in requests[-1].messages[1].text


async def test_documentation_of_installed_names_is_offered(shop: Shop) -> None:
    ask = ScriptedReply(tool_calls=(call("docs", {"name": "json.dumps"}),))
    finished = await shop.run([ask, edit()])
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert "skipkeys" in shop.prompts[1]


async def test_a_model_without_tools_asks_to_see_more_in_plain_text(shop: Shop) -> None:
    look = "First I need to see it.\n\nREAD shop/cart.py::count\n`FIND len(prices)`\nREAD shop/cart.py 1-2"
    finished = await shop.run([look, block()], FixJob(limits=Limits(attempts=1)), tools=False)
    assert_promises(shop.events)
    assert finished.outcome == "fixed"
    assert "def count(prices):" in shop.prompts[1]
    assert "shop/cart.py:11:" in shop.prompts[1]
    assert 'shop/cart.py lines 1-2 of 12:\n"""A cart."""' in shop.prompts[1]


WRONG = ("discount / 10.0", "discount * 1 / 10")  # both leave the failure as it is


async def test_ways_that_get_no_further_end_in_candidates_and_then_the_architect(shop: Shop) -> None:
    """Twice the same failure: two other ways at once, each told what was tried; then the stronger model."""
    gone = ["Done."]
    attempts: list[Answer] = ["No idea.", "Still no idea."]
    candidates: list[Answer] = [edit(BUG, WRONG[0]), edit(BUG, WRONG[1]), *gone, *gone]
    job = FixJob(limits=Limits(attempts=6))
    finished, strong = await with_architect(shop, attempts + candidates, [edit()], job)
    assert_promises(shop.events)
    assert (finished.outcome, shop.read()) == ("fixed", CART.replace(BUG, FIX))
    said = notices(shop.events)
    assert "2 attempts in a row got no further: 2 other ways are tried at once." in said
    efforts = [(e.number, e.effort, e.model) for e in shop.events if isinstance(e, AttemptStarted)]
    assert efforts == [
        (1, "low", "scripted"), (2, "medium", "scripted"), (3, "high", "scripted"), (5, "high", "strong"),
    ]  # fmt: skip
    assert shop.model is not None
    tried = [request for request in shop.model.requests if "Tried before" in str(request.messages)]
    assert {request.temperature for request in tried} == {0.8, 0.6}
    assert all("attempt 1 (scripted, low effort)" in str(request.messages) for request in tried)
    assert "attempt 3 (scripted, high effort)" in str(strong.requests[0].messages)


async def test_a_green_candidate_ends_the_escalation(shop: Shop) -> None:
    job = FixJob(limits=Limits(attempts=5))
    finished = await shop.run(["No idea.", "Still no idea.", edit(), edit(BUG, WRONG[0]), "Done."], job)
    assert_promises(shop.events)
    assert (finished.outcome, finished.report.attempts) == ("fixed", 4)
