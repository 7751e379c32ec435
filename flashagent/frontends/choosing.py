"""Ask at a terminal which patch is meant: a sink that shows the question with its event and hears the answer beside the job."""

from __future__ import annotations

import asyncio
import contextlib
import termios
from typing import TextIO

from flashagent.events import ChoiceRequested, ChoiceResolved, Emit, Event
from flashagent.frontends import offers
from flashagent.frontends.plain.lines import Lines
from flashagent.frontends.words import clean
from flashagent.jobs.choosing import Choices


class Chooser:
    """Hands every event on to `sink`, which shows the patches; reads answers from the terminal behind `descriptor`."""

    def __init__(self, sink: Emit, choices: Choices, descriptor: int, talk: TextIO) -> None:
        self._sink = sink
        self._choices = choices
        self._descriptor = descriptor
        self._talk = talk
        self._asking: asyncio.Task[None] | None = None
        self._open = False  # the question stands on the last line, waiting

    def __call__(self, event: Event) -> None:
        if isinstance(event, ChoiceResolved):
            self._end()
        self._sink(event)
        if isinstance(event, ChoiceRequested):
            self._asking = asyncio.create_task(self._ask(event))

    async def _ask(self, event: ChoiceRequested) -> None:
        count = len(event.options)
        # What was typed while the search ran was no answer to this.
        with contextlib.suppress(termios.error):
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
        lines = Lines(self._descriptor)
        with lines.reading():
            while True:
                self._say(f"{offers.question(count)}: ")
                self._open = True
                line = await lines.next()
                self._open = line is None  # a sent line has ended the one it stands on
                if line is not None and line.strip().lower() == "d":
                    self._show(event)
                    continue
                chosen = 0 if line is None else offers.chosen(line, count)
                if chosen is not None:
                    return self._choices.answer(event.call_id, chosen)

    def _show(self, event: ChoiceRequested) -> None:
        for number, option in enumerate(event.options, 1):
            head = f"Patch {number}:\n" if len(event.options) > 1 else ""
            self._say(f"{head}{clean(option.diff)}")

    def _end(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if self._open:
            self._open = False
            self._say("\n")

    def _say(self, text: str) -> None:
        self._talk.write(text)
        self._talk.flush()
