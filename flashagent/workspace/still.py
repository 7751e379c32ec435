"""Trees that all start from one state of the project, whatever the user saves meanwhile."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from flashagent.workspace.git import Repository
from flashagent.workspace.worktrees import CandidateTrees, Signature, signature


class StillTrees(CandidateTrees):
    """Candidate trees made from a folder that nobody writes to: looked at once, so that a tree given back is reset
    beside the other work and the next one is there at once."""

    def __init__(self, repository: Repository, state_dir: Path, ground: Path) -> None:
        super().__init__(repository, state_dir)
        self._root = ground
        self._listing = self._wanted()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """They always are."""
        yield

    def _wanted(self) -> dict[str, Signature]:
        found: dict[str, Signature] = {}
        for folder, folders, files in os.walk(self._root):
            for name in (*files, *folders):
                place = os.path.join(folder, name)  # noqa: PTH118 - a path object for each of many files costs seconds
                here = signature(place)
                if here is not None:
                    found[os.path.relpath(place, self._root)] = here
        return found


class StillRepository(Repository):
    """A repository whose files were listed once: git is not asked again by each of many agents."""

    def __init__(self, repository: Repository, ground: Path) -> None:
        super().__init__(repository.calls)
        self._files = tuple(path for path in repository.files() if (ground / path).exists())

    def files(self) -> tuple[str, ...]:
        return self._files


@contextlib.contextmanager
def still(repository: Repository, state_dir: Path) -> Iterator[tuple[Path, StillRepository, CandidateTrees]]:
    """The project as it is on disk now, without untracked files, as a folder, its listing, and trees of it. Folder and trees
    are removed at the end; what a killed process left is removed by the next."""
    with (
        CandidateTrees(repository, state_dir / "ground", untracked=False) as outer,
        outer.tree(()) as ground,
        StillTrees(repository, state_dir / "items", ground) as trees,
    ):
        yield ground, StillRepository(repository, ground), trees
