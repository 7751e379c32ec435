"""The commands that the app carries out by itself, whatever runs: help, keys, themes, clearing, exporting, leaving."""

from __future__ import annotations

from collections.abc import Callable

from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError
from flashagent.frontends.tui import keys
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.commands import table
from flashagent.frontends.tui.desk import Desk
from flashagent.frontends.tui.exporting import markdown
from flashagent.frontends.tui.setting_up import SetUp
from flashagent.frontends.tui.story import Story, watched
from flashagent.frontends.tui.themes import THEMES, Painter
from flashagent.frontends.tui.transcript import Transcript
from flashagent.frontends.words import MAX_SENTENCE, one_line


@dataclass(frozen=True, slots=True)
class Screen:
    """What these commands may do to the screen."""

    repaint: Callable[[], None]
    renew_facts: Callable[[], None]
    use_keys: Callable[[], None]
    open_tab: Callable[[str], None]
    leave: Callable[[], object]
    transcript: Transcript
    painter: Painter


class OwnCommands:
    """`title` heads an exported transcript."""

    def __init__(self, desk: Desk, screen: Screen, title: Callable[[], str]) -> None:
        self._desk = desk
        self._screen = screen
        self._title = title
        self._do: dict[str, Callable[[str], object]] = {
            "/help": self._help,
            "/mode": self._mode,
            "/keys": self._keys,
            "/clear": self._clear,
            "/theme": self._theme,
            "/export": self._export,
            "/setup": lambda _: SetUp(desk).begin(),
            "/quit": lambda _: screen.leave(),
        }

    def do(self, name: str, argument: str) -> None:
        self._do[name](argument)

    def show_session(self, blocks: tuple[Block, ...]) -> None:
        """The transcript of another session in place of what is on the screen."""
        self._desk.stage.take_finished()
        self._screen.transcript.clear()
        before = self._desk.stage.story
        self._desk.stage.tell(watched(Story(), before.findings, before.watched))
        self._desk.stage.show_all(blocks)

    def show_plan(self, plan: str) -> None:
        self._desk.stage.plan(plan)
        self._screen.open_tab("Plan")

    def use_theme(self, name: str) -> None:
        """One that does not exist changes nothing."""
        if name in THEMES:
            self._screen.painter.use(THEMES[name])
            self._screen.repaint()

    def _help(self, argument: str) -> None:
        book, stage = self._desk.pools.book, self._desk.stage
        if argument:
            stage.note("help", book.more_about(one_line(argument)))
        else:
            stage.note("commands", book.help_text())

    def _mode(self, wanted: str) -> None:
        try:
            self._desk.stage.show(self._desk.house.choose_mode(wanted))
        except FlashagentError as error:
            self._desk.stage.fail(error.message, error.hint)
        self._screen.renew_facts()

    def _keys(self, argument: str) -> None:
        mine, stage = self._desk.pools.keys, self._desk.stage
        name, _, key = argument.partition(" ")
        key = "".join(key.lower().split())
        if not argument:
            stage.note("keys", table(keys.rows(mine)))
        elif keys.unknown([name]):
            stage.note(f"There is no key called {one_line(name)}.", table(keys.ids(mine)), mark="warning")
        elif not key:
            stage.note(f"{name} is {keys.shown(keys.ids(mine)[name])}.", "/keys ID KEY changes it.")
        elif taken := keys.taken(mine, name, key):
            stage.note(f"{keys.shown(key)} is {taken} already.", mark="warning")
        elif self._keep(name, key):
            self._desk.pools.keys = {**mine, name: key}
            self._screen.use_keys()
            stage.note(f"{name} is {keys.shown(key)} from now on.", mark="good")

    def _clear(self, _: str) -> None:
        self._screen.transcript.clear()
        self._desk.stage.note("The screen is empty; the conversation goes on.")

    def _theme(self, name: str) -> None:
        stage, painter = self._desk.stage, self._screen.painter
        if not name:
            lines = "\n".join(f"{theme.name:<9} {theme.summary}" for theme in THEMES.values())
            stage.note(f"theme: {painter.theme.name}", lines)
        elif name not in THEMES:
            stage.note(f"There is no theme {one_line(name)}.", ", ".join(THEMES), mark="warning")
        else:
            self.use_theme(name)
            if self._keep("theme", name):
                stage.note(f"theme: {name}", mark="good")

    def _keep(self, name: str, value: str) -> bool:
        try:
            self._desk.house.prefer(name, value)
        except FlashagentError as error:
            self._desk.stage.fail(error.message, error.hint)
            return False
        return True

    def _export(self, file: str) -> None:
        stage = self._desk.stage
        if not file:
            stage.note("/export needs a file.", "For example: /export session.md", mark="warning")
            return
        try:
            place = self._desk.house.save(file, markdown(self._screen.transcript.blocks, self._title()))
        except FlashagentError as error:
            stage.fail(error.message, error.hint)
        else:
            stage.note(f"The transcript is in {one_line(place, MAX_SENTENCE)}", mark="good")
