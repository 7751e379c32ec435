"""In a conversation: the tools of a language server that stands ready, and what an edit invents, told at the next step."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.diagnose_toy import Toy, toy
from helpers.jobs_house import FILES, Shop, edit

from flashagent.agent.limits import Limits
from flashagent.events import FileChanged, Notice
from flashagent.jobs.chat import Chat
from flashagent.models.scripted import Answer, ScriptedReply, call
from flashagent.prompts import load

pytestmark = pytest.mark.needs("bwrap")
TOYS = {"a.toy": "let thing = 1\n", "b.toy": "use thing\n"}


def chat_in(shop: Shop, answers: list[Answer], project: Toy | None = None) -> Chat:
    house = shop.house(answers)
    if project is not None:
        house = dataclasses.replace(house, servers=project.servers)
    assert house.models is not None
    return Chat(house, house.models, load("chat"), Limits(), shop.events.append)


def offered(shop: Shop, request: int) -> set[str]:
    assert shop.model is not None
    return {spec.name for spec in shop.model.requests[request].tools} & {"definition", "references", "rename"}


async def test_a_rename_costs_one_call_and_lands_with_the_turn(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path, {**FILES, **TOYS})
    rename = call("rename", {"path": "b.toy", "line": 1, "name": "thing", "new_name": "gadget"})
    answers: list[Answer] = [ScriptedReply(tool_calls=(rename,)), "Renamed."]
    async with toy(tmp_path, root=shop.root) as project:
        await project.warm()
        await chat_in(shop, answers, project).turn("Call thing gadget.")
    assert_promises(shop.events)
    assert offered(shop, 0) == {"definition", "references", "rename"}
    assert "Renamed thing to gadget in a.toy, b.toy." in shop.prompts[1]
    assert (shop.read("a.toy"), shop.read("b.toy")) == ("let gadget = 1\n", "use gadget\n")
    assert sorted(event.path for event in shop.events if isinstance(event, FileChanged)) == ["a.toy", "b.toy"]


async def test_the_tools_are_offered_only_while_a_server_is_warm(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path, {**FILES, **TOYS})
    async with toy(tmp_path, root=shop.root) as project:
        chat = chat_in(shop, ["One.", "Two."], project)
        await chat.turn("First?")
        await project.warm()
        await chat.turn("Second?")
    assert (offered(shop, 0), offered(shop, 1)) == (set(), {"definition", "references", "rename"})


async def test_what_an_edit_invents_is_told_at_the_next_step(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    invented = edit(
        '"""A cart."""\n', '"""A cart."""\n\nimport json\n\nSHOWN = json.dumps({}, indention=2)\n'
    )
    back = edit("indention=2", "indent=2")
    await chat_in(shop, [invented, back, edit(), "Done."]).turn("Show it.")
    assert_promises(shop.events)
    assert "json.dumps() has no argument indention; names like it: indent" in shop.prompts[1]
    assert "json.dumps()" not in shop.prompts[2]
    assert "SHOWN = json.dumps({}, indent=2)" in shop.read()


async def test_a_new_dependency_is_told_to_the_user(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path, {**FILES, "requirements.txt": "requests\n"})
    await chat_in(shop, [edit("requests\n", "requests\nreqests\n", "requirements.txt"), "Done."]).turn(
        "Add it."
    )
    notices = [event for event in shop.events if isinstance(event, Notice)]
    assert ("requirements.txt: reqests looks like requests, which the project uses.") in [
        n.text for n in notices
    ]
    assert any(notice.hint.startswith("Nothing was installed.") for notice in notices)
