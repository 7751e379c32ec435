"""Carry a question to the user and remember the answer: the state around the pure rules of `approvals`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import field
from typing import Protocol

from flashagent.agent.approvals import Action, Allow, Ask, Command, Deny, Grants, Mode, decide, scope_of
from flashagent.dataclass import dataclass
from flashagent.errors import UsageError
from flashagent.events import ApprovalRequested, ApprovalResolved, Decision, Emit

AwaitAnswer = Callable[[str], Awaitable[tuple[Decision, str]]]
MOST_RECENT = 100


class Memory(Protocol):
    """What outlives a session: the project's grants and the last commands, kept in the user's own folder."""

    def grants(self) -> Grants: ...

    def keep(self, command: Command) -> None:
        """Remember a grant for the project."""
        ...

    def recent(self) -> Sequence[Command]:
        """The last commands that were asked for, oldest first, MOST_RECENT at most."""
        ...

    def note(self, command: Command) -> None:
        """A command was asked for."""
        ...


class Forgetful:
    """A memory of one session: nothing is kept."""

    def __init__(self) -> None:
        self._recent: list[Command] = []

    def grants(self) -> Grants:
        return Grants()

    def keep(self, command: Command) -> None:
        """The session's own grants hold it already."""

    def recent(self) -> Sequence[Command]:
        return tuple(self._recent)

    def note(self, command: Command) -> None:
        self._recent = [*self._recent, command][-MOST_RECENT:]


class Questions:
    """Open questions by their call id, between a session that waits and a front end that answers."""

    def __init__(self) -> None:
        self._open: dict[str, asyncio.Future[tuple[Decision, str]]] = {}

    async def ask(self, call_id: str) -> tuple[Decision, str]:
        question: asyncio.Future[tuple[Decision, str]] = asyncio.get_running_loop().create_future()
        self._open[call_id] = question
        try:
            return await question
        finally:
            del self._open[call_id]

    def answer(self, call_id: str, decision: Decision, reason: str = "") -> None:
        """Raises UsageError when no such question is open."""
        question = self._open.get(call_id)
        if question is None or question.done():
            raise UsageError(f"No question is open for {call_id}.")
        question.set_result((decision, reason))


@dataclass
class Approver:
    """The approval state of one session: the mode, what was granted, and whom to ask. Without anyone to ask
    (`ask` is None: a pipe, CI) a question is a denial."""

    mode: Mode = "auto"
    sandboxed: bool = True
    ask: AwaitAnswer | None = None
    grants: Grants = field(default_factory=Grants)
    memory: Memory = field(default_factory=Forgetful)
    reasons: dict[Command, str] = field(default_factory=dict)

    async def permit(self, call_id: str, action: Action, emit: Emit) -> str:
        """'' when the call may run, else why not."""
        known = self.grants.joined(self.memory.grants())
        ruling = decide(action, self.mode, known, sandboxed=self.sandboxed, attended=self.ask is not None)
        command = action.command(sandboxed=self.sandboxed)
        why = await self._ruled(call_id, action, command, ruling, emit)
        if action.argv:
            self.memory.note(command)
        return why

    async def _ruled(
        self, call_id: str, action: Action, command: Command, ruling: Allow | Ask | Deny, emit: Emit
    ) -> str:
        if isinstance(ruling, Allow):
            return ""
        if isinstance(ruling, Deny):
            return f"{ruling.reason} {self.reasons.get(command, '')}".strip()
        return await self._ask(call_id, action, command, ruling, emit)

    async def _ask(self, call_id: str, action: Action, command: Command, ruling: Ask, emit: Emit) -> str:
        if self.ask is None:
            return f"It needs the user's approval, and nobody is there to give it. {ruling.reason}"
        scope = scope_of(command, self.memory.recent()) if action.argv else ""
        emit(ApprovalRequested(call_id, action.summary, action.argv, action.folder, ruling.reason, scope))
        decision, reason = await self.ask(call_id)
        emit(ApprovalResolved(call_id, decision, reason))
        if decision == "deny":
            self._deny(action, command, reason)
            return f"The user said no. {reason}".strip()
        if decision in ("session", "project") and action.argv:
            self.grants = self.grants.allowing(command)
            if decision == "project":
                self.memory.keep(command)
        return ""

    def _deny(self, action: Action, command: Command, reason: str) -> None:
        """A command that was denied is not asked for again in this session; an edit is a new one each time."""
        if action.argv:
            self.grants = self.grants.denying(command)
            self.reasons[command] = reason
