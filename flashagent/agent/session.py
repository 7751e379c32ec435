"""A conversation on one repository: one turn at a time, each a stream of events that always closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from flashagent.agent.calls import CallsInterrupted
from flashagent.agent.loop import AfterStep, converse, go_on, last_text
from flashagent.agent.thread import Thread
from flashagent.errors import FlashagentError, InternalError, LimitReached, UsageError
from flashagent.events import Decision, Emit, Event, TurnEnd, TurnFinished, TurnStarted
from flashagent.messages import UserMessage
from flashagent.values import Usage


class Session:
    """`sinks` see every event before the reader of the stream does, so saving never depends on a screen."""

    def __init__(
        self, session_id: str, thread: Thread, sinks: Sequence[Emit] = (), *, can_ask: bool = False
    ) -> None:
        self.id = session_id
        self.thread = thread
        self.error: FlashagentError | None = None
        self._sinks = tuple(sinks)
        self._task: asyncio.Task[bool] | None = None
        self._questions: dict[str, asyncio.Future[tuple[Decision, str]]] = {}
        if can_ask:
            thread.approver.ask = self._await_answer

    @property
    def running(self) -> bool:
        return self._task is not None

    @property
    def last_text(self) -> str:
        """What the model said last, '' before its first reply. A reply that was cut and its continuation are one."""
        return last_text(self.thread.history)

    async def run(self, prompt: str, after_step: AfterStep = go_on) -> AsyncGenerator[Event, None]:
        """One turn: TurnStarted first, TurnFinished last, exactly one of each, also when the reader leaves early or the
        turn is cancelled before its first step. Use it inside `contextlib.aclosing`.

        Raises UsageError when a turn is running already, and at the end what a sink met that could not take the last
        event.
        """
        if self._task is not None:
            raise UsageError("A turn is running already.", hint="Interrupt it first, or steer it.")
        queue: asyncio.Queue[Event | None] = asyncio.Queue()

        def emit(event: Event) -> None:
            try:
                for sink in self._sinks:
                    sink(event)
            finally:
                queue.put_nowait(event)

        def close(task: asyncio.Task[bool]) -> None:
            self._task = None
            try:
                emit(self._finished(task, before))
            except Exception as error:  # nobody waits for a callback: who reads the stream is told
                broken.append(error)
            finally:
                queue.put_nowait(None)

        broken: list[Exception] = []

        before = self.thread.budget.usage
        self.error = None
        emit(TurnStarted(prompt))
        self.thread.history.append(UserMessage(prompt))
        self._task = task = asyncio.create_task(converse(self.thread, after_step, emit))
        task.add_done_callback(close)
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        if broken:
            raise broken[0]

    async def turn(self, prompt: str, after_step: AfterStep = go_on) -> TurnFinished:
        """One turn for those who watch through a sink; returns its last event."""
        finished: Event | None = None
        async with aclosing(self.run(prompt, after_step)) as events:
            async for event in events:
                finished = event
        assert isinstance(finished, TurnFinished)
        return finished

    def interrupt(self) -> None:
        """End the running turn now; every tool call is answered and the stream closes with end 'interrupted'."""
        if self._task is not None:
            self._task.cancel()

    def steer(self, text: str) -> None:
        """Say something to the model while it works; it is delivered before the next request."""
        self.thread.steering.append(text)

    def answer(self, call_id: str, decision: Decision, reason: str = "") -> None:
        """Answer an ApprovalRequested. Raises UsageError when no such question is open."""
        question = self._questions.get(call_id)
        if question is None or question.done():
            raise UsageError(f"No question is open for {call_id}.")
        question.set_result((decision, reason))

    async def _await_answer(self, call_id: str) -> tuple[Decision, str]:
        question = asyncio.get_running_loop().create_future()
        self._questions[call_id] = question
        try:
            answer: tuple[Decision, str] = await question
            return answer
        finally:
            del self._questions[call_id]

    def _finished(self, task: asyncio.Task[bool], before: Usage) -> TurnFinished:
        used = _difference(self.thread.budget.usage, before)
        if task.cancelled():
            return TurnFinished("interrupted", used)
        error = task.exception()
        if error is None:
            return TurnFinished("stopped" if task.result() else "done", used)
        if isinstance(error, CallsInterrupted):
            return TurnFinished("interrupted", used)
        if isinstance(error, FlashagentError):
            self.error = error
            end: TurnEnd = "limit" if isinstance(error, LimitReached) else "failed"
            return TurnFinished(end, used, error.message, error.hint)
        self.error = InternalError(error)
        return TurnFinished("failed", used, self.error.message, self.error.hint)


def _difference(now: Usage, before: Usage) -> Usage:
    return Usage(
        now.prompt_tokens - before.prompt_tokens,
        now.cached_tokens - before.cached_tokens,
        now.completion_tokens - before.completion_tokens,
        now.reasoning_tokens - before.reasoning_tokens,
        now.estimated,
    )
