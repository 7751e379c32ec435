"""The one-shot front end: one job, its events as a live account for people or as JSON lines, its exit code."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from flashagent.agent.recorder import Recorder
from flashagent.compose.clock import SystemClock
from flashagent.compose.house import open_house, session_audit
from flashagent.compose.limits import limits_of
from flashagent.compose.place import Place, Wishes, new_session_id, open_place
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError, InternalError, UsageError
from flashagent.events import Emit, JobFinished, Notice
from flashagent.frontends.choosing import Chooser
from flashagent.frontends.earlier import Earlier, earlier_work
from flashagent.frontends.headless import run_headless
from flashagent.frontends.jsonl import JsonLines
from flashagent.frontends.masking import masked
from flashagent.frontends.opening import NO_SANDBOX, ignored_notices
from flashagent.frontends.outlet import Outlets
from flashagent.frontends.sessions import FOLDER
from flashagent.frontends.text import TextAccount
from flashagent.frontends.ticking import ticking
from flashagent.jobs.choosing import Choices
from flashagent.jobs.fix import run_fix
from flashagent.jobs.house import House
from flashagent.jobs.job import FixJob, job_failed
from flashagent.ports import Clock
from flashagent.settings import Settings
from flashagent.untrusted import Secrets

if TYPE_CHECKING:
    from flashagent.agent.effort import Level
    from flashagent.compose.tape import Tape


@dataclass(frozen=True, slots=True)
class OneShot:
    """What the command line asks for. `settings` maps setting names to values, None for not given."""

    goal: str = ""
    log: str = ""
    paths: tuple[str, ...] = ()
    change: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    dry_run: bool = False
    candidates: int = 1
    docs: tuple[str, ...] = ()
    resume: str = ""
    effort: Level | None = None
    bisect: bool | None = None
    fresh: bool = False
    tests_may_change: bool = False
    all_candidates: bool = False
    explain: bool = False
    sandboxed: bool = True
    trust_project: bool = False
    full: bool = False
    record: str = ""
    json: bool = False
    verbosity: int = 0


Played = tuple[
    Mapping[str, Any] | None, Sequence[Mapping[str, Any]]
]  # what is known of the models, and the record


def plain_wish(wish: OneShot) -> dict[str, Any]:
    """The job as a record keeps it."""
    told = {field.name: getattr(wish, field.name) for field in fields(OneShot)}
    return {key: _plain(value) for key, value in told.items() if key not in ("record", "json", "verbosity")}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value


def run_oneshot(wish: OneShot, cwd: Path, environ: Mapping[str, str], out: TextIO, talk: TextIO) -> int:
    """Run the job and return its exit code. In JSON the outcome is always the last line, also when nothing could be
    started. Raises NotWritten when the output took no more; the job has then been stopped in order."""
    clock: Clock = SystemClock()
    session = new_session_id(clock)
    try:
        tape = _tape(wish.record, cwd, clock, session)
    except UsageError as error:
        if not wish.json:
            raise
        JsonLines(out, clock, session)(job_failed(error))
        return error.exit_code
    with closing(tape) if tape is not None else nullcontext():
        clock = tape.clock if tape is not None else clock
        outlets = Outlets(out, talk)
        out, talk = outlets.streams
        if wish.json:
            lines = JsonLines(out, clock, session)
            return run_headless(lambda: job_at(wish, cwd, environ, lines, session, tape), outlets)
        account = _account(wish, environ, out, talk, clock)
        choices = Choices() if _can_ask(wish, talk) else None
        sink: Emit = account
        if choices is not None:
            sink = Chooser(account, choices, sys.stdin.fileno(), talk)
        return run_headless(
            lambda: ticking(job_at(wish, cwd, environ, sink, session, tape, choices), account), outlets
        )


def _can_ask(wish: OneShot, talk: TextIO) -> bool:
    """Whether somebody sits there who sees the talk and can answer it."""
    return wish.verbosity >= 0 and talk.isatty() and sys.stdin.isatty()


def _tape(record: str, cwd: Path, clock: Clock, session: str) -> Tape | None:
    """The file that the run is recorded on, None where no record is asked for. Raises UsageError when it cannot be made."""
    if not record:
        return None
    from flashagent import __version__
    from flashagent.compose.tape import Tape

    return Tape(cwd / record, clock, session, __version__)


async def job_at(
    wish: OneShot,
    cwd: Path,
    environ: Mapping[str, str],
    sink: Emit,
    session: str = "",
    tape: Tape | None = None,
    choices: Choices | None = None,
    played: Played | None = None,
) -> JobFinished:
    """The whole job in the repository around `cwd`: every event goes to `sink` and on record; JobFinished is the last,
    also when nothing could be started. With `choices` somebody is there who chooses among patches that are not sure. With `played`
    the models speak from a record, and no endpoint is asked."""
    sink = sink if tape is None else tape.sink(sink)
    try:
        session = session or new_session_id(SystemClock())
        return await _run(wish, cwd, environ, sink, session, tape, choices, played)
    except FlashagentError as error:
        finished = job_failed(error)
        sink(finished)
        return finished
    except Exception as error:
        # A reader of the stream gets its last line also from a bug of ours; the report is written by whoever called.
        sink(job_failed(InternalError(error)))
        raise


async def _run(
    wish: OneShot,
    cwd: Path,
    environ: Mapping[str, str],
    sink: Emit,
    session: str,
    tape: Tape | None,
    choices: Choices | None,
    played: Played | None,
) -> JobFinished:
    wishes = Wishes(wish.settings, wish.checks, wish.sandboxed, wish.trust_project, wish.full, wish.fresh)
    with (
        closing(open_place(cwd, environ, wishes)) as place,
        closing(_recorder(place, session, sink)) as recorder,
    ):
        audit = session_audit(place, session)
        emit = masked(Secrets(place.secrets), recorder, audit, sink)
        for notice in ignored_notices(place.settings.ignored):
            emit(notice)
        _refuse_asking(wish, place.settings)
        earlier = earlier_work(place.state / FOLDER, wish.resume, session) if wish.resume else None
        if earlier is not None:
            emit(
                Notice(
                    "info",
                    f"Going on with session {earlier.session}: {earlier.goal or 'make the check pass'}.",
                )
            )
        paths = tuple(_in_repository(path, cwd, place.root) for path in wish.paths)
        wish = replace(wish, paths=paths, docs=tuple(str(cwd / path) for path in wish.docs))
        house = replace(open_house(place, wishes, emit, session, audit=audit, tape=tape), choices=choices)
        if tape is not None:
            house = _on_tape(house, wish, tape, played)
        if not house.runner.protects:
            emit(NO_SANDBOX)
        try:
            return await run_fix(_job(wish, place.settings, earlier), house, emit)
        finally:
            await _closed(house)


def _on_tape(house: House, wish: OneShot, tape: Tape, played: Played | None) -> House:
    """The house with the models of the record that is played, if one is; the job itself is put on the tape."""
    from flashagent.compose.tape import with_texts_masked
    from flashagent.compose.taped import about, played_models

    if played is not None:
        house = replace(house, models=played_models(*played, tape, house.mask))
    tape.note("job", with_texts_masked({"wish": plain_wish(wish), "models": about(house.models)}, house.mask))
    return house


async def _closed(house: House) -> None:
    """Who stops a job that has ended already gets its outcome all the same; a second time this ends too."""
    closing = asyncio.ensure_future(house.close())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await closing


def _document(path: str) -> str:
    """The text of a file that the user pins. Raises UsageError when it cannot be read as one."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(
            f"--docs {path}: {why}.", hint="It takes a text file, Markdown for instance."
        ) from error


