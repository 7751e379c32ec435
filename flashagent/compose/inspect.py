"""What the linter, the project's interpreter and its language servers say about a patch; only what the patch caused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.ports import CommandRunner
from flashagent.tools.tree import Inspect
from flashagent.values import Diagnostic, FileChange
from flashagent.verify.environment import ProjectEnvironment

if TYPE_CHECKING:
    from flashagent.diagnose.lsp.servers import LanguageServers


def inspector(
    runner: CommandRunner,
    environment: ProjectEnvironment,
    root: Path,
    files: Callable[[], Sequence[str]],
    servers: LanguageServers | None = None,
    tell: Callable[[Diagnostic], None] = lambda one: None,
) -> Inspect:
    """Undefined names and syntax by ruff, what is invented by the project's own environment, the rest by servers that
    answer in time. A place that several complain of is told once, by the first of them. `tell` hears of each dependency that a patch adds: the user must know."""

    async def inspect(changes: Sequence[FileChange]) -> Sequence[Diagnostic]:
        from flashagent.diagnose.dependencies import LOOKS_LIKE, NEW
        from flashagent.diagnose.invented import invented

        before = {change.path: change.before for change in changes}
        after = {change.path: change.after for change in changes}
        listed = await asyncio.to_thread(files)  # a process of git: nothing else should wait for it
        asked = servers.caused(changes) if servers is not None else _nothing()
        linted, missing, served = await asyncio.gather(
            _linted(before, after), invented(changes, listed, environment, runner, root), asked
        )
        for one in missing:
            if one.code in (NEW, LOOKS_LIKE):
                tell(one)
        told = {(one.path, one.line) for one in (*linted, *missing)}
        return (*linted, *missing, *(one for one in served if (one.path, one.line) not in told))

    return inspect


async def _linted(
    before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> tuple[Diagnostic, ...]:
    """A linter that takes too long holds up nobody: the checks tell what it would have."""
    from flashagent.diagnose.lint import Unanswered, caused

    try:
        return await caused(before, after)
    except Unanswered:
        return ()


async def _nothing() -> tuple[Diagnostic, ...]:
    return ()
