"""The real controller of the terminal app: the same jobs and events as the one-shot command, no screen in it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.agent.limits import Limits
from flashagent.agent.recorder import Recorder
from flashagent.compose.house import Place, Wishes, new_session_id, open_house
from flashagent.errors import UsageError
from flashagent.events import Decision, Emit, Event, JobFinished
from flashagent.frontends.history import changes_since_last, sentence
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
        mask = Secrets(place.settings.secrets).mask
        self._recorder = Recorder(place.state / "sessions" / f"{session}.jsonl", session, place.clock, mask)
        self._screen: Emit | None = None
        self._house = open_house(place, wishes, self._emit, session, can_ask=True)
        self._chat: Chat | None = None
        self._job: asyncio.Task[JobFinished] | None = None

    @property
    def facts(self) -> Facts:
        repository, settings = self._place.repository, self._place.settings
        branch = repository.branch() or f"detached at {(repository.head() or '')[:9]}"
        model = settings.flash.model if self._house.models and settings.flash else ""
        return Facts(self._place.root.name, branch, model, self._house.runner.description)

    async def submit(self, prompt: str, emit: Emit) -> None:
        self._screen = emit
        await self._session().turn(prompt)

    async def fix(self, goal: str, emit: Emit) -> None:
        self._screen = emit
        settings = self._place.settings
        job = FixJob(
            goal=goal,
            limits=self._limits(),
            search_seconds=settings.limits.search_s,
            offline=settings.offline,
            commit=settings.commit,
        )
        self._job = asyncio.create_task(run_fix(job, self._house, self._emit))
        try:
            await self._job
        finally:
            self._job = None

    async def diff(self) -> str:
        return await asyncio.to_thread(changes_since_last, self._house.checkpoints)

    async def undo(self) -> str:
        return f"Undone. {sentence(await asyncio.to_thread(self._house.checkpoints.undo))}"

    def steer(self, text: str) -> None:
        if self._chat is not None:
            self._chat.steer(text)

    def interrupt(self) -> None:
        if self._job is not None:
            self._job.cancel()
        if self._chat is not None:
            self._chat.interrupt()

    def answer(self, call_id: str, decision: Decision, reason: str) -> None:
        if self._chat is not None:
            self._chat.answer(call_id, decision, reason)

    async def close(self) -> None:
        self._recorder.close()
        await self._house.close()
        self._place.repository.close()

    def _session(self) -> Chat:
        from flashagent.jobs.chat import Chat

        if self._house.models is None:
            raise UsageError(
                "No model is configured.", hint=f"{self._house.no_model_hint} /fix works without one."
            )
        if self._chat is None:
            folders = tuple(Path(folder) for folder in self._place.settings.prompt_folders)
            prompt = load("chat", folders)
            self._chat = Chat(self._house, self._house.models, prompt, self._limits(), self._emit)
        return self._chat

    def _limits(self) -> Limits:
        limits = self._place.settings.limits
        return Limits(limits.attempts, limits.requests, limits.tokens, limits.max_cost, limits.minutes * 60)

    def _emit(self, event: Event) -> None:
        self._recorder(event)
        if self._screen is not None:
            self._screen(event)
