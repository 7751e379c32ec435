"""What becomes of what the user sends: an answer, a command, a line for the sandbox, a prompt, a word to what runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from flashagent.errors import FlashagentError
from flashagent.frontends.offers import chosen, question
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.commands import split
from flashagent.frontends.tui.controller import Answer
from flashagent.frontends.tui.desk import Asking, Desk
from flashagent.frontends.tui.hints import DECISIONS
from flashagent.frontends.tui.own_commands import OwnCommands
from flashagent.frontends.words import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.events import Decision

_MOST_REMEMBERED = 20_000  # signs of a prompt that is kept for later sessions
_SHOWN_OF_WAITING = 60


class Sender:
    def __init__(self, desk: Desk, own: OwnCommands) -> None:
        self._desk = desk
        self._own = own

    def send(self, text: str, *, later: bool) -> None:
        desk = self._desk
        if desk.asking is not None and desk.asking.takes(text):
            return desk.hear(text)
        desk.drop()
        if desk.controller is not None and len(text) <= _MOST_REMEMBERED:
            desk.controller.remember(text)
        if desk.stage.view.question is not None and not later:
            return self.choose(text) if desk.stage.view.options else self.answer("deny", text)
        if text.startswith("!"):
            return self._shell(text[1:].strip())
        if text.startswith("/"):
            return self.command(*split(text))
        return self._prompt(text, later=later)

    def command(self, name: str, argument: str) -> None:
        stage, known = self._desk.stage, self._desk.pools.book.all
        if name not in known:
            stage.note(self._desk.pools.book.unknown(name), mark="warning")
        elif known[name].by == "app" and (self._desk.controller is not None or name == "/quit"):
            self._own.do(name, argument)
        elif known[name].by == "app":
            self._work("", lambda: self._do_own(name, argument), waits_as=name)
        elif name == "/fix":
            self._work(f"/fix {argument}".strip(), lambda: self._desk.house.fix(argument, stage.emit))
        else:
            self._work(f"{name} {argument}".strip(), lambda: self._carry_out(name, argument))

    def answer(self, decision: Decision, reason: str) -> None:
        """The answer to the model's question."""
        question = self._desk.stage.view.question
        if question is None:
            return
        try:
            self._desk.house.answer(question.call_id, decision, reason)
        except FlashagentError as error:
            self._desk.stage.fail(error.message, error.hint)

    def answer_by_key(self, key: str) -> None:
        if self._desk.stage.view.options:
            self.choose(key)
        else:
            self.answer(DECISIONS[key], "")

    def choose(self, text: str) -> None:
        """The answer to the question which patch is meant."""
        stage = self._desk.stage
        number = chosen(text, stage.view.options)
        if stage.view.question is None or number is None:
            stage.note(question(stage.view.options, ""), mark="warning")
            return
        try:
            self._desk.house.choose(stage.view.question.call_id, number)
        except FlashagentError as error:
            stage.fail(error.message, error.hint)

    def submit(self, text: str, shown: str = "") -> None:
        """A prompt, shown as the user's own words or as these."""
        self._work(shown or text, lambda: self._desk.house.submit(text, self._desk.stage.emit))

    def _prompt(self, text: str, *, later: bool) -> None:
        desk = self._desk
        hears = desk.work.running and not later and desk.controller is not None
        if hears and desk.house.steer(text):
            desk.stage.show(Block("user", text=text))
            desk.stage.note("said to the work that runs")
        else:
            self.submit(text)

    def _shell(self, command: str) -> None:
        if not command:
            self._desk.stage.note("! needs a command.", "For example: !git status", mark="warning")
        else:
            self._work("", lambda: self._run_shell(command), waits_as=f"!{command}")

    def _work(self, shown: str, piece: Callable[[], Awaitable[None]], *, waits_as: str = "") -> None:
        """Begin it, or let it wait until what runs has ended; `shown` are the user's words for it."""
        stage = self._desk.stage

        async def begin() -> None:
            if shown:
                stage.request(shown)
            await piece()

        if not self._desk.work.start_or_wait(waits_as or shown, begin):
            text = one_line(waits_as or shown, _SHOWN_OF_WAITING)
            stage.note(f"waits until what runs has ended: {text}")

    async def _run_shell(self, command: str) -> None:
        stage = self._desk.stage
        stage.output_starts(command)
        answer = await self._desk.house.shell(command, stage.output_grows)
        stage.output_ends(answer.block)

    async def _do_own(self, name: str, argument: str) -> None:
        self._own.do(name, argument)

    async def _carry_out(self, name: str, argument: str, *, confirmed: bool = False) -> None:
        desk = self._desk
        answer: Answer = await desk.house.command(name, argument, desk.stage.emit, confirmed=confirmed)
        if answer.transcript is not None:
            self._own.show_session(answer.transcript)
        if answer.plan:
            self._own.show_plan(answer.plan)
        if answer.block.title or answer.block.text:
            desk.stage.show(answer.block)
        if not answer.confirm:
            return

        def heard(key: str) -> None:
            if key == "y":
                desk.work.start_or_wait(name, lambda: self._carry_out(name, argument, confirmed=True))
            else:
                refused()

        def refused() -> None:
            desk.stage.note(f"{name} was not done.")

        hint = f"{answer.confirm}  y yes · n no"
        desk.ask(Asking(hint, heard, "yn", dropped=refused), asyncio.get_running_loop().time())