def _in_repository(path: str, cwd: Path, root: Path) -> str:
    """The path as the repository names it. Raises UsageError when there is nothing, or it lies outside."""
    place = Path(os.path.normpath(cwd / path))
    if not place.exists():
        raise UsageError(f"{path} does not exist.", hint="After -- come files or folders to look at first.")
    if not place.resolve().is_relative_to(root):
        raise UsageError(f"{path} lies outside of the repository {root}.")
    return place.resolve().relative_to(root).as_posix()


def _refuse_asking(wish: OneShot, settings: Settings) -> None:
    """Raises UsageError when every change would have to be asked for, and nobody is there."""
    if settings.mode == "ask" and not wish.full:
        raise UsageError(
            f"Mode 'ask' ({settings.source('mode')}) needs somebody to ask.",
            hint="Use the terminal app, --mode auto (in the sandbox), or --mode read-only to see a patch.",
        )


def _recorder(place: Place, session: str, sink: Emit) -> Recorder:
    def tell(error: OSError) -> None:
        sink(Notice("warning", f"This run is not recorded: {error.strerror or error}.", "Is the disk full?"))

    return Recorder(place.state / FOLDER / f"{session}.jsonl", session, place.clock, tell)


def _job(wish: OneShot, settings: Settings, earlier: Earlier | None) -> FixJob:
    return FixJob(
        goal=wish.goal or (earlier.goal if earlier else ""),
        earlier=earlier.account if earlier else "",
        log=wish.log,
        paths=wish.paths,
        change=wish.change,
        limits=limits_of(settings),
        search_seconds=settings.limits.search_s,
        candidates=wish.candidates,
        docs=tuple((Path(path).name, _document(path)) for path in wish.docs),
        offline=settings.offline,
        dry_run=wish.dry_run or settings.mode == "read-only",
        commit=settings.commit,
        tests_may_change=wish.tests_may_change,
        all_candidates=wish.all_candidates,
        explain=wish.explain,
        effort=wish.effort,
        bisect=wish.bisect,
    )


def _account(
    wish: OneShot, environ: Mapping[str, str], out: TextIO, talk: TextIO, clock: Clock
) -> TextAccount:
    terminal = talk.isatty() and environ.get("TERM", "") != "dumb"
    return TextAccount(
        out,
        talk,
        clock,
        progress=terminal,
        colour=terminal and out.isatty() and not environ.get("NO_COLOR"),
        verbosity=wish.verbosity,
        width=shutil.get_terminal_size().columns,
        folds=out.isatty() and talk.isatty(),
    )
