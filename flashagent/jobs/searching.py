"""Repair without a model: certain quick fixes, then search, and only what is at least likely is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flashagent.diffs import unified_diffs
from flashagent.events import Emit, FocusChosen, Notice, SearchFinished
from flashagent.jobs.house import House
from flashagent.jobs.job import FixJob, Result
from flashagent.jobs.kept import Offer
from flashagent.jobs.observing import Observation
from flashagent.jobs.severally import groups_of, search_severally, together, weakest
from flashagent.jobs.trees import candidate
from flashagent.values import CONFIDENCES, CheckReport, FileChange, PatchOption
from flashagent.verify.detect import Check
from flashagent.verify.feedback import culprit
from flashagent.verify.flaky import Flaky, none_known, steady, without
from flashagent.verify.verdict import Verdict

if TYPE_CHECKING:
    from flashagent.repair.engine import RepairPatch, RepairRequest, RepairResult

KEPT = ("certain", "likely")
SHOWN_LINES = 5
LEAST_SHARE_S = 5.0


async def quick_fix(seen: Observation, house: House, flaky: Flaky = none_known) -> Result | None:
    """The one quick fix that makes every check green, None when there is none: what a model need not be asked for."""
    from flashagent.repair.project import Project
    from flashagent.repair.quickfix import first_that_works
    from flashagent.repair.validate import Validator

    project = await asyncio.to_thread(Project.open, house.root, seen.check)
    validator = Validator(house.verifier, house.trees, seen.check, seen.before, flaky)
    found = await first_that_works(project, seen.before, validator, house.servers)
    if found is None:
        return None
    verdict = await _of_all_checks(found.changes, seen, house, await flaky())
    if not verdict.green or (not verdict.fixed and seen.before.counted):
        return None
    return Result("fixed", found.changes, verdict, how=found.how, confidence="certain", reasons=found.reasons)


async def search_offline(
    job: FixJob, seen: Observation, house: House, emit: Emit, flaky: Collection[str] = ()
) -> Result:
    """The best patch the engine finds for the red check, by the tests that are not flaky."""
    from flashagent.repair.engine import RepairRequest, repair
    from flashagent.repair.insight import Insight

    if job.search_seconds and seen.focus:
        emit(FocusChosen(seen.focus, 0, "; ".join(seen.focus[0].why)))
    request = RepairRequest(
        root=house.root,
        check=seen.check,
        baseline=without(seen.before, flaky),
        environment=house.environment,
        search_time_s=job.search_seconds,
        jobs=house.jobs,
        all_candidates=job.all_candidates,
        quick_fixes=False,
        changed=seen.broken.lines if seen.broken is not None else (),
        flaky=frozenset(flaky),
    )

    async def search(asked: RepairRequest) -> RepairResult:
        insight = Insight()
        asked = replace(asked, insight=insight)
        try:
            found = await repair(asked, house.runner, house.verifier, house.trees, emit)
        except asyncio.CancelledError:
            for told in insight.lines():  # what was learned so far is not lost with the search
                emit(Notice("info", told))
            raise
        if found.tried:
            emit(SearchFinished(found.tried, len(found.patches), found.seconds, found.cpu_s, found.phases))
        return found

    found = await search(request)
    for told in _explained(job, found):
        emit(Notice("info", told))
    if not found.patches:
        several = await _severally(request, search, seen, house, emit) if found.tried else None
        nothing = Result("not_fixed", message=_nothing_found(found), suspicious=_suspicion(found, seen))
        return nothing if several is None else several
    kept = await kept_patch(found, seen, house, flaky)
    return offered(found) if kept is None else kept


async def _severally(
    request: RepairRequest,
    search: Callable[[RepairRequest], Awaitable[RepairResult]],
    seen: Observation,
    house: House,
    emit: Emit,
) -> Result | None:
    """What comes of it to repair the failing tests of each place by a patch of their own; None where nothing does."""
    groups = len(groups_of(request.baseline))
    if groups:
        emit(Notice("info", f"No one edit repairs all: the failing tests are taken in {groups} groups."))

    async def of_group(check: Check, before: CheckReport, share: int) -> RepairResult:
        time_s = max(LEAST_SHARE_S, request.search_time_s / share)
        return await search(replace(request, check=check, baseline=before, search_time_s=time_s))

    patches, _ = await search_severally(request.check, request.baseline, of_group)
    changes = together(patches)
    if not changes:
        return None
    verdict = await _judged(changes, seen, house, request.flaky)
    how, confidence = "; ".join(patch.how for patch in patches), weakest(patches)
    reasons = tuple(f"{one.how}: {reason}" for one in patches for reason in one.reasons)
    part = Result(
        "not_fixed", changes, verdict, how=how, confidence=confidence, reasons=reasons,
        message=f"Only a part is repaired: {len(verdict.fixed)} of {len(verdict.fixed) + len(verdict.still_failing)} tests.",
    )  # fmt: skip
    if not verdict.green:
        return part if verdict.fixed and not verdict.newly_failing else None
    if confidence in KEPT:
        return replace(part, outcome="fixed", message="")
    offer = Offer(PatchOption(how, confidence, reasons, unified_diffs(changes)), changes)
    return replace(part, verdict=None, message=_not_applied(confidence, 1), offers=(offer,))


async def _judged(
    changes: Sequence[FileChange], seen: Observation, house: House, flaky: Collection[str]
) -> Verdict:
    """The verdict of every check of the job, the red one first."""

    async def run() -> CheckReport:
        async with candidate(house, changes) as tree:
            return await house.verifier.run(seen.check, tree=tree)

    _, verdict = await steady(run, seen.before, flaky)
    return await _of_all_checks(changes, seen, house, flaky) if verdict.green else verdict


def offered(found: RepairResult) -> Result:
    """What may not be applied unasked: the best patch of each behaviour, for a person to choose from."""
    from flashagent.repair.contrast import contrasts

    best = found.patches[0]
    by_group: dict[int, RepairPatch] = {}
    for patch in found.patches:
        by_group.setdefault(patch.group, patch)
    heads = list(by_group.values())
    offers = [
        Offer(PatchOption(one.how, one.confidence, one.reasons, one.diff), one.changes) for one in heads
    ]
    return Result(
        "not_fixed",
        patch=best.changes,
        how=best.how,
        confidence=best.confidence,
        reasons=best.reasons,
        message=_not_applied(best.confidence, len(offers)),
        offers=tuple(offers),
        contrasts=contrasts([one.answers for one in heads], best.answers_now),
    )


def _not_applied(confidence: str, number: int) -> str:
    if number == 1:
        return f"A patch makes the check pass, but it is only '{confidence}', so it was not applied."
    return f"{number} patches that do different things make the check pass, so none was applied."


async def taken_offer(offer: Offer, seen: Observation, house: House, flaky: Collection[str] = ()) -> Result:
    """The patch that the user has chosen, judged by every check of the job."""
    verdict = await _of_all_checks(offer.changes, seen, house, flaky)
    confidence = next((word for word in CONFIDENCES if word == offer.option.confidence), None)
    result = Result(
        "fixed", offer.changes, verdict, how=offer.option.how, confidence=confidence,
        reasons=("you chose it", *offer.option.reasons),
    )  # fmt: skip
    if verdict.green:
        return result
    return replace(result, outcome="not_fixed", message=f"Not done: {'; '.join(verdict.reasons)}")


async def kept_patch(
    found: RepairResult, seen: Observation, house: House, flaky: Collection[str] = ()
) -> Result | None:
    """The best patch judged by every check of the job, None when there is none that may be kept without asking."""
    if not found.patches or found.patches[0].confidence not in KEPT:
        return None
    best = found.patches[0]
    verdict = await _of_all_checks(best.changes, seen, house, flaky)
    if not verdict.green:
        message = f"Not done: {'; '.join(verdict.reasons)}"
        return Result("not_fixed", patch=best.changes, verdict=verdict, message=message)
    return Result(
        "fixed",
        patch=best.changes,
        verdict=verdict,
        how=best.how,
        confidence=best.confidence,
        reasons=best.reasons,
    )


async def _of_all_checks(
    patch: Sequence[FileChange], seen: Observation, house: House, flaky: Collection[str] = ()
) -> Verdict:
    """The engine has judged the patch by the whole red check; the other checks of the job are judged here."""
    for check, before in zip(seen.checks[1:], seen.reports[1:], strict=True):

        async def run(check: Check = check) -> CheckReport:
            async with candidate(house, patch) as tree:
                return await house.verifier.run(check, tree=tree)

        _, verdict = await steady(run, before, flaky)
        if not verdict.green:
            return verdict
    lasting = without(seen.before, flaky).failures
    fixed = dict.fromkeys(failure.test_id for failure in lasting if failure.test_id)
    return Verdict(True, fixed=tuple(fixed))


def _explained(job: FixJob, found: RepairResult) -> list[str]:
    """What `--explain` and `--all-candidates` add, a line each."""
    told: list[str] = []
    if job.explain:
        told.append(f"{found.tried} candidates were tried in {found.seconds:.0f} s.")
        if found.phases:
            parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found.phases)
            told.append(f"The time went into {parts}; the tries took {found.cpu_s:.1f} s of CPU time.")
        told += [f"Suspicious: {x.path}:{x.line}: {x.source} ({x.why})" for x in found.suspicious[:10]]
        told += found.notes
    if job.all_candidates:
        told += _all_of(found.patches)
    return told


def _all_of(patches: Sequence[RepairPatch]) -> Iterator[str]:
    """A line for each patch; why it is trusted stands with the first one of its behaviour."""
    seen: set[int] = set()
    for number, patch in enumerate(patches, 1):
        why = "" if patch.group in seen else f" {'; '.join(patch.reasons)}."
        seen.add(patch.group)
        told = f"{patch.confidence}, behaviour {patch.group + 1}"
        yield f"Patch {number} of {len(patches)} ({told}): {patch.how}.{why}"


def _nothing_found(found: RepairResult) -> str:
    tried = f"{found.tried} candidates tried in {found.seconds:.0f} s; none makes the check pass."
    return " ".join([*([tried] if found.tried else []), *found.notes]) or "No quick fix makes the check pass."


def _suspicion(found: RepairResult, seen: Observation) -> tuple[str, ...]:
    """The places to look at first, as 'path:line: source'."""
    lines = [f"{line.path}:{line.line}: {line.source.strip()}" for line in found.suspicious]
    blind = seen.check.framework == "generic" and not found.tried
    if blind or not lines:
        # Nothing was traced: the failure's own place, and what the map ranks highest for it.
        frames = (culprit(failure) for failure in seen.before.failures)
        lines = [f"{frame.path}:{frame.line}" for frame in frames if frame is not None]
    if blind:
        lines += [f"{one.symbol.path}:{one.symbol.start_line}: {one.symbol.qualified}" for one in seen.focus]
    return tuple(dict.fromkeys(lines))[:SHOWN_LINES]
