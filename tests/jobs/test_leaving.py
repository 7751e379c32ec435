"""The way out of the sandbox: asked for with the exact command, remembered per project, closed where nobody can answer."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from helpers.agent_events import assert_promises
from helpers.e2e_program import flashagent, with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import fingerprint

from flashagent.agent.approvals import Command
from flashagent.agent.limits import Limits
from flashagent.compose.auditing import read_audit
from flashagent.compose.house import open_house
from flashagent.compose.place import Wishes
from flashagent.compose.remembered import ApprovalStore
from flashagent.events import ApprovalRequested, Decision, ToolFinished
from flashagent.frontends.app_controller import AppController
from flashagent.jobs.chat import Chat
from flashagent.jobs.house import House, Models
from flashagent.models.router import Router
from flashagent.models.scripted import ScriptedModel, ScriptedReply, call
from flashagent.prompts import load

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


def asking(shop: Shop, target: Path, **settings: object) -> House:
    """A house whose model wants to write outside of the sandbox, then rests."""
    wishes = Wishes(settings, (CHECK,))
    house = open_house(shop.place(wishes), wishes, shop.events.append, "s1", can_ask=True)
    leave = {"command": f"echo out > {target}", "outside": "the target lies elsewhere"}
    shop.model = ScriptedModel([ScriptedReply(tool_calls=(call("run", leave),)), "Done."])
    return dataclasses.replace(house, models=Models(Router(shop.model)))


async def one_turn(shop: Shop, house: House, decision: Decision | None, reason: str = "") -> None:
    assert house.models is not None
    chat = Chat(house, house.models, load("chat"), Limits(), shop.events.append)
    turn = asyncio.create_task(chat.turn("Write it there."))
    if decision is not None:
        while not (asked := [e for e in shop.events if isinstance(e, ApprovalRequested)]) and not turn.done():
            await asyncio.sleep(0.01)
        house.questions.answer(asked[-1].call_id, decision, reason)
    await turn
    await house.close()
    assert_promises(shop.events)


async def test_a_yes_runs_exactly_that_outside_and_is_remembered_for_the_project(
    shop: Shop, tmp_path: Path
) -> None:
    target = tmp_path / "outside.txt"
    await one_turn(shop, asking(shop, target), "project")
    assert target.read_text() == "out\n"
    asked = next(event for event in shop.events if isinstance(event, ApprovalRequested))
    assert asked.argv == ("/bin/sh", "-c", f"echo out > {target}")
    assert asked.folder == str(shop.root) and "the target lies elsewhere" in asked.reason
    state = shop.place(Wishes({})).state
    assert ApprovalStore(state).grants().allowed == {Command(asked.argv, str(shop.root), outside=True)}
    assert not list(shop.root.rglob("approvals.json"))
    target.unlink()
    shop.events.clear()
    await one_turn(shop, asking(shop, target), None)
    assert target.read_text() == "out\n"
    assert not any(isinstance(event, ApprovalRequested) for event in shop.events)
    commands = [one for one in read_audit(state / "audit" / "s1.jsonl").entries if one["type"] == "command"]
    assert [one["policy"]["sandbox"] for one in commands if one["argv"] == list(asked.argv)] == [
        "no sandbox"
    ] * 2


async def test_a_no_and_its_reason_reach_the_model_and_nothing_runs(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "outside.txt"
    await one_turn(shop, asking(shop, target), "deny", "write it into the project")
    assert not target.exists()
    assert shop.prompts[1] == "Not run. The user said no. write it into the project"


async def test_read_only_refuses_it_without_a_question(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "outside.txt"
    await one_turn(shop, asking(shop, target, mode="read-only"), None)
    assert not target.exists() and "read-only" in shop.prompts[1]


def test_headless_there_is_no_way_out_and_full_is_a_flag(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "outside.txt"
    repair = Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])
    leave = Reply(calls=[Call("run", {"command": f"echo out > {target}", "outside": "because"})])
    for arguments, written in (((), False), (("--mode", "full"), True)):
        with serving([leave, repair]) as server:
            environ = with_model(shop.environ, server.base_url)
            ran = flashagent(shop.root, environ, "fix", "--dry-run", "--check", CHECK, *arguments)
        assert ran.code == 0, ran.err
        assert target.exists() is written
    config = flashagent(shop.root, shop.environ, "config", "set", "mode", "full")
    assert config.code == 2 and "read-only, ask, auto" in config.err


def test_modes_of_the_one_shot_command(shop: Shop) -> None:
    before = fingerprint(shop.root)
    ran = flashagent(shop.root, shop.environ, "fix", "--offline", "--mode", "read-only", "--check", CHECK)
    assert (ran.code, "dry run" in ran.out) == (0, True), ran.err
    ran = flashagent(shop.root, shop.environ, "fix", "--offline", "--mode", "ask", "--check", CHECK)
    assert ran.code == 2 and "needs somebody to ask" in ran.out + ran.err
    assert fingerprint(shop.root) == before and shop.read() == CART


@pytest.mark.parametrize(("allowed", "shown"), [(None, ""), ("true", "PLAIN=visible\n")])
def test_env_files_are_masked_unless_the_users_own_settings_allow_them(
    shop: Shop, allowed: str | None, shown: str
) -> None:
    (shop.root / ".env").write_text("PLAIN=visible\n")
    if allowed:
        assert flashagent(shop.root, shop.environ, "config", "set", "sandbox.env_files", allowed).code == 0
    wishes = Wishes({}, (CHECK,))
    house = open_house(shop.place(wishes), wishes, shop.events.append, "s1")
    from flashagent.ports import Command as Run

    result = asyncio.run(house.runner.run(Run(("cat", ".env"), shop.root)))
    assert result.output.decode() == shown


async def test_without_a_sandbox_every_prompt_says_so_and_edits_are_asked_for(shop: Shop) -> None:
    wishes = Wishes({}, (CHECK,), sandboxed=False)
    with serving([Reply("One."), Reply("Two.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        controller = AppController(shop.place(wishes), wishes)
        for prompt in ("First?", "Second?"):
            await controller.submit(prompt, shop.events.append)
        await controller.close()
    banners = [e for e in shop.events if "NO SANDBOX" in getattr(e, "text", "")]
    assert len(banners) == 2
    assert not any(isinstance(event, ToolFinished) for event in shop.events)
