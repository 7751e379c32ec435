"""The first look at a repository: run the checks and read the map beside them."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import replace

from flashagent.dataclass import dataclass
from flashagent.errors import UsageError
from flashagent.events import Emit, MapReady, Notice
from flashagent.jobs.breakage import Breakage
from flashagent.jobs.house import House
from flashagent.jobs.job import FixJob
from flashagent.jobs.trees import candidate
from flashagent.ports import MapQuery
from flashagent.values import CheckReport, FocusQuery, RankedSymbol
from flashagent.verify.detect import Check

FOCUS_SYMBOLS = 12


@dataclass(frozen=True)
class Observation:
    """What is known before the first edit. `checks` and `reports` run in parallel, the red one first if there is one.
    `broken` is what a bisection found."""

    checks: tuple[Check, ...]
    reports: tuple[CheckReport, ...]
    map: MapQuery
    query: FocusQuery
    focus: tuple[RankedSymbol, ...]
    broken: Breakage | None = None

    @property
    def check(self) -> Check:
        return self.checks[0]

    @property
    def before(self) -> CheckReport:
        return self.reports[0]

    @property
    def green(self) -> bool:
        return all(report.green for report in self.reports)

    @property
    def check_text(self) -> str:
        return shlex.join(self.check.argv)


async def observe(job: FixJob, house: House, emit: Emit) -> Observation:
    """Checks and map at the same time. Raises UsageError when there is no check, RunnerMissing when its
    program is not there."""
    if house.models is None and not job.offline:
        emit(Notice("info", "No model is configured: working offline.", house.no_model_hint))
    await asyncio.to_thread(_tell_conflicts, house, emit)
    mapping = asyncio.create_task(asyncio.to_thread(house.open_map))
    try:
        checks, reports = await _run_checks(house)
        repo_map, stats = await mapping
        emit(MapReady(stats.files, stats.symbols, stats.seconds, stats.from_cache))
    finally:
        mapping.cancel()
    query = FocusQuery(
        text=f"{job.goal}\n{job.log}".strip(),
        failures=tuple(failure for report in reports for failure in report.failures),
        changed=tuple(house.repository.recently_changed(20)),
        paths=job.paths,
    )
    focus = tuple(await asyncio.to_thread(repo_map.rank, query, limit=FOCUS_SYMBOLS))
    return Observation(checks, reports, repo_map, query, focus)


def _tell_conflicts(house: House, emit: Emit) -> None:
    """Conflict markers break whatever reads the file: their cause is said before what they cause."""
    operation = house.repository.operation()
    conflicts = house.repository.conflicts() if operation is not None else ()
    if conflicts:
        emit(
            Notice(
                "warning",
                f"A {operation} is in progress, with conflicts that are not resolved in {', '.join(conflicts[:5])}"
                f"{' and others' if len(conflicts) > 5 else ''}.",
                f"Resolve them, or abort the {operation}, then run this again.",
            )
        )


async def knowing(seen: Observation, broken: Breakage) -> Observation:
    """The same, with what a bisection found: what it changed counts among the lines of the failing test."""
    query = replace(seen.query, covered=(*seen.query.covered, *broken.lines))
    focus = tuple(await asyncio.to_thread(seen.map.rank, query, limit=FOCUS_SYMBOLS))
    return replace(seen, query=query, focus=focus, broken=broken)


async def _run_checks(house: House) -> tuple[tuple[Check, ...], tuple[CheckReport, ...]]:
    checks = tuple(house.checks())
    if not checks:
        raise UsageError("No check was found.", hint="Say which command must pass: --check 'CMD'.")
    runs = [(check, await run_apart(check, house)) for check in checks]
    runs.sort(key=lambda run: run[1].green)
    return tuple(check for check, _ in runs), tuple(report for _, report in runs)


async def run_apart(check: Check, house: House, timeout_s: float | None = None) -> CheckReport:
    """The check on a copy of the tree in its place: what a build leaves behind never lies among the user's files, and
    what is compared later ran in the same surroundings. Not run at all where its result on this very state is known."""
    if not house.runner.protects:
        return await house.verifier.run(check, timeout_s=timeout_s)
    key = await asyncio.to_thread(_key, check, house)
    known = house.results.recall(key) if house.results is not None else None
    if known is not None:
        return house.verifier.recalled(check, known)
    async with candidate(house) as tree:
        report = await house.verifier.run(check, tree=tree, original=True, timeout_s=timeout_s)
    # What was saved while the check ran belongs to no state that it was run on.
    if key is not None and house.results is not None and await asyncio.to_thread(_key, check, house) == key:
        house.results.keep(key, report)
    return report


def _key(check: Check, house: House) -> str | None:
    """The key of the check on the tree as it is now; None where nothing is remembered."""
    if house.results is None or check.framework == "generic":
        return None
    from flashagent.workspace.content import content_digest

    return house.results.key(check, content_digest(house.repository))
