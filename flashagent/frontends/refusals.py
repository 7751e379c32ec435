"""Remember what the user refuses, from the events of a session."""

from __future__ import annotations

import contextlib

from flashagent.agent.facts import Facts, refused
from flashagent.errors import FlashagentError
from flashagent.events import ApprovalResolved, Event, ToolFinished, ToolStarted
from flashagent.ports import Clock

EDITS = ("edit", "rename")  # tools whose summary names the files that they change


class Refusals:
    """A sink of masked events. A memory that cannot be written stops nothing."""

    def __init__(self, facts: Facts, clock: Clock) -> None:
        self._facts = facts
        self._clock = clock
        self._open: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case ToolStarted(call_id=call_id, tool=tool, summary=summary) if tool in EDITS:
                self._open[call_id] = summary
            case ToolFinished(call_id=call_id):
                self._open.pop(call_id, None)
            case ApprovalResolved(call_id=call_id, decision="deny", reason=reason) if call_id in self._open:
                with contextlib.suppress(FlashagentError, OSError):
                    self._facts.learn(refused(self._open[call_id], reason, self._clock.now()))
            case _:
                return
