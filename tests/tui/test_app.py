"""The app driven by a pilot with a scripted controller; the screen is compared as text."""

from __future__ import annotations

import asyncio
import threading

import pytest
from helpers.tui_controller import ANSWER, ScriptedController, spoken
from helpers.tui_driven import Driven, driven
from textual.strip import Strip

from flashagent.errors import UsageError
from flashagent.events import Notice, TextDelta
from flashagent.frontends.tui.app import FlashApp
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.controller import Facts
from flashagent.frontends.tui.prompt import Prompt
from flashagent.frontends.tui.transcript import Transcript

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


@pytest.mark.parametrize(
    ("key", "answer"),
    [("y", "once"), ("s", "session"), ("p", "project"), ("n", "deny")],
)
async def test_a_question_is_answered_by_a_key(key: str, answer: str) -> None:
    async with driven() as it:
        await it.say("ask")
        await it.until(lambda: it.sees("May this run?  run rm -rf build"))
        assert it.sees("y once · s this session")
        assert it.sees("waiting for your answer")
        await it.pilot.press(key)
        await it.done()
        assert it.controller.asked == ["submit ask", f"answer c7 {answer}"]
        assert it.sees(f"answered: {answer}")


async def test_no_and_why() -> None:
    async with driven() as it:
        await it.say("ask")
        await it.until(lambda: it.sees("May this run?"))
        await it.say("it is not yours")
        await it.done()
        assert it.controller.asked == ["submit ask", "answer c7 deny it is not yours"]
        assert it.sees("answered: deny, it is not yours")


async def test_a_key_typed_as_a_question_appears_is_no_answer() -> None:
    async with driven(guard_s=3600.0) as it:
        await it.say("ask")
        await it.until(lambda: it.sees("May this run?"))
        await it.pilot.press("y", "e", "s")
        assert it.controller.asked == ["submit ask"]
        assert it.sees("› yes")
        it.app.action_stop()
        await it.done()


async def test_escape_interrupts_at_once() -> None:
    async with driven() as it:
        await it.say("wait")
        await it.until(lambda: it.sees("the model is thinking"))
        assert it.sees("∴ thinking … Let me think about the cart")
        await it.pilot.press("escape")
        await it.done()
        assert it.controller.asked == ["submit wait", "interrupt"]
        assert it.sees("! The turn ended: interrupted.")
        assert it.sees("ready")


async def test_work_that_does_not_hear_is_ended_the_second_time() -> None:
    async with driven() as it:
        await it.say("stubborn")
        await it.until(lambda: it.sees("starting"))
        await it.pilot.press("escape")
        assert it.app.working
        await it.pilot.press("escape")
        await it.done()
        assert it.sees("! Interrupted.")


async def test_typing_while_it_works_steers() -> None:
    async with driven() as it:
        await it.say("wait")
        await it.until(lambda: it.sees("the model is thinking"))
        await it.say("look at tax")
        await it.until(lambda: it.sees("said to the work that runs"))
        assert it.controller.asked == ["submit wait", "steer look at tax"]
        await it.pilot.press("ctrl+c")
        await it.done()
        assert it.sees("› look at tax")


async def test_what_cannot_begin_now_waits_and_then_runs_in_order() -> None:
    async with driven(size=(80, 30)) as it:
        await it.say("ask")
        await it.until(lambda: it.sees("May this run?"))
        await it.pilot.press(*"and then this", "tab")
        await it.pilot.press(*"/check", "tab", "tab")
        await it.until(lambda: it.sees("2 waiting"))
        assert it.sees("waits until what runs has ended: and then this")
        await it.pilot.press("y")
        await it.until(lambda: len(it.controller.asked) == 4)
        await it.done()
        assert it.controller.asked == [
            "submit ask",
            "answer c7 once",
            "submit and then this",
            "command /check",
        ]


async def test_what_nobody_hears_waits() -> None:
    controller = ScriptedController()
    controller.hears = False
    async with driven(controller) as it:
        await it.say("stubborn")
        await it.until(lambda: it.sees("starting"))
        await it.say("hello?")
        await it.until(lambda: it.sees("1 waiting"))
        await it.pilot.press("escape", "escape")
        await it.done()
        assert it.controller.asked == ["submit stubborn", "steer hello?", "interrupt", "interrupt"]
        assert it.sees("› hello?"), "what waited is back in the prompt"


