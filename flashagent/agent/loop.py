"""The agent loop: ask the model, carry out its tool calls, tell it the results, until it rests or is told to."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from flashagent.agent.calls import Approver, CallsInterrupted, Carried, carry_out
from flashagent.agent.effort import Effort
from flashagent.agent.limits import Budget
from flashagent.errors import FlashagentError
from flashagent.events import AssistantReplied, BudgetSpent, Emit, Notice, StepStarted
from flashagent.messages import AssistantMessage, Message, ToolMessage, UserMessage
from flashagent.models.base import ChatModel, ModelRequest
from flashagent.models.tokens import estimate_request
from flashagent.models.waste import wasted_by
from flashagent.ports import Clock
from flashagent.tools.registry import Toolbox
from flashagent.values import Usage


@dataclass
class Thread:
    """One conversation with a model: its history only grows, so that every request extends the one before it."""

    model: ChatModel
    tools: Toolbox
    budget: Budget
    approver: Approver
    clock: Clock
    effort: Effort
    history: list[Message]
    temperature: float | None = None
    reply_cap: int = 16_000
    steering: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the job says after a step: `stop` ends the turn, `tell` goes to the model with the tool results."""

    stop: bool = False
    tell: str = ""


AfterStep = Callable[[Carried], Awaitable[Ruling]]


async def go_on(carried: Carried) -> Ruling:
    """The ruling of a plain conversation: the model decides when it rests."""
    return Ruling()


async def converse(thread: Thread, after_step: AfterStep, emit: Emit) -> bool:
    """One turn. Returns whether it was stopped by the job's ruling rather than by the model resting."""
    for number in itertools.count(1):
        thread.history += [UserMessage(text) for text in thread.steering]
        thread.steering.clear()
        emit(StepStarted(number))
        reply = await ask(thread, emit)
        if not reply.tool_calls:
            if thread.steering:
                continue
            return False
        carried = await answer_calls(thread, reply, emit)
        ruling = await after_step(carried)
        if ruling.tell:
            tell(thread, ruling.tell)
        if ruling.stop:
            return True
    raise AssertionError("unreachable")


async def ask(thread: Thread, emit: Emit) -> AssistantMessage:
    """One request and its reply, inside the budget; the reply is in the history and on record when this returns."""
    request = ModelRequest(tuple(thread.history), thread.tools.specs, temperature=thread.temperature)
    wanted = min(thread.effort.max_output_tokens, thread.reply_cap)
    reservation = thread.budget.reserve(thread.model.name, estimate_request(request), wanted)
    usage: Usage | None = None
    try:
        reply = await thread.model.reply(
            ModelRequest(
                request.messages,
                request.tools,
                max_output_tokens=reservation.max_output_tokens,
                temperature=thread.temperature,
                reasoning_effort=thread.effort.reasoning,
                token_allowance=thread.budget.allowance(reservation),
            ),
            emit,
        )
        usage = reply.usage + reply.wasted
    except (asyncio.CancelledError, FlashagentError) as error:
        usage = wasted_by(error)
        if usage is None and isinstance(error, asyncio.CancelledError):
            # The endpoint has read the prompt and bills it, though nobody told us what came back.
            usage = Usage(prompt_tokens=reservation.prompt_tokens, estimated=True)
        raise
    finally:
        thread.budget.settle(reservation, usage)
    thread.history.append(reply)
    emit(
        AssistantReplied(
            reply.text, reply.tool_calls, reply.usage, reply.model or thread.model.name, reply.reasoning
        )
    )
    spent = thread.budget.usage
    emit(BudgetSpent(spent.total_tokens, thread.budget.cost, thread.budget.share, spent.estimated))
    if overrun := thread.budget.overrun:
        emit(
            Notice(
                "warning",
                overrun,
                "The endpoint did not keep to the reply cap, or counts otherwise than we do.",
            )
        )
    return reply


async def answer_calls(thread: Thread, reply: AssistantMessage, emit: Emit) -> Carried:
    """Each call of the reply is answered in the history, whatever happens."""
    try:
        carried = await carry_out(reply.tool_calls, thread.tools, thread.approver, emit, thread.clock)
    except CallsInterrupted as interrupted:
        thread.history += interrupted.messages
        raise
    thread.history += carried.messages
    return carried


def tell(thread: Thread, text: str) -> None:
    """Add what the harness has to say to the last tool result: no request of its own, and the history stays valid."""
    last = thread.history[-1]
    assert isinstance(last, ToolMessage)
    thread.history[-1] = ToolMessage(last.call_id, f"{last.text}\n\n{text}")
