"""Draw which files use which, as an SVG or as text for Graphviz. Pure; every name is escaped for where it goes.

A tree with more files than a picture can show is drawn by folders. The layout is in columns: what is used stands to the
right of what uses it, circles of use stand together; within a column each box is near those that it is tied to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from flashagent.dataclass import dataclass

MAX_BOXES = 60
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 210, 30, 90, 16, 24
_MAX_LABEL = 30
_SWEEPS = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes (files, or folders ending in '/') and arrows (from, to, how many files of `from` use files of `to`)."""

    boxes: tuple[str, ...]
    arrows: tuple[tuple[str, str, int], ...]


def picture(pairs: Sequence[tuple[str, str]], *, most: int = MAX_BOXES) -> Picture:
    """At most `most` boxes out of (using file, used file) pairs: files when they fit, else folders as deep as fits."""
    files = sorted({path for pair in pairs for path in pair})
    deepest = max((path.count("/") for path in files), default=0)
    named = {path: path for path in files}
    for depth in (None, *range(deepest - 1, -1, -1)):
        named = {path: _at_depth(path, depth) for path in files}
        if len(set(named.values())) <= most:
            break
    kept = {name for name, _ in Counter(named.values()).most_common(most)}
    ties = Counter((named[user], named[used]) for user, used in pairs if named[user] != named[used])
    arrows = sorted((one, other, times) for (one, other), times in ties.items() if {one, other} <= kept)
    return Picture(tuple(sorted(kept)), tuple(arrows))


def _at_depth(path: str, depth: int | None) -> str:
    """The path, or the folder `depth` folders below a top folder that it stands in; a file above it stays itself."""
    parts = path.split("/")
    return path if depth is None or len(parts) <= depth + 1 else "/".join(parts[: depth + 1]) + "/"


def as_dot(shown: Picture) -> str:
    """Text for Graphviz."""
    lines = ["digraph map {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += [f"  {_dot_name(name)};" for name in shown.boxes]
    lines += [
        f'  {_dot_name(one)} -> {_dot_name(other)} [label="{times}"];' for one, other, times in shown.arrows
    ]
    return "\n".join([*lines, "}", ""])


def _dot_name(name: str) -> str:
    plain = _visible(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def _visible(name: str) -> str:
    """Control characters and what is no Unicode text as a replacement character."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in name)


def as_svg(shown: Picture) -> str:
    """A standalone SVG: no script, no link, nothing fetched."""
    columns = _columns(shown)
    places = {
        name: (_MARGIN + column * (_WIDTH + _GAP_X), _MARGIN + row * (_HEIGHT + _GAP_Y))
        for column, names in enumerate(columns)
        for row, name in enumerate(names)
    }
    width = 2 * _MARGIN + max(1, len(columns)) * (_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + max((len(names) for names in columns), default=1) * (_HEIGHT + _GAP_Y) - _GAP_Y
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#57606a"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    parts += [_arrow(places[one], places[other], times, one, other) for one, other, times in shown.arrows]
    parts += [_box(name, *places[name]) for name in shown.boxes]
    return "\n".join([*parts, "</svg>", ""])


def _box(name: str, x: int, y: int) -> str:
    plain = _visible(name)
    label = plain if len(plain) <= _MAX_LABEL else "…" + plain[1 - _MAX_LABEL :]
    return (
        f'<g><title>{escape(plain)}</title><rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" fill="#f6f8fa" '
        f'stroke="#57606a"/><text x="{x + _WIDTH // 2}" y="{y + _HEIGHT // 2 + 4}" text-anchor="middle" fill="#1f2328">'
        f"{escape(label)}</text></g>"
    )


def _arrow(start: tuple[int, int], end: tuple[int, int], times: int, one: str, other: str) -> str:
    forward = end[0] > start[0]
    x1, y1 = start[0] + (_WIDTH if forward else 0), start[1] + _HEIGHT // 2
    x2, y2 = end[0] + (0 if forward else _WIDTH), end[1] + _HEIGHT // 2
    bend = max(40, abs(x2 - x1) // 2) * (1 if forward else -1)
    if start[0] == end[0]:
        x2, bend = end[0], -60
        path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 + bend} {y2} {x2} {y2}"
    else:
        path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    title = escape(f"{_visible(one)} uses {_visible(other)} ({times})")
    width = min(4.0, 1 + times / 4)
    return (
        f'<path d="{path}" fill="none" stroke="#57606a" stroke-opacity="0.55" stroke-width="{width:g}" '
        f'marker-end="url(#tip)"><title>{title}</title></path>'
    )


def _columns(shown: Picture) -> list[list[str]]:
    """Boxes by their distance from those that nothing uses, each column ordered by the places of what it is tied to."""
    level = _levels(shown)
    columns: dict[int, list[str]] = defaultdict(list)
    for name in shown.boxes:
        columns[level[name]].append(name)
    ordered = [columns[number] for number in sorted(columns)]
    ties: dict[str, list[str]] = defaultdict(list)
    for one, other, _ in shown.arrows:
        ties[one].append(other)
        ties[other].append(one)
    for _ in range(_SWEEPS):
        for before, names in pairwise(ordered):
            _align(names, before, ties)
    return ordered


def _align(names: list[str], before: Sequence[str], ties: Mapping[str, Sequence[str]]) -> None:
    row = {name: number for number, name in enumerate(before)}

    def middle(name: str) -> float:
        rows = [row[other] for other in ties[name] if other in row]
        return sum(rows) / len(rows) if rows else len(before) / 2

    names.sort(key=lambda name: (middle(name), name))


def _levels(shown: Picture) -> dict[str, int]:
    """The longest way from a box that nothing uses; arrows against the order, which close circles, are passed over."""
    used: dict[str, list[str]] = defaultdict(list)
    for one, other, _ in shown.arrows:
        used[one].append(other)
    order = _users_first(shown.boxes, used)
    place = {name: number for number, name in enumerate(order)}
    level = dict.fromkeys(order, 0)
    for name in order:
        for other in used[name]:
            if place[other] > place[name]:
                level[other] = max(level[other], level[name] + 1)
    return level


def _users_first(boxes: Sequence[str], used: Mapping[str, Sequence[str]]) -> list[str]:
    """Each box after those that use it; where only circles are left, the one with the fewest users left goes first."""
    users = Counter(other for name in boxes for other in used[name])
    order: list[str] = []
    left = set(boxes)
    while left:
        name = min(left, key=lambda one: (users[one], one))
        left.remove(name)
        order.append(name)
        for other in used[name]:
            users[other] -= 1
    return order
