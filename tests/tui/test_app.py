"""The app as it opens, answers, repairs and is left."""

from __future__ import annotations

import asyncio
import threading

import pytest
from helpers.tui_controller import ScriptedController
from helpers.tui_driven import Driven, driven
from textual.strip import Strip

from flashagent.errors import UsageError
from flashagent.frontends.tui.app import FlashApp
from flashagent.frontends.tui.controller import Facts

RULE = "─" * 60
HELP = "    /help lists commands, /keys keys, Ctrl+P finds both."


async def test_the_first_screen() -> None:
    async with driven() as it:
        assert it.screen() == [
            "· flashagent in shop",
            HELP,
            RULE,
            "›  Ask for something, or /fix, /help",
            "ready                         flash-mini · main · bubblewrap",
        ]


async def test_an_answer() -> None:
    async with driven() as it:
        await it.say("Why?")
        await it.done()
        assert it.screen() == [
            "· flashagent in shop",
            HELP,
            "› Why?",
            "",
            "  What is wrong",
            "",
            "  The sign in Cart.total is the wrong way round: tax is",
            "  subtracted where it should be added.",
            "",
            "  • first, the total is read",
            "  • then the tax is added, see shop/cart.py, which is a long",
            "    line that has to be wrapped somewhere in a terminal of",
            "    ordinary width",
            "",
            "  ```python",
            "  def total(self):",
            "      return self.sum + self.tax",
            "  ```",
            "",
            "  That is all; see the docs (https://example.org/docs).",
            RULE,
            "›  Ask for something, or /fix, /help",
            "ready          flash-mini · main · bubblewrap · ~2.5k tokens",
        ]
        assert it.controller.asked == ["submit Why?"]


async def test_a_fix() -> None:
    async with driven(size=(70, 40)) as it:
        await it.say("/fix the cart")
        await it.done()
        assert it.controller.asked == ["fix the cart"]
        assert it.screen()[2:-3] == [
            "› /fix the cart",
            "",
            "✗ check: python -m pytest -q · 1 failed, 19 passed in 0.4 s",
            "    tests.test_cart.CartTest.test_total",
            "      AssertionError: 118 != 82",
            "      shop/cart.py:24 in total",
            "        return self.sum - self.tax",
            "· looking at",
            "    shop/cart.py:23 Cart.total: in the failing stack",
            "",
            "✓ edit: shop/cart.py, 1 place · 0.0 s",
            "✓ modified shop/cart.py  +1 -1",
            "    @@ -22,3 +22,3 @@ class Cart:",
            "         def total(self):",
            "    -        return self.sum - self.tax",
            "    +        return self.sum + self.tax",
            "",
            "✓ check: python -m pytest -q  (the failing tests first) · 20 passed in",
            "  0.4 s",
            "✓ Fixed: 1 of 1 failing test now passes.",
            "    fixed:",
            "      tests.test_cart.CartTest.test_total",
            "    confidence: likely",
            "    cost: 1,234 tokens, $0.0021, 1.5 s",
        ]
        assert it.screen()[-1] == "ready             flash-mini · main · bubblewrap · 1.2k tokens $0.0021"


@pytest.mark.parametrize("leave", ["/quit", "ctrl+d", "ctrl+c ctrl+c", "ctrl+q"])
async def test_leaving(leave: str) -> None:
    async with driven() as it:
        if leave == "/quit":
            await it.say(leave)
        else:
            await it.pilot.press(*leave.split())
        await it.until(lambda: it.app.return_code is not None and not it.app.is_running)
        assert it.controller.asked == ["close"]


async def test_leaving_while_it_works_interrupts_first() -> None:
    async with driven() as it:
        await it.say("wait")
        await it.until(lambda: it.sees("the model is thinking"))
        await it.say("/quit")
        await it.until(lambda: not it.app.is_running)
        assert it.controller.asked == ["submit wait", "interrupt", "close"]


async def test_ctrl_c_clears_the_prompt_before_it_leaves() -> None:
    async with driven() as it:
        await it.pilot.press(*"abc", "ctrl+c")
        assert it.sees("›  Ask for something")
        await it.pilot.press("ctrl+c")
        await it.until(lambda: it.sees("Ctrl+C once more leaves"))
        assert it.app.is_running


async def test_a_model_that_is_offline_is_said() -> None:
    controller = ScriptedController(facts=Facts("shop", "main", "", "bubblewrap"))
    async with driven(controller) as it:
        assert it.screen()[-1].endswith("offline · main · bubblewrap")


async def test_a_bug_of_a_widget_ends_the_app_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async with driven() as it:

        def broken(y: int) -> Strip:
            raise ZeroDivisionError("of a widget")

        await it.say("wait")
        await it.until(lambda: it.sees("the model is thinking"))
        monkeypatch.setattr(it.app._status, "render_line", broken)
        it.app._status.refresh()
        async with asyncio.timeout(60):
            while it.app.is_running:  # the pilot would draw, and raise it, by itself
                await asyncio.sleep(0.01)
        assert isinstance(it.app.error, ZeroDivisionError) and it.app.return_value == 1
        assert it.controller.asked == ["submit wait", "interrupt", "close"]


async def test_what_is_sent_before_the_app_is_open_waits_for_it() -> None:
    controller, gate = ScriptedController(), threading.Event()

    def build() -> ScriptedController:
        assert gate.wait(60)
        return controller

    app = FlashApp(build)
    async with app.run_test(size=(80, 30)) as pilot:
        it = Driven(app, controller, pilot)
        try:
            await it.until(lambda: it.sees("Type ahead"))
            for text in ("Why?", "/theme dark", "!ls", "/zzqq"):
                await it.say(text)
            await it.until(lambda: it.sees("3 waiting") and it.sees("! There is no /zzqq."))
            assert controller.asked == []
        finally:
            gate.set()
        await it.until(lambda: len(controller.asked) == 3)
        await it.done()
        assert controller.asked == ["submit Why?", "prefer theme dark", "shell ls"]


@pytest.mark.parametrize("leave", ["ctrl+q", "/quit", "escape"])
async def test_the_app_is_left_while_it_is_being_opened(leave: str) -> None:
    controller, gate = ScriptedController(), threading.Event()

    def build() -> ScriptedController:
        assert gate.wait(60)
        return controller

    app = FlashApp(build)
    async with app.run_test(size=(80, 30)) as pilot:
        it = Driven(app, controller, pilot)
        try:
            await it.until(lambda: it.sees("Type ahead"))
            if leave == "/quit":
                await it.say(leave)
            else:
                await pilot.press(leave, leave)
            await it.until(lambda: not app.is_running)
        finally:
            gate.set()
        assert controller.asked == [] and app.error is None


async def test_what_the_controller_cannot_be_made_of_ends_the_app() -> None:
    def build() -> ScriptedController:
        raise UsageError("Not here.")

    app = FlashApp(build)
    async with app.run_test(size=(80, 30)) as pilot:
        it = Driven(app, ScriptedController(), pilot)
        await it.until(lambda: not app.is_running)
    assert isinstance(app.error, UsageError)
