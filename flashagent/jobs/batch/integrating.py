"""Bring the items' patches together in one fixed order, whatever the order in which they are finished: each is merged onto
what lies below it as soon as it is its turn, and checked there, while later ones are still being made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import field
from typing import Literal, Protocol

from flashagent.dataclass import dataclass
from flashagent.jobs.batch.stacking import Conflict, Stack, touched
from flashagent.jobs.batch.store import Row
from flashagent.jobs.batch.uniting import merged_text
from flashagent.values import FileChange

BLOCK = (
    8  # patches of files apart from each other that are checked together, and halved when the check is red
)
Part = tuple[Row, tuple[FileChange, ...]]


class Checks(Protocol):
    """What is run on merged trees: '' when it is green, else what is wrong. `changes` are all that differs from the base."""

    async def after_merge(self, changes: Sequence[FileChange], parts: Sequence[Part]) -> str:
        """The checks of single items, as far as these `parts`, the last ones merged, can reach."""
        ...

    async def final(self, changes: Sequence[FileChange]) -> str:
        """The check that decides about the branch."""
        ...


@dataclass(frozen=True, slots=True)
class Aside:
    """An item that is not on the branch, and why: it touches what another changed, or a check is red with it."""

    row: Row
    state: Literal["conflict", "broke"]
    why: str


@dataclass
class Integration:
    """What lies on the branch: the items in the order of their merging, each with its patch as fitted; and what does not."""

    stack: Stack = field(default_factory=Stack)
    parts: list[Part] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)

    @property
    def changes(self) -> tuple[FileChange, ...]:
        return self.stack.changes()

    @property
    def rows(self) -> list[Row]:
        return [row for row, _ in self.parts]

    def lay(self, row: Row) -> bool:
        """Lay an item on top where it fits; else it is aside."""
        fitted = self.stack.fitted(row.patch, row.below, merged_text)
        if isinstance(fitted, Conflict):
            self.aside.append(Aside(row, "conflict", fitted.message))
            return False
        self.stack.push(fitted)
        self.parts.append((row, fitted))
        return True


def lay(rows: Sequence[Row]) -> Integration:
    """All patches on top of each other, in this order; an item that does not fit is aside."""
    found = Integration()
    for row in rows:
        found.lay(row)
    return found


class Merger:
    """Merges items in `order` while they come in. What it ends with depends on the items' results and on the checks alone,
    never on who was finished first: patches are checked in blocks whose ends are told by order and content."""

    def __init__(self, order: Sequence[str], checks: Checks, below: Integration | None = None) -> None:
        """`below` is what lies there already; it is changed."""
        self._order = order
        self._checks = checks
        self._found = below or Integration()
        self._ended: dict[str, Row] = {}
        self._closed = False
        self._news = asyncio.Event()

    def ended(self, row: Row) -> None:
        """An item has ended for good, with a patch to merge or without one."""
        self._ended[row.item.id] = row
        self._news.set()

    def close(self) -> None:
        """What has not ended by now does not come any more."""
        self._closed = True
        self._news.set()

    async def run(self) -> Integration:
        """Merge until every item has ended, or `close`. One check runs at a time: the others' work has the machine."""
        block: list[Row] = []
        paths: set[str] = set()
        for item in self._order:
            row = await self._coming(item)
            if row is None or not row.patch or row.state in ("failed", "unchanged", "waiting"):
                continue
            if len(block) == BLOCK or paths & touched(row.patch):
                await self._settle(block)
                block, paths = [], set()
            block.append(row)
            paths |= touched(row.patch)
        await self._settle(block)
        return self._found

    async def _coming(self, item: str) -> Row | None:
        while item not in self._ended and not self._closed:
            self._news.clear()
            await self._news.wait()
        return self._ended.pop(item, None)

    async def _settle(self, block: Sequence[Row]) -> None:
        """All of the block on top, if the checks are green with it; else each half by itself."""
        if not block:
            return
        tried = Integration(self._found.stack.copy())
        for row in block:
            tried.lay(row)
        why = await self._checks.after_merge(tried.changes, tried.parts) if tried.parts else ""
        if not why:
            self._found.stack = tried.stack
            self._found.parts += tried.parts
            self._found.aside += tried.aside
        elif len(block) == 1:  # of a larger one a patch may be aside because of the one that is red
            self._found.aside.append(Aside(block[0], "broke", why))
        else:
            middle = len(block) // 2
            await self._settle(block[:middle])
            await self._settle(block[middle:])


async def sound(found: Integration, checks: Checks, known_good: int = 0) -> Integration:
    """The same, without the items that break the final check: found by halving, in about 2·k·log2(n) runs of the check
    for k culprits among n items (delta debugging's search; A. Zeller, 1999). With its first `known_good` parts alone the
    check is green."""
    while found.parts and (wrong := await checks.final(found.changes)):
        rows = found.rows
        culprit, why = await _culprit(rows, checks, wrong, known_good)
        kept = lay([row for row in rows if row is not culprit])
        kept.aside = [*found.aside, Aside(culprit, "broke", why), *kept.aside]
        found, known_good = kept, min(known_good, rows.index(culprit))
    return found


async def _culprit(rows: Sequence[Row], checks: Checks, wrong: str, good: int) -> tuple[Row, str]:
    """The item with which the final check turns red when the items are laid one after another."""
    bad, why = len(rows), wrong
    good = min(good, bad - 1)
    while bad - good > 1:
        middle = (good + bad) // 2
        said = await checks.final(lay(rows[:middle]).changes)
        if said:
            bad, why = middle, said
        else:
            good = middle
    return rows[bad - 1], why
