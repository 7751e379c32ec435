"""The offline engine: repair a red check without a model. Quick fixes first, then a search over small edits.

Every patch that is returned made the whole check green on a candidate tree. A candidate patch is hostile code: without a
sandbox nothing is searched, and the result says so.
"""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.diffs import unified_diffs
from flashagent.events import Emit, Notice, SearchProgress
from flashagent.ports import CommandRunner
from flashagent.repair import plan, quickfix
from flashagent.repair.hunt import Found, Hunt
from flashagent.repair.insight import Insight
from flashagent.repair.javascript.entry import hunt_for
from flashagent.repair.javascript.hunt import JsHunt
from flashagent.repair.localize import SuspiciousLine, reported, suspicion
from flashagent.repair.phases import Phases
from flashagent.repair.pool import Pool
from flashagent.repair.project import Project
from flashagent.repair.rank import Ranked
from flashagent.repair.validate import Trees, Validator
from flashagent.repair.workers import WorkerGone
from flashagent.values import CheckReport, Confidence, FileChange
from flashagent.verify.commands import Check
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier

__all__ = ["RepairPatch", "RepairRequest", "RepairResult", "localize", "repair"]

NO_SANDBOX = "No sandbox protects this machine, so no candidate patch was run: only certain quick fixes were looked at."
VALIDATED = 3
SLOW_CHECK_S = 20.0
TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """What to repair: a check that was red in `baseline`. `jobs` 0 means one worker for each core. After the first
    patch the search tries as many candidates again (a second patch is the best evidence against the first), for at most
    `patience_s` or as long again as it took. `quick_fixes` is False for who has tried them; `insight` follows the search. `changed` are lines of the
    commit that broke the test, as path and number; the tests in `flaky` count for nothing."""

    root: Path
    check: Check
    baseline: CheckReport
    environment: ProjectEnvironment
    search_time_s: float = 60.0
    jobs: int = 0
    seed: int = 0
    all_candidates: bool = False
    patience_s: float = 20.0
    quick_fixes: bool = True
    insight: Insight | None = None
    changed: tuple[tuple[str, int], ...] = ()
    flaky: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RepairPatch:
    """A patch with which the whole check was green. `how` says in words what was changed. Patches of one `group` do the same
    as far as was seen; `answers` are what it does on the compared calls and `answers_now` what the program as it is does,
    each a call and its result with a tab between."""

    changes: tuple[FileChange, ...]
    confidence: Confidence
    reasons: tuple[str, ...]
    how: str
    diff: str
    group: int = 0
    answers: tuple[str, ...] = ()
    answers_now: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepairResult:
    """Patches best first; the most suspicious lines; how many candidates were tried in how many seconds; what a person
    should know beside that; the seconds that each part of the work took, in its order; and the CPU seconds of the processes
    in which candidates were tried, 0 where that is not known."""

    patches: tuple[RepairPatch, ...] = ()
    suspicious: tuple[SuspiciousLine, ...] = ()
    tried: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())
    phases: tuple[tuple[str, float], ...] = ()
    cpu_s: float = 0.0


async def repair(
    request: RepairRequest, runner: CommandRunner, verifier: Verifier, trees: Trees, emit: Emit
) -> RepairResult:
    """Look for patches that make the check green. Nothing is written to the work tree.

    Raises what the runner and the verifier raise (a missing runner, no sandbox for the check itself). Cancelling ends
    every process that was started.
    """
    began = time.monotonic()
    project = await asyncio.to_thread(Project.open, request.root, request.check)

    async def flaky() -> frozenset[str]:
        return request.flaky

    validator = Validator(verifier, trees, request.check, request.baseline, flaky)
    quick = (
        await quickfix.first_that_works(project, request.baseline, validator) if request.quick_fixes else None
    )
    if quick is not None:
        patch = _patch(quick.changes, "certain", quick.reasons, quick.how)
        return RepairResult((patch,), (), quick.tried, time.monotonic() - began)
    frames = _by_frames(project, request.baseline)
    if request.search_time_s <= 0:
        return RepairResult((), frames, 0, time.monotonic() - began)
    if not runner.protects:
        return RepairResult((), frames, 0, time.monotonic() - began, (NO_SANDBOX,))
    script = hunt_for(project, request.check, request.baseline, request.environment, runner, trees, _jobs(request))  # fmt: skip
    try:
        if script is None:
            found = await _hunt(request, project, runner, emit, began)
        else:
            emit(Notice("info", f"Searching for a repair ({runner.description})."))
            project = script.project
            found = await _followed(request, script, emit, began)
    except WorkerGone as error:
        return RepairResult(
            (), frames, 0, time.monotonic() - began, (f"The search could not start: {error}",)
        )
    if isinstance(found, str):
        return RepairResult((), frames, 0, time.monotonic() - began, (found,))
    phases = Phases()
    with phases("whole check"):
        patches = await _validated(request, project, found.ranked, validator)
    notes = [*found.notes]
    if found.ranked and not patches:
        notes.append(
            "Patches passed the tests that were tried, but the whole check stayed red with each of them."
        )
    return RepairResult(
        patches,
        found.suspicious or frames,
        found.tried,
        time.monotonic() - began,
        tuple(notes),
        (*found.phases, *phases.taken()),
        round(found.cpu_s, 2),
    )


