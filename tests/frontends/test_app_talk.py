"""The app's commands about the conversation, on a real repository with a scripted endpoint: what a model is asked, with which
rights, within which limits, in which session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from helpers.e2e_program import with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, ModelServer, Reply, serving

from flashagent.compose.place import Wishes
from flashagent.errors import FlashagentError, UsageError, WorkspaceError
from flashagent.events import ApprovalRequested, FileChanged, TurnFinished
from flashagent.frontends.app_controller import AppController
from flashagent.frontends.tui.controller import Answer
from flashagent.frontends.tui.diffing import hunks_of

pytestmark = pytest.mark.needs("bwrap")
REPAIR = Reply("I see.", calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])
FIXED = CART.replace(BUG, FIX)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


class Seat:
    """The controller with somebody in front of it."""

    def __init__(self, controller: AppController, shop: Shop) -> None:
        self.controller = controller
        self.shop = shop

    async def do(self, name: str, argument: str = "", *, confirmed: bool = False) -> Answer:
        return await self.controller.command(name, argument, self.shop.events.append, confirmed=confirmed)

    async def said(self, name: str, argument: str = "") -> str:
        block = (await self.do(name, argument)).block
        return f"{block.title}\n{block.text}".strip()

    async def submit(self, prompt: str) -> None:
        await self.controller.submit(prompt, self.shop.events.append)

    async def values(self, command: str) -> list[str]:
        return [one.value for one in await self.controller.choices(command)]


@asynccontextmanager
async def seated(shop: Shop, resume: str = "") -> AsyncIterator[Seat]:
    wishes = Wishes({}, (CHECK,))
    controller = AppController(shop.place(wishes), wishes, resume)
    controller.opened(shop.events.append)
    try:
        yield Seat(controller, shop)
    finally:
        await controller.close()


def prompts(server: ModelServer) -> list[str]:
    """What the last request said in the user's place."""
    return [
        message["content"] for message in server.requests[-1].body["messages"] if message["role"] == "user"
    ]


async def test_asking_and_planning_change_nothing(shop: Shop) -> None:
    with serving(
        [REPAIR, Reply("It divides by ten."), Reply("1. Divide by a hundred."), Reply("Done.")]
    ) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            await it.do("/ask", "Why is it wrong?")
            assert shop.read() == CART, "an edit was refused"
            refused = [m for m in server.requests[-1].body["messages"] if m["role"] == "tool"]
            assert "read-only" in refused[0]["content"]
            planned = await it.do("/plan", "the discount")
            assert planned.plan == "1. Divide by a hundred." and "the discount" in prompts(server)[-1]
            await it.submit("Go on.")
            assert it.controller.facts.mode == "auto", "only those turns were read-only"
            assert any("Why is it wrong?" in text for text in prompts(server)), "it is one conversation"
            for name in ("/ask", "/plan", "/explain", "/compare"):
                with pytest.raises(UsageError, match=f"{name} wants"):
                    await it.do(name)


