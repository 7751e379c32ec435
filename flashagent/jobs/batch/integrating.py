"""Bring the items' patches together: in their order, each merged onto what lies below it, the whole judged at the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.jobs.batch.events import EmitBatch, ItemMerged
from flashagent.jobs.batch.stacking import Conflict, Stack
from flashagent.jobs.batch.store import Row
from flashagent.values import FileChange
from flashagent.workspace.merging import merge

Judge = Callable[[Sequence[FileChange]], Awaitable[str]]
"""Runs the final check on the base with these changes: '' when it is green, else what is wrong."""


@dataclass
class Integration:
    """What lies on the branch: the items in their order, each with its patch as fitted."""

    stack: Stack = field(default_factory=Stack)
    parts: list[tuple[Row, tuple[FileChange, ...]]] = field(default_factory=list)
    conflicts: list[tuple[Row, str]] = field(default_factory=list)
    broke: list[tuple[Row, str]] = field(default_factory=list)

    @property
    def changes(self) -> tuple[FileChange, ...]:
        return self.stack.changes()


def lay(rows: Sequence[Row]) -> Integration:
    """All patches on top of each other, in the order of their items, those that were done again on top of others after
    those; an item that does not fit is left out and named."""
    found = Integration()
    for row in sorted(rows, key=lambda row: row.again):
        fitted = found.stack.fitted(row.patch, row.below, _merge)
        if isinstance(fitted, Conflict):
            found.conflicts.append((row, fitted.message))
        else:
            found.stack.push(fitted)
            found.parts.append((row, fitted))
    return found


async def integrate(rows: Sequence[Row], judge: Judge, emit: EmitBatch) -> Integration:
    """Lay all items, judge the result, and leave out those that break it: found by halving, in about
    2·k·log2(n) runs of the check for k culprits among n items (delta debugging's search; A. Zeller, 1999)."""
    kept, broke = list(rows), []
    while True:
        found = lay(kept)
        wrong = await judge(found.changes) if found.parts else ""
        if not wrong:
            break
        culprit, why = await _culprit([row for row, _ in found.parts], judge, wrong)
        broke.append((culprit, why))
        kept.remove(culprit)
    found.broke = broke
    for row, why in found.conflicts:
        emit(ItemMerged(row.item.id, "conflict", message=why))
    for row, why in broke:
        emit(ItemMerged(row.item.id, "broke", message=why))
    return found


async def _culprit(rows: Sequence[Row], judge: Judge, wrong: str) -> tuple[Row, str]:
    """The item with which the final check turns red when the items are laid one after another."""
    good, bad, why = 0, len(rows), wrong
    while bad - good > 1:
        middle = (good + bad) // 2
        said = await judge(lay(rows[:middle]).changes)
        if said:
            bad, why = middle, said
        else:
            good = middle
    return rows[bad - 1], why


def _merge(base: str, ours: str, theirs: str) -> str | None:
    try:
        return merge("", base, ours, theirs)
    except WorkspaceError:
        return None
