"""Open the map of a repository: its files by git, its history by git, its index in the user's cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.errors import WorkspaceError
from flashagent.workspace.git import Repository

if TYPE_CHECKING:
    from flashagent.repomap.history import PastCommit
    from flashagent.repomap.index import MapStats
    from flashagent.repomap.repo_map import RepoMap

HISTORY_TIMEOUT_S = 20.0


def open_map(repository: Repository, cache: Path, ignore: Sequence[str] = ()) -> tuple[RepoMap, MapStats]:
    """The map, brought up to date. `ignore` are globs of files that it leaves out."""
    from flashagent.repomap.repo_map import RepoMap  # here, since jobs open the map beside their first check

    repo_map = RepoMap.open(
        repository.root,
        lambda: [path for path in repository.files() if not any(fnmatch(path, one) for one in ignore)],
        cache / "maps",
        history=lambda: past_commits(repository, cache),
        processes=os.cpu_count() or 1,
    )
    return repo_map, repo_map.refresh()


def past_commits(repository: Repository, cache: Path) -> list[PastCommit]:
    """The last commits, kept in the cache; none in a repository without any, or when git does not answer in time."""
    from flashagent.repomap.past import kept_commits

    def git(*arguments: str) -> str:
        output = repository.calls.run(*arguments, timeout_s=HISTORY_TIMEOUT_S)
        return output.decode("utf-8", "replace")

    name = hashlib.sha256(os.fsencode(repository.root)).hexdigest()[:20]
    try:
        head = repository.head()
        return kept_commits(cache / "maps" / f"past-{name}.json.z", head, git) if head else []
    except WorkspaceError:
        return []
