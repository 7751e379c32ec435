"""Candidate trees for jobs, made and given back beside the event loop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from flashagent.jobs.house import House
from flashagent.values import FileChange
from flashagent.workspace.worktrees import candidate_tree


def candidate(house: House, changes: Sequence[FileChange] = ()) -> AbstractAsyncContextManager[Path]:
    """The project as it is on disk now with `changes` on top, for as long as the context lasts."""
    return candidate_tree(house.trees, changes)