@pytest.mark.parametrize(
    ("prompt", "seen"),
    [
        ("crash", "✗ flashagent itself failed: RuntimeError: boom"),
        ("unreachable", "✗ No answer from the endpoint."),
    ],
)
async def test_a_failure_of_the_work_is_shown_and_the_app_lives_on(prompt: str, seen: str) -> None:
    async with driven() as it:
        await it.say(prompt)
        await it.done()
        assert it.sees(seen)
        await it.say("/theme")
        await it.until(lambda: it.sees("· theme: terminal"))


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


async def test_paste_keeps_its_lines() -> None:
    async with driven(size=(60, 40)) as it:
        it.app.query_one(Prompt).type("one\ntwo")
        await it.pilot.press("enter")
        await it.done()
        assert it.controller.asked == ["submit one\ntwo"]
        assert it.screen()[2:4] == ["› one", "  two"]


@pytest.mark.parametrize("size", [(20, 8), (40, 10), (80, 24), (300, 100)])
async def test_any_size(size: tuple[int, int]) -> None:
    async with driven(size=size) as it:
        await it.say("hi")
        await it.done()
        rows = it.screen()
        assert all(len(row) <= size[0] for row in rows)
        assert rows[-1].startswith("ready")
        assert any("docs" in row for row in rows)


async def test_a_resize_lays_everything_out_anew_and_keeps_the_end_in_sight() -> None:
    async with driven(size=(100, 30)) as it:
        for _ in range(5):
            await it.say("hi")
            await it.done()
        wide = it.screen()
        for size in [(30, 12), (120, 40), (25, 9), (100, 30)]:
            await it.pilot.resize_terminal(*size)
            await it.until(lambda size=size: it.app.query_one(Transcript).size.width == size[0])  # type: ignore[misc]
            await it.pilot.pause()
            assert it.sees("example.org") or it.sees("docs")
        assert it.screen() == wide


async def test_scrolling_back_stays_while_an_answer_comes() -> None:
    async with driven(size=(60, 15)) as it:
        for _ in range(4):
            await it.say("hi")
            await it.done()
        await it.pilot.press("ctrl+home")
        assert it.screen()[0] == "· flashagent in shop"
        assert it.screen()[-1].startswith("scrolled back")
        it.app._desk.stage.emit(TextDelta("More\n" * 30))
        await it.drawn()
        assert it.screen()[0] == "· flashagent in shop"
        await it.pilot.press("pagedown")
        assert it.screen()[0] != "· flashagent in shop"
        await it.pilot.press("ctrl+end")
        assert it.sees("  More")
        assert not it.screen()[-1].startswith("scrolled back")


async def test_older_blocks_are_laid_out_when_one_scrolls_to_them() -> None:
    async with driven(size=(60, 15)) as it:
        for number in range(60):
            it.app._desk.stage.emit(Notice("info", f"note {number}"))
        await it.drawn()
        transcript = it.app.query_one(Transcript)
        await it.pilot.resize_terminal(40, 15)
        await it.until(lambda: transcript.size.width == 40)
        await it.pilot.pause()
        assert 0 < len(transcript.plain_rows()) < 60
        for _ in range(8):
            await it.pilot.press("pageup")
        assert it.screen()[0] == "· flashagent in shop"
        assert transcript.plain_rows()[3:] == [f"· note {number}" for number in range(60)]


async def test_work_per_frame_does_not_grow_with_the_transcript() -> None:
    """Rows that are laid out per frame, counted, not timed."""
    async with driven(size=(60, 15)) as it:
        transcript = it.app.query_one(Transcript)
        counts = []
        for answers in (1, 300):
            for _ in range(answers):
                transcript.extend([Block("text", text="word " * 200, done=True)], ())
            laid: list[int] = []
            for end in range(10, 200, 10):
                before = transcript._roll.rows[:-40]
                transcript.extend([], (Block("text", text="x" * end, key="speech"),))
                laid.append(sum(a is not b for a, b in zip(before, transcript._roll.rows, strict=False)))
            counts.append(max(laid))
        assert counts[1] <= counts[0] <= 60


