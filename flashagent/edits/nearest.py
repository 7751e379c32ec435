"""The region of a file that a text most likely meant. Used in messages only: it never decides a write."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.edits.lines import FileLines
from flashagent.edits.values import Region

_MARGIN = 2
_MOST_LINES = 40
_MOST_CANDIDATES = 24


def nearest_region(view: FileLines, wanted: Sequence[str], near_line: int | None = None) -> Region | None:
    """The lines of the file that look most like `wanted`, with a margin and their current text; None in an empty file."""
    return scored_region(view, wanted, near_line)[1]


def scored_region(
    view: FileLines, wanted: Sequence[str], near_line: int | None = None
) -> tuple[float, Region | None]:
    """Like `nearest_region`, with how alike the two are (0 to 100)."""
    from rapidfuzz import fuzz, process

    filled = [(index, line.strip()[:200]) for index, line in enumerate(wanted) if line.strip()]
    if not len(view):
        return 0.0, None
    if not filled:
        return 0.0, _around(view, (near_line or 1) - 1, 1)
    size = min(len(wanted), _MOST_LINES)
    text = "\n".join(line.strip() for line in wanted[:_MOST_LINES])
    stripped = view.stripped_lines
    starts: set[int] = set()
    keys = sorted(filled, key=lambda item: -len(item[1]))[:4]
    for index, line in keys:
        found = process.extract(line, stripped, scorer=fuzz.ratio, limit=6, score_cutoff=50)
        starts.update(max(0, int(at) - index) for _, score, at in found if score)
    if near_line is not None:
        starts.add(max(0, min(near_line - 1, len(view) - 1)))
    if not starts:
        starts = {int(hit[2]) for hit in process.extract(keys[0][1], stripped, scorer=fuzz.ratio, limit=3)}
    windows = {
        start: "\n".join(stripped[start : start + size])[:8_000]
        for start in sorted(starts)[:_MOST_CANDIDATES]
    }
    best = max(windows, key=lambda start: (fuzz.ratio(text, windows[start]), -start))
    return fuzz.ratio(text, windows[best]), _around(view, min(best, len(view) - 1), size)


def _around(view: FileLines, start: int, size: int) -> Region | None:
    begin = max(0, start - _MARGIN)
    return view.region(begin, min(start + min(size, _MOST_LINES) + _MARGIN, len(view)))
