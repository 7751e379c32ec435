"""Tells when files of a folder change, by what the operating system says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path, PurePath

from flashagent.errors import WorkspaceError

# Folders in which nothing is written by hand.
_SKIPPED = frozenset((
    ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".hypothesis", "target", "build", "dist", ".gradle", ".idea", ".vscode",
))  # fmt: skip
_TURN_MS = 1_000  # the first turn that ends says that the watch is on
_QUIET_MS = 300  # so long nothing more may come before it is told


def prepare() -> None:
    """Import what watches, which takes some tens of milliseconds: for a thread beside an event loop that must not wait."""
    import watchfiles  # noqa: F401


async def changes(root: Path, apart: Sequence[Path] = ()) -> AsyncGenerator[frozenset[str], None]:
    """Once when the watch is on (empty), then the paths of each burst of changes, relative to the root, a new HEAD included;
    ends when the task is cancelled. Nothing is told of the folders `apart`: those in which flashagent itself writes.
    Raises WorkspaceError where the operating system watches no more."""
    from watchfiles import Change, awatch

    def counts(change: Change, path: str) -> bool:
        parts = PurePath(path).relative_to(root).parts if PurePath(path).is_relative_to(root) else ()
        if ".git" in parts:
            return parts[-2:] == ("logs", "HEAD")
        if any(PurePath(path).is_relative_to(one) for one in apart):
            return False
        return bool(parts) and not _SKIPPED.intersection(parts)

    on = False
    try:
        async for found in awatch(
            root, watch_filter=counts, step=_QUIET_MS, debounce=10 * _QUIET_MS,
            rust_timeout=_TURN_MS, yield_on_timeout=True,
        ):  # fmt: skip
            if found or not on:
                on = True
                yield frozenset(PurePath(path).relative_to(root).as_posix() for _, path in found)
    except OSError as error:
        raise WorkspaceError(
            f"Changes of {root} cannot be watched: {error}.", hint="There may be too many folders in it."
        ) from error
