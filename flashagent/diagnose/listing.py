"""The files of a project and the folders around them, as sets; many agents that ask of one listing share them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from flashagent.dataclass import dataclass
from flashagent.values import FileChange


@dataclass(frozen=True, slots=True)
class Listing:
    """`folders` are all that hold a file at any depth, '.' for the root."""

    files: frozenset[str]
    folders: frozenset[str]


def listing_after(files: Sequence[str], changes: Sequence[FileChange]) -> Listing:
    """The files as they will be after the changes."""
    known = _listing(tuple(files))
    gone = {one.path for one in changes if one.after is None} & known.files
    created = {one.path for one in changes if one.after is not None} - known.files
    if gone:
        left = (known.files - gone) | created
        return Listing(left, frozenset(folders_above(left)))
    if created:
        return Listing(known.files | created, known.folders | folders_above(created))
    return known


def folders_above(names: Iterable[str]) -> set[str]:
    """All folders around the files, '.' for the root; by plain text, since a project may have a hundred thousand files."""
    found = {"."}
    for name in names:
        parent = name.rpartition("/")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found


@lru_cache(maxsize=2)
def _listing(files: tuple[str, ...]) -> Listing:
    return Listing(frozenset(files), frozenset(folders_above(files)))
