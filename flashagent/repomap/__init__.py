"""The repository map: index, rank and render files and definitions. Knows files and words, not git and not models."""

from flashagent.repomap.history import PastCommit
from flashagent.repomap.index import MapStats
from flashagent.repomap.repo_map import RepoMap

__all__ = ["MapStats", "PastCommit", "RepoMap"]
