"""Ask for several patches at once: each is tried in its own tree, the first that is green is kept, the others end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from flashagent.agent.risk import changed_lines
from flashagent.dataclass import dataclass
from flashagent.errors import ExitCode, FlashagentError
from flashagent.events import ApprovalRequested, ApprovalResolved, BudgetSpent, Emit, Event, Notice
from flashagent.jobs.job import EXIT_CODES, Result, failed

LIVE = (BudgetSpent, Notice, ApprovalRequested, ApprovalResolved)
HINTS = (
    "",
    "Make the smallest change that could be right.",
    "The obvious place may not hold the cause: think of the callers and of the data that comes in.",
    "Write the function anew if that is clearer than patching it.",
)
TEMPERATURES = (None, 0.6, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Variant:
    """How one candidate differs: `temperature` None is the configured one. `alone` is false beside others: its checks then
    tell nothing on their own, since its events are held back."""

    hint: str = ""
    temperature: float | None = None
    alone: bool = True


def variants(count: int) -> tuple[Variant, ...]:
    return tuple(
        Variant(HINTS[number % len(HINTS)], TEMPERATURES[number % len(TEMPERATURES)], alone=False)
        for number in range(count)
    )


class HeldBack:
    """A sink that keeps a candidate's events until it is known whether the candidate is kept: the stream tells one story.
    What was spent and what must be asked goes through at once."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._events: list[Event] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, LIVE):
            self._emit(event)
        else:
            self._events.append(event)

    def release(self) -> None:
        for event in self._events:
            self._emit(event)
        self._events.clear()


Try = Callable[[Variant, Emit], Awaitable[Result]]


async def first_green(count: int, attempt: Try, emit: Emit) -> Result:
    """The result of the first candidate that is green; of several at the same moment the one with the smallest diff. When
    none is, the one that got furthest. All others are cancelled, and have ended when this returns."""
    emit(Notice("info", f"{count} candidates are tried at once."))
    held = [HeldBack(emit) for _ in range(count)]
    tasks = [
        asyncio.create_task(_to_the_end(attempt(variant, sink)))
        for variant, sink in zip(variants(count), held, strict=True)
    ]
    try:
        pending = set(tasks)
        while pending and not any(_is_green(task) for task in tasks):
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    ended = [number for number, task in enumerate(tasks) if not task.cancelled()]
    best = min(ended, key=lambda number: rank(tasks[number].result()))
    for number in ended:
        if number != best:
            emit(Notice("info", f"Candidate {number + 1}: {tasks[number].result().message or 'not needed'}"))
    held[best].release()
    return tasks[best].result()


async def _to_the_end(attempt: Awaitable[Result]) -> Result:
    """One candidate that fails does not end the others."""
    try:
        return await attempt
    except FlashagentError as error:
        return failed(error)


def _is_green(task: asyncio.Task[Result]) -> bool:
    if not task.done() or task.cancelled():
        return False
    return is_good(task.result())


def is_good(result: Result) -> bool:
    return EXIT_CODES[result.outcome] is ExitCode.OK


def rank(result: Result) -> tuple[bool, bool, int, int]:
    """Green first, then what was judged at all, then the fewest failures, then the smallest diff."""
    verdict = result.verdict
    wrong = len(verdict.still_failing) + len(verdict.newly_failing) if verdict else 0
    return (
        not is_good(result),
        verdict is None,
        wrong,
        sum(map(changed_lines, result.patch)),
    )
