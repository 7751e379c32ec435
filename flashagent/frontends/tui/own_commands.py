"""The commands that the app carries out by itself, whatever runs: help, keys, themes, clearing, exporting, leaving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flashagent.errors import FlashagentError
from flashagent.frontends.tui import commands
from flashagent.frontends.tui.blocks import Mark
from flashagent.frontends.tui.exporting import markdown
from flashagent.frontends.tui.themes import THEMES, Painter
from flashagent.frontends.tui.transcript import Transcript
from flashagent.frontends.words import MAX_SENTENCE, one_line


class Note(Protocol):
    def __call__(self, title: str, text: str = "", *, mark: Mark = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Screen:
    """What these commands may do to the screen."""

    note: Note
    fail: Callable[[str, str], None]
    repaint: Callable[[], None]
    transcript: Transcript
    painter: Painter


class OwnCommands:
    """`save` writes a new file and says where, `leave` ends the app, `title` heads an exported transcript."""

    def __init__(
        self, screen: Screen, save: Callable[[str, str], str], leave: Callable[[], object], title: str
    ) -> None:
        self._screen = screen
        self._save = save
        self._title = title
        self._do: dict[str, Callable[[str], object]] = {
            "/help": self._help,
            "/keys": lambda _: screen.note("keys", commands.keys_text()),
            "/clear": self._clear,
            "/theme": self._theme,
            "/export": self._export,
            "/quit": lambda _: leave(),
        }

    def do(self, name: str, argument: str) -> None:
        self._do[name](argument)

    def _help(self, argument: str) -> None:
        if argument:
            self._screen.note("help", commands.more_about(one_line(argument)))
        else:
            self._screen.note("commands", commands.help_text())

    def _clear(self, _: str) -> None:
        self._screen.transcript.clear()
        self._screen.note("The screen is empty; the conversation goes on.")

    def _theme(self, name: str) -> None:
        screen = self._screen
        lines = "\n".join(f"{theme.name:<9} {theme.summary}" for theme in THEMES.values())
        if not name:
            screen.note(f"theme: {screen.painter.theme.name}", lines)
        elif name not in THEMES:
            screen.note(f"There is no theme {one_line(name)}.", lines, mark="warning")
        else:
            screen.painter.use(THEMES[name])
            screen.note(f"theme: {name}", mark="good")
            screen.repaint()

    def _export(self, file: str) -> None:
        if not file:
            self._screen.note("/export needs a file.", "For example: /export session.md", mark="warning")
            return
        try:
            place = self._save(file, markdown(self._screen.transcript.blocks, self._title))
        except FlashagentError as error:
            self._screen.fail(error.message, error.hint)
        else:
            self._screen.note(f"The transcript is in {one_line(place, MAX_SENTENCE)}", mark="good")
