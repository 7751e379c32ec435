"""The harness's own word on success: run the checks on a tree and judge them against the run before the first edit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from flashagent.values import CheckReport
from flashagent.verify.verdict import Verdict, judge

MOST_TESTS_ALONE = (
    40  # a command line with more test ids than this is slower than the whole check in most runners
)


class RunCheck(Protocol):
    """Run one check, or only the given tests of it, on the tree that is being worked on."""

    def __call__(self, tests: Sequence[str] = ()) -> Awaitable[CheckReport]: ...


RunBare = Callable[[], Awaitable[CheckReport]]


@dataclass(frozen=True, slots=True)
class Watched:
    """One check of the job and its run before the first edit. `bare` runs the user's own command with nothing of ours in
    its process; where it is given, a counted run is believed only when that one ends with status 0 too."""

    run: RunCheck
    before: CheckReport
    bare: RunBare | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """`report` is the run that decided, `before` what it is compared with; `full` says whether all checks ran whole."""

    verdict: Verdict
    before: CheckReport
    report: CheckReport
    full: bool

    @property
    def green(self) -> bool:
        return self.full and self.verdict.green


class Witness:
    """Judges a tree. The tests that failed run first and alone; only when they pass do all checks run whole, the one
    that was red first. The first check that is not green decides.

    `running` is set, by whoever runs the checks, once one is under way: what costs time beside it waits for that."""

    def __init__(self, checks: Sequence[Watched]) -> None:
        self.running = asyncio.Event()
        self._checks = sorted(checks, key=lambda watched: watched.before.green)

    @property
    def before(self) -> CheckReport:
        """The run before the first edit of the check that matters most."""
        return self._checks[0].before

    async def judge(self) -> Judgement:
        self.running.clear()
        try:
            return await self._judged()
        finally:
            self.running.set()

    async def _judged(self) -> Judgement:
        for watched in self._checks:
            early = await _failing_first(watched)
            if early is not None:
                return early
        last: Judgement | None = None
        for watched in self._checks:
            report, bare = await _whole(watched)
            verdict = _confirmed(judge(watched.before, report), report, bare)
            judgement = Judgement(verdict, watched.before, report, full=True)
            if not judgement.verdict.green:
                return judgement
            last = last or judgement
        assert last is not None, "a job has at least one check"
        return last


async def _whole(watched: Watched) -> tuple[CheckReport, CheckReport | None]:
    """The whole check, and beside it the bare one where there is one."""
    if watched.bare is None:
        return await watched.run(), None
    async with asyncio.TaskGroup() as group:
        counted, bare = group.create_task(_of(watched.run())), group.create_task(_of(watched.bare()))
    return counted.result(), bare.result()


async def _of(run: Awaitable[CheckReport]) -> CheckReport:
    return await run


def _confirmed(verdict: Verdict, report: CheckReport, bare: CheckReport | None) -> Verdict:
    """Code under test shares a process with our reporter and could lie to it; it cannot lie to a command that knows
    nothing of us and to the reporter in the same way."""
    if bare is None or not verdict.green or not report.counted or bare.exit_code == 0:
        return verdict
    return replace(
        verdict,
        green=False,
        reasons=(f"without flashagent's reporter the check ends with status {bare.exit_code}",),
    )


async def _failing_first(watched: Watched) -> Judgement | None:
    """The judgement over the tests that failed before, None when they pass (or cannot be run alone)."""
    before = watched.before
    failing = tuple(dict.fromkeys(f.test_id for f in before.failures if f.test_id))
    known = {result.test_id for result in before.results}
    if not before.counted or not failing or len(failing) > MOST_TESTS_ALONE or not known.issuperset(failing):
        return None
    report = await watched.run(failing)
    verdict = judge(_only(before, frozenset(failing)), report)
    return None if verdict.green else Judgement(verdict, before, report, full=False)


def _only(report: CheckReport, tests: frozenset[str]) -> CheckReport:
    """The report as if only these tests had been asked for."""
    results = tuple(result for result in report.results if result.test_id in tests)
    failures = tuple(failure for failure in report.failures if failure.test_id in tests)
    return replace(report, results=results, failures=failures)
