"""The questions of a first start: an endpoint, its key, a model. Each can be left, and nothing is kept before the last answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from flashagent.errors import FlashagentError
from flashagent.frontends.tui.desk import Asking, Desk

WELCOME = "No model is configured."
CHOICES = (
    "Name an endpoint: its address, or a preset such as openai, anthropic, ollama.\n"
    "Escape goes on offline: /fix, /check and /map work without a model."
)
NO_KEY = "-"


class SetUp:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(self) -> None:
        self._desk.stage.note(WELCOME, CHOICES)
        self._ask("The endpoint: http(s)://... or a preset · Escape skips", self._key)

    def _key(self, address: str) -> None:
        self._ask(
            f"Its key, not shown · {NO_KEY} for none · Escape skips",
            lambda key: self._model(address, "" if key == NO_KEY else key),
            secret=True,
        )

    def _model(self, address: str, key: str) -> None:
        self._ask("The model's name · Escape skips", lambda model: self._done(address, key, model))

    def _done(self, address: str, key: str, model: str) -> None:
        stage = self._desk.stage
        try:
            kept = self._desk.house.set_up(address, key, model)
        except FlashagentError as error:
            stage.fail(error.message, error.hint)
        else:
            stage.note(f"{model} is asked from now on.", kept, mark="good")

    def _ask(self, hint: str, heard: Callable[[str], None], *, secret: bool = False) -> None:
        self._desk.ask(
            Asking(hint, heard, secret=secret, dropped=self._left), asyncio.get_running_loop().time()
        )

    def _left(self) -> None:
        self._desk.stage.note("Offline, then. /setup asks again.")