async def test_idle_means_no_timer_and_no_frame() -> None:
    async with driven() as it:
        await it.say("hi")
        await it.done()
        assert not it.app._frames.waiting
        assert it.app._ticking is not None
        assert not it.app._ticking._active.is_set()


async def test_frames_are_bounded_while_events_rain() -> None:
    drawn = 0

    class Counted(FlashApp):
        def _draw(self) -> None:
            nonlocal drawn
            drawn += 1
            super()._draw()

    controller = ScriptedController({"rain": spoken("drop " * 2000, 5)})
    app = Counted(lambda: controller)
    async with app.run_test(size=(60, 15)) as pilot:
        it = Driven(app, controller, pilot)
        await it.done()
        started = asyncio.get_running_loop().time()
        await it.say("rain")
        await it.done()
        elapsed = asyncio.get_running_loop().time() - started
        assert drawn <= 15 * elapsed + 8


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


async def test_a_session_of_many_turns_is_gone_on_with_at_once() -> None:
    """Only what is near the screen is laid out; the rest when one scrolls to it."""
    controller = ScriptedController()
    turns = (
        (Block("user", text=f"prompt {n}", done=True), Block("text", text=ANSWER, done=True))
        for n in range(2_000)
    )
    controller.story = tuple(block for turn in turns for block in turn)
    async with driven(controller, size=(60, 20)) as it:
        transcript = it.app.query_one(Transcript)
        assert len(transcript.blocks) == 4_001 and len(transcript.plain_rows()) < 200
        assert it.sees("That is all; see the docs")
        await it.pilot.press("ctrl+home")
        assert it.screen()[0] == "· flashagent in shop" and it.sees("› prompt 0")
        await it.pilot.press("ctrl+end")
        await it.say("Why?")
        await it.done()
        assert it.sees("That is all; see the docs")


async def test_an_output_of_100_000_lines() -> None:
    async with driven(size=(60, 20)) as it:
        text = "\n".join(f"line {number}" for number in range(100_000))
        stage = it.app._desk.stage
        stage.show(Block("output", "seq", "line 0\n…", "good", more=text))
        await it.drawn()
        assert it.sees("✓ seq  (100,000 lines)")
        await it.pilot.press("ctrl+o", "ctrl+end")
        assert it.sees("    line 99999")
        await it.pilot.press("pageup")
        assert it.sees("    line 99970")
        await it.pilot.press("ctrl+y")
        await it.pilot.press("ctrl+o")
        assert it.sees("✓ seq  (100,000 lines)")


@pytest.mark.parametrize(
    "text",
    [
        "日本語のテキスト" * 20,
        "e\u0301a\u0308" * 60,
        "שלום עולם " * 20,
        "👩‍👩‍👧 family 🏳️‍🌈 " * 10,
        "\u202eevil\u202c",
        "a\tb\x07\x1b[31m",
    ],
)
async def test_odd_signs_in_prompt_and_transcript(text: str) -> None:
    async with driven(size=(40, 20)) as it:
        it.app.query_one(Prompt).type(text)
        await it.pilot.pause()
        for row in range(2):
            assert it.app.query_one(Prompt).render_line(row).cell_length <= 40
        await it.pilot.press("enter")
        await it.done()
        transcript = it.app.query_one(Transcript)
        assert all(transcript.render_line(y).cell_length <= 40 for y in range(transcript.size.height))
        assert all(row.isprintable() or not row for row in transcript.plain_rows())


async def test_what_is_said_meanwhile_does_not_cut_the_answer_in_two() -> None:
    async with driven(size=(60, 30)) as it:
        stage = it.app._desk.stage
        for event in spoken("One long sentence.")[:-1]:
            stage.emit(event)
        stage.show(Block("user", text="steer"))
        stage.emit(TextDelta(" And one more."))
        await it.drawn()
        seen = [row for row in it.screen()[2:] if row]
        assert seen[:2] == ["  One long sentence. And one more.", "› steer"]
        stage.emit(spoken("One long sentence. And one more.")[-1])
        await it.drawn()
        assert [row for row in it.screen()[2:] if row][:2] == seen[:2]


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
