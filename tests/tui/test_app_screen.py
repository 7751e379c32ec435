"""What stays true of the screen at any size, speed and length of the transcript."""

from __future__ import annotations

import asyncio

import pytest
from helpers.tui_controller import ANSWER, ScriptedController, spoken
from helpers.tui_driven import Driven, driven

from flashagent.events import Notice, TextDelta
from flashagent.frontends.tui.app import FlashApp
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.prompt import Prompt
from flashagent.frontends.tui.transcript import Transcript


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
