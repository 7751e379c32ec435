"""One batch from its items to its branch: work, integrate, send back once what did not fit, commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import field

from flashagent.agent.limits import Budget
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError, WorkspaceError
from flashagent.jobs.batch.events import (
    BatchFinished,
    BatchNotice,
    BatchOutcome,
    BatchStarted,
    EmitBatch,
    ItemMerged,
)
from flashagent.jobs.batch.integrating import Integration, integrate
from flashagent.jobs.batch.limits import SharedBudget
from flashagent.jobs.batch.running import Crew, WorkOn
from flashagent.jobs.batch.spec import BatchSpec, Item, filled
from flashagent.jobs.batch.store import BatchStore, Row
from flashagent.jobs.house import House
from flashagent.jobs.trees import candidate
from flashagent.ports import Clock
from flashagent.values import CheckReport, FileChange
from flashagent.verify.commands import Check
from flashagent.verify.verdict import judge
from flashagent.workspace.branches import BranchWriter


@dataclass
class Batch:
    """A batch that is written down in `store`; `run` may be called again after whatever ended it."""

    id: str
    spec: BatchSpec
    store: BatchStore
    house: House
    work: WorkOn
    finals: Sequence[tuple[Check, CheckReport]]
    emit: EmitBatch
    clock: Clock
    _began: float = field(default=0.0)

    async def run(self) -> BatchFinished:
        """Work on what is left, bring it together, and tell the end. Cancelling ends as 'interrupted', resumable."""
        self._began = self.clock.monotonic()
        rows = self.store.rows()
        left = [row for row in rows if row.state == "waiting"]
        self.emit(BatchStarted(self.id, self.spec.name, len(rows), len(rows) - len(left), self.spec.jobs))
        try:
            async with asyncio.timeout(self.spec.total_seconds):
                finished = await self._to_the_end(left)
        except TimeoutError:
            hint = "Raise the limit and resume."
            finished = self._finished("partly", "The time limit of the whole batch is reached.", hint)
        except asyncio.CancelledError:
            hint = f"`flashagent batch resume {self.id}` goes on."
            finished = self._finished("interrupted", "Stopped by you; what is finished is kept.", hint)
        except FlashagentError as error:
            finished = self._finished("failed", error.message, error.hint)
        self.emit(finished)
        return finished

    async def _to_the_end(self, left: Sequence[Row]) -> BatchFinished:
        await self._crew().run(left)
        found = await self._integrated()
        if await self._send_back(found):
            found = await self._integrated()
        for row, why in found.conflicts:
            self.store.set_state(row.item.id, "conflict", message=why)
        for row, why in found.broke:
            self.store.set_state(row.item.id, "broke", message=f"The final check fails with it: {why}")
        if not found.parts:
            failed = any(row.state in ("failed", "conflict", "broke") for row in self.store.rows())
            return self._finished("failed" if failed else "nothing", "No item brought a change.")
        for item, commit in await asyncio.to_thread(self._commit, found):
            self.emit(ItemMerged(item, "merged", commit))
        rows = self.store.rows()
        good = all(row.state in ("merged", "unchanged") for row in rows)
        return self._finished("done" if good else "partly")

    def _crew(self, below: tuple[FileChange, ...] = (), *, again: bool = False) -> Crew:
        spent = self.store.spent()
        budget = SharedBudget(self.spec.total_tokens, self.spec.total_cost, spent.usage, spent.cost)
        return Crew(
            self.spec, self.store, self.work, self.clock, self.emit, budget,
            lambda limits: Budget(limits, self.clock, self.house.price), below, again,
        )  # fmt: skip

    async def _integrated(self) -> Integration:
        rows = [
            row
            for row in self.store.rows()
            if row.patch and row.state not in ("failed", "unchanged", "waiting")
        ]
        return await integrate(rows, self._judge, self.emit)

    async def _send_back(self, found: Integration) -> bool:
        """Once, each item that did not fit is done again on top of what did."""
        again = [row for row, _ in (*found.conflicts, *found.broke) if not row.again]
        if not again:
            return False
        for row, why in (*found.conflicts, *found.broke):
            self.store.set_state(row.item.id, "conflict", message=why)
        self.emit(BatchNotice("info", f"{len(again)} items are done again on top of the others."))
        fresh = {row.item.id: row for row in self.store.rows()}
        await self._crew(found.changes, again=True).run([fresh[row.item.id] for row in again])
        return True

    async def _judge(self, changes: Sequence[FileChange]) -> str:
        for check, before in self.finals:
            async with candidate(self.house, changes) as tree:
                verdict = judge(before, await self.house.verifier.run(check, tree=tree))
            if not verdict.green:
                return "; ".join(verdict.reasons)
        return ""

    def _commit(self, found: Integration) -> list[tuple[str, str]]:
        """The branch with a commit per item, or one for all; it and the store move together, or can be made again."""
        meta = self.store.meta()
        base, branch = meta["base"], meta["branch"]
        old = self.house.repository.calls.text(
            "rev-parse", "-q", "--verify", f"refs/heads/{branch}", ok=(0, 1)
        )
        if old and old not in (meta.get("tip"), meta.get("publishing")):
            raise WorkspaceError(
                f"The branch {branch} was moved by someone else.", hint="Rename it, then resume the batch."
            )
        with BranchWriter(self.house.repository, branch, base) as writer:
            commits: list[tuple[str, str]] = []
            writer.learn(found.changes)
            if self.spec.squash:
                made = writer.commit(found.changes, self._message_of_all(found))
                commits = [(row.item.id, made) for row, _ in found.parts]
            else:
                for row, patch in found.parts:
                    made = writer.commit(patch, self._message_of(row.item)) if patch else writer.tip
                    commits.append((row.item.id, made))
            self.store.set_meta(publishing=writer.tip)
            writer.publish(old)
            self.store.merged(commits, tip=writer.tip)
        return commits

    def _message_of(self, item: Item) -> str:
        subject = (
            filled(self.spec.message, item.slots())
            if self.spec.message
            else f"{self.spec.name}: {item.title}"
        )
        head, _, rest = subject.partition("\n")
        return f"{head[:100]}\n{rest}".strip() + "\n"

    def _message_of_all(self, found: Integration) -> str:
        names = "\n".join(f"- {row.item.title}" for row, patch in found.parts if patch)
        return f"{self.spec.message or self.spec.name}\n\n{names}\n"

    def _finished(self, outcome: BatchOutcome, message: str = "", hint: str = "") -> BatchFinished:
        rows, spent, meta = self.store.rows(), self.store.spent(), self.store.meta()
        states = [row.state for row in rows]
        return BatchFinished(
            batch=self.id,
            outcome=outcome,
            branch=meta["branch"] if meta.get("tip") else "",
            commit=meta.get("tip", ""),
            merged=states.count("merged"),
            unchanged=states.count("unchanged"),
            failed=sum(state in ("failed", "conflict", "broke") for state in states),
            left=states.count("waiting"),
            usage=spent.usage,
            cost=spent.cost,
            seconds=self.clock.monotonic() - self._began,
            check=", ".join(check.name for check, _ in self.finals),
            message=message,
            hint=hint,
        )
