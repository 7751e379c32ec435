"""A controller that plays events from a script, and a small program that shows the real app with it.

`python -m helpers.tui_controller` in the tests folder opens the app in this terminal: a prompt is answered with Markdown, `ask`
asks for an approval, `wait` works until it is interrupted, `crash` breaks, `long` streams a long answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from flashagent.errors import ModelUnreachable, UsageError
from flashagent.events import (
    ApprovalRequested,
    ApprovalResolved,
    AssistantReplied,
    BudgetSpent,
    CheckFinished,
    CheckStarted,
    ChoiceRequested,
    ChoiceResolved,
    Decision,
    Emit,
    Event,
    FileChanged,
    FocusChosen,
    JobFinished,
    JobReport,
    ReasoningDelta,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.controller import Answer, Choice, Facts, Found, OwnCommand, Preferences
from flashagent.values import Contrast, Failure, Frame, PatchOption, RankedSymbol, Symbol, Usage

DIFF = (
    "diff --git a/shop/cart.py b/shop/cart.py\n--- a/shop/cart.py\n+++ b/shop/cart.py\n"
    "@@ -22,3 +22,3 @@ class Cart:\n     def total(self):\n-        return self.sum - self.tax\n"
    "+        return self.sum + self.tax\n"
)
ANSWER = (
    "## What is wrong\n\nThe sign in **`Cart.total`** is the wrong way round: tax is *subtracted* where it should be added.\n\n"
    "- first, the total is read\n- then the tax is added, see `shop/cart.py`, which is a long line that has to be wrapped "
    "somewhere in a terminal of ordinary width\n\n```python\ndef total(self):\n    return self.sum + self.tax\n```\n\n"
    "That is all; see [the docs](https://example.org/docs).\n"
)
_FAILURE = Failure(
    "tests.test_cart.CartTest.test_total",
    "assertion",
    "118 != 82",
    "AssertionError",
    (Frame("shop/cart.py", 24, "total", "return self.sum - self.tax"),),
)
_SYMBOL = Symbol("shop/cart.py", "total", "Cart.total", "method", 23, 24)
FIX: tuple[Event, ...] = (
    CheckStarted(("python", "-m", "pytest", "-q")),
    CheckFinished(19, 1, (_FAILURE,), 0.42, 1, True),
    FocusChosen((RankedSymbol(_SYMBOL, 1.0, ("in the failing stack",)),), 300, "in the failing stack"),
    ToolStarted("c1", "edit", "edit shop/cart.py"),
    ToolOutput("c1", "one\ntwo\n"),
    FileChanged("shop/cart.py", "modified", DIFF),
    ToolFinished("c1", "edit", "ok", "shop/cart.py, 1 place", 0.02),
    CheckStarted(("python", "-m", "pytest", "-q"), "the failing tests first"),
    CheckFinished(20, 0, (), 0.40, 0, True),
    BudgetSpent(1234, 0.0021, 0.01),
    JobFinished(
        "fixed",
        0,
        "",
        DIFF,
        Usage(1000, 0, 234),
        JobReport(
            counted=True,
            failing_before=(_FAILURE.test_id,),
            fixed=(_FAILURE.test_id,),
            confidence="likely",
            cost=0.0021,
            seconds=1.5,
        ),
    ),
)


OPTIONS = (
    PatchOption("`-` becomes `+` at shop/cart.py:24", "possible", ("one test",), DIFF),
    PatchOption("`a` becomes `b` at shop/cart.py:24", "weak", ("one test",), DIFF),
)


def spoken(text: str, size: int = 16) -> list[Event]:
    """A whole step in which the model says the text."""
    parts = [TextDelta(text[start : start + size]) for start in range(0, len(text), size)]
    return [StepStarted(1), *parts, AssistantReplied(text, (), Usage(100, 0, len(text) // 4), "scripted")]


class ScriptedController:
    """Plays, for a prompt, the events that `answers` holds for it, or ANSWER. `asked` keeps every wish in words."""

    def __init__(self, answers: dict[str, Sequence[Event]] | None = None, facts: Facts | None = None) -> None:
        self.answers = answers or {}
        self._facts = facts or Facts("shop", "main", "flash-mini", "bubblewrap")
        self.asked: list[str] = []
        self.has_changes = True
        self.earlier: tuple[str, ...] = ()
        self.kept: list[str] = []
        self.saved: dict[str, str] = {}
        self.liked = Preferences()
        self.first_start = False
        self.story: tuple[Block, ...] = ()
        self.hears = True
        self.findings: tuple[Found, ...] = ()
        self.found: Callable[[Sequence[Found]], None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._question: asyncio.Future[tuple[Decision, str]] | None = None
        self._choice: asyncio.Future[int] | None = None

    @property
    def facts(self) -> Facts:
        return self._facts

    @property
    def preferences(self) -> Preferences:
        return self.liked

    @property
    def own_commands(self) -> Mapping[str, OwnCommand]:
        return {"/tidy": OwnCommand("tidy a file", "PATH")}

    @property
    def needs_setup(self) -> bool:
        return self.first_start

    def opened(self, emit: Emit) -> Sequence[Block]:
        return self.story

    async def submit(self, prompt: str, emit: Emit) -> None:
        self.asked.append(f"submit {prompt}")
        if prompt == "stubborn":
            await self._stubborn()
        await self._guarded(self._turn(prompt, emit), emit)

    async def fix(self, goal: str, emit: Emit) -> None:
        self.asked.append(f"fix {goal}")
        for event in FIX:
            emit(event)
            await asyncio.sleep(0)

    async def command(self, name: str, argument: str, emit: Emit, *, confirmed: bool = False) -> Answer:
        self.asked.append(
            f"command {name} {argument}{' confirmed' if confirmed else ''}".replace("  ", " ").strip()
        )
        if name == "/check":
            for event in FIX[:2]:
                emit(event)
            return Answer(Block("note", "The check fails.", mark="bad"))
        if name == "/diff":
            shown = Block("diff", "changes", DIFF, "good")
            return Answer(shown if self.has_changes else Block("note", "Nothing has been changed."))
        if name != "/undo":
            return Answer(Block("note", f"did {name} {argument}".strip()))
        if not self.has_changes:
            raise UsageError("There is nothing to undo.", hint="Nothing was changed in this repository.")
        if not confirmed:
            return Answer(Block("diff", "/undo goes back", DIFF, "warning"), "Undo this?")
        self.has_changes = False
        return Answer(Block("note", "Took back the change of shop/cart.py.", mark="good"))

    async def shell(self, command: str, on_output: Callable[[str], None]) -> Answer:
        self.asked.append(f"shell {command}")
        for number in range(30):
            on_output(f"line {number}\n")
        if command == "hang":
            self._task = asyncio.ensure_future(asyncio.Event().wait())  # type: ignore[arg-type]
            await asyncio.wait({self._task})
        return Answer(Block("output", f"{command} · exit status 0", "all lines\nof it", "good"))

    async def names(self) -> Sequence[str]:
        self.asked.append("names")
        await asyncio.sleep(0)
        return ("shop/__init__.py", "shop/cart.py", "tests/test_cart.py", "Cart", "total")

    def remembered(self) -> Sequence[str]:
        return self.earlier

    def remember(self, text: str) -> None:
        self.kept.append(text)

    def save(self, file: str, text: str) -> str:
        if file in self.saved:
            raise UsageError(f"{file} is there already.", hint="Name a new file.")
        self.saved[file] = text
        return f"/shop/{file}"

    def choose_mode(self, wanted: str) -> Block:
        self.asked.append(f"mode {wanted}".strip())
        if wanted == "odd":
            raise UsageError("There is no mode odd.")
        self._facts = replace(self._facts, mode="ask")
        return Block("note", "mode: ask", mark="good")

    def steer(self, text: str) -> bool:
        self.asked.append(f"steer {text}")
        return self.hears

    async def choices(self, command: str) -> Sequence[Choice]:
        await asyncio.sleep(0)
        return {
            "/resume": (
                Choice("20260131T101500-3f9a2c", "today, the cart"),
                Choice("20260130T080000-aa11bb", "tax"),
            ),
            "/drop": (Choice("shop/cart.py"),),
        }.get(command, ())

    async def excerpt(self, path: str, line: int) -> str:
        self.asked.append(f"excerpt {path}:{line}")
        return "\n".join(f"{number:>4}  line {number}" for number in range(line - 4, line + 6))

    async def watch(self, found: Callable[[Sequence[Found]], None]) -> None:
        self.found = found
        found(self.findings)
        await asyncio.Event().wait()

    async def take_back(self, path: str, hunk: str, number: int, emit: Emit) -> None:
        self.asked.append(f"take back {path} {number} {hunk.count(chr(10)) + 1} lines")
        emit(FileChanged(path, "modified", ""))

    def tell_later(self, text: str) -> None:
        self.asked.append(f"tell later {text}")

    def prefer(self, name: str, value: str) -> str:
        self.asked.append(f"prefer {name} {value}")
        return "/home/settings"

    def set_up(self, base_url: str, key: str, model: str) -> str:
        self.asked.append(f"set up {base_url} {key} {model}")
        if base_url == "nowhere":
            raise UsageError("There is no preset nowhere.", hint="Give an address.")
        return "The key is in /home/settings."

    def interrupt(self) -> None:
        self.asked.append("interrupt")
        if self._task is not None:
            self._task.cancel()

    def answer(self, call_id: str, decision: Decision, reason: str) -> None:
        self.asked.append(f"answer {call_id} {decision} {reason}".strip())
        assert self._question is not None
        self._question.set_result((decision, reason))

    def choose(self, call_id: str, chosen: int) -> None:
        self.asked.append(f"choose {call_id} {chosen}")
        assert self._choice is not None
        self._choice.set_result(chosen)

    async def close(self) -> None:
        self.asked.append("close")

    async def _stubborn(self) -> None:
        """Does not hear an interruption."""
        await asyncio.Event().wait()

    async def _guarded(self, turn: Awaitable[None], emit: Emit) -> None:
        self._task = asyncio.ensure_future(turn)  # type: ignore[assignment]
        await asyncio.wait({self._task})
        if self._task.cancelled():
            emit(TurnFinished("interrupted", Usage()))
        else:
            self._task.result()

    async def _turn(self, prompt: str, emit: Emit) -> None:
        emit(TurnStarted(prompt))
        special: dict[str, Callable[[Emit], Awaitable[None]]] = {
            "ask": self._ask,
            "choose": self._choose,
            "wait": _wait,
            "long": _long,
        }
        if prompt == "crash":
            raise RuntimeError("boom")
        if prompt == "unreachable":
            raise ModelUnreachable("No answer from the endpoint.", hint="Is the server running?")
        if prompt in special:
            await special[prompt](emit)
        else:
            for event in self.answers.get(prompt, spoken(ANSWER)):
                emit(event)
                await asyncio.sleep(0)
        emit(BudgetSpent(2500, None, 0.1, True))
        emit(TurnFinished("done", Usage(100, 0, 20)))

    async def _choose(self, emit: Emit) -> None:
        self._choice = asyncio.get_running_loop().create_future()
        emit(ChoiceRequested("p", OPTIONS, (Contrast("total([1])", "0", ("1", "2")),)))
        emit(ChoiceResolved("p", await self._choice))

    async def _ask(self, emit: Emit) -> None:
        self._question = asyncio.get_running_loop().create_future()
        emit(ToolStarted("c7", "run", "run rm -rf build"))
        emit(ApprovalRequested("c7", "run rm -rf build", ("rm", "-rf", "build"), "/shop", "it deletes files"))
        decision, reason = await self._question
        emit(ApprovalResolved("c7", decision, reason))
        emit(ToolFinished("c7", "run", "denied" if decision == "deny" else "ok", "rm -rf build", 0.1))


async def _wait(emit: Emit) -> None:
    emit(StepStarted(1))
    emit(ReasoningDelta("Let me think about the cart for a while."))
    await asyncio.Event().wait()


async def _long(emit: Emit) -> None:
    emit(StepStarted(1))
    text = ANSWER * 12
    for start in range(0, len(text), 16):
        emit(TextDelta(text[start : start + 16]))
        await asyncio.sleep(0.02)
    emit(AssistantReplied(text, (), Usage(100, 0, len(text) // 4), "scripted"))


def main() -> int:
    from flashagent.frontends.tui.start import run_app

    return run_app(ScriptedController)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
