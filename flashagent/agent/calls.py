"""Carry out the tool calls of one reply: check, ask for approval where needed, run, and always answer each one."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence

from flashagent.agent.approvals import Action, ActionKind
from flashagent.agent.approver import Approver as Approver
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError, Interrupted
from flashagent.events import (
    Emit,
    ToolFinished,
    ToolOutcome,
    ToolOutput,
    ToolStarted,
)
from flashagent.messages import ToolCall, ToolMessage
from flashagent.ports import Clock
from flashagent.tools.base import Arguments, Placed, Placement, Tool, ToolResult, parse_arguments
from flashagent.tools.registry import Toolbox
from flashagent.values import FileChange

MOST_CALLS = 40  # of one reply; a model that sends more has lost the thread
AT_ONCE = 4
TOO_MANY = ToolResult.failed(f"Not run: a reply may hold at most {MOST_CALLS} calls.")
INTERRUPTED = "Interrupted by the user before it finished."


@dataclass(frozen=True, slots=True)
class Carried:
    """What the calls of one reply came to: one message per call, in their order, and what is on disk now."""

    messages: tuple[ToolMessage, ...]
    changes: tuple[FileChange, ...] = ()
    refused_edits: int = 0


async def carry_out(
    calls: Sequence[ToolCall], tools: Toolbox, approver: Approver, emit: Emit, clock: Clock
) -> Carried:
    """Neighbouring calls that may run side by side do; the others wait for each other. Every call is answered, also
    when the work is cancelled: the rest is answered as interrupted before Interrupted is raised."""
    results: dict[str, ToolResult] = {call.id: TOO_MANY for call in calls[MOST_CALLS:]}
    try:
        for group in _groups(calls[:MOST_CALLS], tools):
            pairs = await asyncio.gather(*(run_call(call, tools, approver, emit, clock) for call in group))
            results.update({call.id: result for call, result in zip(group, pairs, strict=True)})
    except asyncio.CancelledError:
        raise CallsInterrupted(_answers(calls, results)) from None
    changes = tuple(change for call in calls for change in results[call.id].changes)
    refused = sum(1 for call in calls if call.name == "edit" and not results[call.id].ok)
    return Carried(_answers(calls, results), changes, refused)


class CallsInterrupted(Interrupted):
    """The calls were cut off; `messages` answers each of them all the same, so that the history stays valid."""

    def __init__(self, messages: tuple[ToolMessage, ...]) -> None:
        super().__init__("Interrupted.")
        self.messages = messages


async def run_call(
    call: ToolCall, tools: Toolbox, approver: Approver, emit: Emit, clock: Clock
) -> ToolResult:
    """One call from its arguments to its result; the one place where any exception of a tool becomes a result."""
    tool = tools.find(call.name)
    checked = _unknown(call, tools) if tool is None else parse_arguments(tool, call.arguments)
    summary, argv = _describe(tool, checked)
    began: float | None = None  # the tool's own work: how long the user takes to answer is not counted
    emit(ToolStarted(call.id, call.name, summary, call.arguments))
    outcome: ToolOutcome = "interrupted"
    result = ToolResult.failed(INTERRUPTED, "interrupted")
    try:
        if tool is None or isinstance(checked, str):
            result = ToolResult.failed(str(checked))
        elif why := await approver.permit(call.id, _action(tool, checked, summary, argv), emit):
            result, outcome = ToolResult.failed(f"Not run. {why}", "denied"), "denied"
            return result
        else:
            began = clock.monotonic()
            result = await tool.run(checked, lambda text: emit(ToolOutput(call.id, text)))
        outcome = "ok" if result.ok else "failed"
    except FlashagentError as error:
        result, outcome = ToolResult.failed(str(error)), "failed"
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"The tool broke: {type(error).__name__}: {error} ({where.name}, line {where.lineno})."
        result, outcome = ToolResult.failed(text), "failed"
    finally:
        seconds = clock.monotonic() - began if began is not None else 0.0
        emit(ToolFinished(call.id, call.name, outcome, result.for_person, seconds, result.text))
    return result


def _unknown(call: ToolCall, tools: Toolbox) -> str:
    return f"There is no tool {call.name!r}. Tools: {', '.join(tools.tools)}."


def _describe(tool: Tool | None, checked: Arguments | str) -> tuple[str, tuple[str, ...]]:
    return ("", ()) if tool is None or isinstance(checked, str) else tool.describe(checked)


def _action(tool: Tool, checked: Arguments, summary: str, argv: tuple[str, ...]) -> Action:
    place = tool.place(checked) if isinstance(tool, Placed) else Placement("")
    return Action(_kind(tool), summary, argv, place.folder, place.outside, place.reason)


def _kind(tool: Tool) -> ActionKind:
    return "read" if tool.kind == "read" else "run" if tool.kind == "run" else "edit"


def _groups(calls: Sequence[ToolCall], tools: Toolbox) -> list[list[ToolCall]]:
    groups: list[list[ToolCall]] = []
    together = False
    for call in calls:
        tool = tools.find(call.name)
        parallel = tool is not None and tool.parallel
        if parallel and together and len(groups[-1]) < AT_ONCE:
            groups[-1].append(call)
        else:
            groups.append([call])
        together = parallel
    return groups


def _answers(calls: Sequence[ToolCall], results: dict[str, ToolResult]) -> tuple[ToolMessage, ...]:
    return tuple(ToolMessage(c.id, results[c.id].text if c.id in results else INTERRUPTED) for c in calls)
