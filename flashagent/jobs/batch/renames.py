"""Which files a patch renames: one deleted and one created with nearly the same text. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from flashagent.values import FileChange

ALIKE = 0.6  # share of lines that stay, as git takes a little more than half of a file for a rename
_MOST_PAIRS = 400  # a patch that moves more is read as deletions and creations


def renames(patch: Sequence[FileChange]) -> dict[str, str]:
    """Old path → new path, each path once; the most alike pairs first."""
    gone = [(one.path, one.before) for one in patch if one.after is None and one.before]
    made = [(one.path, one.after) for one in patch if one.before is None and one.after]
    if not gone or not made or len(gone) * len(made) > _MOST_PAIRS:
        return {}
    pairs = sorted(
        (-share, old, new)
        for old, before in gone
        for new, after in made
        if (share := _share(before, after)) >= ALIKE
    )
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, old, new in pairs:
        if old not in found and new not in taken:
            found[old] = new
            taken.add(new)
    return found


def _share(before: str, after: str) -> float:
    if before == after:
        return 1.0
    lines = difflib.SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
    return lines.ratio() if lines.quick_ratio() >= ALIKE else 0.0
