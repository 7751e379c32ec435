"""The harness's own word on success: run the checks on a tree and judge them against the run before the first edit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol

from flashagent.dataclass import dataclass
from flashagent.values import CheckReport
from flashagent.verify.flaky import (
    MOST_RUNS,
    Flaky,
    fails_as_it_was,
    judged_without,
    none_known,
    only_flaky,
    without,
)
from flashagent.verify.impact import failing_alone, only
from flashagent.verify.verdict import Verdict, judge

MOST_DOUBTED = 5  # tests that newly fail; more than this are no accident


class RunCheck(Protocol):
    """Run one check, or only the given tests of it, on the tree that is being worked on."""

    def __call__(self, tests: Sequence[str] = ()) -> Awaitable[CheckReport]: ...


RunBare = Callable[[], Awaitable[CheckReport]]


@dataclass(frozen=True, slots=True)
class Watched:
    """One check of the job and its run before the first edit. `bare` runs the user's own command with nothing of ours in
    its process; where it is given, a counted run is believed only when that one ends with status 0 too. `as_it_was` runs
    tests on the tree before the first edit; `reaching` names the tests that reach the present edits, nearest first."""

    run: RunCheck
    before: CheckReport
    bare: RunBare | None = None
    as_it_was: RunCheck | None = None
    reaching: Callable[[], Sequence[str]] = lambda: ()


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
    """Judges a tree. The tests that failed run first and alone, then those that reach the edits; only when they pass do
    all checks run whole, the one that was red first. The first check that is not green decides. Tests that are known to
    be flaky count for nothing; one that newly fails is tried on the tree as it was, and known from then on if it is.

    `running` is set, by whoever runs the checks, once one is under way: what costs time beside it waits for that."""

    def __init__(self, checks: Sequence[Watched], flaky: Flaky = none_known) -> None:
        self.running = asyncio.Event()
        self._checks = sorted(checks, key=lambda watched: watched.before.green)
        self._ask_flaky = flaky
        self._flaky: frozenset[str] = frozenset()

    @property
    def before(self) -> CheckReport:
        """The run before the first edit of the check that matters most."""
        return without(self._checks[0].before, self._flaky)

    async def judge(self) -> Judgement:
        self.running.clear()
        try:
            return await self._judged()
        finally:
            self.running.set()

    async def _judged(self) -> Judgement:
        self._flaky |= frozenset(await self._ask_flaky())
        for watched in self._checks:
            early = await self._early(watched)
            if early is not None:
                return early
        last: Judgement | None = None
        for watched in self._checks:
            judgement = await self._decided(watched)
            if not judgement.green:
                return judgement
            last = last or judgement
        assert last is not None, "a job has at least one check"
        return last

    async def _early(self, watched: Watched) -> Judgement | None:
        """The judgement over the tests that failed before, then over those that reach the edits; None when all pass."""
        before = without(watched.before, self._flaky)
        for tests in (failing_alone(before), tuple(await asyncio.to_thread(watched.reaching))):
            tests = tuple(one for one in tests if one not in self._flaky)
            if not tests:
                continue
            report = without(await watched.run(tests), self._flaky)
            asked = only(before, frozenset(tests))  # of the others nothing is known, nor said
            verdict = judge(asked, report)
            if not verdict.green and not await self._doubtful(watched, verdict):
                return Judgement(verdict, asked, report, full=False)
        return None

    async def _decided(self, watched: Watched) -> Judgement:
        """The whole check, again while only flaky tests are in the way."""
        for count in range(1, MOST_RUNS + 1):
            report, bare = await _whole(watched)
            verdict = _confirmed(judged_without(watched.before, report, self._flaky), report, bare)
            again = only_flaky(watched.before, report, self._flaky) or await self._doubtful(watched, verdict)
            unlucky = bare is not None and bare.exit_code != 0 and bool(self._flaky)
            if verdict.green or count == MOST_RUNS or not (again or unlucky):
                break
        before = without(watched.before, self._flaky)
        return Judgement(verdict, before, without(report, self._flaky), full=True)

    async def _doubtful(self, watched: Watched, verdict: Verdict) -> bool:
        """Whether what newly fails also fails now and then on the tree as it was; such tests are known from then on."""
        new = verdict.newly_failing
        others = verdict.still_failing or verdict.disappeared or verdict.turned_skipped
        if watched.as_it_was is None or others or not 0 < len(new) <= MOST_DOUBTED:
            return False
        known = {one.test_id for one in watched.before.results}
        if not known.issuperset(new):
            return False
        found = await fails_as_it_was(watched.as_it_was, new)
        self._flaky |= found
        return found.issuperset(new)


async def _whole(watched: Watched) -> tuple[CheckReport, CheckReport | None]:
    """The whole check, and beside it the bare one where there is one."""
    if watched.bare is None:
        return await watched.run(), None
    try:
        async with asyncio.TaskGroup() as group:
            counted, bare = group.create_task(_of(watched.run())), group.create_task(_of(watched.bare()))
    except ExceptionGroup as several:  # who asks knows how to tell an error, not a group of them
        raise several.exceptions[0] from None
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
