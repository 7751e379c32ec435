"""Questions of the model and of a job, answered by a key or in words."""

from __future__ import annotations

import pytest
from helpers.tui_driven import driven


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


@pytest.mark.parametrize(("key", "number"), [("1", 1), ("2", 2), ("n", 0)])
async def test_a_patch_is_chosen_by_a_key(key: str, number: int) -> None:
    async with driven(size=(80, 40)) as it:
        await it.say("choose")
        await it.until(lambda: it.sees("These 2 patches make the check pass"))
        assert it.sees("2  `a` becomes `b` at shop/cart.py:24  [weak]")
        assert it.sees("with 2  2")
        assert it.sees("› Apply which one? 1 to 2 · n none") or it.sees("Apply which one? 1 to 2 · n none")
        await it.pilot.press(key)
        await it.done()
        assert it.controller.asked == ["submit choose", f"choose p {number}"]
        assert it.sees(f"you chose patch {number}" if number else "you chose none")


async def test_a_patch_is_chosen_in_words_and_other_words_are_no_answer() -> None:
    async with driven(size=(80, 40)) as it:
        await it.say("choose")
        await it.until(lambda: it.sees("These 2 patches"))
        await it.say("what?")
        assert it.controller.asked == ["submit choose"]
        await it.say("0")
        await it.done()
        assert it.controller.asked == ["submit choose", "choose p 0"]
