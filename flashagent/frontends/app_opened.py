"""What the terminal app has open: a place, a session with its record, a conversation. One session at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flashagent.agent.approvals import Mode
from flashagent.agent.effort import Effort, Level, Situation, choose, settled
from flashagent.agent.limits import Limits
from flashagent.agent.recorder import Recorder
from flashagent.agent.resumed import history_of
from flashagent.compose.house import open_house, session_audit
from flashagent.compose.limits import limits_of
from flashagent.compose.models import build_models, price_of
from flashagent.compose.place import Place, Wishes
from flashagent.errors import UsageError
from flashagent.events import AssistantReplied, Emit, Event, Notice
from flashagent.frontends.masking import masked
from flashagent.frontends.sessions import FOLDER, Archive
from flashagent.prompts import load
from flashagent.untrusted import Secrets

if TYPE_CHECKING:
    from flashagent.jobs.chat import Chat
    from flashagent.jobs.house import House
    from flashagent.settings import Settings


class Opened:
    """`/model` replaces place and house, `/resume` and `/fork` all but the place; `chat` is there from the first prompt on.
    `show` gets every event that the record gets, on its way to the screen.

    Raises SandboxUnavailable when nothing protects and the user did not say to go without.
    """

    def __init__(
        self,
        place: Place,
        wishes: Wishes,
        session: str,
        show: Emit,
        earlier: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.place = place
        self.wishes = wishes
        self.pins: list[str] = []
        self.limits: Limits = limits_of(place.settings)
        self.effort: Level | None = None
        self.untold: list[str] = []  # for the model, with the next prompt
        self._only_reads = False
        self._show = show
        self.begin(session, earlier)

    def begin(self, session: str, earlier: Sequence[Mapping[str, Any]] = ()) -> None:
        """Work in this session from now on; `earlier` are the lines of its record, which the model will remember."""
        place = self.place
        self.session, self._earlier = session, earlier
        self.chat: Chat | None = None
        self._context_tokens = 0
        self.recorder = Recorder(self.record_of(session), session, place.clock, self._unrecorded)
        audit = session_audit(place, session)
        self.emit = masked(Secrets(place.secrets), self.recorder, audit, self._seen)
        self.house: House = open_house(place, self.wishes, self.emit, session, can_ask=True, audit=audit)

    @property
    def archive(self) -> Archive:
        """The sessions of this project."""
        return Archive(self.place.state / FOLDER, Secrets(self.place.secrets))

    def record_of(self, session: str) -> Path:
        return self.place.state / FOLDER / f"{session}.jsonl"

    @property
    def added(self) -> str:
        """The text that the harness puts between a prompt and what it adds to it; '' when it cannot be told."""
        folders = tuple(Path(folder) for folder in self.place.settings.prompt_folders)
        _, slot, rest = load("chat", folders).text.partition("{{prompt}}")
        between = rest.partition("{{")[0]
        return between if slot and between.strip() else ""

    def ask_from_now_on(self, settings: Settings) -> None:
        """Use the models of these settings. The old connections end with the session."""
        place = replace(self.place, settings=settings)
        models = build_models(settings, place.clock, Secrets(place.secrets).mask)
        self.place = place
        if models is not None:
            self.use(replace(self.house, models=models, price=price_of(settings)))

    async def switch(self, session: str, earlier: Sequence[Mapping[str, Any]]) -> None:
        """Another session in place of this one. What cannot be opened leaves the present one as it is."""
        recorder, house = self.recorder, self.house
        before = self.session, self.chat, self._earlier, self.emit
        try:
            self.begin(session, earlier)
        except BaseException:
            self.session, self.chat, self._earlier, self.emit = before
            self.recorder, self.house = recorder, house
            raise
        self.house = replace(self.house, mode=house.mode)
        recorder.close()
        await house.close()

    def use(self, house: House) -> None:
        """Work with this one from now on; the conversation goes on."""
        self.house = house
        if self.chat is not None and house.models is not None:
            self.chat.use(house, house.models)
            self.chat.session.thread.approver.mode = house.mode

    def talk(self) -> Chat:
        """The conversation with the model. Raises UsageError when no model is configured."""
        from flashagent.jobs.chat import Chat

        models = self.house.models
        if models is None:
            raise UsageError(
                "No model is configured.",
                hint=f"{self.house.no_model_hint} /setup asks for one; /fix works without.",
            )
        if self.chat is None:
            folders = tuple(Path(folder) for folder in self.place.settings.prompt_folders)
            self.chat = Chat(self.house, models, load("chat", folders), self.limits, self.emit)
            self.chat.session.thread.history += history_of(self._earlier)
        self.chat.pins = tuple(self.pins)
        if self.effort is not None:
            self.chat.session.thread.effort = chosen_effort(self.effort)
        return self.chat

    async def turn(self, prompt: str) -> None:
        """One turn, with what the model has not been told yet before it."""
        untold, self.untold = self.untold, []
        await self.talk().turn("\n\n".join([*untold, prompt]))

    async def reading_turn(self, prompt: str) -> str:
        """One turn in which every edit and command is refused; what the model said last."""
        chat = self.talk()
        approver = chat.session.thread.approver
        self._only_reads, approver.mode = True, "read-only"
        try:
            await self.turn(prompt)
        finally:
            self._only_reads, approver.mode = False, self.house.mode
        return chat.session.last_text

    def choose_mode(self, mode: Mode) -> None:
        """At once, also for what runs; but a turn that only reads does so to its end."""
        self.house = replace(self.house, mode=mode)
        if self.chat is not None and not self._only_reads:
            self.chat.session.thread.approver.mode = mode

    def choose_effort(self, level: Level | None) -> None:
        """None lets the situation choose again."""
        self.effort = level
        if self.chat is not None:
            usual = choose((), Situation(), has_architect=False)
            self.chat.session.thread.effort = chosen_effort(level) if level else usual

    def use_limits(self, limits: Limits) -> None:
        self.limits = limits
        if self.chat is not None:
            self.chat.limits = limits

    @property
    def used(self) -> float | None:
        """The share of the context window that the last request took; None while the window is unknown."""
        compactor = self.chat.session.thread.compactor if self.chat else None
        if compactor is None or not compactor.window or not self._context_tokens:
            return None
        return min(1.0, self._context_tokens / compactor.window)

    def _unrecorded(self, error: OSError) -> None:
        self._show(Notice("warning", f"This session is not recorded from here on: {error}."))

    def _seen(self, event: Event) -> None:
        if isinstance(event, AssistantReplied):
            self._context_tokens = event.usage.total_tokens
        self._show(event)


def chosen_effort(level: Level) -> Effort:
    """What the user has chosen in place of what the situation tells."""
    return replace(settled(choose((), Situation(), has_architect=False), level), why="chosen by the user")