async def test_the_mode_holds_from_the_next_call_on(shop: Shop) -> None:
    with serving([Reply("Hello."), REPAIR, Reply("I may not."), REPAIR, Reply("Done.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            await it.submit("Hello?")
            assert it.controller.choose_mode("next").title.startswith("mode: read-only")
            await it.submit("Fix it.")
            assert shop.read() == CART
            assert it.controller.choose_mode("next").title.startswith("mode: ask")
            assert it.controller.facts.mode == "ask"
            work = asyncio.create_task(it.submit("Fix it."))
            while not (asked := [event for event in shop.events if isinstance(event, ApprovalRequested)]):
                await asyncio.sleep(0.01)
            it.controller.answer(asked[0].call_id, "once", "")
            await work
            assert shop.read() == FIXED
            assert it.controller.choose_mode("").text.startswith("read-only")
            for wrong in ("full", "yes"):
                with pytest.raises(UsageError, match="no mode"):
                    it.controller.choose_mode(wrong)
            assert await it.values("/mode") == ["read-only", "ask", "auto"]


async def test_effort_and_limits(shop: Shop) -> None:
    with serving([Reply("One.", times=9)]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            assert (await it.said("/effort")).startswith("effort: auto")
            await it.do("/effort", "high")
            await it.submit("One?")
            assert (
                server.requests[-1].body["reasoning_effort"] == "high"
                and it.controller.facts.effort == "high"
            )
            await it.controller.fix("", shop.events.append)
            assert server.requests[-1].body["reasoning_effort"] == "high"
            await it.do("/effort", "auto")
            await it.submit("Two?")
            assert "reasoning_effort" not in server.requests[-1].body and not it.controller.facts.effort
            assert "a turn at most 9,000" in await it.said("/budget", "tokens 9,000")
            with pytest.raises(UsageError, match="No price of scripted is known"):
                await it.do("/budget", "money $0.50")
            await it.do("/budget", "tokens 10")
            await it.submit("Three?")
            ended = [event for event in shop.events if isinstance(event, TurnFinished)]
            assert ended[-1].end == "limit", ended[-1].message
            for name, argument in (
                ("/effort", "max"),
                ("/budget", "tokens"),
                ("/budget", "luck 3"),
                ("/budget", "tokens -1"),
            ):
                with pytest.raises(UsageError):
                    await it.do(name, argument)


async def test_a_session_is_forked_resumed_and_compared(shop: Shop) -> None:
    replies = [Reply("First answer."), REPAIR, Reply("Repaired."), Reply("Remembered."), Reply("Resumed.")]
    with serving(replies) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            await it.submit("First question.")
            await it.submit("Repair the discount.")
            assert shop.read() == FIXED
            listed = await it.said("/fork")
            assert "1  First question." in listed and "2  Repair the discount." in listed
            assert await it.values("/fork") == ["2", "1"] and await it.values("/resume") == []
            forked = await it.do("/fork", "1")
            assert forked.transcript is not None and shop.read() == FIXED, "files stay"
            shown = [block.text for block in forked.transcript if block.kind in ("user", "text")]
            assert shown == ["First question.", "First answer."]
            await it.submit("What was said?")
            assert any("First question." in text for text in prompts(server))
            assert not any("Repair the discount." in text for text in prompts(server))
            (first,) = await it.values("/resume")
            assert first in await it.said("/resume")
            compared = await it.do("/compare", first)
            assert "shop/cart.py: changed in A only" in compared.block.text
            with pytest.raises(UsageError, match="There is no turn 9"):
                await it.do("/fork", "9")
            resumed = await it.do("/resume", first)
            assert resumed.transcript is not None
            assert [b.text for b in resumed.transcript if b.kind == "user"] == [
                "First question.",
                "Repair the discount.",
            ]
            await it.submit("Go on.")
            assert any("Repair the discount." in text for text in prompts(server))
            assert (await it.said("/resume", first)) == "That is this session."
        async with seated(shop, resume="last") as it:
            assert len(await it.values("/resume")) == 1


async def test_a_hunk_is_taken_back_alone(shop: Shop) -> None:
    edits = [
        {"path": "shop/cart.py", "old": BUG, "new": FIX},
        {"path": "shop/cart.py", "old": "    return len(prices)", "new": "    return len(list(prices))"},
        {"path": "shop/new.py", "old": "", "new": "X = 1\n"},
    ]
    (shop.root / "shop" / "cart.py").write_text(CART.replace("def count", "\n\n\n\n\n\n\ndef count"))
    before = shop.read()
    with serving([Reply(calls=[Call("edit", {"edits": edits})]), Reply("Done."), Reply("I see.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            await it.submit("Change it.")
            changed = {event.path: event.diff for event in shop.events if isinstance(event, FileChanged)}
            first, second = hunks_of(changed["shop/cart.py"])
            after = shop.read()
            await it.controller.take_back("shop/cart.py", second.text, 1, shop.events.append)
            assert shop.read() == before.replace(BUG, FIX)
            left = [event for event in shop.events if isinstance(event, FileChanged)][-1]
            assert hunks_of(left.diff) == (first,)
            with pytest.raises(WorkspaceError, match="another one by now"):
                await it.controller.take_back("shop/cart.py", second.text, 1, shop.events.append)
            (new,) = hunks_of(changed["shop/new.py"])
            await it.controller.take_back("shop/new.py", new.text, 0, shop.events.append)
            assert not (shop.root / "shop" / "new.py").exists()
            (shop.root / "shop" / "cart.py").write_text("mine\n")
            with pytest.raises(WorkspaceError, match="no longer holds"):
                await it.controller.take_back("shop/cart.py", first.text, 0, shop.events.append)
            assert shop.read() == "mine\n"
            (shop.root / "shop" / "cart.py").write_text(after)
            it.controller.tell_later("I took back a part.")
            await it.submit("And now?")
            assert prompts(server)[-1].startswith("I took back a part.\n\nAnd now?")


async def test_going_back_to_before_a_turn(shop: Shop) -> None:
    second = Reply(
        calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": "A cart.", "new": "A basket."}]})]
    )
    with serving([REPAIR, Reply("One."), second, Reply("Two.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            await it.submit("Fix it.")
            await it.submit("Rename it.")
            latest = shop.read()
            assert await it.values("/undo") == ["1", "2"]
            looked = await it.do("/undo", "2")
            assert looked.confirm == "Go back to this?" and shop.read() == latest
            assert "-    return amount - amount * discount / 100" in looked.block.text
            await it.do("/undo", "2", confirmed=True)
            assert shop.read() == CART
            await it.do("/undo", confirmed=True)
            assert shop.read() == latest
            with pytest.raises(UsageError, match="no turn 99"):
                await it.do("/undo", "99")


async def test_memory_doctor_and_compacting(shop: Shop) -> None:
    with serving([Reply("One.", times=0)]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            assert await it.said("/compact") == "There is nothing to shorten yet."
            assert "Nothing is remembered" in await it.said("/memory")
            await it.do("/memory", "Prices are in cents.")
            assert "Prices are in cents." in await it.said("/memory")
            await it.submit("One?")
            assert prompts(server)[-1].startswith("Remember: Prices are in cents.")
            assert "endpoint" in await it.said("/doctor")
            for _ in range(6):
                await it.submit("More " * 400)
            assert await it.said("/compact") == "The model goes on with a summary."


async def test_own_commands_and_trust(shop: Shop) -> None:
    mine = Path(shop.environ["FLASHAGENT_HOME"]) / "config" / "commands"
    mine.mkdir(parents=True)
    (mine / "tidy.md").write_text("# Tidy a file\nTidy {{path}}.")
    theirs = shop.root / ".flashagent" / "commands"
    theirs.mkdir(parents=True)
    (theirs / "ship.md").write_text("Ship it.")
    with serving([Reply("Tidied."), Reply("Shipped.", times=2)]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            assert sorted(it.controller.own_commands) == ["/ship", "/tidy"]
            await it.do("/tidy", "shop/cart.py")
            assert prompts(server)[-1].startswith("Tidy shop/cart.py.")
            asked = await it.do("/ship")
            assert (
                asked.confirm == "Trust this text?"
                and "Ship it." in asked.block.text
                and len(server.requests) == 1
            )
            await it.do("/ship", confirmed=True)
            assert prompts(server)[-1].startswith("Ship it.")
            assert not (await it.do("/ship")).confirm and len(server.requests) == 3


async def test_an_endpoint_named_in_the_app_is_asked(shop: Shop) -> None:
    with serving([Reply("Here I am.")]) as server:
        async with seated(shop) as it:
            assert it.controller.needs_setup
            with pytest.raises(FlashagentError, match="No model is configured"):
                await it.submit("Hello?")
            told = it.controller.set_up(server.base_url, "sk-typed-0123456789abcdef", "scripted")
            assert "which only you can read" in told and not it.controller.needs_setup
            await it.submit("Hello?")
            assert server.requests[-1].headers["authorization"] == "Bearer sk-typed-0123456789abcdef"
        records = list(Path(shop.environ["FLASHAGENT_HOME"]).rglob("*.jsonl"))
        assert records and not any("sk-typed" in path.read_text() for path in records)


async def test_excerpts_preferences_and_steering(shop: Shop) -> None:
    with serving([Reply("One.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with seated(shop) as it:
            lines = (await it.controller.excerpt("shop/cart.py", 7)).splitlines()
            assert lines[5] == f"›    7      return amount - amount * {BUG}" and len(lines) == 10
            with pytest.raises(WorkspaceError, match="cannot be read"):
                await it.controller.excerpt("../outside.py", 1)
            it.controller.prefer("theme", "dark")
            it.controller.prefer("copy", "f9")
            it.controller.prefer("palette", "ctrl+k")
            assert not it.controller.steer("nobody is there")
            assert it.controller.facts.used is None
        async with seated(shop) as it:
            assert it.controller.preferences.theme == "dark"
            assert it.controller.preferences.keys == {"copy": "f9", "palette": "ctrl+k"}
