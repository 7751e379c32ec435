"""What the prompt completes from: commands and what they can be given, names, earlier prompts, the palette."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from flashagent.errors import FlashagentError
from flashagent.frontends.tui.commands import COMMANDS, Book
from flashagent.frontends.tui.completing import Wanted
from flashagent.frontends.tui.controller import Choice
from flashagent.frontends.tui.keys import bound, shown
from flashagent.frontends.tui.names import Names
from flashagent.frontends.tui.themes import THEMES


class Pools:
    """`choices` asks what a command can be given, `history` gives what was sent, `ready` is called when something that was
    asked for has come, `fail` with what went wrong and what to do."""

    def __init__(
        self,
        names: Names,
        choices: Callable[[str], Awaitable[Sequence[Choice]]],
        history: Callable[[], Sequence[str]],
        ready: Callable[[], None],
        fail: Callable[[str, str], None],
    ) -> None:
        self.book = Book()
        self.keys: Mapping[str, str] = {}
        self._names = names
        self._choices = choices
        self._history = history
        self._ready = ready
        self._fail = fail
        self._known: dict[str, Sequence[Choice]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def pool(self, wanted: Wanted) -> Sequence[str]:
        match wanted.kind:
            case "command":
                return tuple(self.book.all)
            case "history":
                return self._history()
            case "name":
                return self._names.known()
            case "palette":
                return tuple(self._palette())
            case "argument":
                return [one.value for one in self._of(wanted.command)]

    def said(self, wanted: Wanted, item: str) -> str:
        """What one item of a list is."""
        if wanted.kind == "command":
            return self.book.all[item].summary
        if wanted.kind == "palette":
            return self._palette().get(item, "")
        if wanted.kind == "argument":
            return next((one.said for one in self._of(wanted.command) if one.value == item), "")
        return ""

    def takes_argument(self, command: str) -> bool:
        return bool(self.book.all[command].usage)

    def action(self, item: str) -> str:
        """The action of a key in the palette, '' for a command."""
        return next((one.action for one in bound(self.keys) if one.summary == item), "")

    def forget(self) -> None:
        """What is known may be old now."""
        self._names.forget()
        self._known.clear()

    def _palette(self) -> Mapping[str, str]:
        commands = {name: one.summary for name, one in self.book.all.items()}
        return {**commands, **{one.summary: shown(one.keys) for one in bound(self.keys)}}

    def _of(self, command: str) -> Sequence[Choice]:
        if command == "/theme":
            return [Choice(theme.name, theme.summary) for theme in THEMES.values()]
        if command == "/help":
            return [Choice(name.removeprefix("/"), one.summary) for name, one in self.book.all.items()]
        if command == "/keys":
            return [Choice(one.id, f"{shown(one.keys)}: {one.summary}") for one in bound(self.keys)]
        if command not in COMMANDS or not COMMANDS[command].usage:
            return ()
        if command not in self._known:
            self._known[command] = ()
            task = asyncio.create_task(self._ask(command))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return self._known[command]

    async def _ask(self, command: str) -> None:
        try:
            self._known[command] = await self._choices(command)
        except FlashagentError as error:
            self._fail(error.message, error.hint)
        self._ready()
