"""One request to the model and its reply: inside the budget and the context window, by tools or in plain text."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from flashagent.agent.compaction import Compactor
from flashagent.agent.limits import Budget
from flashagent.agent.thread import Thread
from flashagent.errors import ContextTooLong, FlashagentError, LimitReached, ToolsRefused
from flashagent.events import AssistantReplied, BudgetSpent, ContextCompacted, Emit, Event, Notice
from flashagent.messages import AssistantMessage, UserMessage
from flashagent.models.base import ChatModel, ModelRequest
from flashagent.models.tokens import estimate_request
from flashagent.models.waste import wasted_by
from flashagent.values import Usage

SUMMARY_TOKENS, SUMMARY_WORDS = 700, "250"
SHORTENED_TOKENS = 4_000  # what is left of a conversation that the user wants to be short
HEAVY, LIGHT = 0.3, 0.1  # of a budget's tokens: a history above the one is brought to about the other
SHORT_HISTORY = 4  # messages; so few hold nothing to leave out


async def ask(thread: Thread, emit: Emit) -> AssistantMessage:
    """One request and its reply; the reply is in the history and on record when this returns.

    The history is compacted first when it would not fit, and once more when the endpoint says that it did not, or when
    the rest of the budget cannot pay for a history so long.
    """
    await make_room(thread, emit)
    try:
        reply = await _ask_by_tools_or_text(thread, emit)
    except ContextTooLong as error:
        if thread.compactor is None:
            raise
        thread.compactor.learn(error, int(_prompt_tokens(thread)), thread.wanted_reply)
        compact(thread, thread.compactor, emit)
        reply = await _ask_by_tools_or_text(thread, emit)
    except LimitReached as error:
        if error.limit != "tokens" or not _made_payable(thread, emit):
            raise
        reply = await _ask_by_tools_or_text(thread, emit)
    thread.history.append(reply)
    emit(
        AssistantReplied(
            reply.text, reply.tool_calls, reply.usage, reply.model or thread.model.name, reply.reasoning
        )
    )
    tell_budget(thread, emit)
    return reply


def tell_budget(thread: Thread, emit: Emit) -> None:
    """Where the budget stands, and whether the endpoint went over it."""
    spent = thread.budget.usage
    emit(BudgetSpent(spent.total_tokens, thread.budget.cost, thread.budget.share, spent.estimated))
    if overrun := thread.budget.overrun:
        hint = "The endpoint did not keep to the reply cap, or counts otherwise than we do."
        emit(Notice("warning", overrun, hint))


async def make_room(thread: Thread, emit: Emit) -> None:
    """Compact the history if the next request would not fit into the window."""
    compactor = thread.compactor
    if compactor is None:
        return
    prompt = _prompt_tokens(thread)
    summary_room = SUMMARY_TOKENS if compactor.by_model else 0  # it must fit while it can still be asked for
    if not compactor.fits(prompt, thread.wanted_reply + summary_room):
        summary = await _summed_up(thread, compactor, prompt, emit) if compactor.by_model else ""
        compact(thread, compactor, emit, summary)


def compact(thread: Thread, compactor: Compactor, emit: Emit, summary: str = "") -> None:
    """Write the history anew, so that it fits. Raises ContextTooLong when nothing could make it fit."""
    request, scale = _request(thread), thread.budget.scale
    before = estimate_request(request)
    others = estimate_request(replace(request, messages=()))
    thread.history[:] = compactor.compacted(thread.history, others, thread.wanted_reply, scale, summary)
    emit(_compacted(thread, before))


def _made_payable(thread: Thread, emit: Emit) -> bool:
    """Write a history anew that is too long for what is left of the budget; False when its length is not the trouble."""
    small = thread.budget.tokens_left // 3
    if thread.compactor is None or _prompt_tokens(thread) <= small or len(thread.history) <= SHORT_HISTORY:
        return False
    window = min(thread.compactor.window or small, small) + thread.wanted_reply
    try:
        compact(thread, replace(thread.compactor, window=window), emit)
    except ContextTooLong:  # so little is left that nothing fits
        return False
    return True


async def lighten(thread: Thread, emit: Emit) -> None:
    """Compact a history of which a few requests would use up all tokens of the budget, window or not. With a limit so
    small that no shorter one is of use it stays as it is."""
    most = thread.budget.limits.tokens
    small = max(SHORTENED_TOKENS, int(most * LIGHT))
    if _prompt_tokens(thread) > max(most * HEAVY, 2 * small):
        # What must stay may be longer than that: then the request as it is may be paid for all the same.
        with suppress(ContextTooLong):
            await shorten(thread, emit, small)


def _prompt_tokens(thread: Thread) -> float:
    return estimate_request(_request(thread)) * thread.budget.scale


async def shorten(thread: Thread, emit: Emit, tokens: int = SHORTENED_TOKENS) -> bool:
    """Compact now, whether or not there is need, to about so many tokens beside the system message and the tools. False
    when there is nothing to leave out."""
    compactor = thread.compactor
    if compactor is None or len(thread.history) <= SHORT_HISTORY:
        return False
    prompt = _prompt_tokens(thread)
    summary = await _summed_up(thread, compactor, prompt, emit) if compactor.by_model else ""
    others = estimate_request(replace(_request(thread), messages=tuple(thread.history[:1])))
    small = int((others + tokens) * thread.budget.scale) + thread.wanted_reply
    compact(thread, replace(compactor, window=min(compactor.window or small, small)), emit, summary)
    return True


def _compacted(thread: Thread, before: int) -> ContextCompacted:
    """What happened to the history, so that a record of it can be gone on with."""
    told, scale = thread.history[1], thread.budget.scale
    assert isinstance(told, UserMessage)
    after = estimate_request(_request(thread))
    return ContextCompacted(int(before * scale), int(after * scale), told.text, len(thread.history) - 2)


def start_afresh(thread: Thread, account: Sequence[str], emit: Emit) -> None:
    """Leave the conversation behind for another model: it gets what counts, and the account of what was tried."""
    compactor = thread.compactor
    if compactor is None:
        return
    before = estimate_request(_request(thread))
    thread.history[:] = compactor.afresh(thread.history, account)
    emit(_compacted(thread, before))


async def _summed_up(thread: Thread, compactor: Compactor, prompt: float, emit: Emit) -> str:
    """What the model itself says of the conversation; '' when that request would not fit either, or fails."""
    if thread.sum_up is None or not compactor.fits(prompt, SUMMARY_TOKENS):
        return ""
    wish = UserMessage(thread.sum_up.fill(words=SUMMARY_WORDS))
    request = replace(_request(thread), messages=(*thread.history, wish))
    try:
        reply = await send(thread, request, SUMMARY_TOKENS, heard_by_nobody)
    except FlashagentError:
        return ""  # the harness's own account takes its place
    tell_budget(thread, emit)
    return reply.text.strip()


async def _ask_by_tools_or_text(thread: Thread, emit: Emit) -> AssistantMessage:
    try:
        return await send(thread, _request(thread), thread.wanted_reply, emit)
    except ToolsRefused as error:
        if thread.text_only or not thread.text_protocol:
            raise
        emit(Notice("info", f"{thread.model.name} takes no tools: asking in plain text.", error.message))
        thread.take_tools_away()
        return await send(thread, _request(thread), thread.wanted_reply, emit)


async def send(thread: Thread, request: ModelRequest, wanted: int, emit: Emit) -> AssistantMessage:
    """The reply to `request`, as hard thought about as the thread says, paid from its budget."""
    thought = replace(request, reasoning_effort=thread.effort.reasoning)
    return await paid(thread.model, thread.budget, thought, wanted, emit)


async def paid(
    model: ChatModel, budget: Budget, request: ModelRequest, wanted: int, emit: Emit
) -> AssistantMessage:
    """The reply to `request`, reserved before it is sent and settled after it, whatever happens."""
    reservation = budget.reserve(model.name, estimate_request(request), wanted)
    usage: Usage | None = None
    try:
        reply = await model.reply(
            replace(
                request,
                max_output_tokens=reservation.max_output_tokens,
                may_retry=lambda wasted: budget.extend(reservation, wasted),
            ),
            emit,
        )
        usage = reply.usage + reply.wasted
        return reply
    except (asyncio.CancelledError, FlashagentError) as error:
        usage = wasted_by(error)
        if usage is None and isinstance(error, asyncio.CancelledError):
            # The endpoint has read the prompt and bills it, though nobody told us what came back.
            usage = Usage(prompt_tokens=reservation.prompt_tokens, estimated=True)
        raise
    finally:
        budget.settle(reservation, usage)


def heard_by_nobody(event: Event) -> None:
    """The deltas of a summary are shown to nobody."""


def _request(thread: Thread) -> ModelRequest:
    return ModelRequest(tuple(thread.history), thread.tools.specs, temperature=thread.temperature)
