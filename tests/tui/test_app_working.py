"""What goes on beside running work: it is steered, interrupted, or waited for."""

from __future__ import annotations

import pytest
from helpers.tui_controller import ScriptedController
from helpers.tui_driven import driven


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
