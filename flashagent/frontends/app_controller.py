"""The real controller of the terminal app: the same jobs and events as the one-shot command, no screen in it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flashagent.agent.recorder import Recorder
from flashagent.compose.house import Place, Wishes, new_session_id, open_house, session_audit
from flashagent.compose.limits import limits_of
from flashagent.errors import UsageError
from flashagent.events import Decision, Emit, Event
from flashagent.frontends.history import changes_since_last, sentence
from flashagent.frontends.masking import masked
from flashagent.frontends.opening import NO_SANDBOX, ignored_notices
from flashagent.frontends.tui.controller import Facts
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob
from flashagent.prompts import load
from flashagent.untrusted import Secrets

if TYPE_CHECKING:
    from flashagent.jobs.chat import Chat


class AppController:
    """One repository and one session; meets `frontends.tui.controller.Controller`.

    Raises SandboxUnavailable when nothing protects and the user did not say to go without.
    """

    def __init__(self, place: Place, wishes: Wishes) -> None:
        self._place = place
        session = new_session_id(place.clock)
        self._recorder = Recorder(place.state / "sessions" / f"{session}.jsonl", session, place.clock)
        audit = session_audit(place, session)
        self._emit = masked(Secrets(place.secrets), self._recorder, audit, self._show)
        self._screen: Emit | None = None
        self._house = open_house(place, wishes, self._emit, session, can_ask=True, audit=audit)
        self._chat: Chat | None = None
        self._work: asyncio.Task[object] | None = None
        self._interrupted = False
        self._opened = False

    @property
    def facts(self) -> Facts:
        repository, settings = self._place.repository, self._place.settings
        branch = repository.branch() or f"detached at {(repository.head() or '')[:9]}"
        model = settings.flash.model if self._house.models and settings.flash else ""
        return Facts(self._place.root.name, branch, model, self._house.runner.description)

    async def submit(self, prompt: str, emit: Emit) -> None:
        self._begin(emit)
        await self._to_its_end(self._session().turn(prompt))

    async def fix(self, goal: str, emit: Emit) -> None:
        self._begin(emit)
        settings = self._place.settings
        job = FixJob(
            goal=goal,
            limits=limits_of(settings),
            search_seconds=settings.limits.search_s,
            offline=settings.offline,
            commit=settings.commit,
            dry_run=settings.mode == "read-only",
        )
        await self._to_its_end(run_fix(job, self._house, self._emit))

    async def diff(self) -> str:
        return await asyncio.to_thread(changes_since_last, self._house.checkpoints)

    async def undo(self) -> str:
        return f"Undone. {sentence(await asyncio.to_thread(self._house.checkpoints.undo))}"

    def steer(self, text: str) -> None:
        if self._chat is not None:
            self._chat.steer(text)

    def interrupt(self) -> None:
        if self._work is not None:
            self._interrupted = True
            self._work.cancel()

    def answer(self, call_id: str, decision: Decision, reason: str) -> None:
        self._house.questions.answer(call_id, decision, reason)

    async def close(self) -> None:
        self._recorder.close()
        await self._house.close()
        self._place.repository.close()

    def _begin(self, emit: Emit) -> None:
        """What has to be said before work: once what is not used, and with every prompt that nothing protects."""
        self._screen = emit
        if not self._opened:
            self._opened = True
            for notice in ignored_notices(self._place.settings.ignored):
                self._emit(notice)
        if not self._house.runner.protects:
            self._emit(NO_SANDBOX)

    async def _to_its_end(self, work: Coroutine[Any, Any, object]) -> None:
        """One piece of work; an interrupt ends it and is no error, while cancelling the caller goes on to the caller."""
        self._interrupted = False
        self._work = asyncio.create_task(work)
        try:
            await asyncio.wait({self._work})
            if not (self._work.cancelled() and self._interrupted):
                self._work.result()
        finally:
            self._work.cancel()
            self._work = None

    def _session(self) -> Chat:
        from flashagent.jobs.chat import Chat

        if self._house.models is None:
            raise UsageError(
                "No model is configured.", hint=f"{self._house.no_model_hint} /fix works without one."
            )
        if self._chat is None:
            folders = tuple(Path(folder) for folder in self._place.settings.prompt_folders)
            prompt = load("chat", folders)
            self._chat = Chat(
                self._house, self._house.models, prompt, limits_of(self._place.settings), self._emit
            )
        return self._chat

    def _show(self, event: Event) -> None:
        if self._screen is not None:
            self._screen(event)
