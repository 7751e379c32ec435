"""Keys, the palette, lists of arguments, picking and copying blocks, selecting with the mouse, a first start, the bell."""

from __future__ import annotations

import pytest
from helpers.tui_controller import ANSWER, ScriptedController
from helpers.tui_driven import Driven, driven

from flashagent.events import ToolFinished, ToolStarted
from flashagent.frontends.tui.app import FlashApp
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.controller import Answer, Preferences
from flashagent.frontends.tui.keys import KEYS, shown, taken
from flashagent.frontends.tui.selecting import Selection, marked, selected_text
from flashagent.frontends.tui.transcript import Transcript


def test_keys_are_unique_and_named() -> None:
    used = [key for one in KEYS for key in one.keys.split(",")]
    assert len(used) == len(set(used)) and len({one.id for one in KEYS}) == len(KEYS)
    assert all(hasattr(FlashApp, f"action_{one.action.partition('(')[0]}") for one in KEYS)
    assert shown("f2,ctrl+t") == "F2 Ctrl+T" and shown("alt+up") == "Alt+Up"
    assert taken({}, "copy", "ctrl+p") == "palette" and not taken({}, "palette", "ctrl+p")


async def test_the_palette_finds_commands_and_keys() -> None:
    async with driven(size=(100, 30)) as it:
        await it.pilot.press("ctrl+p", *"side panel")
        assert it.rows_above_prompt(1)[0].rstrip().endswith("F2 Ctrl+T")
        await it.pilot.press("enter")
        await it.until(lambda: bool(it.panel()))
        await it.pilot.press("ctrl+p", *"/budg", "enter")
        assert it.sees("› /budget")
        await it.pilot.press("ctrl+u", "ctrl+p", *"/sandb", "enter")
        await it.done()
        assert it.controller.asked == ["command /sandbox"]
        await it.pilot.press("ctrl+p", "escape")
        assert it.sees("›  Ask for something")


async def test_a_key_of_the_users_own() -> None:
    controller = ScriptedController()
    controller.liked = Preferences("dark", {"panel": "f5", "nope": "f6"})
    async with driven(controller, size=(100, 60)) as it:
        assert it.app._painter.theme.name == "dark"
        assert it.sees("! There is no key called nope (app.keys in your settings).")
        await it.pilot.press("f2")
        assert not it.panel()
        await it.pilot.press("f5")
        await it.pilot.pause()
        assert it.panel()
        for text in ("/keys panel ctrl+y", "/keys panel f7", "/keys bogus", "/keys copy"):
            await it.say(text)
        await it.drawn()
        assert it.sees("! Ctrl+Y is copy already.") and it.sees("✓ panel is F7 from now on.")
        assert it.sees("! There is no key called bogus.") and it.sees("· copy is Ctrl+Y.")
        assert it.controller.asked == ["prefer panel f7"]
        before = it.panel()
        await it.pilot.press("f7")
        await it.pilot.pause()
        assert it.panel() != before


async def test_what_a_command_can_be_given() -> None:
    async with driven(size=(80, 30)) as it:
        await it.pilot.press(*"/theme da")
        assert it.rows_above_prompt(1) == ["  dark        fixed colours for dark backgrounds"]
        await it.pilot.press("tab", "enter")
        await it.until(lambda: it.sees("✓ theme: dark"))
        await it.pilot.press(*"/resume 2026")
        await it.until(lambda: it.sees("20260131T101500-3f9a2c  today, the cart"))
        await it.pilot.press("down", "tab", "enter")
        await it.done()
        assert it.controller.asked == ["prefer theme dark", "command /resume 20260130T080000-aa11bb"]


async def test_a_command_without_its_argument_is_sent_by_enter() -> None:
    async with driven(size=(80, 30)) as it:
        await it.say("/resume ")
        await it.done()
        assert it.controller.asked == ["command /resume"]


async def test_a_command_of_the_users_own() -> None:
    async with driven(size=(80, 30)) as it:
        await it.pilot.press(*"/ti")
        assert it.rows_above_prompt(2)[-1] == "  /tidy       tidy a file"
        await it.pilot.press("tab", *"shop/cart.py", "enter")
        await it.done()
        assert it.controller.asked == ["command /tidy shop/cart.py"]


async def test_a_prompt_of_many_lines_is_shown_whole_without_a_layout() -> None:
    async with driven(size=(60, 24)) as it:
        await it.pilot.press("x", "backspace")  # whatever still belongs to the first frames
        laid: list[object] = []
        it.app.screen.screen_layout_refresh_signal.subscribe(it.app.screen, laid.append)
        await it.pilot.press(*"one", "alt+enter", *"two", "alt+enter", *"three")
        assert it.rows_above_prompt(2) == ["─" * 60, "› one"]
        assert it.screen()[-3:-1] == ["  two", "  three"] and not laid
        await it.pilot.press("enter")
        await it.done()
        assert it.controller.asked == ["submit one\ntwo\nthree"]
        assert it.sees("›  Ask for something") and "─" * 60 in it.screen()


async def copied(it: Driven) -> str:
    await it.pilot.pause()
    return it.app.clipboard


async def test_a_block_is_picked_opened_and_copied() -> None:
    async with driven(size=(60, 40)) as it:
        await it.say("Why?")
        await it.done()
        stage = it.app._desk.stage
        stage.emit(ToolStarted("c", "read", "read a.py"))
        stage.emit(ToolFinished("c", "read", "ok", "a.py", 0.1, "1 one\n2 two\n"))
        await it.drawn()
        assert it.sees("✓ read: a.py · 0.1 s  (2 lines)") and not it.sees("2 two")
        await it.pilot.press("ctrl+y")
        assert await copied(it) == ANSWER.strip("\n")
        assert it.sees("copied 13 lines")
        await it.pilot.press("alt+up")
        assert it.sees("▌ read: a.py")
        await it.pilot.press("ctrl+o", "ctrl+y")
        assert it.sees("2 two") and await copied(it) == "1 one\n2 two"
        await it.pilot.press("ctrl+o", "alt+up", "ctrl+y")
        assert not it.sees("2 two") and await copied(it) == ANSWER.strip("\n")
        await it.pilot.press("escape")
        assert not any("▌" in row for row in it.screen())


