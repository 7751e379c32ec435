"""The app: puts the widgets together, sends wishes to the controller and events through the reducer to the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from flashagent.errors import FlashagentError
from flashagent.events import Decision, Event
from flashagent.frontends.tui import commands
from flashagent.frontends.tui.blocks import Block, Mark, View, capped, settled, with_block, with_request
from flashagent.frontends.tui.controller import Controller
from flashagent.frontends.tui.driver import QuickDriver
from flashagent.frontends.tui.prompt import Prompt
from flashagent.frontends.tui.status import StatusLine, facts_shown
from flashagent.frontends.tui.transcript import Transcript
from flashagent.frontends.tui.view import reduce
from flashagent.frontends.words import MAX_SENTENCE, one_line

FRAME_S = 1 / 15
_MAX_DIFF_LINES = 2_000
_PATIENCE_S = 2.0  # how long leaving waits for interrupted work before it is ended from here
_DECISIONS: dict[str, Decision] = {"y": "once", "s": "session", "p": "project", "n": "deny"}
_IDLE_HINT = "Ask for something, or /fix, /help"
_BUSY_HINT = "Escape interrupts; what you type now steers"
_ASK_HINT = "y · s · p · n, or why not"


class FlashApp(App[int]):
    """`question_guard_s`: keys that come sooner after a question appeared were meant for the prompt, not as an answer."""

    TITLE = "flashagent"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    #transcript { height: 1fr; }
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

    def compose(self) -> ComposeResult:
        yield Transcript()
        yield Prompt()
        yield StatusLine()

    def on_mount(self) -> None:
        # Found once: a query by type walks the tree, and these are used in each frame.
        self._transcript = self.query_one(Transcript)
        self._prompt = self.query_one(Prompt)
        self._status = self.query_one(StatusLine)
        self._prompt.focus()
        folder = one_line(self._facts.folder)
        self._note(f"flashagent{f' in {folder}' if folder else ''}", "/help lists commands and keys.")
        self._draw()

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
        self._schedule()

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        text = message.text
        self._transcript.scroll_to_end()
        if self._view.question is not None:
            self._answer("deny", text)
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
        if self._view.question is None:
            return
        if self._now() - self._asked_at < self._guard_s:
            self._prompt.type(message.key)
        else:
            self._answer(_DECISIONS[message.key], "")

    def action_stop(self) -> None:
        """Escape."""
        if self.working:
            self._interrupt()
        else:
            self._prompt.clear()

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
        if name == "/quit":
            self.run_worker(self.action_leave())
        elif name == "/help":
            self._note("commands and keys", commands.help_text())
        elif name not in commands.COMMANDS:
            self._note(commands.unknown(name), mark="warning")
        elif self.working:
            self._note(f"{name} has to wait: something is running. Escape interrupts it.", mark="warning")
        elif name == "/fix":
            self._request(f"/fix {argument}".strip())
            self._start(lambda: self._controller.fix(argument, self.emit))
        elif name == "/diff":
            self._start(self._show_diff)
        elif name == "/undo":
            self._start(self._undo)

    async def _show_diff(self) -> None:
        diff = await self._controller.diff()
        self._show(
            Block("diff", "changes", capped(diff, _MAX_DIFF_LINES), "good")
            if diff
            else Block("note", "Nothing has been changed.")
        )

    async def _undo(self) -> None:
        self._note(one_line(await self._controller.undo(), MAX_SENTENCE), mark="good")

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
        self._draw_status()

    def _draw_status(self) -> None:
        asking = self._view.question is not None
        self._prompt.show_hint(
            _ASK_HINT if asking else _BUSY_HINT if self.working else _IDLE_HINT,
            "".join(_DECISIONS) if asking else "",
        )
        doing = "ready"
        if self.working:
            doing = f"{self._view.doing or 'working'} · {_whole_seconds(self._now() - self._since)}"
        if not self._transcript.following:
            doing = f"scrolled back, Ctrl+End returns · {doing}"
        self._status.show(doing, facts_shown(self._facts, self._view), busy=self.working)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _whole_seconds(value: float) -> str:
    minutes, left = divmod(int(value), 60)
    return f"{minutes} min {left:02d} s" if minutes else f"{left} s"
