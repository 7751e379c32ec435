"""Decide the one place of an edit in a file, or say why there is none. Pure.

Ambiguity is never resolved by taking the first place: only a right line number, an `@@` heading or the end-of-file
mark picks one of several.
"""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.edits.elision import is_elision
from flashagent.edits.lines import FileLines, block, find_lines, indent_of
from flashagent.edits.locate import Found, locate, locate_exact, locate_loose
from flashagent.edits.nearest import nearest_region
from flashagent.edits.pattern import Hit, Pattern
from flashagent.edits.values import EditProblem, Hunk

_CLOSE, _FAR = 3, 12
_SUBSTANCE = 4
_MOST_PLACES = 8
_SAME_TEXT = ("trailing blanks", "punctuation", "line numbers")


def single_place(view: FileLines, pattern: Pattern, shown: str | None, hunk: Hunk | None = None,
                 near_line: int | None = None) -> Hit:  # fmt: skip
    """The one hit. Raises EditProblem: not_found, stale, already_applied, ambiguous or indentation."""
    found = locate_exact(view, pattern)
    if found is None:
        found = locate_loose(view, pattern)
        # A text that is there but for blanks or quotes is the one that is meant. A match on a looser rung may be
        # another place with the same words, so it counts only while the new text is nowhere yet.
        if (found is None or found.rung not in _SAME_TEXT) and is_applied(view, pattern):
            raise applied_problem(view, pattern.new)
    if found is None or (found.forgiving and _was_shown(view, pattern.old, shown)):
        raise missing(view, pattern.old, shown, near_line or (hunk.line if hunk else None))
    hit = _choose(view, found, hunk, near_line)
    if hit.problem:
        raise EditProblem(
            "indentation",
            f"The text stands at line {hit.start + 1} with other indentation, and {hit.problem}. "
            "Send old and new text with the file's own indentation.",
            view.region(hit.start, hit.end),
        )
    if found.exact and stands_already(view, pattern, hit):
        raise applied_problem(view, pattern.new)
    return hit


def every_place(view: FileLines, pattern: Pattern, shown: str | None) -> list[Hit]:
    """All hits that do not overlap, for an edit that asks for all. Raises EditProblem when there is none."""
    found = locate(view, pattern)
    if found is None:
        raise missing(view, pattern.old, shown, None)
    hits: list[Hit] = []
    for hit in sorted(found.hits, key=lambda hit: hit.start):
        if hit.problem:
            raise EditProblem(
                "indentation", f"At line {hit.start + 1} {hit.problem}.", view.region(hit.start, hit.end)
            )
        if not hits or hit.start >= hits[-1].end:
            hits.append(hit)
    return hits


def _choose(view: FileLines, found: Found, hunk: Hunk | None, near_line: int | None) -> Hit:
    hits = found.hits
    if len(hits) == 1:
        return hits[0]
    chosen = _by_hunk(view, hits, hunk) if hunk else _by_line(hits, near_line)
    if chosen is None:
        raise ambiguous(view, [(hit.start, hit.end) for hit in hits], found.rung)
    return chosen


def _by_line(hits: Sequence[Hit], near_line: int | None) -> Hit | None:
    index = near(near_line, [(hit.start, hit.end) for hit in hits])
    return None if index is None else hits[index]


def near(near_line: int | None, spans: Sequence[tuple[int, int]]) -> int | None:
    """Index of the span (0-based lines, end exclusive) that a 1-based line hint picks: the only one that holds the
    line while no other begins within three lines of it, or one within three lines when the next is at least twelve away."""
    if near_line is None:
        return None
    at = near_line - 1
    inside = [index for index, (start, end) in enumerate(spans) if start <= at < end]
    if inside:
        begun = next((i for i in inside if spans[i][0] == at), None)
        # A hint may be a few lines off: within one place, and beside the first line of another, it says too little.
        beside = any(abs(start - at) <= _CLOSE for i, (start, _) in enumerate(spans) if i != inside[0])
        return inside[0] if begun is None and len(inside) == 1 and not beside else begun
    distances = sorted((max(start - at, at - end + 1), index) for index, (start, end) in enumerate(spans))
    return distances[0][1] if distances[0][0] <= _CLOSE and distances[1][0] >= _FAR else None


def _by_hunk(view: FileLines, hits: Sequence[Hit], hunk: Hunk) -> Hit | None:
    if hunk.line is not None:
        right = [hit for hit in hits if hit.start == hunk.line - 1]
        if len(right) == 1:
            return right[0]
    if hunk.at_end:
        last = [hit for hit in hits if hit.end >= len(view)]
        if len(last) == 1:
            return last[0]
    if hunk.anchors:
        scopes = _scopes(view, hunk.anchors)
        inside = [hit for hit in hits if any(start <= hit.start < end for start, end in scopes)]
        if len(inside) == 1:
            return inside[0]
    return None


