"""A session with a scripted model and small honest tools, for tests of the agent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from helpers.clock import FrozenClock

from flashagent.agent.calls import Approver
from flashagent.agent.effort import Situation, choose
from flashagent.agent.limits import Budget, Limits
from flashagent.agent.session import Session
from flashagent.agent.thread import Thread
from flashagent.events import Event
from flashagent.messages import SystemMessage
from flashagent.models.scripted import Answer, ScriptedModel
from flashagent.tools.base import Arguments, OnText, ToolResult
from flashagent.tools.registry import Toolbox
from flashagent.values import FileChange


class EchoArguments(Arguments):
    text: str


class EchoTool:
    """Says back what it is given; `parallel` and `kind` as the test wants them."""

    name = "echo"
    arguments = EchoArguments

    def __init__(
        self, *, kind: str = "read", parallel: bool = True, changes: Sequence[FileChange] = ()
    ) -> None:
        self.kind = kind
        self.parallel = parallel
        self.changes = tuple(changes)

    def describe(self, arguments: Any) -> tuple[str, tuple[str, ...]]:
        return arguments.text, (("echo", arguments.text) if self.kind == "run" else ())

    async def run(self, arguments: Any, on_output: OnText) -> ToolResult:
        if arguments.text == "break":
            raise RuntimeError("as asked")
        on_output(arguments.text)
        return ToolResult(f"echo: {arguments.text}", arguments.text, changes=self.changes)


class WaitingTool:
    """Runs until it is cancelled; says when it has begun."""

    name = "wait"
    kind = "read"
    parallel = False
    arguments = Arguments

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    def describe(self, arguments: Any) -> tuple[str, tuple[str, ...]]:
        return "", ()

    async def run(self, arguments: Any, on_output: OnText) -> ToolResult:
        self.begun.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


def session_of(
    answers: Sequence[Answer],
    tools: Sequence[Any] = (),
    *,
    limits: Limits | None = None,
    approver: Approver | None = None,
    can_ask: bool = False,
) -> tuple[Session, ScriptedModel, list[Event]]:
    """The session, its model, and the list that its one sink fills."""
    seen: list[Event] = []
    clock = FrozenClock()
    model = ScriptedModel(answers)
    thread = Thread(
        model,
        Toolbox.of(tools, {tool.name: "A tool." for tool in tools}),
        Budget(limits or Limits(), clock),
        approver or Approver(),
        clock,
        choose((), Situation(1), has_architect=False),
        [SystemMessage("You are tested.")],
    )
    return Session("s1", thread, (seen.append,), can_ask=can_ask), model, seen
