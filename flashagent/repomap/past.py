"""Past commits, kept in a file beside the index, so that git is asked only for what is new since the last time."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flashagent.errors import WorkspaceError
from flashagent.repomap.history import (
    LOG_ARGUMENTS,
    MAX_COMMITS,
    MAX_MESSAGE,
    PastCommit,
    parse_log,
    terms_said,
)

_FORMAT = 2
Git = Callable[..., str]


def kept_commits(file: Path, head: str, git: Git) -> list[PastCommit]:
    """The last `MAX_COMMITS` commits up to `head`, newest first.

    `git(*arguments)` gives git's output and may raise. It is asked for the commits since the kept head when that one is an
    ancestor of this one, for all of them otherwise, and not at all when nothing is new. A file that cannot be read is
    made anew; one that cannot be written costs time, nothing else.
    """
    kept_head, kept = _read(file)
    if kept_head == head:
        return kept
    grown = bool(kept_head) and _has_grown(kept_head, head, git)
    span = f"{kept_head}..{head}" if grown else head
    logged = parse_log(git(*LOG_ARGUMENTS, f"--max-count={MAX_COMMITS}", span))
    # A message is taken apart once and its terms kept: this is a tenth of a warm query otherwise.
    new = [replace(one, said=terms_said(one.message)) for one in logged]
    commits = [*new, *(kept if grown else ())][:MAX_COMMITS]
    _write(file, head, commits)
    return commits


def _has_grown(old: str, new: str, git: Git) -> bool:
    """True when the new head holds all that the old one did; a head that git no longer knows is no ancestor."""
    try:
        return not git("rev-list", "--max-count=1", f"{new}..{old}").strip()
    except WorkspaceError:
        return False


def _read(file: Path) -> tuple[str, list[PastCommit]]:
    """The head and its commits; ('', []) when there are none or they cannot be made out."""
    try:
        plain = json.loads(zlib.decompress(file.read_bytes()))
        if plain["format"] != _FORMAT:
            return "", []
        commits = [
            PastCommit(tuple(files), text, tuple(said.split())) for text, files, said in plain["commits"]
        ]
        return str(plain["head"]), commits
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return "", []


def _write(file: Path, head: str, commits: list[PastCommit]) -> None:
    rows = [[one.message[:MAX_MESSAGE], one.files, " ".join(one.said or ())] for one in commits]
    data = zlib.compress(json.dumps({"format": _FORMAT, "head": head, "commits": rows}).encode(), 1)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        try:
            with os.fdopen(number, "wb") as out:
                out.write(data)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink()
            raise
