"""What the app can ask for. `compose` builds the real one, a test a scripted one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flashagent.events import Decision, Emit


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status line shows about the surroundings. `model` '' means offline; `sandbox` is the tier in words."""

    folder: str = ""
    branch: str = ""
    model: str = ""
    sandbox: str = ""


class Controller(Protocol):
    """One piece of work runs at a time: the app awaits `submit` or `fix` before it asks for the next.

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

    async def diff(self) -> str:
        """What flashagent has changed, as a unified diff; '' for nothing."""
        ...

    async def undo(self) -> str:
        """Take back the last change; says what was done in a sentence."""
        ...

    def steer(self, text: str) -> None:
        """Say something to the work that is running."""
        ...

    def interrupt(self) -> None:
        """End the running work now; `submit` or `fix` then returns soon. Harmless when nothing runs."""
        ...

    def answer(self, call_id: str, decision: Decision, reason: str) -> None:
        """Answer an ApprovalRequested."""
        ...

    async def close(self) -> None:
        """Let go of everything; the app calls it once, last."""
        ...
