"""What the app can ask for. `compose` builds the real one, a test a scripted one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from flashagent.events import Decision, Emit
from flashagent.frontends.tui.blocks import Block


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status line shows about the surroundings. `model` '' means offline; `sandbox` is the tier in words."""

    folder: str = ""
    branch: str = ""
    model: str = ""
    sandbox: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says. With `confirm` nothing was done yet: the block shows what would be, `confirm` asks for it, and
    the same command is carried out when it is called with `confirmed`."""

    block: Block
    confirm: str = ""


class Controller(Protocol):
    """One piece of work runs at a time: the app awaits `submit`, `fix`, `command` or `shell` before it asks for the next.

    Expected failures are raised as FlashagentError and shown with their hint.
    """

    @property
    def facts(self) -> Facts:
        """As they are now; asked again after each piece of work. Must not block."""
        ...

    async def submit(self, prompt: str, emit: Emit) -> None:
        """One turn of the session, its events through `emit`; returns when the turn has finished."""
        ...

    async def fix(self, goal: str, emit: Emit) -> None:
        """One `fix` job, its events through `emit`; returns after JobFinished."""
        ...

    async def command(self, name: str, argument: str, emit: Emit, *, confirmed: bool = False) -> Answer:
        """Carry out one of the commands that `commands.COMMANDS` gives to the controller."""
        ...

    async def shell(self, command: str, on_output: Callable[[str], None]) -> Answer:
        """Run a line of the user's in the sandbox, on the user's own files; no model hears of it."""
        ...

    async def names(self) -> Sequence[str]:
        """What `@` can complete to: the files of the repository, then the names that are defined in it."""
        ...

    def remembered(self) -> Sequence[str]:
        """What was sent in earlier sessions here, oldest first."""
        ...

    def remember(self, text: str) -> None:
        """Keep what was sent for later sessions."""
        ...

    def save(self, file: str, text: str) -> str:
        """Write a new file that the user named; says where it is. Never writes over one that is there."""
        ...

    def steer(self, text: str) -> None:
        """Say something to the work that is running."""
        ...

    def interrupt(self) -> None:
        """End the running work now; it then returns soon. Harmless when nothing runs."""
        ...

    def answer(self, call_id: str, decision: Decision, reason: str) -> None:
        """Answer an ApprovalRequested."""
        ...

    async def close(self) -> None:
        """Let go of everything; the app calls it once, last."""
        ...
