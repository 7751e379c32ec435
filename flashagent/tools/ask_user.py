"""The `ask_user` tool: one question to the person who watches, answered with yes or no and a few words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import Field

from flashagent import untrusted
from flashagent.events import ApprovalRequested, ApprovalResolved, Decision, Emit
from flashagent.tools.base import Arguments, OnText, ToolResult

LONGEST = 600
AwaitAnswer = Callable[[str], Awaitable[tuple[Decision, str]]]


class AskUserArguments(Arguments):
    question: Annotated[str, Field(min_length=1, max_length=LONGEST, description="answerable by yes or no")]


class AskUserTool:
    """Only offered where a person is there. The question goes the way of an approval, so that every front end knows it."""

    name = "ask_user"
    kind = "read"
    parallel = False
    arguments = AskUserArguments

    def __init__(self, ask: AwaitAnswer, emit: Emit) -> None:
        self._ask = ask
        self._emit = emit
        self._count = 0

    def describe(self, arguments: AskUserArguments) -> tuple[str, tuple[str, ...]]:
        return arguments.question, ()

    async def run(self, arguments: AskUserArguments, on_output: OnText) -> ToolResult:
        self._count += 1
        call_id, question = f"question-{self._count}", untrusted.plain(arguments.question)
        self._emit(ApprovalRequested(call_id, question, (), "", "The model asks you."))
        decision, words = await self._ask(call_id)
        self._emit(ApprovalResolved(call_id, decision, words))
        answer = "no" if decision == "deny" else "yes"
        return ToolResult(f"The user says {answer}. {words}".strip(), f"{answer} {words}".strip())
