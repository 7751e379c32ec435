"""Repair a repository, or change it, and account for it: observe, try for nothing, search or ask, apply, finish.

All work happens in a candidate tree; the user's own tree is written once, at the end, as one unit. So killing the
program at any moment leaves the tree as it was or as the finished fix.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import import_module

from flashagent.agent.limits import Budget
from flashagent.diffs import unified_diffs
from flashagent.errors import (
    ExitCode,
    FlashagentError,
    Interrupted,
    LimitReached,
    SavedMeanwhile,
    UsageError,
    WorkspaceError,
)
from flashagent.events import Emit, JobFinished, Notice
from flashagent.jobs.aside import Aside
from flashagent.jobs.choosing import choose
from flashagent.jobs.house import House, Models
from flashagent.jobs.job import EXIT_CODES, FixJob, Result, account, failed
from flashagent.jobs.kept import Offer
from flashagent.jobs.observing import Observation, knowing, observe
from flashagent.jobs.outside import tell_outside
from flashagent.jobs.remembering import learn
from flashagent.jobs.saves import merged_files, tell, with_saves
from flashagent.jobs.searching import quick_fix, search_offline, taken_offer
from flashagent.jobs.shelf import Shelf
from flashagent.jobs.waiting import uninterrupted, unless
from flashagent.tools.tree import announce
from flashagent.values import Contrast, FileChange
from flashagent.verify.verdict import names


class _Run:
    """One run of a job: what is known of it so far, so that its account can be given whenever it ends."""

    def __init__(self, job: FixJob, house: House, emit: Emit) -> None:
        self.job = job
        self.house = house
        self.emit = emit
        self.budget = Budget(job.limits, house.clock, house.price)
        self.seen: Observation | None = None
        self.models = None if job.offline else house.models
        self._finished: JobFinished | None = None
        self.shelf = Shelf(self._keep)

    async def to_the_end(self) -> JobFinished:
        """What ends the run while only its leftovers are cleared away comes too late: the files may be written by then."""
        ended = await self._ended()
        return self._finished or ended

    async def _ended(self) -> JobFinished:
        timer = asyncio.timeout(self.job.limits.seconds)
        try:
            self._refuse_early()
            async with timer, warming(self.models):
                self.seen = await observe(self.job, self.house, self.emit)
                tell_outside(self.seen, self.house, self.emit)
                async with Aside(self.job, self.seen, self.house, self.emit) as aside:
                    result = await self._repair(self.seen, aside)
                    self._finished = await self._finish(await self._chosen(result, timer, aside))
                    return self._finished
        except TimeoutError:
            if not timer.expired():  # another one than ours: then this is no word on the limit
                raise
            limit = f"{self.job.limits.seconds:g} s"
            error = LimitReached(
                f"The time limit of {limit} is reached.", limit="time", hint="Raise --timeout."
            )
            return self._cut_off(failed(error))
        except asyncio.CancelledError:
            # The front end cancels on Ctrl-C; the job's last word must still be said, so the cancellation ends here.
            stopped = Interrupted("Stopped by you; your files are as they were.")
            return self._cut_off(failed(stopped))
        except SavedMeanwhile as error:
            return self._account(Result("not_fixed", message=error.message, hint=error.hint))
        except FlashagentError as error:
            return self._account(failed(error))
        except OSError as error:
            what = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
            hint = "Is the disk full, or a folder not writable? Your files are as they were."
            return self._account(failed(WorkspaceError(f"The machine refused: {what}.", hint=hint)))

    def _refuse_early(self) -> None:
        """What can be known to be in vain before anything runs. Raises UsageError."""
        job, models = self.job, self.models
        if job.change and models is None:
            hint = "Leave out --offline." if job.offline else self.house.no_model_hint
            raise UsageError("A change needs a model.", hint=hint)
        if models is not None and job.limits.cost is not None:
            for model in filter(None, (models.router.flash, models.router.architect)):
                self.budget.check_price(model.name)

    async def _repair(self, seen: Observation, aside: Aside) -> Result:
        job, house, models = self.job, self.house, self.models
        if seen.green and not (job.change or job.goal or job.log):
            return Result("already_green", message="The check passes; nothing to repair.")
        if seen.green and models is None:
            hint = "Leave out --offline." if job.offline else house.no_model_hint
            return Result("already_green", message="The check passes, and a change needs a model.", hint=hint)
        if models is None:
            return await self._offline(seen, aside)
        if not seen.green:
            quick = await quick_fix(seen, house, aside.flaky)
            if quick is not None:
                return quick
            if job.bisect:
                await aside.broken()
            seen = self.seen = await _informed(seen, aside)
        from flashagent.jobs.asking import ask_model  # brings pydantic and the tools: not needed offline
        from flashagent.jobs.beside import Beside, Learned

        async def ask(emit: Emit, learned: Learned) -> Result:
            def all_learned() -> str:
                return "\n".join(filter(None, (aside.learned(), learned())))

            return await ask_model(
                job, seen, house, models, self.budget, emit, all_learned, aside.flaky, self.shelf.judged
            )

        asking = Beside(job, seen, house, self.emit, flaky=aside.flaky).first(ask)
        return await unless(asking, self._only_flaky(aside))

    async def _offline(self, seen: Observation, aside: Aside) -> Result:
        quick = await quick_fix(seen, self.house, aside.flaky)
        if quick is not None:
            return quick
        if (in_vain := await self._only_flaky(aside)) is not None:
            return in_vain
        await aside.broken()
        self.seen = await _informed(seen, aside)
        return await search_offline(self.job, self.seen, self.house, self.emit, await aside.flaky())

    async def _only_flaky(self, aside: Aside) -> Result | None:
        """The end of a job that nothing lasting calls for; None where something does, or the user said more."""
        flaky = await aside.nothing_lasting()
        if not flaky or self.job.goal or self.job.log or self.job.change:
            return None
        message = f"Only flaky tests fail: {names(sorted(flaky))}. No patch could be verified by them."
        hint = "Run one of them several times to see why it varies, or say in the goal what to change."
        return Result("not_fixed", message=message, hint=hint)

    async def _chosen(self, result: Result, limit: asyncio.Timeout, aside: Aside) -> Result:
        """What the user makes of patches that are not sure enough to be applied unasked. They are kept before the question."""
        if not result.offers or self.seen is None:
            return result
        self.shelf.offered(result)
        if self.house.choices is None or self.job.dry_run:
            return result
        taken = await choose(result, self.house.choices, self.emit, limit)
        return (
            result if taken is None else await taken_offer(taken, self.seen, self.house, await aside.flaky())
        )

    def _cut_off(self, result: Result) -> JobFinished:
        """The account of a run in the middle of its work: the best patch that was judged by then is kept."""
        if self.shelf.path or not self.shelf.best:
            return self._account(replace(result, offers=self.shelf.offers), kept=self.shelf.path)
        try:
            return self._lost(replace(result, patch=self.shelf.best), green=False)
        except OSError:  # a full disk: why the run ended matters more
            return self._account(result)

    def _keep(self, offers: Sequence[Offer], contrasts: Sequence[Contrast]) -> str:
        return self.house.keep(offers, self.seen.check_text if self.seen is not None else "", contrasts)

    def _lost(self, result: Result, *, green: bool) -> JobFinished:
        """The account of a job whose patch is not in the files; it is kept."""
        self.shelf.lost(result, green=green)
        return self._account(result, patch=unified_diffs(result.patch), kept=self.shelf.path)

    async def _finish(self, result: Result) -> JobFinished:
        if EXIT_CODES[result.outcome] is ExitCode.OK and result.patch and not self.job.dry_run:
            result = await with_saves(result, self.seen, self.house, self.emit)
        patch = unified_diffs(result.patch)
        if EXIT_CODES[result.outcome] is not ExitCode.OK:
            return self._lost(result, green=False)
        if not self.job.dry_run and not result.patch and self.seen is not None:
            learn(result, self.seen, self.house, self.emit)
        if self.job.dry_run or not result.patch:
            return self._account(result, patch=patch, dry_run=self.job.dry_run)
        try:
            written, commit, why_not = await uninterrupted(lambda: self._write(result))
        except WorkspaceError as error:
            # Somebody saved one of the files meanwhile, or it cannot be written: their bytes win, the patch is kept.
            lost = replace(result, outcome="not_fixed", message=error.message, hint=error.hint)
            return self._lost(lost, green=True)
        if saved := merged_files(result.patch, written):
            tell(saved, self.emit)
            patch = unified_diffs(written)
        for change in written:
            announce(change, self.emit)
        if why_not is not None:
            self.emit(
                Notice(
                    "warning",
                    f"The change is in your files but not committed: {why_not.message}",
                    why_not.hint,
                )
            )
        if self.seen is not None:
            learn(replace(result, patch=written), self.seen, self.house, self.emit)
        return self._account(result, patch=patch, commit=commit)

    def _write(self, result: Result) -> tuple[tuple[FileChange, ...], str, WorkspaceError | None]:
        """The one write to the user's tree: what was written, the commit id ('' when none was asked for), or why there
        is none.

        Raises WorkspaceError when nothing was written.
        """
        self.house.checkpoint("before the fix")
        written = self.house.workspace.apply_merging(result.patch)
        if not self.job.commit:
            return written, "", None
        try:
            message = self.house.commit_message(self.job.goal, result.how, written, _fixed(result))
            left = max(
                5.0, self.budget.seconds_left
            )  # hooks may hang; the job's own limit holds for them too
            return written, self.house.commit(written, message, timeout_s=min(120.0, left)), None
        except WorkspaceError as error:
            return written, "", error
        except OSError as error:
            return written, "", WorkspaceError(f"{error.strerror or error}.", hint="Is the disk full?")

    def _account(
        self, result: Result, *, patch: str = "", commit: str = "", kept: str = "", dry_run: bool = False
    ) -> JobFinished:
        before, check = (self.seen.before, self.seen.check_text) if self.seen else (None, "")
        return account(
            result,
            before,
            check,
            self.budget,
            patch=patch,
            commit=commit,
            kept=kept,
            dry_run=dry_run,
            goal=self.job.goal,
        )


async def _informed(seen: Observation, aside: Aside) -> Observation:
    broken = aside.known()
    return seen if broken is None else await knowing(seen, broken)


def _fixed(result: Result) -> tuple[str, ...]:
    return result.verdict.fixed if result.verdict else ()


async def run_fix(job: FixJob, house: House, emit: Emit) -> JobFinished:
    """Do the job and emit JobFinished last, whatever happened; it is also returned. Cancelling the task is how the user
    interrupts: the job then finishes as interrupted, with the tree as it was (or, when the write had begun, as the
    finished fix)."""
    finished = await _Run(job, house, emit).to_the_end()
    emit(finished)
    return finished


@asynccontextmanager
async def warming(models: Models | None) -> AsyncIterator[None]:
    """The model client and what asks it are imported beside what happens inside, which is mostly waiting for checks and
    git; the first request waits for the rest of it. What goes wrong is told by that request."""
    task = asyncio.create_task(_warm(models)) if models else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _warm(models: Models) -> None:
    await models.router.flash.warm()
    await asyncio.to_thread(import_module, "flashagent.jobs.asking")
