"""What keys do in the panel: hunks are kept or taken back one by one, failures and findings show their code, a plan is carried
out, a finding repaired."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from flashagent.errors import FlashagentError
from flashagent.frontends.tui.desk import Asking, Desk
from flashagent.frontends.tui.panel import Panel
from flashagent.frontends.tui.sending import Sender
from flashagent.frontends.tui.story import accepted, excerpted, place_of
from flashagent.frontends.tui.tabs import Item, item_of
from flashagent.frontends.words import MAX_SENTENCE, one_line

NO_REASON = "-"
_HINT = f"Why? Enter tells the model · {NO_REASON} only takes it back · Escape keeps it"
_REJECTED = "I took back this part of your change to {path}:\n\n{hunk}\n\n{reason}"
CARRY_OUT = "Carry out the plan."


class Reviewer:
    """`to_prompt` gives the prompt the focus."""

    def __init__(self, desk: Desk, sender: Sender, panel: Panel, to_prompt: Callable[[], None]) -> None:
        self._desk = desk
        self._sender = sender
        self._panel = panel
        self._to_prompt = to_prompt
        self._reading: set[asyncio.Task[None]] = set()

    def act(self, key: str, item: Item) -> None:
        if item.kind == "hunk" and key == "x":
            self._ask_why(item)
        elif item.kind == "hunk":
            self._desk.stage.tell(accepted(self._desk.stage.story, item.path, item.number))
        elif item.kind == "failure" and key == "enter" and self._panel.toggle(item):
            self._read_failure(item)
        elif item.kind == "finding" and key == "enter" and self._panel.toggle(item):
            self._read((item.path, item.number))  # each time, since the user may have written in it
        elif item.kind == "finding" and key == "f":
            self._repair(item)
        elif item.kind == "plan" and key == "enter":
            self._to_prompt()
            self._sender.submit(f"{CARRY_OUT}\n\n{self._desk.stage.story.plan}", shown=CARRY_OUT)

    def _ask_why(self, item: Item) -> None:
        if self._desk.work.running:
            self._desk.stage.note(
                "A hunk can be taken back when what runs has ended. Escape interrupts it.", mark="warning"
            )
            return
        self._to_prompt()
        self._desk.ask(
            Asking(_HINT, lambda reason: self._take_back(item, reason)), asyncio.get_running_loop().time()
        )

    def _take_back(self, item: Item, reason: str) -> None:
        file = self._desk.stage.story.file(item.path)
        if file is None or item.number >= len(file.hunks):
            return
        hunk = file.hunks[item.number].text
        said = "" if reason == NO_REASON else reason
        told = _REJECTED.format(path=item.path, hunk=hunk, reason=said or "No reason was given.")

        async def work() -> None:
            house, stage = self._desk.house, self._desk.stage
            await house.take_back(item.path, hunk, item.number, stage.emit)
            stage.note(f"Taken back in {one_line(item.path)}. /undo brings it back.", mark="good")
            if said:
                stage.request(said)
                await house.submit(told, stage.emit)
            else:
                house.tell_later(told)

        self._desk.work.start_or_wait(f"take back in {item.path}", work)

    def _repair(self, item: Item) -> None:
        """Ask the model for it, by this key only. A finding that is gone by now asks for nothing."""
        one = next((one for one in self._desk.stage.story.findings if item_of(one) == item), None)
        if one is not None:
            self._to_prompt()
            shown = f"Repair {one_line(one.path)}:{one.line}: {one_line(one.message, MAX_SENTENCE)}"
            self._sender.submit(one.request, shown=shown)

    def _read_failure(self, item: Item) -> None:
        """The lines where it failed, when they are not known yet."""
        failure = self._desk.stage.story.checks[item.check].failures[item.number]
        place = place_of(failure)
        if place is not None and place not in self._desk.stage.story.excerpts:
            self._read(place)

    def _read(self, place: tuple[str, int]) -> None:
        async def read() -> None:
            try:
                text = await self._desk.house.excerpt(*place)
            except FlashagentError as error:
                text = error.message
            self._desk.stage.tell(excerpted(self._desk.stage.story, place, text))

        task = asyncio.create_task(read())
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)
