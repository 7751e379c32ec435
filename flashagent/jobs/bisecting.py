"""Find the commit that broke a test: trees of earlier commits, several at a time, in the sandbox, within a time limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from flashagent.dataclass import dataclass
from flashagent.events import Emit, Notice
from flashagent.jobs.breakage import Breakage, described
from flashagent.jobs.house import House
from flashagent.jobs.observing import Observation
from flashagent.values import CheckReport, Failure
from flashagent.verify.detect import Check
from flashagent.verify.probe import Finding, finding, is_reported
from flashagent.verify.tamper import is_test_file
from flashagent.workspace.lineage import Bisection, Commit, lineage
from flashagent.workspace.past import PastTrees
from flashagent.workspace.worktrees import candidate_tree

BY_ITSELF_S = 10.0  # nobody asked for it, so it may not cost more
FAST_S = 1.5  # a test that is quicker than this is looked up in the history without being asked
LOOKED_BACK = 32  # commits that are looked at then
MOST_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """One bisection: the check and its failure, how long and how far back to look, how much at once."""

    check: Check
    failure: Failure
    before: CheckReport
    seconds: float
    limit: int | None = None
    at_once: int = 1


def wanted(
    seen: Observation, house: House, flaky: Collection[str], *, asked: bool, seconds: float
) -> Wanted | str:
    """What to bisect, or in words why there is nothing; '' where nobody asked and it is not worth it."""
    if house.past is None or house.repository.plain or house.repository.head() is None:
        return "There is no history to look into." if asked else ""
    if not house.runner.protects:
        return "Without a sandbox no earlier commit is run." if asked else ""
    failure = next((one for one in seen.before.failures if one.test_id not in flaky), None)
    if failure is None:
        return "No failure was found that stays the same." if asked else ""
    cores = max(1, min(house.jobs if asked else house.idle(), MOST_AT_ONCE))
    one = Wanted(seen.check, failure, seen.before, seconds, at_once=cores)
    if asked:
        return one
    took = next((r.seconds for r in seen.before.results if r.test_id == failure.test_id), None)
    if not seen.before.counted or took is None or took > FAST_S or house.idle() < 1:
        return ""
    return replace(one, seconds=min(seconds, BY_ITSELF_S), limit=LOOKED_BACK)


async def bisect(job: Wanted, house: House, emit: Emit, *, quiet: bool = False) -> Breakage | None:
    """The commit that broke the test, or the few between which it lies; None when no commit was found in which it passes.

    Tells how it goes as notices, nothing but its result when `quiet`. The user's repository is only read. Cancelling ends
    what runs.
    """
    assert house.past is not None
    trees = house.past()
    try:
        return await _Search(job, house, trees, emit, quiet=quiet).to_the_end()
    finally:
        await asyncio.shield(asyncio.to_thread(trees.close))


class _Search:
    def __init__(self, job: Wanted, house: House, trees: PastTrees, emit: Emit, *, quiet: bool) -> None:
        self._job = job
        self._house = house
        self._trees = trees
        self._emit = emit
        self._quiet = quiet
        self._ends = time.monotonic() + job.seconds
        self._test_files = tuple(_test_files(job, house))

    async def to_the_end(self) -> Breakage | None:
        began = time.monotonic()
        limit = {"limit": self._job.limit} if self._job.limit else {}
        commits = await asyncio.to_thread(lineage, self._house.repository, **limit)
        if len(commits) < 2:
            self._tell("There is no earlier commit to look at.")
            return None
        search = Bisection(commits)
        self._tell(f"Bisecting {len(commits)} commits for {self._named}.")
        await self._run(search)
        if search.good is None:
            where = f"the {len(commits)} commits" if search.tested else "the commits that could be tested"
            self._tell(f"{self._named} passes in none of {where} that were looked at.")
            return None
        found = await asyncio.to_thread(
            described, self._house, search, self._named, time.monotonic() - began, self._job.failure
        )
        self._emit(Notice("info", found.summary))
        return found

    @property
    def _named(self) -> str:
        return self._job.failure.test_id or "the check"

    async def _run(self, search: Bisection) -> None:
        """Rounds without pauses: as soon as one probe ends, what is still worth knowing is asked in its place. At the end
        every probe has given its tree back, those that were stopped on the way as well."""
        running: dict[asyncio.Task[Finding], Commit] = {}
        stopped: list[asyncio.Task[Finding]] = []
        try:
            while True:
                for task in [task for task, commit in running.items() if not search.is_open(commit)]:
                    task.cancel()
                    stopped.append(task)
                    del running[task]
                room = self._job.at_once - len(running)
                for commit in search.next(room, running.values()) if room > 0 else ():
                    running[asyncio.create_task(self._probe(commit))] = commit
                left = self._ends - time.monotonic()
                if not running or left <= 0:
                    return
                done, _ = await asyncio.wait(running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    commit = running.pop(task)
                    search.note(commit, task.result())
                    self._say(commit, task.result(), search)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, *stopped, return_exceptions=True)

    def _say(self, commit: Commit, found: Finding, search: Bisection) -> None:
        words = {"good": "passes", "bad": "fails", "untestable": "cannot be tested"}[found]
        left = f"; {len(search.suspects)} left" if search.good is not None else ""
        self._tell(f"Bisect: it {words} at {commit.name}{left}.")

    def _tell(self, text: str) -> None:
        if not self._quiet:
            self._emit(Notice("info", text))

    async def _probe(self, commit: Commit) -> Finding:
        """What the commit's own test says; where it has none yet, what the present test says of that commit."""
        failure = self._job.failure
        there = await asyncio.to_thread(self._there, commit.id)
        if there or not self._test_files:
            report = await self._check(commit, ())
            if not failure.test_id or not self._test_files or is_reported(report, failure.test_id):
                return finding(report, failure)
            if any(one.test_id == failure.test_id for one in report.failures):
                return finding(report, failure)
        return finding(await self._check(commit, self._test_files), failure)

    def _there(self, commit: str) -> bool:
        return all(self._trees.has(commit, path) for path in self._test_files)

    async def _check(self, commit: Commit, present: Sequence[str]) -> CheckReport:
        failure, before = self._job.failure, self._job.before
        tests = (failure.test_id,) if before.counted and failure.test_id else ()
        took = next((one.seconds for one in before.results if one.test_id == failure.test_id), before.seconds)
        limit = 30.0 + 10.0 * (took if tests else before.seconds)
        async with candidate_tree(self._trees.at(commit.id, present), ()) as tree:
            return await self._house.verifier.run(
                self._job.check, tests=tests, tree=tree, timeout_s=limit, quiet=True
            )


def _test_files(job: Wanted, house: House) -> Sequence[str]:
    """The files of the test as they are now: where its id says, and those on its stack."""
    path = job.failure.test_id.partition("::")[0]
    folder = "" if job.check.cwd in ("", ".") else f"{job.check.cwd}/"
    named = [folder + path] if (house.root / folder / path).is_file() and path else []
    stack = [one.path for one in job.failure.frames if one.in_project and is_test_file(one.path)]
    dotted = job.failure.test_id.split(" ")[0].split(".")
    modules = ["/".join(dotted[:count]) + ".py" for count in range(1, len(dotted))]
    module = [folder + one for one in modules if (house.root / folder / one).is_file()]
    return tuple(dict.fromkeys([*named, *module, *stack]))
