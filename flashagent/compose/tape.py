"""Record a run on one file: its events with the clock, what each model was asked and replied, each command and its result.

Decorators of the ports do it, so that no other room knows of it. Every text is masked before it is written. The file is
JSON lines: a head, then entries in the order of time.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from flashagent.compose.wrapped import Wrapped
from flashagent.errors import FlashagentError, UsageError
from flashagent.events import Emit, Event, to_plain
from flashagent.messages import AssistantMessage
from flashagent.models.base import ChatModel, ModelRequest
from flashagent.ports import Channel, Clock, Command, CommandResult, CommandRunner, OnOutput

VERSION = 1
MOST_OUTPUT = 200_000  # characters of a command's output, from its end

Mask = Callable[[str], str]


class HeldClock:
    """A clock that stands still while an event is told, so that all who look at it for that event see the same time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: tuple[float, str] | None = None

    def hold(self, seconds: float, now: str) -> None:
        self._held = (seconds, now)

    def release(self) -> None:
        self._held = None

    def monotonic(self) -> float:
        return self._held[0] if self._held else self._clock.monotonic()

    def now(self) -> str:
        return self._held[1] if self._held else self._clock.now()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class StoppedClock:
    """A clock of a run that is over: always its beginning."""

    def __init__(self, seconds: float, now: str) -> None:
        self._moment = (seconds, now)

    def monotonic(self) -> float:
        return self._moment[0]

    def now(self) -> str:
        return self._moment[1]

    async def sleep(self, seconds: float) -> None:
        """Nothing is waited for."""


class Tape:
    """One run on record, by this `version` of the program. Raises UsageError where the file is there already or cannot be
    written."""

    def __init__(self, path: Path, clock: Clock, session: str, version: str) -> None:
        self.clock = HeldClock(clock)
        self._asked = self._ran = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            self._file: IO[str] = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")
        except OSError as error:
            hint = (
                "A record is never written over another file." if isinstance(error, FileExistsError) else ""
            )
            raise UsageError(f"--record {path}: {error.strerror}.", hint=hint) from error
        about = {"flashagent": version, "python": platform.python_version(), "system": platform.system()}
        self.note("head", {"v": VERSION, "session": session, "now": clock.now(), **about})

    def close(self) -> None:
        self._file.close()

    def note(self, kind: str, facts: Mapping[str, Any]) -> None:
        """One entry. Its texts hold no secret any more."""
        entry = {"k": kind, "t": round(self.clock.monotonic(), 6), **facts}
        self._file.write(json.dumps(entry, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._file.flush()

    def sink(self, sink: Emit) -> Emit:
        """The sink, with each event (masked already) and its moment on record before it is told."""

        def told(event: Event) -> None:
            moment, now = round(self.clock.monotonic(), 6), self.clock.now()
            self.clock.hold(moment, now)
            try:
                self.note("event", {"now": now, "type": type(event).__name__, "event": to_plain(event)})
                sink(event)
            finally:
                self.clock.release()

        return told

    def model(self, model: ChatModel, mask: Mask) -> ChatModel:
        return _TapedModel(model, self, mask)

    def runner(self, runner: CommandRunner, mask: Mask) -> CommandRunner:
        return _TapedRunner(runner, self, mask)

    def next_request(self) -> int:
        self._asked += 1
        return self._asked

    def next_command(self) -> int:
        self._ran += 1
        return self._ran


class _TapedModel:
    """Stands behind the mask of requests, so that what is asked holds no secret; replies are masked here."""

    def __init__(self, model: ChatModel, tape: Tape, mask: Mask) -> None:
        self._model = model
        self._tape = tape
        self._mask = mask
        self._sent: set[str] = set()

    @property
    def name(self) -> str:
        return self._model.name

    async def warm(self) -> None:
        await self._model.warm()

    async def aclose(self) -> None:
        await self._model.aclose()

    async def reply(self, request: ModelRequest, emit: Emit) -> AssistantMessage:
        number = self._tape.next_request()
        self._tape.note("ask", {"n": number, "model": self.name, **self._request(request)})
        try:
            reply = await self._model.reply(request, emit)
        except BaseException as error:  # also what was cancelled is on record
            said = error.message if isinstance(error, FlashagentError) else ""
            self._tape.note("reply", {"n": number, "error": type(error).__name__, "said": self._mask(said)})
            raise
        self._tape.note("reply", {"n": number, **with_texts_masked(asdict(reply), self._mask)})
        return reply

    def _request(self, request: ModelRequest) -> dict[str, Any]:
        """The request; a message or tool that was on record before is told by its digest alone."""
        parts = [*request.messages, *request.tools]
        plain = [{"kind": type(part).__name__, **asdict(part)} for part in parts]
        plain = [with_texts_masked(part, self._mask) for part in plain]
        digests = [digest(part) for part in plain]
        new = {key: part for key, part in zip(digests, plain, strict=True) if key not in self._sent}
        self._sent |= set(digests)
        caps = {
            "cap": request.max_output_tokens,
            "temperature": request.temperature,
            "effort": request.reasoning_effort,
        }
        return {"parts": digests, "new": new, **caps}


class _TapedRunner(Wrapped):
    def __init__(self, runner: CommandRunner, tape: Tape, mask: Mask) -> None:
        super().__init__(runner)
        self._tape = tape
        self._mask = mask

    async def run(
        self, command: Command, *, on_output: OnOutput | None = None, channel: Channel | None = None
    ) -> CommandResult:
        number = self._tape.next_command()
        argv = [self._mask(word) for word in command.argv]
        self._tape.note("command", {"n": number, "argv": argv, "copy": command.tree is not None})
        try:
            result = await self._runner.run(command, on_output=on_output, channel=channel)
        except BaseException as error:
            self._tape.note("result", {"n": number, "error": type(error).__name__})
            raise
        output = self._mask(result.output.decode("utf-8", "replace"))[-MOST_OUTPUT:]
        facts = asdict(replace(result, output=b"", notes=()))
        notes = [self._mask(note) for note in result.notes]
        self._tape.note("result", {"n": number, **facts, "output": output, "notes": notes})
        return result


def digest(value: object) -> str:
    """Twelve hex digits that tell equal values from others."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def with_texts_masked(value: Any, mask: Mask) -> Any:
    """The value with every text in it masked, nested ones too."""
    match value:
        case str():
            return mask(value)
        case dict():
            return {key: with_texts_masked(item, mask) for key, item in value.items()}
        case list() | tuple():
            return [with_texts_masked(item, mask) for item in value]
    return value
