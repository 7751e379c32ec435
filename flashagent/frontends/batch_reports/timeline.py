"""When each try of a batch ran, as a picture: side by side in lanes, so that gaps and stragglers are seen. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from html import escape

from flashagent.dataclass import dataclass
from flashagent.frontends import words
from flashagent.frontends.batch_reports.account import Account

_WIDTH, _LANE, _MOST = 1000.0, 12, 2_000
Colour = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """One try; times in seconds from the first one's start. `lane` counts from 0."""

    item: str
    title: str
    state: str
    number: int
    start: float
    end: float
    lane: int


def spans(account: Account) -> list[Span]:
    """All tries in the order of their start, each in the first lane that is free then."""
    tries = sorted(
        (
            (datetime.fromisoformat(one.started).timestamp(), one, row)
            for row in account.rows
            for one in account.attempts[row.item.id]
            if one.started
        ),
        key=lambda found: (found[0], found[2].item.id, found[1].number),
    )
    found: list[Span] = []
    free: list[float] = []
    for at, one, row in tries[:_MOST]:
        start = at - tries[0][0]
        lane = next((number for number, ended in enumerate(free) if ended <= start), len(free))
        free[lane : lane + 1] = [start + one.seconds]
        found.append(
            Span(row.item.id, row.item.title, one.state, one.number, start, start + one.seconds, lane)
        )
    return found


def timeline(account: Account, colours: Colour, text: Callable[[str], str]) -> str:
    """An SVG picture, '' when nothing ran. `text` makes foreign text safe."""
    found = spans(account)
    if not found:
        return ""
    whole = max(one.end for one in found) or 1.0
    height = _LANE * (1 + max(one.lane for one in found))
    bars = "".join(_bar(one, whole, colours, text) for one in found)
    most = words.count(1 + max(one.lane for one in found), "item")
    return (
        f'<svg viewBox="0 0 {_WIDTH:.0f} {height}" width="100%" height="{min(height, 400)}" preserveAspectRatio="none"'
        f' role="img">{bars}</svg><p>{escape(words.seconds(whole))} from the first start to the last end, up to {most} at once.</p>'
    )


def _bar(one: Span, whole: float, colours: Colour, text: Callable[[str], str]) -> str:
    x, width = _WIDTH * one.start / whole, max(0.8, _WIDTH * (one.end - one.start) / whole - 0.6)
    told = f"{one.item} {one.title}, try {one.number}: {one.state}, {words.seconds(one.end - one.start)}"
    return (
        f'<a href="#i{escape(one.item)}"><rect x="{x:.1f}" y="{one.lane * _LANE + 1}" width="{width:.1f}" '
        f'height="{_LANE - 2}" fill="{colours[one.state]}"><title>{text(told)}</title></rect></a>'
    )


def lines_changed(account: Account) -> tuple[int, int, int]:
    """Files, lines added and lines removed by what is on the branch."""
    from flashagent.diffs import unified_diffs

    files: set[str] = set()
    added = removed = 0
    for row in account.rows:
        if row.state == "merged":
            files.update(change.path for change in row.patch)
            for line in unified_diffs(row.patch).split("\n"):
                added += line.startswith("+") and not line.startswith("+++ ")
                removed += line.startswith("-") and not line.startswith("--- ")
    return len(files), added, removed


def spread(values: Sequence[float]) -> str:
    """'median 1.2 s, 95 % below 3.4 s', '' for none."""
    if not values:
        return ""
    ordered = sorted(values)
    middle, high = ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]
    return f"median {words.seconds(middle)}, 95 % below {words.seconds(high)}"
