"""The conversation of the terminal app: a turn reaches the user's tree whole, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.jobs_house import BUG, CART, FIX, Shop, edit
from helpers.workspace_state import state_of

from flashagent.agent.facts import new_fact
from flashagent.agent.limits import Limits
from flashagent.errors import ModelUnreachable
from flashagent.events import CheckFinished, ContextCompacted, FileChanged, Notice, TurnFinished
from flashagent.jobs.chat import DROPPED, Chat
from flashagent.models.router import Router
from flashagent.models.scripted import Answer, ScriptedModel, ScriptedReply
from flashagent.prompts import load

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def chat_in(shop: Shop, answers: list[Answer], *, tools: bool = True) -> Chat:
    house = shop.house(answers, tools=tools)
    assert house.models is not None
    return Chat(house, house.models, load("chat"), Limits(), shop.events.append)


async def test_a_question_changes_nothing_and_runs_no_check(shop: Shop) -> None:
    before = state_of(shop.root)
    await chat_in(shop, ["It sums the prices."]).turn("What does total do?")
    assert_promises(shop.events)
    assert state_of(shop.root) == before
    assert not any(isinstance(event, CheckFinished) for event in shop.events)
    assert "def total(prices, discount=0)" in shop.prompts[0]


async def test_a_turn_lands_whole_and_is_checked(shop: Shop) -> None:
    await chat_in(shop, [edit(), "Percent are hundredths."]).turn("The discount is ten times too large.")
    assert_promises(shop.events)
    assert shop.read() == CART.replace(BUG, FIX)
    assert [event.path for event in shop.events if isinstance(event, FileChanged)] == ["shop/cart.py"]
    assert [event.failed for event in shop.events if isinstance(event, CheckFinished)] == [0]


async def test_a_red_check_after_a_turn_is_said(shop: Shop) -> None:
    await chat_in(shop, [edit(BUG, "discount / 7"), "Done."]).turn("Divide by seven.")
    assert any(isinstance(event, Notice) and event.text == "The check fails." for event in shop.events)


async def test_the_second_turn_knows_the_first(shop: Shop) -> None:
    chat = chat_in(shop, ["First answer.", "Second answer."])
    await chat.turn("First question?")
    await chat.turn("Second question?")
    assert shop.model is not None
    first, second = shop.model.requests
    assert second.messages[: len(first.messages)] == first.messages
    assert second.tools == first.tools
    assert second.messages[len(first.messages)].text == "First answer."


async def test_an_interrupted_turn_leaves_the_tree_as_it_was(shop: Shop) -> None:
    before = state_of(shop.root)
    chat = chat_in(shop, [edit(), ScriptedReply("never", after=asyncio.Event())])
    turn = asyncio.create_task(chat.turn("Fix it."))
    while shop.model is None or len(shop.model.requests) < 2:
        await asyncio.sleep(0.01)
    chat.interrupt()
    await turn
    assert_promises(shop.events)
    assert [event.end for event in shop.events if isinstance(event, TurnFinished)] == ["interrupted"]
    assert state_of(shop.root) == before
    told = [event.text for event in shop.events if isinstance(event, Notice)]
    assert told == ["The turn did not end in order: its edits of shop/cart.py are not in your files."]


async def test_after_a_turn_that_was_cut_off_the_model_knows_that_its_edits_are_gone(shop: Shop) -> None:
    chat = chat_in(shop, [edit(), ModelUnreachable("Gone."), "I see.", "Yes."])
    await chat.turn("Fix it.")
    assert shop.read() == CART
    await chat.turn("And now?")
    await chat.turn("And now?")
    assert shop.model is not None
    heard = [[m.text for m in request.messages].count(DROPPED) for request in shop.model.requests]
    assert heard == [0, 0, 1, 1]


async def test_edits_as_plain_text_land_too(shop: Shop) -> None:
    block = (
        f"shop/cart.py\n<<<<<<< SEARCH\n    return amount - amount * {BUG}\n=======\n"
        f"    return amount - amount * {FIX}\n>>>>>>> REPLACE\n"
    )
    await chat_in(shop, [block], tools=False).turn("Fix it.")
    assert shop.read() == CART.replace(BUG, FIX)


async def test_outside_of_what_was_read_a_refused_text_edit_is_told(shop: Shop) -> None:
    block = "shop/cart.py\n<<<<<<< SEARCH\nno such line\n=======\nx\n>>>>>>> REPLACE\n"
    await chat_in(shop, [block], tools=False).turn("Fix it.")
    assert shop.read() == CART
    assert any(isinstance(event, Notice) and "refused" in event.text for event in shop.events)


async def test_limits_hold_for_each_turn_anew(shop: Shop) -> None:
    house = shop.house(["One.", "Two."])
    assert house.models is not None
    chat = Chat(house, house.models, load("chat"), Limits(requests=1), shop.events.append)
    await chat.turn("First?")
    used = chat.usage.total_tokens
    await chat.turn("Second?")
    assert [event.end for event in shop.events if isinstance(event, TurnFinished)] == ["done", "done"]
    assert 0 < used < chat.usage.total_tokens


async def test_a_long_conversation_is_shortened_when_the_user_wants_it(shop: Shop) -> None:
    chat = chat_in(shop, [f"One. {'word ' * 9_000}", "Two.", "The first question was about a sum.", "Three."])
    assert not await chat.compact()
    await chat.turn("What is summed up?")
    await chat.turn("And then?")
    assert await chat.compact()
    await chat.turn("Go on.")
    (event,) = [event for event in shop.events if isinstance(event, ContextCompacted)]
    assert event.tokens_after < event.tokens_before / 2 and "about a sum" in event.told
    assert shop.model is not None
    last = shop.model.requests[-1].messages
    assert (last[0], last[1].text) == (shop.model.requests[0].messages[0], event.told)


async def test_a_remembered_note_is_told_once_and_a_linter_after_each_edit(
    shop: Shop, tmp_path: Path
) -> None:
    chat = chat_in(shop, [edit(new="discont / 100"), edit("discont", "discount"), "Done.", "Yes."])
    house = chat._house
    house.facts.learn(new_fact("note", "Prices are in cents."))
    await chat.turn("The discount is wrong.")
    await chat.turn("Sure?")
    assert shop.model is not None
    requests = shop.model.requests
    assert "Undefined name `discont`" in requests[1].messages[-1].text
    assert "linter" not in requests[2].messages[-1].text
    assert "Prices are in cents." in requests[0].messages[1].text
    assert str(requests[-1].messages).count("Prices are in cents.") == 1


async def test_another_model_hears_how_it_should_write_edits(shop: Shop) -> None:
    chat = chat_in(shop, ["One.", "never"])
    await chat.turn("First?")
    house = chat._house
    assert house.models is not None and shop.model is not None
    first, other = shop.model, ScriptedModel(["Two."], name="gpt-5")
    chat.use(house, replace(house.models, router=Router(other)))
    await chat.turn("Second?")
    told = [message.text for message in other.requests[0].messages]
    assert "*** Begin Patch" in told[-1] and told[-1].startswith("From now on: ")
    assert told[:2] == [message.text for message in first.requests[0].messages[:2]]


async def test_a_conversation_longer_than_the_limit_of_a_turn_goes_on(shop: Shop) -> None:
    """Whether or not the window is known: what is too long for the budget is summed up first."""
    house = shop.house(["word " * 4_000] * 20)
    assert house.models is not None
    chat = Chat(house, house.models, load("chat"), Limits(tokens=40_000), shop.events.append)
    for number in range(10):
        await chat.turn(f"Question {number}?")
    assert_promises(shop.events)
    ends = [event.end for event in shop.events if isinstance(event, TurnFinished)]
    assert ends == ["done"] * 10
    assert sum(isinstance(event, ContextCompacted) for event in shop.events) >= 2
