"""Merge what flashagent planned with what the user saved meanwhile: by whole lines, and only where the two do not touch.

Pure. Two changes touch when no unchanged line lies between them; a block that could as well have been inserted or
removed some lines further up or down counts with all of those places. So a merge is never a guess: it is refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from flashagent.dataclass import dataclass
from flashagent.errors import SavedMeanwhile

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_EXACT_LINES = (
    4_000  # beyond that, frequent lines are no anchors (`autojunk`): the diff is coarser, never wrong
)


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines start..end of the base become `lines`, which begin at `at` in the new text; it may slide to low..high."""

    start: int
    end: int
    lines: tuple[str, ...]
    at: int
    low: int
    high: int


def merge(path: str, base: str, mine: str, theirs: str) -> str:
    """The user's text `mine` with the difference from `base` to `theirs` made in it. What both did alike counts once.

    Raises SavedMeanwhile, naming the lines of the user's text, when the two differences touch.
    """
    lines = _LINE.findall(base)
    own, planned = _hunks(lines, _LINE.findall(mine)), _hunks(lines, _LINE.findall(theirs))
    wanted = [hunk for hunk in planned if not any(_same(hunk, other) for other in own)]
    for hunk in wanted:
        touched = next((other for other in own if other.low <= hunk.high and hunk.low <= other.high), None)
        if touched is not None:
            raise _conflict(path, touched)
    merged: list[str] = []
    done = 0
    for hunk in sorted((*own, *wanted), key=lambda hunk: hunk.start):
        merged += [*lines[done : hunk.start], *hunk.lines]
        done = hunk.end
    return "".join([*merged, *lines[done:]])


def _same(one: _Hunk, other: _Hunk) -> bool:
    return (one.start, one.end, one.lines) == (other.start, other.end, other.lines)


def _conflict(path: str, hunk: _Hunk) -> SavedMeanwhile:
    first, last = hunk.at + 1, hunk.at + len(hunk.lines)
    place = f"line {first}" if last <= first else f"lines {first} to {last}"
    return SavedMeanwhile(
        f"{path} was saved by someone else meanwhile, and the change touches what was saved ({place}); "
        "nothing was written.",
        hint="The saved text stays. Run again to work on it.",
    )


def _hunks(base: Sequence[str], new: Sequence[str]) -> list[_Hunk]:
    """The differences, in the order of the base."""
    same = 0
    while same < min(len(base), len(new)) and base[same] == new[same]:
        same += 1
    rest = 0
    while rest < min(len(base), len(new)) - same and base[-1 - rest] == new[-1 - rest]:
        rest += 1
    old_part, new_part = base[same : len(base) - rest], new[same : len(new) - rest]
    coarse = len(old_part) + len(new_part) > _EXACT_LINES
    found = difflib.SequenceMatcher(None, old_part, new_part, autojunk=coarse).get_opcodes()
    return [
        _hunk(base, new, same + start, same + end, same + at, same + to)
        for tag, start, end, at, to in found
        if tag != "equal"
    ]


def _hunk(base: Sequence[str], new: Sequence[str], start: int, end: int, at: int, to: int) -> _Hunk:
    """With the places to which a pure insertion or removal could slide without a difference in the result."""
    lines = tuple(new[at:to])
    low, high = start, end
    if start == end or not lines:
        block = list(lines or base[start:end])
        while low and base[low - 1] == block[(low - 1 - start) % len(block)]:
            low -= 1
        while high < len(base) and base[high] == block[(high - end) % len(block)]:
            high += 1
    return _Hunk(start, end, lines, at, low, high)
