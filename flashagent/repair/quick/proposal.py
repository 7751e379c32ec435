"""One quick fix before anything was run, and the near-name search that most of them need. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flashagent.dataclass import dataclass
from flashagent.repair.source import Edit, apply_edits
from flashagent.values import FileChange


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change with what it does and why, in words. `further` are changes of other files that belong to it."""

    change: FileChange
    how: str
    reason: str
    further: tuple[FileChange, ...] = ()

    @property
    def changes(self) -> tuple[FileChange, ...]:
        return (self.change, *self.further)


def proposal(path: str, text: str, edits: Iterable[Edit], how: str, reason: str) -> Proposal:
    return Proposal(FileChange(path, text, apply_edits(text, edits)), how, reason)


def joined(changes: Sequence[FileChange], how: str, reason: str) -> Proposal:
    """One proposal that changes several files; `changes` holds at least one."""
    return Proposal(changes[0], how, reason, tuple(changes[1:]))


def near(name: str, pool: Iterable[str]) -> str | None:
    """The one name of the pool that is nearest, None when none is near or two are equally near.

    Near means one slip (a letter more, less, other, or two exchanged) for short names, two for names of seven letters
    and more, or the same letters in another case.
    """
    from rapidfuzz.distance import DamerauLevenshtein

    allowed = 1 if len(name) < 7 else 2
    found: dict[str, int] = {}
    for other in set(pool):
        if other == name or min(len(name), len(other)) < 3:
            continue
        if other.replace("_", "").lower() == name.replace("_", "").lower():
            found[other] = 0
            continue
        distance = DamerauLevenshtein.distance(name, other, score_cutoff=allowed)
        if distance <= allowed:
            found[other] = distance
    best = min(found.values(), default=99)
    names = [other for other, distance in found.items() if distance == best]
    return names[0] if len(names) == 1 else None
