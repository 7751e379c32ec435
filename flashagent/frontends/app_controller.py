"""The real controller of the terminal app: the same jobs and events as the one-shot command, no screen in it."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flashagent.agent.recorder import Recorder
from flashagent.compose.house import Place, Wishes, new_session_id, open_house, session_audit
from flashagent.compose.limits import limits_of
from flashagent.compose.mapping import open_map
from flashagent.errors import UsageError, WorkspaceError
from flashagent.events import Decision, Emit, Event, Notice
from flashagent.frontends import words
from flashagent.frontends.app_commands import HANDLERS, Asked, Opened
from flashagent.frontends.masking import masked
from flashagent.frontends.opening import NO_SANDBOX, ignored_notices
from flashagent.frontends.prompt_history import PromptHistory
from flashagent.frontends.tui.blocks import Block, capped
from flashagent.frontends.tui.controller import Answer, Facts
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob
from flashagent.ports import Command
from flashagent.prompts import load
from flashagent.untrusted import Secrets

if TYPE_CHECKING:
    from flashagent.jobs.chat import Chat
    from flashagent.jobs.house import House

T = TypeVar("T")
_MOST_OUTPUT_LINES = 400
_STOPPED = Answer(Block("note", "Interrupted.", mark="warning"))


class AppController:
    """One repository and one session; meets `frontends.tui.controller.Controller`.

    Raises SandboxUnavailable when nothing protects and the user did not say to go without.
    """

    def __init__(self, place: Place, wishes: Wishes) -> None:
        session = new_session_id(place.clock)
        self._recorder = Recorder(place.state / "sessions" / f"{session}.jsonl", session, place.clock)
        audit = session_audit(place, session)
        self._emit = masked(Secrets(place.secrets), self._recorder, audit, self._show)
        self._screen: Emit | None = None
        house = open_house(place, wishes, self._emit, session, can_ask=True, audit=audit)
        self._opened = Opened(place, house)
        self._sent = PromptHistory(
            place.state / "prompts.jsonl",
            Secrets(place.secrets).mask,
            lambda error: self._emit(Notice("warning", f"What you send is not kept for later: {error}.")),
        )
        self._work: asyncio.Task[Any] | None = None
        self._interrupted = False
        self._greeted = False

    @property
    def _place(self) -> Place:
        return self._opened.place

    @property
    def _house(self) -> House:
        return self._opened.house

    @property
    def facts(self) -> Facts:
        repository, settings = self._place.repository, self._place.settings
        branch = repository.branch() or f"detached at {(repository.head() or '')[:9]}"
        model = settings.flash.model if self._house.models and settings.flash else ""
        return Facts(self._place.root.name, branch, model, self._house.runner.description)

    async def submit(self, prompt: str, emit: Emit) -> None:
        self._begin(emit)
        chat = self._session()
        chat.pins = tuple(self._opened.pins)
        await self._to_its_end(chat.turn(prompt))

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

    async def command(self, name: str, argument: str, emit: Emit, *, confirmed: bool = False) -> Answer:
        self._begin(emit)
        work = HANDLERS[name](Asked(self._opened, argument, confirmed))
        return await self._to_its_end(work) or _STOPPED

    async def shell(self, command: str, on_output: Callable[[str], None]) -> Answer:
        house, environment = self._house, self._house.environment
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        run = house.runner.run(
            Command(
                ("/bin/sh", "-c", command),
                self._place.root,
                env=dict(environment.variables),
                path=environment.path,
                binds=environment.binds,
            ),
            on_output=lambda data: on_output(house.mask(decoder.decode(data))),
        )
        result = await self._to_its_end(run)
        if result is None:
            return _STOPPED
        end = f"ended by the {result.limit} limit" if result.limit else f"exit status {result.exit_code}"
        title = words.one_line(f"{command} · {end} · {words.seconds(result.seconds)}", words.MAX_SENTENCE)
        text = house.mask(result.output.decode("utf-8", "replace"))
        told = "\n".join([text.rstrip("\n"), *result.notes]).strip("\n")
        good = result.exit_code == 0 and not result.limit
        return Answer(Block("output", title, capped(told, _MOST_OUTPUT_LINES), "good" if good else "bad"))

    async def names(self) -> Sequence[str]:
        def look() -> list[str]:
            place = self._place
            ignored = (*place.settings.ignore, *place.settings.secret_files)
            repo_map, _ = open_map(place.repository, place.folders.cache, ignored)
            with repo_map:
                return [*place.repository.files(), *repo_map.names()]

        return await asyncio.to_thread(look)

    def remembered(self) -> Sequence[str]:
        return self._sent.read()

    def remember(self, text: str) -> None:
        self._sent.add(text)

    def save(self, file: str, text: str) -> str:
        path = self._place.cwd / Path(file).expanduser()
        try:
            with path.open("x", encoding="utf-8", errors="replace") as new:
                new.write(text)
        except FileExistsError as error:
            raise UsageError(f"{path} is there already.", hint="Name a new file.") from error
        except (OSError, ValueError) as error:
            raise WorkspaceError(f"{path} cannot be written: {error}.", hint="Name another place.") from error
        return str(path)

    def steer(self, text: str) -> None:
        if self._opened.chat is not None:
            self._opened.chat.steer(text)

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
        if not self._greeted:
            self._greeted = True
            for notice in ignored_notices(self._place.settings.ignored):
                self._emit(notice)
        if not self._house.runner.protects:
            self._emit(NO_SANDBOX)

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What one piece of work returns; an interrupt ends it and is no error (None), while cancelling the caller goes
        on to the caller."""
        self._interrupted = False
        task = self._work = asyncio.create_task(work)
        try:
            await asyncio.wait({task})
            return None if task.cancelled() and self._interrupted else task.result()
        finally:
            task.cancel()
            self._work = None

    def _session(self) -> Chat:
        from flashagent.jobs.chat import Chat

        if self._house.models is None:
            raise UsageError(
                "No model is configured.", hint=f"{self._house.no_model_hint} /fix works without one."
            )
        if self._opened.chat is None:
            folders = tuple(Path(folder) for folder in self._place.settings.prompt_folders)
            prompt = load("chat", folders)
            limits = limits_of(self._place.settings)
            self._opened.chat = Chat(self._house, self._house.models, prompt, limits, self._emit)
        return self._opened.chat

    def _show(self, event: Event) -> None:
        if self._screen is not None:
            self._screen(event)
