"""The app driven by a pilot, and what a person would see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from helpers.tui_controller import ScriptedController
from textual.pilot import Pilot

from flashagent.frontends.tui.app import FlashApp
from flashagent.frontends.tui.panel import Panel


class Driven:
    """The running app, its controller, and what a person would see."""

    def __init__(self, app: FlashApp, controller: ScriptedController, pilot: Pilot[int]) -> None:
        self.app = app
        self.controller = controller
        self.pilot = pilot

    def screen(self) -> list[str]:
        """The rows of the screen, blank ones at the end of the transcript left out."""
        rows: list[str] = []
        for widget_id in ("transcript", "prompt", "status"):
            part = self._rows(widget_id)
            while widget_id == "transcript" and part and not part[-1]:
                part.pop()
            rows += part
        return rows

    def rows_above_prompt(self, count: int) -> list[str]:
        """The last rows of the transcript as they stand, an open list included."""
        return self._rows("transcript")[-count:]

    def panel(self) -> list[str]:
        """The rows of the side panel that hold something; none while it is hidden."""
        if not self.app.query_one(Panel).display:
            return []
        return [row for row in self._rows("panel") if row != "│"]

    async def say(self, text: str) -> None:
        await self.pilot.press(*text, "enter")

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not fact():
                await self.pilot.pause()

    async def done(self) -> None:
        await self.until(lambda: not self.app.working)
        await self.drawn()

    async def drawn(self) -> None:
        """The last frame is on the screen."""
        await self.until(lambda: not self.app._frames.waiting)

    def sees(self, text: str) -> bool:
        return any(text in row for row in self.screen())

    def _rows(self, widget_id: str) -> list[str]:
        widget = self.app.query_one(f"#{widget_id}")
        return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


@asynccontextmanager
async def driven(
    controller: ScriptedController | None = None, size: tuple[int, int] = (60, 24), guard_s: float = 0.0
) -> AsyncIterator[Driven]:
    controller = controller or ScriptedController()
    app = FlashApp(lambda: controller, question_guard_s=guard_s, watch_after_s=0.001)
    async with app.run_test(size=size) as pilot:
        it = Driven(app, controller, pilot)
        await it.done()
        yield it
