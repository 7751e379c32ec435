"""What the parts of the app share: the stage, the work, the lists, the controller, and the question that is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.frontends.tui.controller import Controller, Preferences
from flashagent.frontends.tui.lists import Pools
from flashagent.frontends.tui.stage import Stage
from flashagent.frontends.tui.working import Work


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Asking:
    """A question of the app itself, asked where the prompt is. `choices` are single keys that answer it; without them a text
    does. `heard` gets the answer; `dropped` is called when the user turns away from it. A `secret` answer is not shown."""

    hint: str
    heard: Callable[[str], None]
    choices: str = ""
    secret: bool = False
    dropped: Callable[[], None] = _nothing

    def takes(self, text: str) -> bool:
        """Whether the text is the answer; a command is none, but where nothing that is typed is shown."""
        return not self.choices and (self.secret or not text.startswith(("/", "!")))


@dataclass
class Desk:
    """`controller` is None until it has been made."""

    stage: Stage
    work: Work
    pools: Pools
    redraw: Callable[[], None]
    controller: Controller | None = None
    preferences: Preferences = field(default_factory=Preferences)
    asking: Asking | None = None
    asked_at: float = 0.0

    @property
    def house(self) -> Controller:
        """The controller; only work asks for it, and that starts when it is there."""
        assert self.controller is not None
        return self.controller

    def ask(self, question: Asking, now: float) -> None:
        self.asking, self.asked_at = question, now
        self.redraw()

    def hear(self, text: str) -> None:
        """The answer to the open question."""
        assert self.asking is not None
        question, self.asking = self.asking, None
        question.heard(text)
        self.redraw()

    def drop(self) -> bool:
        """Whether a question was open; it no longer is."""
        if self.asking is None:
            return False
        question, self.asking = self.asking, None
        question.dropped()
        self.redraw()
        return True
