"""From a found place to replacements of text spans, and from those to the new file. Pure.

Only deleted and inserted lines make spans; kept lines are never touched.
"""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.dataclass import dataclass
from flashagent.edits.lines import FileLines, block
from flashagent.edits.pattern import Hit
from flashagent.edits.values import EditProblem


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace [start, end) of a file's `joined` text; `edit` is the number of the edit that asks for it."""

    start: int
    end: int
    text: str
    edit: int


def splices_of(view: FileLines, hit: Hit, edit: int) -> list[Splice]:
    """The spans that carry out a hit's operations, in order of the file."""
    result: list[Splice] = []
    ops, old_index, index = hit.ops, 0, 0
    while index < len(ops):
        if ops[index][0] == "=":
            old_index, index = old_index + 1, index + 1
            continue
        stop = next((at for at in range(index, len(ops)) if ops[at][0] == "="), len(ops))
        deletes = sum(1 for kind, _ in ops[index:stop] if kind == "-")
        new = [text for kind, text in ops[index:stop] if kind == "+"]
        for start, end, lines in _spans(hit.places, old_index, deletes, new):
            if start < end or lines:
                result.append(Splice(view.starts[start], view.starts[end], block(lines), edit))
        old_index, index = old_index + deletes, stop
    return result


def _spans(
    places: Sequence[int], old_index: int, deletes: int, new: list[str]
) -> list[tuple[int, int, list[str]]]:
    """The replaced line ranges of a changed run: one, or one per line where kept file lines stand between them."""
    gone = places[old_index : old_index + deletes]
    if deletes == len(new) and all(place >= 0 for place in gone) and gone and gone[-1] - gone[0] >= deletes:
        return [(place, place + 1, [line]) for place, line in zip(gone, new, strict=True)]
    return [(*_span(places, old_index, deletes), new)]


def _span(places: Sequence[int], old_index: int, deletes: int) -> tuple[int, int]:
    """The file lines [start, end) that a changed run replaces; an empty range is where it inserts."""
    gone = [place for place in places[old_index : old_index + deletes] if place >= 0]
    if gone:
        return gone[0], gone[-1] + 1
    before = places[old_index - 1] if old_index else -1
    after = places[old_index + deletes] if old_index + deletes < len(places) else -1
    if before >= 0:
        return before + 1, before + 1
    if after >= 0:
        return after, after
    earlier = [place for place in places[:old_index] if place >= 0]
    later = [place for place in places[old_index + deletes :] if place >= 0]
    if earlier and not later:
        return earlier[-1] + 1, earlier[-1] + 1
    if later and not earlier:
        return later[0], later[0]
    raise EditProblem("elision", "New lines stand next to left-out text only, so their place is not known.")


def merge(view: FileLines, splices: Sequence[Splice]) -> list[Splice]:
    """The spans in order, equal ones once. Raises EditProblem where two of them touch the same text.

    Two insertions at one point have no order that the reply states, so they count as touching.
    """
    ordered = sorted(set(splices), key=lambda s: (s.start, s.end, s.edit))
    result: list[Splice] = []
    for splice in ordered:
        if result and _same_change(result[-1], splice):
            continue
        if result and _clash(result[-1], splice):
            start, end = view.line_at(splice.start), view.line_at(max(splice.start, splice.end - 1)) + 1
            raise EditProblem(
                "overlap",
                f"Edits {result[-1].edit} and {splice.edit} change the same lines (line {start + 1}). "
                "Send them as one edit.",
                view.region(start, end),
            )
        result.append(splice)
    return result


def _same_change(a: Splice, b: Splice) -> bool:
    return (a.start, a.end, a.text) == (b.start, b.end, b.text)


def _clash(a: Splice, b: Splice) -> bool:
    if a.start == a.end == b.start == b.end:
        return True
    return b.start < a.end
