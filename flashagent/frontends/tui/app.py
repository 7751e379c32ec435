"""The app: puts the widgets together, sends wishes to the controller and events through the reducer to the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer

from flashagent.frontends.tui import keys
from flashagent.frontends.tui.commands import Book
from flashagent.frontends.tui.controller import Choice, Controller, Facts
from flashagent.frontends.tui.covering import Covering
from flashagent.frontends.tui.desk import Desk
from flashagent.frontends.tui.driver import QuickDriver
from flashagent.frontends.tui.frames import Frames
from flashagent.frontends.tui.hints import hint
from flashagent.frontends.tui.lists import Pools
from flashagent.frontends.tui.names import Names
from flashagent.frontends.tui.own_commands import OwnCommands, Screen
from flashagent.frontends.tui.panel import Panel
from flashagent.frontends.tui.prompt import Prompt
from flashagent.frontends.tui.reviewing import Reviewer
from flashagent.frontends.tui.sending import Sender
from flashagent.frontends.tui.setting_up import SetUp
from flashagent.frontends.tui.stage import Stage
from flashagent.frontends.tui.status import StatusLine, doing_shown, facts_shown
from flashagent.frontends.tui.themes import Painter
from flashagent.frontends.tui.transcript import Transcript
from flashagent.frontends.tui.watching import Watching
from flashagent.frontends.tui.working import Ears, Work
from flashagent.frontends.words import clean, count, one_line

_PASSING_S = 3.0


class FlashApp(App[int]):
    """`build` makes the controller, in a thread, while the app takes its first keys; `error` is what it raised.
    `question_guard_s`: keys that come sooner after a question appeared were meant for the prompt, not as an answer.
    `watch_after_s`: changed files are looked at from then on, so that the first keys come before it."""

    TITLE = "flashagent"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS = """
    Screen { layout: vertical; }
    #main { height: 1fr; }
    #transcript { width: 1fr; height: 1fr; }
    #panel { width: 40%; height: 1fr; }
    #prompt { height: 2; }
    #status { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+d", "leave_if_empty", priority=True, show=False),
        *(Binding(key.keys, key.action, id=key.id, priority=True, show=False) for key in keys.KEYS),
    ]

    def __init__(
        self, build: Callable[[], Controller], *, question_guard_s: float = 0.5, watch_after_s: float = 1.0
    ) -> None:
        super().__init__(driver_class=QuickDriver, ansi_color=True)
        self.theme = "ansi-dark"
        self.error: Exception | None = None
        self._build = build
        self._guard_s = question_guard_s
        self._watch_after_s = watch_after_s
        self._frames = Frames(self.set_timer, self._now, self._draw)
        self._ticking: Timer | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._leaves_until = 0.0  # the clock's time up to which a second Ctrl+C leaves
        self._facts = Facts()
        self._painter = Painter()
        stage = Stage(self._schedule, self._now)
        ears = Ears(self._begun, self._ended, stage.fail, self._cut_off)
        names = Names(self._read_names, self._renew_list, stage.fail)
        pools = Pools(
            names, self._read_choices, lambda: self._prompt.line.history, self._renew_list, stage.fail
        )
        self._desk = Desk(stage, Work(ears, self._interrupt_controller), pools, self._draw_now)
        self._watching = Watching(self._desk)

    def compose(self) -> ComposeResult:
        transcript = Transcript(self._painter)
        with Horizontal(id="main"):
            yield transcript
            yield Panel(self._painter)
        yield Prompt(self._painter, Covering(self._desk.pools, transcript))
        yield StatusLine(self._painter)

    def on_mount(self) -> None:
        # Found once: a query by type walks the tree, and these are used in each frame.
        self._transcript = self.query_one(Transcript)
        self._prompt = self.query_one(Prompt)
        self._status = self.query_one(StatusLine)
        self._panel = self.query_one(Panel)
        screen = Screen(
            self._repaint,
            self._renew_facts,
            self._use_keys,
            self._panel.open,
            self.action_leave,
            self._transcript,
            self._painter,
        )
        self._own = OwnCommands(self._desk, screen, self._title)
        self._sender = Sender(self._desk, self._own)
        self._reviewer = Reviewer(self._desk, self._sender, self._panel, self._to_prompt)
        self._prompt.focus()
        self._desk.work.start(self._open)

    @property
    def working(self) -> bool:
        return self._desk.work.running

    async def _open(self) -> None:
        """The controller, made in a thread; what is sent meanwhile waits for it."""
        try:
            controller = await asyncio.to_thread(self._build)
        except Exception as error:
            self.error = error
            self.exit(1)
            return
        except asyncio.CancelledError:
            self.exit(130)
            raise
        desk, stage = self._desk, self._desk.stage
        desk.controller, desk.preferences = controller, controller.preferences
        desk.pools.book, desk.pools.keys = Book(controller.own_commands), desk.preferences.keys
        self._use_keys()
        self._own.use_theme(desk.preferences.theme)
        self._facts = controller.facts
        self._prompt.remember(controller.remembered())
        stage.note(self._title(), "/help lists commands, /keys keys, Ctrl+P finds both.")
        for name in keys.unknown(desk.preferences.keys):
            stage.note(
                f"There is no key called {one_line(name)} (app.keys in your settings).", mark="warning"
            )
        stage.show_all(controller.opened(stage.emit))
        if controller.needs_setup:
            SetUp(desk).begin()
        self.set_timer(self._watch_after_s, self._watching.start)

    def _title(self) -> str:
        folder = one_line(self._facts.folder)
        return f"flashagent in {folder}" if folder else "flashagent"

    def _handle_exception(self, error: Exception) -> None:
        """A bug of a widget ends the app in order; the session is recorded, and `error` is reported where it was opened."""
        if self.error is None:
            self.error = error
            self._leaving = asyncio.create_task(self._leave(1))

    # What lists are made of.

    async def _read_names(self) -> Sequence[str]:
        return await self._desk.controller.names() if self._desk.controller else ()

    async def _read_choices(self, command: str) -> Sequence[Choice]:
        return await self._desk.controller.choices(command) if self._desk.controller else ()

    def _renew_list(self) -> None:
        if self.is_running:
            self._prompt.suggest()

    # What comes from the widgets.

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        self._transcript.unpick()
        self._transcript.scroll_to_end()
        self._sender.send(message.text, later=message.later)

    def on_prompt_picked(self, message: Prompt.Picked) -> None:
        if action := self._desk.pools.action(message.item):
            self.call_next(self.run_action, action)
        elif self._desk.pools.takes_argument(message.item):
            self._prompt.write(f"{message.item} ")
        else:
            self._sender.command(message.item, "")

    def on_prompt_chosen(self, message: Prompt.Chosen) -> None:
        asked = self._desk.stage.asked_at if self._desk.stage.view.question else self._desk.asked_at
        if self._now() - asked < self._guard_s:
            self._prompt.type(message.key)
        elif self._desk.stage.view.question is not None:
            self._sender.answer_by_key(message.key)
        elif self._desk.asking is not None:
            self._desk.hear(message.key)

    def on_panel_acted(self, message: Panel.Acted) -> None:
        self._reviewer.act(message.key, message.item)

    def on_panel_widened(self, message: Panel.Widened) -> None:
        self._panel.styles.width = "100%" if message.wide else "40%"
        self._transcript.display = not message.wide

    def on_transcript_selected(self, message: Transcript.Selected) -> None:
        self._copy(message.text)

    def on_descendant_focus(self) -> None:
        if isinstance(self._driver, QuickDriver):
            self._driver.ready.set()

    # Keys.

    def action_stop(self) -> None:
        """Escape: what runs ends; else what is open closes, the nearest first."""
        if self._panel.has_focus:
            self._prompt.focus()
        elif self.working:
            self._prompt.close_list()
            self._interrupt()
        elif not (self._prompt.close_list() or self._desk.drop() or self._transcript.unpick()):
            self._prompt.clear()

    def action_stop_or_leave(self) -> None:
        """Ctrl+C: what is nearest at hand ends first."""
        if self.working:
            self._interrupt()
        elif self._prompt.line.text:
            self._prompt.clear()
        elif self._desk.controller is None or self._now() < self._leaves_until:
            self.action_leave()
        else:
            self._leaves_until = self._now() + _PASSING_S
            self._say("Ctrl+C once more leaves")

    def action_help(self) -> None:
        self._sender.command("/help", "")

    def action_leave_if_empty(self) -> None:
        if not self._prompt.line.text:
            self.action_leave()

    def action_leave(self) -> None:
        self._leaving = asyncio.create_task(self._leave())

    async def _leave(self, code: int = 0) -> None:
        """End the work in order, then the app."""
        await self._watching.end()
        await self._desk.work.end()
        if self._desk.controller is not None:
            await self._desk.controller.close()
        self.exit(code)

    def action_palette(self) -> None:
        self._prompt.focus()
        self._prompt.open_palette()

    def action_panel(self) -> None:
        self._panel.turn()
        if not self._panel.tab:
            self._prompt.focus()

    def action_panel_focus(self) -> None:
        if self._panel.has_focus:
            self._prompt.focus()
        else:
            self._panel.open(self._panel.tab or "Diff")
            self._panel.enter()

    def action_mode(self) -> None:
        self._sender.command("/mode", "next")

    def action_pick(self, steps: int) -> None:
        self._transcript.pick(steps)
        self._draw_status()

    def action_open_block(self) -> None:
        if not self._transcript.toggle():
            self._desk.stage.note("Nothing here can be opened.", mark="warning")

    def action_copy(self) -> None:
        """The picked block, else the last answer."""
        answers = (block for block in reversed(self._transcript.blocks) if block.kind == "text")
        block = self._transcript.picked or next(answers, None)
        if block is None:
            self._desk.stage.note("There is nothing to copy yet.", mark="warning")
        else:
            self._copy(clean(block.whole).strip("\n"))

    def action_page(self, direction: int) -> None:
        self._transcript.scroll_rows(direction * max(1, self._transcript.size.height - 2))
        self._draw_status()

    def action_to_start(self) -> None:
        self._transcript.scroll_to_start()
        self._draw_status()

    def action_to_end(self) -> None:
        self._transcript.scroll_to_end()
        self._draw_status()

    def _copy(self, text: str) -> None:
        self.copy_to_clipboard(text)
        self._say(f"copied {count(text.count(chr(10)) + 1, 'line')}")

    def _say(self, text: str) -> None:
        """For a moment, in place of what goes on."""
        self._status.say(text)
        self.set_timer(_PASSING_S, lambda: self._status.say(""))

    def _to_prompt(self) -> None:
        self._prompt.focus()

    def _use_keys(self) -> None:
        self.set_keymap(dict(self._desk.pools.keys))

    # Work.

    def _interrupt(self) -> None:
        given_back = self._desk.work.interrupt()
        if given_back and not self._prompt.line.text:
            self._prompt.write("\n".join(given_back))

    def _interrupt_controller(self) -> None:
        if self._desk.controller is not None:
            self._desk.controller.interrupt()

    def _begun(self) -> None:
        self._ticking = self._ticking or self.set_interval(1.0, self._draw_status)
        self._ticking.resume()
        self._draw_now()

    def _ended(self, took: float, following: bool) -> None:
        desk = self._desk
        desk.pools.forget()  # the work may have made new names
        self._renew_facts()
        if self._ticking is not None and not following:
            self._ticking.pause()
        desk.stage.settle()
        self._draw_now()
        if 0 < desk.preferences.bell_after_s <= took and not following:
            self.bell()

    def _renew_facts(self) -> None:
        if self._desk.controller is not None:
            self._facts = self._desk.controller.facts

    def _cut_off(self) -> None:
        self._desk.stage.note("Interrupted.", mark="warning")

    # The screen.

    def _repaint(self) -> None:
        for widget in (self._transcript, self._panel, self._prompt, self._status):
            widget.refresh()

    def _schedule(self) -> None:
        if self.is_running:
            self._frames.soon()

    def _draw_now(self) -> None:
        if self.is_running:  # work that ends after the app has nothing to draw on
            self._frames.at_once()

    def _draw(self) -> None:
        stage = self._desk.stage
        self._transcript.extend(stage.take_finished(), stage.view.open)
        self._panel.show(stage.story)
        self._draw_status()

    def _draw_status(self) -> None:
        desk, view = self._desk, self._desk.stage.view
        said = hint(view, desk.asking, working=self.working, opening=desk.controller is None)
        self._prompt.show_hint(said, waits=self.working)
        doing = doing_shown(
            view, desk.work.seconds, following=self._transcript.following, waiting=len(desk.work.waiting)
        )
        self._status.show(doing, facts_shown(self._facts, view, desk.stage.story), busy=self.working)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
