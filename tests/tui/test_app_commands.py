"""Commands, completion, panel and themes of the app, driven by a pilot with a scripted controller."""

from __future__ import annotations

import pytest
from helpers.tui_controller import ScriptedController
from helpers.tui_driven import driven
from textual import events

from flashagent.frontends.tui.commands import COMMANDS, Book, table
from flashagent.frontends.tui.keys import KEYS, rows, shown
from flashagent.frontends.tui.prompt import Prompt
from flashagent.frontends.tui.themes import THEMES
from flashagent.frontends.tui.transcript import Transcript


@pytest.mark.parametrize(
    "text",
    [
        "/redo", "/map cart", "/model", "/model big", "/budget", "/sandbox", "/add shop/cart.py", "/drop shop/cart.py",
        "/commit", "/commit Add tax",
    ],
)  # fmt: skip
async def test_a_command_of_the_controller(text: str) -> None:
    async with driven() as it:
        await it.say(text)
        await it.done()
        assert it.controller.asked == [f"command {text}"]
        assert it.screen()[2:5] == [f"› {text}", "", f"· did {text}"]


async def test_check_shows_its_failures() -> None:
    async with driven(size=(80, 30)) as it:
        await it.say("/check")
        await it.done()
        assert it.screen()[2:-3] == [
            "› /check",
            "",
            "✗ check: python -m pytest -q · 1 failed, 19 passed in 0.4 s",
            "    tests.test_cart.CartTest.test_total",
            "      AssertionError: 118 != 82",
            "      shop/cart.py:24 in total",
            "        return self.sum - self.tax",
            "✗ The check fails.",
        ]


async def test_undo_is_looked_at_first_and_then_done() -> None:
    async with driven(size=(80, 30)) as it:
        await it.say("/undo")
        await it.done()
        assert it.sees("! /undo goes back") and it.sees("    +        return self.sum + self.tax")
        assert it.sees("Undo this?  y yes · n no")
        await it.pilot.press("y")
        await it.done()
        assert it.controller.asked == ["command /undo", "command /undo confirmed"]
        assert it.sees("✓ Took back the change of shop/cart.py.")
        await it.say("/undo")
        await it.done()
        assert it.sees("✗ There is nothing to undo.") and it.sees("Nothing was changed in this repository.")
        assert not it.sees("y yes")


@pytest.mark.parametrize("key", ["n", "escape"])
async def test_undo_that_is_not_wanted(key: str) -> None:
    async with driven(size=(80, 30)) as it:
        await it.say("/undo")
        await it.done()
        await it.pilot.press(key)
        await it.drawn()
        assert it.sees("· /undo was not done.") and not it.sees("y yes")
        assert it.controller.asked == ["command /undo"]


async def test_something_else_that_is_sent_drops_the_question() -> None:
    async with driven(size=(80, 30)) as it:
        await it.say("/undo")
        await it.done()
        await it.say("hm, why?")
        await it.done()
        await it.pilot.press("y")
        assert it.controller.asked == ["command /undo", "submit hm, why?"]
        assert it.sees("› y")


async def test_the_app_does_some_commands_while_it_works() -> None:
    async with driven() as it:
        await it.say("wait")
        await it.until(lambda: it.sees("the model is thinking"))
        await it.say("/theme dark")
        await it.say("!ls")
        await it.until(lambda: it.sees("waits until what runs has ended: !ls"))
        assert it.sees("✓ theme: dark")
        assert it.controller.asked == ["submit wait", "prefer theme dark"]
        it.app.action_stop()
        await it.done()


async def test_clear_empties_the_screen() -> None:
    async with driven() as it:
        await it.say("Why?")
        await it.done()
        await it.say("/clear")
        await it.drawn()
        assert it.screen()[:-3] == ["· The screen is empty; the conversation goes on."]
        await it.say("Why?")
        await it.done()
        assert it.sees("  What is wrong")


async def test_export_writes_markdown_once() -> None:
    async with driven() as it:
        await it.say("Why?")
        await it.done()
        for text in ("/export", "/export a.md", "/export a.md"):
            await it.say(text)
        await it.drawn()
        assert it.sees("! /export needs a file.") and it.sees("✓ The transcript is in /shop/a.md")
        assert it.sees("✗ a.md is there already.")
        assert it.controller.saved["a.md"].startswith("# flashagent in shop\n\n**flashagent in shop**\n")
        assert "\n> Why?\n\n## What is wrong\n" in it.controller.saved["a.md"]


async def test_help_keys_and_themes() -> None:
    async with driven(size=(110, 112)) as it:
        for text in ("/help", "/help undo", "/help /nix", "/keys", "/theme", "/theme pink"):
            await it.say(text)
        await it.drawn()
        for seen in (
            "commit what flashagent changed, after a look",
            "    Only files that flashagent wrote are touched.",
            "    There is no /nix.",
            "search the earlier prompts for what is written",
            "· theme: terminal",
            "! There is no theme pink.",
        ):
            assert it.sees(seen), seen
        await it.say("/theme light")
        await it.drawn()
        styles = {segment.style for segment in it.app.query_one(Transcript).render_line(0) if segment.style}
        assert styles <= set(THEMES["light"].styles.values())


