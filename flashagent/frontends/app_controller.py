"""The real controller of the terminal app: the same jobs and events as the one-shot command, no screen in it."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from flashagent.compose.mapping import open_map
from flashagent.compose.place import Place, Wishes, new_session_id, open_place
from flashagent.events import Decision, Emit, Event, FileChanged, Notice
from flashagent.frontends import app_files, app_served, app_settings, app_watching, words
from flashagent.frontends.app_asked import NOTHING, Asked
from flashagent.frontends.app_choices import choices_for
from flashagent.frontends.app_commands import HANDLERS
from flashagent.frontends.app_opened import Opened
from flashagent.frontends.app_own import OwnCommandFiles, filled
from flashagent.frontends.app_sessions import broken_off, read_lines, transcript_of
from flashagent.frontends.app_talk import choose_mode
from flashagent.frontends.opening import NO_SANDBOX, ignored_notices
from flashagent.frontends.prompt_history import PromptHistory
from flashagent.frontends.sessions import FOLDER, find_session
from flashagent.frontends.tui.blocks import Block, capped, middle_out
from flashagent.frontends.tui.controller import Answer, Choice, Facts, Found, OwnCommand, Preferences
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob
from flashagent.ports import Command
from flashagent.settings import TrustStore
from flashagent.untrusted import Secrets

T = TypeVar("T")
LAST = "last"
_MOST_OUTPUT_LINES = 100_000
_SHOWN_OUTPUT_LINES = 30
_STOPPED = Answer(Block("note", "Interrupted.", mark="warning"))


class AppController:
    """One repository and one session at a time; meets `frontends.tui.controller.Controller`. `resume` names the session to go
    on with: its id or the start of it, 'last', or '' for a new one.

    Raises SandboxUnavailable when nothing protects and the user did not say to go without, UsageError for a session that is
    not there.
    """

    def __init__(self, place: Place, wishes: Wishes, resume: str = "") -> None:
        self._unshown: list[Event] = []  # said before there was a screen
        self._screen: Emit | None = None
        session, self._lines = new_session_id(place.clock), list[dict[str, Any]]()
        if resume:
            path = find_session(place.state / FOLDER, "" if resume == LAST else resume)
            session, self._lines = path.stem, read_lines(path)
        broken = "" if resume else broken_off(place.state / FOLDER)
        told = Block("note", "The last session broke off.", f"/resume {broken} goes on with it.", done=True)
        self._last_session = (told,) if broken else ()
        self._opened = Opened(place, wishes, session, self._show, self._lines)
        self._sent = PromptHistory(
            place.state / "prompts.jsonl",
            Secrets(place.secrets).mask,
            lambda error: self._opened.emit(
                Notice("warning", f"What you send is not kept for later: {error}.")
            ),
        )
        self._own = OwnCommandFiles(place.folders.config, place.root, TrustStore(place.folders.config))
        self._keys: Mapping[str, str] = place.settings.app.keys
        self._diffs: dict[str, str] = {}
        self._work: asyncio.Task[Any] | None = None
        self._interrupted = False

    @property
    def facts(self) -> Facts:
        opened = self._opened
        repository, settings, house = opened.place.repository, opened.place.settings, opened.house
        branch = repository.branch() or f"detached at {(repository.head() or '')[:9]}"
        return Facts(
            opened.place.root.name,
            branch,
            settings.flash.model if house.models and settings.flash else "",
            house.runner.description,
            house.mode,
            opened.effort or "",
            opened.used,
        )

    @property
    def kept_session(self) -> str:
        """The id by which the session can be gone on with; '' when nothing of it was kept."""
        session = self._opened.session
        return session if (self._opened.place.state / FOLDER / f"{session}.jsonl").is_file() else ""

    @property
    def preferences(self) -> Preferences:
        app = self._opened.place.settings.app
        return Preferences(app.theme, self._keys, app.bell_after_s, app.watch)

    @property
    def own_commands(self) -> Mapping[str, OwnCommand]:
        return self._own.listed()

    @property
    def needs_setup(self) -> bool:
        settings = self._opened.place.settings
        return self._opened.house.models is None and not settings.offline

    def opened(self, emit: Emit) -> Sequence[Block]:
        self._screen = emit
        settings = self._opened.place.settings
        if self._unshown or settings.ignored or not self._opened.house.runner.protects:
            unshown, self._unshown = self._unshown, []
            for event in unshown:
                emit(event)
            for notice in ignored_notices(settings.ignored):
                self._opened.emit(notice)
        if not self._lines:
            return self._last_session
        shown = transcript_of(self._lines, self._opened.added)
        note = f"session {self._opened.session} goes on; your files are as they are now"
        return (*shown, Block("note", note, done=True))

    async def submit(self, prompt: str, emit: Emit) -> None:
        self._begin(emit)
        await self._to_its_end(self._opened.turn(prompt))

    async def fix(self, goal: str, emit: Emit) -> None:
        self._begin(emit)
        opened, settings = self._opened, self._opened.place.settings
        job = FixJob(
            goal=goal,
            limits=opened.limits,
            search_seconds=settings.limits.search_s,
            offline=settings.offline,
            commit=settings.commit,
            effort=opened.effort,
            dry_run=opened.house.mode == "read-only",
        )
        await self._to_its_end(run_fix(job, opened.house, opened.emit))

    async def command(self, name: str, argument: str, emit: Emit, *, confirmed: bool = False) -> Answer:
        self._begin(emit)
        handler = HANDLERS.get(name)
        if handler is None:
            work = self._own_command(name, argument, confirmed=confirmed)
        else:
            work = handler(Asked(self._opened, argument, confirmed))
        return await self._to_its_end(work) or _STOPPED

    async def shell(self, command: str, on_output: Callable[[str], None]) -> Answer:
        house, environment = self._opened.house, self._opened.house.environment
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        run = house.runner.run(
            Command(
                ("/bin/sh", "-c", command),
                self._opened.place.root,
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
        whole, shown = capped(told, _MOST_OUTPUT_LINES), middle_out(told, _SHOWN_OUTPUT_LINES)
        more = whole if whole != shown else ""
        return Answer(Block("output", title, shown, "good" if good else "bad", more=more))

    async def names(self) -> Sequence[str]:
        def look() -> list[str]:
            place = self._opened.place
            ignored = (*place.settings.ignore, *place.settings.secret_files)
            repo_map, _ = open_map(place.repository, place.folders.cache, ignored)
            with repo_map:
                return [*place.repository.files(), *repo_map.names()]

        return await asyncio.to_thread(look)

    async def choices(self, command: str) -> Sequence[Choice]:
        return await asyncio.to_thread(choices_for, command, self._opened)

    async def excerpt(self, path: str, line: int) -> str:
        return await asyncio.to_thread(app_files.excerpt, self._opened.house, path, line)

    async def watch(self, found: Callable[[Sequence[Found]], None]) -> None:
        await app_watching.watch(self._opened.place, found, self._served)

    async def _served(self) -> Sequence[Found]:
        servers = self._opened.house.servers
        if servers is None or self._work is not None:  # what runs has the servers for itself
            return ()
        return await app_served.served(self._opened.place, servers)

    async def take_back(self, path: str, hunk: str, number: int, emit: Emit) -> None:
        self._begin(emit)
        house, diff = self._opened.house, self._diffs.get(path, "")
        self._opened.emit(await asyncio.to_thread(app_files.take_back, house, path, diff, hunk, number))

    def tell_later(self, text: str) -> None:
        self._opened.untold.append(text)

    def remembered(self) -> Sequence[str]:
        return self._sent.read()

    def remember(self, text: str) -> None:
        self._sent.add(text)

    def save(self, file: str, text: str) -> str:
        return app_files.save(self._opened.place.cwd, file, text)

    def prefer(self, name: str, value: str) -> str:
        where = app_settings.keep(self._opened.place.folders.config, self._keys, name, value)
        if name != "theme":
            self._keys = {**self._keys, name: value}
        return where

    def set_up(self, base_url: str, key: str, model: str) -> str:
        place = self._opened.place
        told = app_settings.set_up(place.folders.config, base_url, key, model)
        again = open_place(place.cwd, place.environ, self._opened.wishes)
        again.repository.close()
        self._opened.ask_from_now_on(again.settings)
        return told

    def choose_mode(self, wanted: str) -> Block:
        return choose_mode(self._opened, wanted)

    def steer(self, text: str) -> bool:
        chat = self._opened.chat
        if chat is None or not chat.session.running:
            return False
        chat.steer(text)
        return True

    def interrupt(self) -> None:
        if self._work is not None:
            self._interrupted = True
            self._work.cancel()

    def answer(self, call_id: str, decision: Decision, reason: str) -> None:
        self._opened.house.questions.answer(call_id, decision, reason)

    def choose(self, call_id: str, chosen: int) -> None:
        choices = self._opened.house.choices
        assert choices is not None, "the app is always asked"
        choices.answer(call_id, chosen)

    async def close(self) -> None:
        self._opened.recorder.close()
        await self._opened.house.close()
        self._opened.place.repository.close()

    def _begin(self, emit: Emit) -> None:
        """With every prompt is said that nothing protects."""
        if self._screen is None:
            self.opened(emit)
        self._screen = emit
        if not self._opened.house.runner.protects:
            self._opened.emit(NO_SANDBOX)

    async def _own_command(self, name: str, argument: str, *, confirmed: bool) -> Answer:
        file = self._own.find(name)
        assert file is not None, "the app knows only commands that were listed"
        if not file.trusted and not confirmed:
            text = f"{file.path} would be said to the model:\n\n{file.text}"
            return Answer(
                Block("output", f"{name} is a command of the project", text, "warning"), "Trust this text?"
            )
        if not file.trusted:
            file = self._own.trust(name)
        await self._opened.turn(filled(name, file, argument))
        return NOTHING

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

    def _show(self, event: Event) -> None:
        if isinstance(event, FileChanged):
            self._diffs[event.path] = event.diff
        if self._screen is not None:
            self._screen(event)
        else:
            self._unshown.append(event)
