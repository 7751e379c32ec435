"""What an edit looks for in a file, and a place where it was found. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.edits.diffing import diff_ops, new_side, old_side
from flashagent.edits.values import Op


@dataclass(frozen=True, slots=True)
class Pattern:
    """What to look for. `fixed` operations come from a patch; otherwise they are derived from the two texts.

    `bare` is a patch's other reading, in which its kept lines have no prefix.
    """

    ops: tuple[Op, ...]
    fixed: bool = False
    old: tuple[str, ...] = field(default=())
    new: tuple[str, ...] = field(default=())
    bare: tuple[Op, ...] = field(default=())

    @classmethod
    def of_texts(cls, old: Sequence[str], new: Sequence[str]) -> Pattern:
        return cls(diff_ops(old, new), old=tuple(old), new=tuple(new))

    @classmethod
    def of_ops(cls, ops: Sequence[Op], bare: Sequence[Op] = ()) -> Pattern:
        return cls(tuple(ops), True, tuple(old_side(ops)), tuple(new_side(ops)), tuple(bare))


@dataclass(frozen=True, slots=True)
class Hit:
    """One place. `places` gives for each old operation the file's line index, -1 where it stands for no line.

    `ops` are the operations with their inserted lines already in the file's indentation; `problem` says why they could
    not be carried over.
    """

    places: tuple[int, ...]
    ops: tuple[Op, ...]
    problem: str = ""

    @property
    def start(self) -> int:
        return min(place for place in self.places if place >= 0)

    @property
    def end(self) -> int:
        """One past the last line."""
        return max(self.places) + 1
