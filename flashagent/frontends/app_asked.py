"""What a command of the terminal app is given, and the short way to answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.frontends import words
from flashagent.frontends.app_opened import Opened
from flashagent.frontends.tui.blocks import Block, Mark
from flashagent.frontends.tui.controller import Answer


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with what it needs to know."""

    opened: Opened
    argument: str
    confirmed: bool


Handler = Callable[[Asked], Coroutine[Any, Any, Answer]]
NOTHING = Answer(Block("note"))  # what the events told is all


def note(title: str, text: str = "", mark: Mark = "") -> Answer:
    return Answer(Block("note", words.one_line(title, words.MAX_SENTENCE), text, mark))
