"""Candidate trees for jobs, made and given back beside the event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from flashagent.jobs.house import House
from flashagent.values import FileChange
from flashagent.workspace.worktrees import candidate_tree


@asynccontextmanager
async def candidate(
    house: House, changes: Sequence[FileChange] = (), *, quick: bool = False
) -> AsyncIterator[Path]:
    """The project as it is on disk now with `changes` on top, for as long as the context lasts. `quick` is for runs that do
    not decide (see `CandidateTrees.tree`). Where the house has `places`, nothing is made before one is free; who holds one
    must not ask for another."""
    async with house.places or nullcontext(), candidate_tree(house.trees, changes, quick=quick) as tree:
        yield tree


def tree_to_edit(house: House) -> AbstractAsyncContextManager[Path]:
    """A tree for a model: only edits change it, and commands look."""
    return candidate_tree(house.editable or house.trees, ())
