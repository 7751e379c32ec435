"""The agent loop: ask the model, carry out its tool calls, tell it the results, until it rests or is told to."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Sequence

from flashagent.agent.calls import CallsInterrupted, Carried, carry_out
from flashagent.agent.requests import ask
from flashagent.agent.textcalls import text_calls
from flashagent.agent.thread import Ruling, Thread
from flashagent.events import Emit, StepStarted
from flashagent.messages import AssistantMessage, Message, UserMessage

MOST_CUTS = 2  # replies in a row that may end at their cap before the turn ends
CUT = "Your reply was cut off at its length limit. Go on from there, or send it in smaller parts."
CUT_CALL = (
    "Your reply was cut off at its length limit, and its last call with it. Send the change in smaller calls."
)


AfterStep = Callable[[Carried], Awaitable[Ruling]]


async def go_on(carried: Carried) -> Ruling:
    """The ruling of a plain conversation: the model decides when it rests."""
    return Ruling()


async def converse(thread: Thread, after_step: AfterStep, emit: Emit) -> bool:
    """One turn. Returns whether it was stopped by the job's ruling rather than by the model resting."""
    cuts = 0
    for number in itertools.count(1):
        thread.history += [UserMessage(text) for text in thread.steering]
        thread.steering.clear()
        emit(StepStarted(number))
        reply = await ask(thread, emit)
        cuts = cuts + 1 if reply.finish == "length" else 0
        thread.stretch = 2**cuts
        if not reply.tool_calls:
            said = CUT if 0 < cuts <= MOST_CUTS else await answer_lines(thread, reply, emit)
            if not said and thread.on_text is not None:
                ruling = await thread.on_text(last_text(thread.history))
                if ruling.stop:
                    return True
                said = ruling.tell
            if said:
                thread.history.append(UserMessage(said))
            elif not thread.steering:
                return False
            continue
        carried = await answer_calls(thread, reply, emit)
        ruling = await after_step(carried)
        if said := "\n\n".join(filter(None, (CUT_CALL if cuts else "", ruling.tell))):
            thread.tell(said)
        if ruling.stop:
            return True
    raise AssertionError("unreachable")


async def answer_calls(thread: Thread, reply: AssistantMessage, emit: Emit) -> Carried:
    """Each call of the reply is answered in the history, whatever happens."""
    try:
        carried = await carry_out(reply.tool_calls, thread.tools, thread.approver, emit, thread.clock)
    except CallsInterrupted as interrupted:
        thread.history += interrupted.messages
        raise
    thread.history += [thread.shortened(message) for message in carried.messages]
    return carried


async def answer_lines(thread: Thread, reply: AssistantMessage, emit: Emit) -> str:
    """What a model without tool calls asked to see, as one message; '' when it asked for nothing."""
    calls = text_calls(reply.text) if thread.text_tools is not None else ()
    if not calls or thread.text_tools is None:
        return ""
    carried = await carry_out(calls, thread.text_tools, thread.approver, emit, thread.clock)
    return "\n\n".join(thread.shortened(message).text for message in carried.messages)


def last_text(history: Sequence[Message]) -> str:
    """What the model said last, '' before its first reply. A reply that was cut and its continuation are one."""
    said: list[str] = []
    for message in reversed(history):
        if isinstance(message, AssistantMessage):
            if said and message.finish != "length":
                break
            said.insert(0, message.text)
        elif said and message != UserMessage(CUT):
            break
    return "".join(said)
