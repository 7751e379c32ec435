"""What to do when the user saved a file while the job was working on it: merge, judge once more, or leave theirs alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from flashagent.errors import WorkspaceError
from flashagent.events import Emit, Notice
from flashagent.jobs.house import House
from flashagent.jobs.job import Result
from flashagent.jobs.observing import Observation
from flashagent.jobs.trees import candidate
from flashagent.values import FileChange
from flashagent.verify.verdict import judge


async def with_saves(result: Result, seen: Observation | None, house: House, emit: Emit) -> Result:
    """The result with its patch made to the files as they are now. Where that differs from what was judged, the checks
    judge it again; when they fail, or the patch touches what was saved, the result is 'not_fixed'."""
    try:
        patch = await asyncio.to_thread(house.workspace.rebased, result.patch)
    except WorkspaceError as error:
        return replace(result, outcome="not_fixed", message=error.message, hint=error.hint)
    saved = merged_files(result.patch, patch)
    if not saved:
        return result
    if not await _green(patch, seen, house):
        message = f"{saved} was saved while the job was running, and with what was saved the check fails."
        return replace(
            result, outcome="not_fixed", message=message, hint="Your files were left alone. Run again."
        )
    tell(saved, emit)
    return replace(result, patch=patch)


def merged_files(planned: tuple[FileChange, ...], made: tuple[FileChange, ...]) -> str:
    """The files whose change had to be made to another text than planned, '' for none."""
    return ", ".join(new.path for old, new in zip(planned, made, strict=True) if old != new)


def tell(saved: str, emit: Emit) -> None:
    emit(
        Notice(
            "warning",
            f"{saved}: saved while the job was running, so both are in it: your text and the change.",
        )
    )


async def _green(patch: tuple[FileChange, ...], seen: Observation | None, house: House) -> bool:
    if seen is None:
        return True
    for check, before in zip(seen.checks, seen.reports, strict=True):
        async with candidate(house, patch) as tree:
            after = await house.verifier.run(check, tree=tree)
        if not judge(before, after).green:
            return False
    return True