async def localize(request: RepairRequest, runner: CommandRunner, trees: Trees) -> RepairResult:
    """The suspicious lines alone: traced in the sandbox, or from the failure's frames where there is none."""
    began = time.monotonic()
    project = await asyncio.to_thread(Project.open, request.root, request.check)
    frames = _by_frames(project, request.baseline)
    script = hunt_for(project, request.check, request.baseline, request.environment, runner, trees, _jobs(request))  # fmt: skip
    if script is not None and runner.protects:
        await script.observe()
        return RepairResult((), script.reported() or frames, 0, time.monotonic() - began)
    launch = plan.launch_for(request.check, request.environment, project.root, request.seed)
    if not runner.protects or launch is None:
        note = NO_SANDBOX if not runner.protects else _unknown_runner(request.check)
        return RepairResult((), frames, 0, time.monotonic() - began, (note,))
    try:
        async with Pool(runner, launch, _jobs(request), request.search_time_s + 60.0) as pool:
            hunt = Hunt(project, request.check, request.baseline, pool)
            await hunt.observe(request.search_time_s)
            lines = hunt.reported()
    except WorkerGone as error:
        return RepairResult((), frames, 0, time.monotonic() - began, (str(error),))
    return RepairResult((), lines or frames, 0, time.monotonic() - began, tuple(hunt.notes))


async def _hunt(
    request: RepairRequest, project: Project, runner: CommandRunner, emit: Emit, began: float
) -> Found | str:
    """The search itself, or why there is none."""
    launch = plan.launch_for(request.check, request.environment, project.root, request.seed)
    if launch is None:
        return _unknown_runner(request.check)
    emit(Notice("info", f"Searching for a repair ({runner.description})."))
    async with Pool(runner, launch, _jobs(request), request.search_time_s + 120.0) as pool:
        hunt = Hunt(
            project, request.check, request.baseline, pool, request.patience_s, frozenset(request.changed)
        )
        return await _followed(request, hunt, emit, began)


async def _followed(request: RepairRequest, hunt: Hunt | JsHunt, emit: Emit, began: float) -> Found | str:
    """One search, told of while it goes on."""
    if request.insight is not None:
        request.insight.follow(hunt)
    ticker = asyncio.create_task(_tell(hunt, emit, began))
    try:
        return await hunt.run(began + request.search_time_s)
    finally:
        ticker.cancel()
        emit(hunt.progress(time.monotonic() - began))


async def _tell(hunt: Hunt | JsHunt, emit: Emit, began: float) -> None:
    """Progress about twice a second, only when it moved."""
    last: SearchProgress | None = None
    while True:
        await asyncio.sleep(TICK_S)
        now = hunt.progress(time.monotonic() - began)
        if last is None or (now.tried, now.plausible, now.candidates) != (
            last.tried,
            last.plausible,
            last.candidates,
        ):
            emit(now)
            last = now


async def _validated(
    request: RepairRequest, project: Project, ranked: Sequence[Ranked], validator: Validator
) -> tuple[RepairPatch, ...]:
    """The first few that keep their promise on the whole check; the best of each behaviour come first in the list.

    The search has seen the failing tests pass in a fresh process, so the check is run whole at once, for several patches
    side by side. A patch that is likely is judged alone: there is nothing for a person to choose from.
    """
    wanted = len(ranked) if request.all_candidates else VALIDATED
    queue = list(ranked[: max(2 * VALIDATED, wanted)])
    seats = asyncio.Semaphore(_jobs(request))
    kept: list[RepairPatch] = []

    async def judged(one: Ranked) -> RepairPatch | None:
        change = project.change(one.patch.mutation)
        async with seats:
            green = await validator.green((change,), alone=False)
        if not green:
            return None
        patch = _patch((change,), one.confidence, one.reasons, project.describe(one.patch.mutation))
        seen = one.patch.answers, one.patch.base_answers
        return replace(patch, group=one.group, answers=seen[0], answers_now=seen[1])

    while queue and len(kept) < wanted and not (kept and _enough(request, kept[0])):
        alone = not request.all_candidates and (queue[0].confidence == "likely" or _is_slow(request))
        wave = queue[: 1 if alone else wanted - len(kept)]
        del queue[: len(wave)]
        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(judged(one)) for one in wave]
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        kept += [patch for task in running if (patch := task.result()) is not None]
    return tuple(kept)


def _enough(request: RepairRequest, first: RepairPatch) -> bool:
    """Need no other patch be judged after this one?"""
    return not request.all_candidates and (first.confidence == "likely" or _is_slow(request))


def _is_slow(request: RepairRequest) -> bool:
    return request.baseline.seconds > SLOW_CHECK_S


def _patch(
    changes: tuple[FileChange, ...], confidence: Confidence, reasons: tuple[str, ...], how: str
) -> RepairPatch:
    return RepairPatch(changes, confidence, reasons, how, unified_diffs(changes))


def _by_frames(project: Project, baseline: CheckReport) -> tuple[SuspiciousLine, ...]:
    """Suspicious lines from the failure alone."""
    tests = {f.path for failure in baseline.failures for f in failure.frames if project.is_test(f.path)}
    scores = suspicion((), baseline.failures, tests)
    texts = {path: project.lines(path) for path, _ in scores}
    return reported(scores, baseline.failures, texts, {})


def _jobs(request: RepairRequest) -> int:
    import os

    if request.jobs > 0:
        return request.jobs
    affinity = getattr(os, "sched_getaffinity", None)
    return max(1, len(affinity(0)) if affinity is not None else os.cpu_count() or 1)


def _unknown_runner(check: Check) -> str:
    return (
        "The offline search speaks only Python (pytest and unittest) and JavaScript (node:test, mocha, jest and vitest), "
        f"and the check is `{shlex.join(check.argv)}`."
    )
