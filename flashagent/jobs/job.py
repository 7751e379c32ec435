"""What a job is asked for, what a way of doing it came to, and the account that is given at the end. Pure."""

from __future__ import annotations

from dataclasses import field

from flashagent.agent.effort import Level
from flashagent.agent.limits import Budget, Limits
from flashagent.dataclass import dataclass
from flashagent.errors import ExitCode, FlashagentError
from flashagent.events import JobFinished, JobReport
from flashagent.jobs.kept import Offer, options_of
from flashagent.values import CheckReport, Confidence, Contrast, FileChange, JobOutcome, Usage
from flashagent.verify.verdict import Verdict

EXIT_CODES: dict[JobOutcome, ExitCode] = {
    "fixed": ExitCode.OK,
    "already_green": ExitCode.OK,
    "changed_unverified": ExitCode.OK,
    "not_fixed": ExitCode.NOT_FIXED,
    "usage": ExitCode.USAGE,
    "limit": ExitCode.LIMIT,
    "unreachable": ExitCode.UNREACHABLE,
    "refused": ExitCode.REFUSED,
    "internal": ExitCode.INTERNAL,
    "interrupted": ExitCode.INTERRUPTED,
}
OUTCOME_OF_CODE: dict[ExitCode, JobOutcome] = {
    code: outcome for outcome, code in EXIT_CODES.items() if code not in (ExitCode.OK, ExitCode.NOT_FIXED)
}


@dataclass(frozen=True, slots=True)
class FixJob:
    """What the user asked for. `change` is true for `do`: a change where nothing need be red. `log` is a failure log
    that the user gave, `earlier` the account of a job that this one goes on with. `search_seconds` bounds the offline search. `candidates` patches are asked for at once. `docs` are
    texts that stay in view, as name and text. `effort` None fits the situation. `bisect` None looks for the commit that broke the test only where that is
    cheap; `bisect_seconds` bounds it."""

    goal: str = ""
    log: str = ""
    paths: tuple[str, ...] = ()
    change: bool = False
    limits: Limits = field(default_factory=Limits)
    search_seconds: float = 60.0
    offline: bool = False
    dry_run: bool = False
    commit: bool = False
    tests_may_change: bool = False
    all_candidates: bool = False
    explain: bool = False
    candidates: int = 1
    docs: tuple[tuple[str, str], ...] = ()
    earlier: str = ""
    effort: Level | None = None
    bisect: bool | None = None
    bisect_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """What a way of repairing came to, before anything is written to the user's tree.

    `patch` is what to keep; when `outcome` is not one with exit 0 it is the best that was found and only kept as a file.
    `offers` are patches that a person may take, the best first, `contrasts` calls on which they differ, `suspicious` the
    places to look at where none was found.
    """

    outcome: JobOutcome
    patch: tuple[FileChange, ...] = ()
    verdict: Verdict | None = None
    after: CheckReport | None = None
    how: str = ""
    confidence: Confidence | None = None
    reasons: tuple[str, ...] = ()
    attempts: int = 0
    message: str = ""
    hint: str = ""
    offers: tuple[Offer, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    suspicious: tuple[str, ...] = ()


def failed(error: FlashagentError) -> Result:
    return Result(OUTCOME_OF_CODE.get(error.exit_code, "internal"), message=error.message, hint=error.hint)


def job_failed(error: FlashagentError) -> JobFinished:
    """The account of a job that could not even begin."""
    result = failed(error)
    report = JobReport(message=result.message, hint=result.hint)
    return JobFinished(result.outcome, int(EXIT_CODES[result.outcome]), "", "", Usage(), report)


def account(
    result: Result,
    before: CheckReport | None,
    check: str,
    budget: Budget,
    *,
    patch: str = "",
    commit: str = "",
    kept: str = "",
    dry_run: bool = False,
    goal: str = "",
) -> JobFinished:
    """The last event of the job. `patch` is the unified diff of what was kept (or would be, in a dry run), `kept` the
    file that holds the patches of a job that did not get there."""
    verdict = result.verdict
    report = JobReport(
        check=check,
        counted=bool(before and before.counted),
        failing_before=tuple(dict.fromkeys(f.test_id for f in before.failures if f.test_id))
        if before
        else (),
        fixed=verdict.fixed if verdict else (),
        still_failing=_still_failing(result, before),
        newly_failing=verdict.newly_failing if verdict else (),
        disappeared=(*verdict.disappeared, *verdict.turned_skipped) if verdict else (),
        confidence=result.confidence or "",
        reasons=result.reasons,
        how=result.how,
        files=tuple(change.path for change in result.patch),
        attempts=result.attempts,
        requests=budget.requests,
        cost=budget.cost,
        seconds=budget.seconds,
        message=result.message,
        hint=result.hint,
        dry_run=dry_run,
        goal=goal,
        options=options_of(result.offers),
        contrasts=result.contrasts,
        kept=kept,
        suspicious=result.suspicious,
    )
    return JobFinished(result.outcome, int(EXIT_CODES[result.outcome]), commit, patch, budget.usage, report)


def _still_failing(result: Result, before: CheckReport | None) -> tuple[str, ...]:
    if result.verdict is not None:
        return result.verdict.still_failing
    if before is None or result.outcome in ("fixed", "already_green", "changed_unverified"):
        return ()
    return tuple(dict.fromkeys(failure.test_id for failure in before.failures if failure.test_id))
