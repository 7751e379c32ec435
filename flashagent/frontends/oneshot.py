"""The one-shot front end: one job, its events as a live account for people or as JSON lines, its exit code."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from flashagent.agent.limits import Limits
from flashagent.agent.recorder import Recorder
from flashagent.compose.clock import SystemClock
from flashagent.compose.house import Place, Wishes, new_session_id, open_house, open_place
from flashagent.errors import FlashagentError
from flashagent.events import Emit, Event, JobFinished, Notice
from flashagent.frontends.headless import run_headless
from flashagent.frontends.jsonl import JsonLines
from flashagent.frontends.text import TextAccount
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob, job_failed
from flashagent.ports import Clock
from flashagent.settings import Settings
from flashagent.untrusted import Secrets


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
    tests_may_change: bool = False
    sandboxed: bool = True
    trust_project: bool = False
    json: bool = False
    verbosity: int = 0


def run_oneshot(wish: OneShot, cwd: Path, environ: Mapping[str, str], out: TextIO, talk: TextIO) -> int:
    """Run the job and return its exit code. In JSON the outcome is always the last line, also when nothing could be
    started."""
    clock = SystemClock()
    session = new_session_id(clock)
    sink = JsonLines(out, clock, session) if wish.json else _account(wish, environ, out, talk, clock)
    return run_headless(lambda: job_at(wish, cwd, environ, sink, session))


async def job_at(
    wish: OneShot, cwd: Path, environ: Mapping[str, str], sink: Emit, session: str = ""
) -> JobFinished:
    """The whole job in the repository around `cwd`: every event goes to `sink` and on record; JobFinished is the last,
    also when nothing could be started."""
    session = session or new_session_id(SystemClock())
    sinks = [sink]
    emit = fan_out(sinks)
    try:
        return await _run(wish, cwd, environ, sinks, session)
    except FlashagentError as error:
        finished = job_failed(error)
        emit(finished)
        return finished


async def _run(
    wish: OneShot, cwd: Path, environ: Mapping[str, str], sinks: list[Emit], session: str
) -> JobFinished:
    emit = fan_out(sinks)
    wishes = Wishes(wish.settings, wish.checks, wish.sandboxed, wish.trust_project)
    with closing(open_place(cwd, environ, wishes)) as place, closing(_recorder(place, session)) as recorder:
        sinks.append(recorder)
        for ignored in place.settings.ignored:
            emit(Notice("warning", str(ignored)))
        house = open_house(place, wishes, emit, session)
        if not house.runner.protects:
            emit(
                Notice("warning", "NO SANDBOX: checks run unprotected.", "Leave out --no-sandbox to be safe.")
            )
        try:
            return await run_fix(_job(wish, place.settings), house, emit)
        finally:
            await house.close()


def _recorder(place: Place, session: str) -> Recorder:
    mask = Secrets(place.settings.secrets).mask
    return Recorder(place.state / "sessions" / f"{session}.jsonl", session, place.clock, mask)


def _job(wish: OneShot, settings: Settings) -> FixJob:
    limits = settings.limits
    return FixJob(
        goal=wish.goal,
        log=wish.log,
        paths=wish.paths,
        change=wish.change,
        limits=Limits(limits.attempts, limits.requests, limits.tokens, limits.max_cost, limits.minutes * 60),
        search_seconds=limits.search_s,
        offline=settings.offline,
        dry_run=wish.dry_run,
        commit=settings.commit,
        tests_may_change=wish.tests_may_change,
    )


def fan_out(sinks: list[Emit]) -> Emit:
    """One sink for many; those added to the list later are reached too."""

    def emit(event: Event) -> None:
        for sink in sinks:
            sink(event)

    return emit


def _account(wish: OneShot, environ: Mapping[str, str], out: TextIO, talk: TextIO, clock: Clock) -> Emit:
    terminal = talk.isatty() and environ.get("TERM", "") != "dumb"
    return TextAccount(
        out,
        talk,
        clock,
        progress=terminal,
        colour=terminal and out.isatty() and not environ.get("NO_COLOR"),
        verbosity=wish.verbosity,
        width=shutil.get_terminal_size().columns,
    )
