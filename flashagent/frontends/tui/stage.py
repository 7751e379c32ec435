"""What the app has to show, between the events and the screen: the view, the story of the panel, what is not drawn yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from flashagent.frontends.tui.blocks import (
    Block,
    Mark,
    View,
    output_ended,
    output_grown,
    output_started,
    settled,
    with_block,
    with_request,
)
from flashagent.frontends.tui.story import Story, told
from flashagent.frontends.words import MAX_SENTENCE, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.events import Event


class Stage:
    """`changed` is called whenever there is something new to draw, and never waits for the screen. `asked_at` is when the open
    question of the model came, on the clock `now`."""

    def __init__(self, changed: Callable[[], None], now: Callable[[], float]) -> None:
        self.asked_at = 0.0
        self._clock = now
        self.view = View()
        self.story = Story()
        self._changed = changed
        self._finished: list[Block] = []

    def emit(self, event: Event) -> None:
        """The sink that work writes to."""
        from flashagent.frontends.tui.view import reduce

        asked_before = self.view.question
        self._now(reduce(self.view, event))
        if self.view.question is not None and self.view.question is not asked_before:
            self.asked_at = self._clock()
        self.story = told(self.story, event)

    def note(self, title: str, text: str = "", *, mark: Mark = "") -> None:
        self.show(Block("note", title, text, mark))

    def fail(self, message: str, hint: str = "") -> None:
        self.note(one_line(message, MAX_SENTENCE), hint, mark="bad")

    def show(self, block: Block) -> None:
        self._now(with_block(self.view, block))

    def show_all(self, blocks: Iterable[Block]) -> None:
        self._finished += blocks
        self._changed()

    def plan(self, text: str) -> None:
        self.tell(replace(self.story, plan=text))

    def tell(self, story: Story) -> None:
        """The panel tells this now."""
        self.story = story
        self._changed()

    def request(self, text: str) -> None:
        """The user has just asked for work in these words."""
        self._now(with_request(self.view, text))

    def settle(self) -> None:
        """All work has ended, however it did."""
        self._now(settled(self.view))

    def output_starts(self, command: str) -> None:
        self._now(output_started(self.view, one_line(command, MAX_SENTENCE)))

    def output_grows(self, text: str) -> None:
        self._now(output_grown(self.view, text))

    def output_ends(self, block: Block) -> None:
        self._now(output_ended(self.view, block))

    def take_finished(self) -> list[Block]:
        """The finished blocks that were not taken yet, oldest first."""
        taken, self._finished = self._finished, []
        return taken

    def _now(self, view: View) -> None:
        self.view = view
        self._finished += view.finished
        self._changed()
