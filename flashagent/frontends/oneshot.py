"""The one-shot front end: one job, its events as a live account for people or as JSON lines, its exit code."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from flashagent.agent.limits import Limits
from flashagent.agent.recorder import Recorder
from flashagent.compose.clock import SystemClock
from flashagent.compose.house import Place, Wishes, new_session_id, open_house, open_place
from flashagent.errors import FlashagentError, InternalError, UsageError
from flashagent.events import Emit, Event, JobFinished, Notice, with_texts
from flashagent.frontends.headless import run_headless
from flashagent.frontends.jsonl import JsonLines
from flashagent.frontends.text import TextAccount
from flashagent.jobs.fix import run_fix
from flashagent.jobs.job import FixJob, job_failed
from flashagent.ports import Clock
from flashagent.settings import Settings
from flashagent.untrusted import Secrets

TICK_S = 0.5


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
    if wish.json:
        return run_headless(lambda: job_at(wish, cwd, environ, JsonLines(out, clock, session), session))
    account = _account(wish, environ, out, talk, clock)
    return run_headless(lambda: _ticking(job_at(wish, cwd, environ, account, session), account))


async def _ticking(job: Coroutine[Any, Any, JobFinished], account: TextAccount) -> JobFinished:
    """The job, with a progress line that moves also while no event comes."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(TICK_S)
            account.tick()

    ticking = asyncio.create_task(tick())
    try:
        return await job
    finally:
        ticking.cancel()
        account.close()


async def job_at(
    wish: OneShot, cwd: Path, environ: Mapping[str, str], sink: Emit, session: str = ""
) -> JobFinished:
    """The whole job in the repository around `cwd`: every event goes to `sink` and on record; JobFinished is the last,
    also when nothing could be started."""
    try:
        return await _run(wish, cwd, environ, sink, session or new_session_id(SystemClock()))
    except FlashagentError as error:
        finished = job_failed(error)
        sink(finished)
        return finished
    except Exception as error:
        # A reader of the stream gets its last line also from a bug of ours; the report is written by whoever called.
        sink(job_failed(InternalError(error)))
        raise


async def _run(wish: OneShot, cwd: Path, environ: Mapping[str, str], sink: Emit, session: str) -> JobFinished:
    wishes = Wishes(wish.settings, wish.checks, wish.sandboxed, wish.trust_project)
    with (
        closing(open_place(cwd, environ, wishes)) as place,
        closing(_recorder(place, session, sink)) as recorder,
    ):
        emit = masked(Secrets(place.secrets).mask, recorder, sink)
        for ignored in place.settings.ignored:
            emit(Notice("warning", str(ignored)))
        wish = replace(wish, paths=tuple(_in_repository(path, cwd, place.root) for path in wish.paths))
        house = open_house(place, wishes, emit, session)
        if not house.runner.protects:
            leave = "Leave out --no-sandbox to be safe."
            emit(Notice("warning", "NO SANDBOX: checks run unprotected.", leave))
        try:
            return await run_fix(_job(wish, place.settings), house, emit)
        finally:
            await house.close()


def _in_repository(path: str, cwd: Path, root: Path) -> str:
    """The path as the repository names it. Raises UsageError when there is nothing, or it lies outside."""
    place = Path(os.path.normpath(cwd / path))
    if not place.exists():
        raise UsageError(f"{path} does not exist.", hint="After -- come files or folders to look at first.")
    if not place.resolve().is_relative_to(root):
        raise UsageError(f"{path} lies outside of the repository {root}.")
    return place.resolve().relative_to(root).as_posix()


def masked(mask: Callable[[str], str], *sinks: Emit) -> Emit:
    """One sink for several, in their order, none of which sees a secret."""

    def emit(event: Event) -> None:
        clean = with_texts(event, mask)
        for sink in sinks:
            sink(clean)

    return emit


def _recorder(place: Place, session: str, sink: Emit) -> Recorder:
    def tell(error: OSError) -> None:
        sink(Notice("warning", f"This run is not recorded: {error.strerror or error}.", "Is the disk full?"))

    return Recorder(place.state / "sessions" / f"{session}.jsonl", session, place.clock, tell)


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
    )
