"""Run checks on merged trees: after a merge those that it can reach, at the end all. No tree is checked twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from flashagent.jobs.batch.integrating import Part
from flashagent.jobs.batch.stacking import touched
from flashagent.jobs.batch.store import BatchStore
from flashagent.jobs.batch.unchecked import NOTHING
from flashagent.jobs.batch.working import Ground
from flashagent.jobs.house import House
from flashagent.jobs.trees import candidate
from flashagent.values import CheckReport, FileChange
from flashagent.verify.commands import Check, check_from_text
from flashagent.verify.impact import WORTH_S, only, reaching
from flashagent.verify.verdict import judge


class MergedChecks:
    """The checks of a batch: `ground` holds those of single items with their reports on the base, `finals` those that
    decide about the branch. What came of a check of a tree is written down in the store: a batch that was killed asks
    nothing again, and comes to the same end."""

    def __init__(
        self,
        house: House,
        ground: Ground,
        finals: Sequence[tuple[Check, CheckReport]],
        store: BatchStore,
    ) -> None:
        self._house = house
        self._items = [pair for pair in zip(ground.checks, ground.reports, strict=True) if pair[0] != NOTHING]
        self._map = ground.map
        self._finals = finals
        self._store = store

    async def after_merge(self, changes: Sequence[FileChange], parts: Sequence[Part]) -> str:
        if len(parts) == 1 and tuple(changes) == _alone(parts[0]):
            return ""  # the item's own tree, which was checked when it was made
        own = dict.fromkeys(row.item.check for row, _ in parts if row.item.check)
        for text in own:
            if why := await self._own(check_from_text(text, why="the check of an item"), changes):
                return why
        if any(not row.item.check for row, _ in parts):
            paths = {path for _, patch in parts for path in touched(patch)}
            for check, before in self._items:
                if why := await self._reached(check, before, changes, paths):
                    return why
        return ""

    async def final(self, changes: Sequence[FileChange]) -> str:
        for check, before in self._finals:
            if why := await self._judged(check, before, changes):
                return why
        return ""

    async def _reached(
        self, check: Check, before: CheckReport, changes: Sequence[FileChange], paths: set[str]
    ) -> str:
        """By the tests that reach one of the paths; a check that is quick, or whose tests cannot be chosen, runs whole. Where
        no test reaches them there is nothing to run before the end."""
        if not before.counted or before.seconds < WORTH_S:
            return await self._judged(check, before, changes)
        last = [change for change in changes if change.path in paths]
        tests = reaching(before, last, self._map.tests_of, check.cwd)
        return await self._judged(check, before, changes, tests) if tests else ""

    async def _judged(
        self, check: Check, before: CheckReport, changes: Sequence[FileChange], tests: Sequence[str] = ()
    ) -> str:
        key = _key("as before", check, tests, changes)
        known = self._store.judged(key)
        if known is not None:
            return known
        async with candidate(self._house, changes) as tree:
            after = await self._house.verifier.run(check, tests=tests, tree=tree)
        verdict = judge(only(before, tests) if tests else before, after)
        why = "" if verdict.green else "; ".join(verdict.reasons)
        self._store.note_judged(key, why)
        return why

    async def _own(self, check: Check, changes: Sequence[FileChange]) -> str:
        """A check that is red on the base, and that its item made green."""
        key = _key("green", check, (), changes)
        known = self._store.judged(key)
        if known is not None:
            return known
        async with candidate(self._house, changes) as tree:
            after = await self._house.verifier.run(check, tree=tree)
        why = "" if after.green else f"`{check.name}` fails"
        self._store.note_judged(key, why)
        return why


def _alone(part: Part) -> tuple[FileChange, ...] | None:
    """The item's patch where it was made on the base, None else."""
    row, fitted = part
    return None if row.again or row.below else tuple(sorted(fitted, key=lambda change: change.path))


def _key(wanted: str, check: Check, tests: Sequence[str], changes: Sequence[FileChange]) -> str:
    """What was asked: one command may have to be green for its item, and no worse than before for all."""
    told = [wanted, check.cwd, check.argv, tests, [(change.path, change.after) for change in changes]]
    return hashlib.sha256(json.dumps(told).encode("ascii")).hexdigest()