def test_help_and_keys_name_all() -> None:
    text, keys = Book().help_text(), table(rows({}))
    assert all(name in text for name in COMMANDS) and all(shown(key.keys) in keys for key in KEYS)


async def test_a_command_of_the_users_own() -> None:
    async with driven() as it:
        await it.say("!git status")
        await it.done()
        assert it.controller.asked == ["shell git status"]
        assert it.screen()[2:-3] == ["✓ git status · exit status 0", "    all lines", "    of it"]
        await it.say("!")
        await it.drawn()
        assert it.sees("! ! needs a command.")


async def test_output_of_a_command_that_runs_is_its_tail() -> None:
    async with driven() as it:
        await it.say("!hang")
        await it.until(lambda: it.sees("    line 29"))
        assert it.sees("● hang") and not it.sees("line 19")
        await it.pilot.press("escape")
        await it.done()
        assert it.controller.asked == ["shell hang", "interrupt"]


async def test_completing_a_command() -> None:
    async with driven() as it:
        await it.pilot.press("/", "b", "u")
        assert it.rows_above_prompt(2) == [
            "─" * 60,
            "  /budget     tokens, money, time: used, allowed, or set one",
        ]
        await it.pilot.press("tab")
        assert it.sees("› /budget") and not it.sees("tokens, money, time")
        await it.pilot.press("enter")
        await it.done()
        assert it.controller.asked == ["command /budget"]


async def test_completing_a_name() -> None:
    async with driven() as it:
        await it.pilot.press(*"see @car")
        await it.until(lambda: it.sees("  shop/cart.py"))
        assert it.rows_above_prompt(4) == ["─" * 60, "  Cart", "  shop/cart.py", "  tests/test_cart.py"]
        await it.pilot.press("down", "enter")
        assert it.app.query_one(Prompt).line.text == "see shop/cart.py "
        await it.pilot.press("enter")
        await it.done()
        assert it.controller.asked == ["names", "submit see shop/cart.py"]


async def test_escape_closes_the_list_and_keeps_the_text() -> None:
    async with driven() as it:
        await it.pilot.press(*"@car")
        await it.until(lambda: it.sees("  shop/cart.py"))
        await it.pilot.press("escape")
        assert it.sees("› @car") and not it.sees("shop/cart.py")
        await it.pilot.press("escape")
        assert not it.sees("@car")


async def test_typing_with_an_open_list_asks_for_no_layout() -> None:
    async with driven() as it:
        await it.pilot.press("@")
        await it.until(lambda: it.sees("  shop/cart.py"))
        laid: list[object] = []
        it.app.screen.screen_layout_refresh_signal.subscribe(it.app.screen, laid.append)
        await it.pilot.press(*"cart", "down", "tab")
        assert it.app.query_one(Prompt).line.text and not laid


async def test_searching_earlier_prompts() -> None:
    controller = ScriptedController()
    controller.earlier = ("fix the tax", "why is the cart slow", "fix the cart")
    async with driven(controller) as it:
        await it.pilot.press("up")
        assert it.sees("› fix the cart")
        await it.pilot.press("ctrl+u", "ctrl+r", *"cart")
        assert it.sees("? cart")
        assert it.rows_above_prompt(3) == ["─" * 60, "  fix the cart", "  why is the cart slow"]
        await it.pilot.press("down", "enter")
        assert it.sees("› why is the cart slow") and it.controller.asked == []
        await it.pilot.press("enter")
        await it.done()
        assert it.controller.asked == ["submit why is the cart slow"]
        assert it.controller.kept == ["why is the cart slow"]


async def test_a_search_that_finds_nothing_is_left() -> None:
    async with driven() as it:
        await it.pilot.press("ctrl+r", "x")
        assert it.sees("no earlier prompt holds that")
        await it.pilot.press("escape")
        assert it.sees("› x") and not it.sees("no earlier")


async def test_a_long_paste_is_a_chip_until_it_is_sent() -> None:
    text = "\r\n".join(f"line {number}" for number in range(10_000))
    async with driven() as it:
        prompt = it.app.query_one(Prompt)
        await it.pilot.press(*"see ")
        for _ in range(2):
            prompt.post_message(events.Paste(text))
            await it.pilot.pause()
        assert it.sees("› see [paste 1: 10,000 lines][paste 2: 10,000 lines]")
        await it.pilot.press("backspace", "enter")
        await it.done()
        assert it.controller.asked == ["submit see " + text.replace("\r\n", "\n")]
        assert it.controller.kept == []
        assert it.sees("  … and 9,997 more lines")