async def test_reasoning_is_opened_by_a_click() -> None:
    async with driven(size=(60, 30)) as it:
        stage = it.app._desk.stage
        stage.show(Block("thought", text="first I look\nthen I say"))
        await it.drawn()
        assert it.sees("∴ thought for 6 words")
        row = next(at for at, text in enumerate(it.screen()) if "∴ thought" in text)
        for _ in range(2):
            await it.pilot.click("#transcript", offset=(4, row))
        assert it.sees("then I say")


async def test_the_mouse_selects_text() -> None:
    async with driven(size=(60, 30)) as it:
        await it.say("Why?")
        await it.done()
        row = next(at for at, text in enumerate(it.screen()) if "subtracted where" in text)
        await it.pilot.mouse_down("#transcript", offset=(2, row))
        await it.pilot.hover("#transcript", offset=(11, row))
        await it.pilot._post_mouse_events(
            [__import__("textual.events").events.MouseMove], "#transcript", offset=(11, row), button=1
        )
        await it.pilot.mouse_up("#transcript", offset=(11, row))
        assert await copied(it) == "subtracted"


def test_selections() -> None:
    rows = [(("  ", ""), ("one two", "")), (("  ", ""), ("three", "bold")), ()]
    across = Selection((0, 6)).to((1, 4))
    assert selected_text(rows, across) == "two\nthr"
    assert selected_text(rows, Selection((1, 4)).to((0, 6))) == "two\nthr"
    assert across.shown(1, rows[1]) == (("  ", "picked"), ("thr", "picked"), ("ee", "bold"))
    assert (
        Selection((0, 1)).empty and marked(rows[1])[0] == ("▌", "accent") and marked(()) == (("▌", "accent"),)
    )
    wide = [(("日本語", ""),)]
    assert selected_text(wide, Selection((0, 2)).to((0, 3))) == "本"


@pytest.mark.parametrize("key", ["sk-secret-1234", "-"])
async def test_a_first_start(key: str) -> None:
    controller = ScriptedController()
    controller.first_start = True
    async with driven(controller, size=(100, 30)) as it:
        assert it.sees("· No model is configured.") and it.sees("The endpoint: http(s)://")
        await it.say("http://127.0.0.1:1/v1")
        await it.until(lambda: it.sees("Its key, not shown"))
        await it.pilot.press(*key)
        assert it.sees("› " + "•" * len(key)) and not it.sees(key + " ")
        await it.pilot.press("enter")
        await it.until(lambda: it.sees("The model's name"))
        await it.say("mini")
        await it.drawn()
        assert it.controller.asked == [f"set up http://127.0.0.1:1/v1 {'' if key == '-' else key} mini"]
        assert it.controller.kept == [] and it.sees("✓ mini is asked from now on.")
        assert "secret" not in "\n".join(it.app.query_one(Transcript).plain_rows())
        await it.pilot.press("up")
        assert it.sees("›  Ask for something"), "a key is no prompt to come back to"


async def test_a_first_start_can_be_left_and_asked_for_again() -> None:
    controller = ScriptedController()
    controller.first_start = True
    async with driven(controller, size=(100, 30)) as it:
        await it.pilot.press("escape")
        assert it.sees("· Offline, then. /setup asks again.")
        await it.say("/setup")
        for text in ("nowhere", "-", "mini"):
            await it.say(text)
        await it.drawn()
        assert it.sees("✗ There is no preset nowhere.")
        await it.say("/check")
        await it.done()
        assert it.controller.asked[-1] == "command /check"


@pytest.mark.parametrize(("after", "rings"), [(1e-9, 1), (0.0, 0), (3600.0, 0)])
async def test_the_bell_rings_after_long_work(after: float, rings: int) -> None:
    rung: list[int] = []

    class Ringing(FlashApp):
        def bell(self) -> None:
            rung.append(1)

    controller = ScriptedController()
    controller.liked = Preferences(bell_after_s=after)
    app = Ringing(lambda: controller)
    async with app.run_test(size=(60, 20)) as pilot:
        it = Driven(app, controller, pilot)
        await it.done()
        rung.clear()
        await it.say("Why?")
        await it.done()
        assert len(rung) == rings


async def test_another_session_takes_the_place_of_the_transcript() -> None:
    class Resuming(ScriptedController):
        async def command(self, name: str, argument: str, emit: object, *, confirmed: bool = False) -> Answer:  # type: ignore[override]
            blocks = (Block("user", text="earlier", done=True), Block("text", text="said then", done=True))
            return Answer(Block("note", "session s goes on"), transcript=blocks)

    async with driven(Resuming()) as it:
        await it.say("/resume s")
        await it.done()
        assert it.screen()[:5] == ["› earlier", "", "  said then", "", "· session s goes on"]


async def test_the_mode_by_one_key_also_while_something_runs() -> None:
    async with driven() as it:
        await it.say("wait")
        await it.until(lambda: it.sees("the model is thinking"))
        await it.pilot.press("shift+tab")
        await it.until(lambda: it.sees("✓ mode: ask") and it.sees("ask mode · flash-mini"))
        await it.say("/mode odd")
        await it.until(lambda: it.sees("✗ There is no mode odd."))
        assert it.controller.asked == ["submit wait", "mode next", "mode odd"]
        it.app.action_stop()
        await it.done()
