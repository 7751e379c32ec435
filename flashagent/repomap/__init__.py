"""The repository map: index, rank and render files and definitions. Knows files and words, not git and not models.

Each name is imported when it is first asked for, so that a part of this room can be used without the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flashagent.repomap.history import PastCommit
    from flashagent.repomap.index import MapStats
    from flashagent.repomap.repo_map import RepoMap

__all__ = ["MapStats", "PastCommit", "RepoMap"]

_HOMES = {"MapStats": "index", "PastCommit": "history", "RepoMap": "repo_map"}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
