"""Run the whole check on a candidate tree and let the verdict decide."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

from flashagent.values import CheckReport, FileChange
from flashagent.verify.commands import Check
from flashagent.verify.run import Verifier
from flashagent.verify.verdict import judge


class Trees(Protocol):
    """What gives a copy of the work tree with changes made, for as long as the context lasts."""

    def tree(self, changes: Sequence[FileChange]) -> AbstractContextManager[Path]: ...


class Validator:
    """Remembers the time of the last run, so that the caller can stop when checks are slow."""

    def __init__(self, verifier: Verifier, trees: Trees, check: Check, baseline: CheckReport) -> None:
        self._verifier = verifier
        self._trees = trees
        self._check = check
        self._baseline = baseline
        self.last_seconds = 0.0

    async def report(self, changes: Sequence[FileChange]) -> CheckReport:
        """What the whole check says of the tree with these changes."""
        began = time.monotonic()
        # A check that hung says nothing about how long it takes when it is repaired.
        limit = 60.0 if self._baseline.limit else max(60.0, 3.0 * self._baseline.seconds)
        async with candidate_tree(self._trees, changes) as tree:
            after = await self._verifier.run(self._check, tree=tree, quiet=True, timeout_s=limit)
        self.last_seconds = time.monotonic() - began
        return after

    async def green(self, changes: Sequence[FileChange]) -> bool:
        return judge(self._baseline, await self.report(changes)).green


@asynccontextmanager
async def candidate_tree(trees: Trees, changes: Sequence[FileChange]) -> AsyncIterator[Path]:
    """The tree, made and removed off the event loop; removed also when the making was cancelled."""
    stack = ExitStack()
    making = asyncio.ensure_future(asyncio.to_thread(stack.enter_context, trees.tree(changes)))
    try:
        yield await asyncio.shield(making)
    finally:
        await asyncio.wait([making])
        await asyncio.shield(asyncio.to_thread(stack.close))
