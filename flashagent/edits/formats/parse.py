"""Recognise the format of a reply and parse it. Pure; never raises on any text."""

from __future__ import annotations

from collections.abc import Callable

from flashagent.edits.formats import anchors, apply_patch, edit_json, fenced, sr, udiff
from flashagent.edits.formats.envelope import normal
from flashagent.edits.formats.thoughts import without_thoughts
from flashagent.edits.values import FORMATS, Edit, EditProblem, Format, Parsed, Refusal

_PARSERS: dict[Format, tuple[Callable[[str], int | None], Callable[[str], list[Edit]]]] = {
    "edit": (edit_json.starts, edit_json.parse),
    "sr": (sr.starts, sr.parse),
    "apply_patch": (apply_patch.starts, apply_patch.parse),
    "udiff": (udiff.starts, udiff.parse),
    "whole": (fenced.whole_starts, fenced.parse_whole),
    "symbol": (fenced.symbol_starts, fenced.parse_symbol),
    "anchors": (anchors.starts, anchors.parse),
}
_MARKED: tuple[Format, ...] = ("apply_patch", "sr", "anchors", "udiff", "edit")


def parse_reply(text: str, format: str = "auto") -> Parsed | Refusal:  # noqa: A002
    """The edits of a reply, or one Refusal of the reply as a whole (cut off, malformed).

    With 'auto' the first marker in the text decides. A reply in which nothing looks like an edit gives no edits,
    which is not a refusal. Raises ValueError for a format that does not exist.
    """
    if format != "auto" and format not in FORMATS:
        raise ValueError(f"No edit format {format!r}: auto, {', '.join(FORMATS)}.")
    text = without_thoughts(normal(text))
    chosen = recognise(text) if format == "auto" else next(name for name in FORMATS if name == format)
    if chosen is None or (chosen != "whole" and _PARSERS[chosen][0](text) is None):
        return Parsed(())
    try:
        edits = tuple(_PARSERS[chosen][1](text))
        return Parsed(edits, chosen if edits else None)
    except EditProblem as problem:
        return Refusal(None, 0, problem.reason, problem.message)


def recognise(text: str) -> Format | None:
    """The format whose marker comes first, or None. A named fence counts unless a marker stands right inside it."""
    places = {name: at for name in _MARKED if (at := _PARSERS[name][0](text)) is not None}
    first = min(places, key=lambda name: places[name], default=None)
    for name in ("symbol", "whole"):
        at = _PARSERS[name][0](text)
        if at is None:
            continue
        if first is None or (places[first] > at and not _right_inside(text, at, places[first])):
            return name
    return first


def _right_inside(text: str, fence: int, marker: int) -> bool:
    """True where at most two lines stand between a fence and a marker, or the fence has closed before the marker."""
    between = text[fence:marker].split("\n")[1:]
    return len(between) <= 3 or any(line.strip() in ("```", "~~~", "````") for line in between)