def _scopes(view: FileLines, anchors: Sequence[str]) -> list[tuple[int, int]]:
    """The line ranges under the headings, each inside the one before."""
    scopes = [(0, len(view))]
    for anchor in anchors:
        heading = anchor.strip()
        inner = [
            (at, _scope_end(view, at))
            for start, end in scopes
            for at in _heading_lines(view, heading, start, end)
        ]
        scopes = inner or []
    return scopes


def _heading_lines(view: FileLines, heading: str, start: int, end: int) -> list[int]:
    """Lines that are the heading; where none is, lines that begin with it (headings are often cut short)."""
    whole = [at for at in range(start, end) if view.stripped_lines[at] == heading]
    if whole or len(heading) < 4:
        return whole
    return [at for at in range(start, end) if view.stripped_lines[at].startswith(heading)]


def _scope_end(view: FileLines, at: int) -> int:
    """One past the last line of what the heading at line `at` opens, told by indentation."""
    depth = len(indent_of(view.lines[at]).expandtabs(4))
    for line in range(at + 1, len(view)):
        text = view.stripped_lines[line]
        if text and len(indent_of(view.lines[line]).expandtabs(4)) <= depth and text[0] not in ")}]{":
            return line
    return len(view)


def ambiguous(view: FileLines, spans: Sequence[tuple[int, int]], rung: str = "exact") -> EditProblem:
    """The refusal for several places, naming them."""
    lines = ", ".join(str(start + 1) for start, _ in spans[:_MOST_PLACES])
    more = f" and {len(spans) - _MOST_PLACES} more" if len(spans) > _MOST_PLACES else ""
    how = "" if rung == "exact" else f" (matched with tolerance: {rung})"
    return EditProblem(
        "ambiguous",
        f"The text stands in {len(spans)} places{how}: lines {lines}{more}. Add a line before or after that tells "
        "them apart, or give the line number.",
        view.region(max(0, spans[0][0] - 2), spans[0][1] + 2),
    )


def missing(view: FileLines, old: Sequence[str], shown: str | None, near_line: int | None) -> EditProblem:
    """The refusal for a text that is not there: an older version of the file, or not in it at all."""
    nearest = nearest_region(view, old, near_line)
    where = (
        f" The nearest lines are {nearest.start} to {nearest.end}, shown as they are now." if nearest else ""
    )
    if _was_shown(view, old, shown):
        return EditProblem(
            "stale",
            f"You saw an older version of this file: the text was there, and has changed since.{where} "
            "Edit the current text.",
            nearest,
        )
    unseen = next((line for line in old if is_elision(line)), None)
    gap = f" The old text holds {unseen.strip()!r}: give every line instead." if unseen is not None else ""
    return EditProblem("not_found", f"The old text is not in the file, on any rung.{gap}{where}", nearest)


def _was_shown(view: FileLines, old: Sequence[str], shown: str | None) -> bool:
    """True where the text stood in the older version that the model saw."""
    if shown is None or shown == view.text or not old:
        return False
    return locate(FileLines(shown), Pattern.of_texts(old, old)) is not None


def is_applied(view: FileLines, pattern: Pattern) -> bool:
    """True where the new text stands in the file already and says something that the old text does not."""
    if not pattern.new or not _substance(pattern):
        return False
    new = block([line.rstrip() for line in pattern.new])
    return bool(find_lines(view.trimmed, new))


def _substance(pattern: Pattern) -> bool:
    text = "".join(text for kind, text in pattern.ops if kind == "+")
    return sum(char.isalnum() for char in text) >= _SUBSTANCE


def stands_already(view: FileLines, pattern: Pattern, hit: Hit) -> bool:
    """True where an edit that only inserts lines finds its result at its place already.

    Lines that repeat their neighbour can be told as inserted on either side of it, so every run of lines around the hit
    counts. Whether one more of them is meant cannot be known: more context says it.
    """
    if any(kind == "-" for kind, _ in pattern.ops):
        return False
    new, size = list(pattern.new), len(pattern.new)
    first = max(0, hit.end - size)
    return any(view.lines[start : start + size] == new for start in range(first, hit.start + 1))


def applied_problem(view: FileLines, new: Sequence[str]) -> EditProblem:
    trimmed = [line.rstrip() for line in new]
    at = find_lines(view.trimmed, block(trimmed))
    start = at[0] if at else 0
    return EditProblem(
        "already_applied",
        f"The new text stands in the file already (line {start + 1}). Nothing to do for this edit.",
        view.region(start, start + max(1, len(trimmed))),
    )
