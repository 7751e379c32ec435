"""The findings of the background, brought into the story: never a block, a bell or a question, and nothing to draw while they
are the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from flashagent.errors import FlashagentError
from flashagent.frontends.tui.controller import Found
from flashagent.frontends.tui.desk import Desk
from flashagent.frontends.tui.story import watched

OFF = "Changed files are not looked at: app.watch is false in your settings."


class Watching:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Once the controller is there."""
        if not self._desk.preferences.watch:
            self._tell((), OFF)
        elif self._task is None:
            self._task = asyncio.create_task(self._watch())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _watch(self) -> None:
        try:
            await self._desk.house.watch(self._found)
        except FlashagentError as error:
            self._tell((), f"{error.message} {error.hint}".strip())

    def _found(self, findings: Sequence[Found]) -> None:
        self._desk.pools.forget()  # the change may have made new names
        self._tell(tuple(findings))

    def _tell(self, findings: tuple[Found, ...], why_none: str = "") -> None:
        stage = self._desk.stage
        story = watched(stage.story, findings, why_none)
        if story is not stage.story:
            stage.tell(story)
