"""The app: puts the widgets together, sends wishes to the controller and events through the reducer to the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer

from flashagent.errors import FlashagentError
from flashagent.events import Decision, Event
from flashagent.frontends.tui import commands
from flashagent.frontends.tui.blocks import (
    Block,
    Mark,
    View,
    output_ended,
    output_grown,
    output_started,
    settled,
    with_block,
    with_request,
)
from flashagent.frontends.tui.completing import Kind, Offer
from flashagent.frontends.tui.controller import Answer, Controller
from flashagent.frontends.tui.driver import QuickDriver
from flashagent.frontends.tui.names import Names
from flashagent.frontends.tui.offering import offer_rows
from flashagent.frontends.tui.own_commands import OwnCommands, Screen
from flashagent.frontends.tui.panel import Panel, Story, told
from flashagent.frontends.tui.prompt import Prompt
from flashagent.frontends.tui.status import DECISIONS, StatusLine, doing_shown, facts_shown, hint
from flashagent.frontends.tui.themes import Painter
from flashagent.frontends.tui.transcript import Transcript
from flashagent.frontends.tui.view import reduce
from flashagent.frontends.words import MAX_SENTENCE, one_line

FRAME_S = 1 / 15
_PATIENCE_S = 2.0  # how long leaving waits for interrupted work before it is ended from here
_MOST_REMEMBERED = 20_000  # signs of a prompt that is kept for later sessions


class FlashApp(App[int]):
    """`question_guard_s`: keys that come sooner after a question appeared were meant for the prompt, not as an answer."""

    TITLE = "flashagent"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    #main { height: 1fr; }
    #transcript { width: 1fr; height: 1fr; }
    #panel { width: 40%; height: 1fr; }
    #prompt { height: 2; }
    #status { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", priority=True, show=False),
        Binding("ctrl+c", "stop_or_leave", priority=True, show=False),
        Binding("ctrl+d", "leave_if_empty", priority=True, show=False),
        Binding("ctrl+q", "leave", priority=True, show=False),
        Binding("pageup", "page(-1)", priority=True, show=False),
        Binding("pagedown", "page(1)", priority=True, show=False),
        Binding("ctrl+home", "to_start", priority=True, show=False),
        Binding("ctrl+end", "to_end", priority=True, show=False),
        Binding("f2,ctrl+t", "panel", priority=True, show=False),
    ]

    def __init__(self, controller: Controller, *, question_guard_s: float = 0.5) -> None:
        super().__init__(driver_class=QuickDriver, ansi_color=True)
        self.theme = "ansi-dark"
        self._controller = controller
        self._guard_s = question_guard_s
        self._view = View()
        self._finished: list[Block] = []  # handed over by the reducer, not yet on the screen
        self._frame: Timer | None = None
        self._drawn_at = float("-inf")
        self._work: asyncio.Task[None] | None = None
        self._since = 0.0
        self._ticking: Timer | None = None
        self._asked_at = 0.0
        self._facts = controller.facts
        self._stopping = False
        self._painter = Painter()
        self._story = Story()
        self._confirm: tuple[str, str, str] | None = None  # the question, then the command and its argument

    def compose(self) -> ComposeResult:
        with Horizontal(id="main"):
            yield Transcript(self._painter)
            yield Panel(self._painter)
        yield Prompt(self._painter, self._pool, self._show_offer)
        yield StatusLine(self._painter)

    def on_mount(self) -> None:
        # Found once: a query by type walks the tree, and these are used in each frame.
        self._transcript = self.query_one(Transcript)
        self._prompt = self.query_one(Prompt)
        self._status = self.query_one(StatusLine)
        self._panel = self.query_one(Panel)
        self._names = Names(self._controller.names, self._prompt.suggest, self._fail)
        self._own = OwnCommands(
            Screen(self._note, self._fail, self._repaint, self._transcript, self._painter),
            self._controller.save,
            lambda: self.run_worker(self.action_leave()),
            self._title(),
        )
        self._prompt.focus()
        self._prompt.remember(self._controller.remembered())
        self._note(self._title(), "/help lists commands, /keys keys.")
        self._draw()

    def _title(self) -> str:
        folder = one_line(self._facts.folder)
        return f"flashagent in {folder}" if folder else "flashagent"

    @property
    def working(self) -> bool:
        return self._work is not None

    def emit(self, event: Event) -> None:
        """The sink that the controller's work writes to. Never waits for the screen."""
        asked_before = self._view.question
        self._view = reduce(self._view, event)
        if self._view.question is not None and self._view.question is not asked_before:
            self._asked_at = self._now()
        self._finished += self._view.finished
        self._story = told(self._story, event)
        self._schedule()

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        text = message.text
        self._transcript.scroll_to_end()
        self._confirm = None
        if len(text) <= _MOST_REMEMBERED:
            self._controller.remember(text)
        if self._view.question is not None:
            self._answer("deny", text)
        elif text.startswith("!"):
            self._shell(text[1:].strip())
        elif text.startswith("/"):
            self._command(*commands.split(text))
        elif self.working:
            self._show(Block("user", text=text))
            self._note("said to the work that runs")
            self._controller.steer(text)
        else:
            self._request(text)
            self._start(lambda: self._controller.submit(text, self.emit))

    def on_prompt_chosen(self, message: Prompt.Chosen) -> None:
        if self._view.question is None and self._confirm is None:
            return
        if self._now() - self._asked_at < self._guard_s:
            self._prompt.type(message.key)
        elif self._view.question is not None:
            self._answer(DECISIONS[message.key], "")
        else:
            self._confirmed(yes=message.key == "y")

    def action_stop(self) -> None:
        """Escape: what runs ends; else what is open closes, the nearest first."""
        if self.working:
            self._prompt.close_list()
            self._interrupt()
        elif self._confirm is not None:
            self._confirmed(yes=False)
        elif not self._prompt.close_list():
            self._prompt.clear()

    def action_panel(self) -> None:
        self._panel.turn()
        self._panel.show(self._story)

    def action_stop_or_leave(self) -> None:
        """Ctrl+C: what is nearest at hand ends first."""
        if self.working:
            self._interrupt()
        elif self._prompt.line.text:
            self._prompt.clear()
        else:
            self.run_worker(self.action_leave())

    def action_leave_if_empty(self) -> None:
        if not self._prompt.line.text:
            self.run_worker(self.action_leave())

    async def action_leave(self) -> None:
        """End the work in order, then the app."""
        while self._work is not None:
            self._interrupt()
            await asyncio.wait({self._work}, timeout=_PATIENCE_S)
        await self._controller.close()
        self.exit(0)

    def _interrupt(self) -> None:
        """Ask the controller to end the work; asked a second time, end it from here."""
        if self._stopping and self._work is not None:
            self._work.cancel()
        self._stopping = True
        self._controller.interrupt()

    def action_page(self, direction: int) -> None:
        self._transcript.scroll_rows(direction * max(1, self._transcript.size.height - 2))
        self._draw_status()

    def action_to_start(self) -> None:
        self._transcript.scroll_to_start()
        self._draw_status()

    def action_to_end(self) -> None:
        self._transcript.scroll_to_end()
        self._draw_status()

    def _command(self, name: str, argument: str) -> None:
        if name not in commands.COMMANDS:
            self._note(commands.unknown(name), mark="warning")
        elif commands.COMMANDS[name].by == "app":
            self._own.do(name, argument)
        elif self.working:
            self._note(f"{name} has to wait: something is running. Escape interrupts it.", mark="warning")
        else:
            self._request(f"{name} {argument}".strip())
            if name == "/fix":
                self._start(lambda: self._controller.fix(argument, self.emit))
            else:
                self._start(lambda: self._ask_controller(name, argument))

    def _shell(self, command: str) -> None:
        if not command:
            self._note("! needs a command.", "For example: !git status", mark="warning")
        elif self.working:
            self._note("A command has to wait: something is running. Escape interrupts it.", mark="warning")
        else:
            self._start(lambda: self._run_shell(command))

    async def _run_shell(self, command: str) -> None:
        self._view = output_started(self._view, one_line(command, MAX_SENTENCE))
        answer = await self._controller.shell(command, self._grow)
        self._view = output_ended(self._view, answer.block)
        self._finished += self._view.finished

    def _grow(self, text: str) -> None:
        self._view = output_grown(self._view, text)
        self._schedule()

    async def _ask_controller(self, name: str, argument: str, *, confirmed: bool = False) -> None:
        answer: Answer = await self._controller.command(name, argument, self.emit, confirmed=confirmed)
        self._show(answer.block)
        if answer.confirm:
            self._confirm = answer.confirm, name, argument
            self._asked_at = self._now()

    def _confirmed(self, *, yes: bool) -> None:
        """The answer to a command that showed what it would do."""
        assert self._confirm is not None
        _, name, argument = self._confirm
        self._confirm = None
        if yes:
            self._start(lambda: self._ask_controller(name, argument, confirmed=True))
        else:
            self._note(f"{name} was not done.")
            self._draw_status()

    def _pool(self, kind: Kind) -> Sequence[str]:
        if kind == "command":
            return tuple(commands.COMMANDS)
        if kind == "history":
            return self._prompt.line.history
        return self._names.known()

    def _repaint(self) -> None:
        for widget in (self._transcript, self._panel, self._prompt, self._status):
            widget.refresh()

    def _show_offer(self, offer: Offer | None) -> None:
        self._transcript.overlay(offer_rows(offer, self._transcript.size.width) if offer else ())

    def _answer(self, decision: Decision, reason: str) -> None:
        question = self._view.question
        if question is None:
            return
        try:
            self._controller.answer(question.call_id, decision, reason)
        except FlashagentError as error:
            self._fail(error.message, error.hint)

    def _start(self, work: Callable[[], Awaitable[None]]) -> None:
        self._since = self._now()
        self._stopping = False
        self._work = asyncio.create_task(self._run(work))
        self._ticking = self._ticking or self.set_interval(1.0, self._tick)
        self._ticking.resume()
        self._draw()

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        """One piece of work; whatever it raises is shown, and the app lives on."""
        try:
            await work()
        except FlashagentError as error:
            self._fail(error.message, error.hint)
        except asyncio.CancelledError:
            self._note("Interrupted.", mark="warning")  # the work is the app's own task, and ends here
        except Exception as error:  # a bug in the work must not take the session's screen with it
            self._fail(
                f"flashagent itself failed: {type(error).__name__}: {one_line(str(error))}",
                "Please report it.",
            )
        finally:
            self._work = None
            self._names.forget()  # the work may have made new ones
            self._facts = self._controller.facts
            if self._ticking is not None:
                self._ticking.pause()
            self._view = settled(self._view)
            self._finished += self._view.finished
            self._draw()

    def _tick(self) -> None:
        self._draw_status()

    def _fail(self, message: str, hint: str) -> None:
        self._note(one_line(message, MAX_SENTENCE), hint, mark="bad")

    def _note(self, title: str, text: str = "", *, mark: Mark = "") -> None:
        self._show(Block("note", title, text, mark))

    def _request(self, text: str) -> None:
        self._view = with_request(self._view, text)
        self._finished += self._view.finished
        self._schedule()

    def _show(self, block: Block) -> None:
        self._view = with_block(self._view, block)
        self._finished += self._view.finished
        self._schedule()

    def _schedule(self) -> None:
        """A frame soon, but never more than FRAME_S allows; no timer stands by while nothing happens."""
        if self._frame is None and self.is_running:
            wait = self._drawn_at + FRAME_S - self._now()
            self._frame = self.set_timer(max(0.001, wait), self._draw)  # Textual divides by it

    def _draw(self) -> None:
        if not self.is_running:
            return  # work that ends after the app has nothing to draw on
        if self._frame is not None:
            self._frame.stop()
            self._frame = None
        self._drawn_at = self._now()
        finished, self._finished = self._finished, []
        self._transcript.extend(finished, self._view.open)
        self._panel.show(self._story)
        self._draw_status()

    def _draw_status(self) -> None:
        confirm = self._confirm[0] if self._confirm else ""
        self._prompt.show_hint(*hint(self._view, self.working, confirm))
        seconds = self._now() - self._since if self.working else None
        doing = doing_shown(self._view, seconds, following=self._transcript.following)
        self._status.show(doing, facts_shown(self._facts, self._view), busy=self.working)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
