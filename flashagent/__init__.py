"""flashagent: a local coding agent for the terminal. Importing does nothing; heavy libraries load when first needed.

The public door: `fix` (a whole job), `batch` (one over many places), `Session` (one conversation), `RepoMap` (the map), `apply_reply` (the edit engine as a
pure function). Each is imported when it is first asked for.
"""

from __future__ import annotations

from flashagent import version as _version

TYPE_CHECKING = False  # as in `typing`, which a first sign of life does not wait for
if TYPE_CHECKING:
    from flashagent.agent.session import Session
    from flashagent.edits.reply import apply_reply
    from flashagent.frontends.api import fix
    from flashagent.frontends.batch_api import batch
    from flashagent.repomap.repo_map import RepoMap

__version__ = _version.VERSION
__all__ = ["RepoMap", "Session", "__version__", "apply_reply", "batch", "fix"]

_HOMES = {
    "RepoMap": "flashagent.repomap.repo_map",
    "Session": "flashagent.agent.session",
    "apply_reply": "flashagent.edits.reply",
    "batch": "flashagent.frontends.batch_api",
    "fix": "flashagent.frontends.api",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
