"""The app's commands on a real repository, a real sandbox and a scripted endpoint."""

from __future__ import annotations

import asyncio
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from helpers.e2e_program import with_model
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import fingerprint

from flashagent.compose.place import Wishes
from flashagent.errors import FlashagentError
from flashagent.events import CheckFinished
from flashagent.frontends.app_controller import AppController
from flashagent.frontends.tui.commands import COMMANDS

pytestmark = pytest.mark.needs("bwrap")
REPAIR = Reply(calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})])


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.make(tmp_path)


@asynccontextmanager
async def opened(shop: Shop) -> AsyncIterator[AppController]:
    wishes = Wishes({}, (CHECK,))
    controller = AppController(shop.place(wishes), wishes)
    try:
        yield controller
    finally:
        await controller.close()


def git(shop: Shop, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=shop.root, env=shop.environ, check=True, capture_output=True, text=True
    ).stdout


async def test_change_check_undo_redo_and_commit(shop: Shop) -> None:
    with serving([REPAIR, Reply("Percent are hundredths.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with opened(shop) as it:

            async def say(name: str, argument: str = "", *, confirmed: bool = False) -> str:
                answer = await it.command(name, argument, shop.events.append, confirmed=confirmed)
                return f"{answer.block.title}\n{answer.block.text}" + (
                    f"\n{answer.confirm}" if answer.confirm else ""
                )

            assert (await say("/diff")).startswith("Nothing has been changed.")
            assert (await say("/check")).startswith("The check fails. /fix works until it passes.")
            assert shop.read() == CART
            await it.submit("The discount is ten times too large.", shop.events.append)
            assert shop.read() == CART.replace(BUG, FIX)
            assert (await say("/check")).startswith("The check passes.")
            assert [event.failed for event in shop.events if isinstance(event, CheckFinished)] == [2, 0, 0]

            since = "changes since 'before: The discount is ten times too large.' of just now"
            assert (await say("/diff")).startswith(since) and (await say("/diff", "last")).startswith(since)
            await it.submit("Say more.", shop.events.append)
            assert f"+    return amount - amount * {FIX}" in await say("/diff")
            with pytest.raises(FlashagentError, match="no diff x"):
                await say("/diff", "x")
            looked = await say("/undo")
            assert (
                looked.startswith("/undo goes back to") and f"+    return amount - amount * {BUG}" in looked
            )
            assert looked.endswith("Undo this?") and shop.read() == CART.replace(BUG, FIX)
            assert (await say("/undo", confirmed=True)).startswith("Undone.")
            assert shop.read() == CART
            with pytest.raises(FlashagentError, match="nothing to commit"):
                await say("/commit")
            assert (await say("/redo")).startswith("Done again.")
            assert shop.read() == CART.replace(BUG, FIX)

            (shop.root / "mine.txt").write_text("mine")
            before = git(shop, "rev-parse", "HEAD")
            looked = await say("/commit", "Divide by a hundred")
            assert looked.startswith("/commit: Divide by a hundred\n") and looked.endswith("Commit this?")
            assert git(shop, "rev-parse", "HEAD") == before
            assert (await say("/commit", "Divide by a hundred", confirmed=True)).startswith("Committed as ")
            assert (
                git(shop, "log", "-1", "--format=%s", "--name-only")
                == "Divide by a hundred\n\nshop/cart.py\n"
            )
            assert git(shop, "status", "--porcelain") == "?? mine.txt\n"
            with pytest.raises(FlashagentError, match="nothing to commit"):
                await say("/commit")
            assert "a turn at most 200,000" in await say("/budget")


async def test_added_files_go_along_once_and_again_when_they_change(shop: Shop) -> None:
    with serving([Reply(f"Answer {number}.") for number in range(4)]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with opened(shop) as it:

            async def say(name: str, argument: str) -> str:
                return (await it.command(name, argument, shop.events.append)).block.title

            (shop.root / "notes.md").write_text("Round half up.\n")
            assert (await say("/add", "@notes.md")).startswith("notes.md goes along")
            for wrong in ("gone.md", "../up.md", ".env", "shop"):
                with pytest.raises(FlashagentError):
                    await say("/add", wrong)
            shown = []
            for prompt, text in (
                ("One?", None),
                ("Two?", None),
                ("Three?", "Round down.\n"),
                ("Four?", None),
            ):
                if text:
                    (shop.root / "notes.md").write_text(text)
                if prompt == "Four?":
                    await say("/drop", "notes.md")
                    (shop.root / "notes.md").write_text("Never round.\n")
                await it.submit(prompt, shop.events.append)
                last = server.bodies[-1]["messages"][-1]["content"]
                shown.append([word for word in ("half up", "Round down", "Never") if word in str(last)])
            assert shown == [["half up"], [], ["Round down"], []]
            with pytest.raises(FlashagentError, match="not among the added"):
                await say("/drop", "notes.md")


async def test_another_model_is_asked_from_then_on(shop: Shop) -> None:
    with serving([Reply("One."), Reply("Two.")]) as server:
        shop.environ = with_model(shop.environ, server.base_url)
        async with opened(shop) as it:
            first = it.facts.model
            await it.submit("First?", shop.events.append)
            assert (await it.command("/model", "other-model", shop.events.append)).block.mark == "good"
            await it.submit("Second?", shop.events.append)
            assert [one["model"] for one in server.bodies] == [first, "other-model"]
            assert it.facts.model == "other-model" and first != "other-model"
            told = [message["content"] for message in server.bodies[1]["messages"]]
            assert "One." in told


async def test_a_line_of_the_users_own_runs_in_the_sandbox_and_no_model_hears_of_it(
    shop: Shop, tmp_path: Path
) -> None:
    async with opened(shop) as it:
        heard: list[str] = []
        good = await it.shell("echo hi; echo new > made.txt", heard.append)
        assert good.block.text == "hi" and good.block.title.startswith(
            "echo hi; echo new > made.txt · exit status 0"
        )
        assert "".join(heard) == "hi\n" and (shop.root / "made.txt").read_text() == "new\n"
        outside = tmp_path / "outside.txt"
        bad = await it.shell(f"echo x > {outside}; exit 3", heard.append)
        assert bad.block.mark == "bad" and "exit status 3" in bad.block.title and not outside.exists()
        hanging = asyncio.create_task(it.shell("echo on; sleep 600", heard.append))
        while "on\n" not in heard:
            await asyncio.sleep(0.01)
        it.interrupt()
        assert (await hanging).block.title == "Interrupted."


async def test_what_only_looks_changes_nothing(shop: Shop) -> None:
    before = fingerprint(shop.root)
    async with opened(shop) as it:

        async def say(name: str, argument: str = "") -> str:
            block = (await it.command(name, argument, shop.events.append)).block
            return f"{block.title}\n{block.text}"

        assert "def total(prices, discount=0)" in await say("/map")
        assert "discount" in await say("/map", "discount")
        assert "profile" in await say("/sandbox")
        assert "tokens    0; a turn at most 200,000" in await say("/budget")
        with pytest.raises(FlashagentError, match="No model is configured"):
            await say("/model", "x")
        assert list(await it.names()) == [*sorted((*shop_files(shop),)), *["CartTest", "count"]] + [
            name for name in await it.names() if name.startswith("t") and "/" not in name
        ]
    assert fingerprint(shop.root) == before


def shop_files(shop: Shop) -> list[str]:
    return git(shop, "ls-files").split()


async def test_prompts_are_kept_for_the_user_alone(shop: Shop) -> None:
    async with opened(shop) as it:
        assert it.remembered() == ()
        it.remember("one\ntwo")
        it.remember("three")
    async with opened(shop) as it:
        assert it.remembered() == ("one\ntwo", "three")
    kept = shop.place(Wishes({})).state / "prompts.jsonl"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.write_bytes(kept.read_bytes() + b'7\n{"torn')
    async with opened(shop) as it:
        assert it.remembered() == ("one\ntwo", "three")


async def test_saving_never_writes_over_a_file(shop: Shop) -> None:
    async with opened(shop) as it:
        assert it.save("t.md", "# shop\n") == str(shop.root / "t.md")
        for wrong in ("t.md", "gone/t.md", "shop", "shop/cart.py"):
            with pytest.raises(FlashagentError):
                it.save(wrong, "x")
        assert (shop.root / "t.md").read_text() == "# shop\n" and shop.read() == CART


async def test_every_command_of_the_table_is_carried_out_by_somebody() -> None:
    from flashagent.frontends.app_commands import HANDLERS

    mine = {name for name, one in COMMANDS.items() if one.by == "controller"}
    assert mine == {*HANDLERS, "/fix"}
