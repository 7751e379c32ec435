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
from flashagent.repomap.touched import MAX_TOUCHING, arguments, parse_touched

_FORMAT = 3
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
    new = [
        replace(one, said=terms_said(one.message), touched=touched)
        for one, touched in zip(logged, _touched(span, len(logged), git), strict=True)
    ]
    commits = [*new, *(kept if grown else ())][:MAX_COMMITS]
    _write(file, head, commits)
    return commits


def _touched(span: str, count: int, git: Git) -> list[tuple[tuple[str, str], ...]]:
    """The definitions that each commit of the span touched, nothing for the oldest; nothing for all of them where working
    out the differences takes git too long: the rest of the past is worth having without."""
    found: list[tuple[tuple[str, str], ...]] = []
    if count:
        with contextlib.suppress(WorkspaceError):
            found = parse_touched(git(*arguments(), f"--max-count={MAX_TOUCHING}", span))
    fits = len(found) == min(count, MAX_TOUCHING)
    return [*(found if fits else ()), *[()] * (count - len(found) if fits else count)]


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
            PastCommit(tuple(names), text, tuple(said.split()), _pairs(touched))
            for text, names, said, touched in plain["commits"]
        ]
        return str(plain["head"]), commits
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return "", []


def _pairs(touched: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((path, name) for path, names in touched.items() for name in names)


def _by_path(touched: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, name in touched:
        found.setdefault(path, []).append(name)
    return found


def _write(file: Path, head: str, commits: list[PastCommit]) -> None:
    rows = [
        [one.message[:MAX_MESSAGE], one.files, " ".join(one.said or ()), _by_path(one.touched)]
        for one in commits
    ]
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
