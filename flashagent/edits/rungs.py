"""The rungs on which an edit's text is looked for in a file: each a rule under which lines are, or are not, the same. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flashagent.edits.diffing import diff_ops, new_side, old_side
from flashagent.edits.elision import is_body, is_elision
from flashagent.edits.indent import find_map, least, lost_first_only, map_lines
from flashagent.edits.lines import FileLines, block, find_lines, indent_of, plain
from flashagent.edits.numbering import strip_numbers
from flashagent.edits.pattern import Hit, Pattern
from flashagent.edits.restore import keep_punctuation
from flashagent.edits.values import Op


def _runs(haystack: str, old: Sequence[str]) -> list[range]:
    """Where the lines `old` stand in a row in the haystack, as ranges of line indices."""
    return [range(start, start + len(old)) for start in find_lines(haystack, block(old))] if old else []


def exactly(view: FileLines, pattern: Pattern) -> list[Hit]:
    return [Hit(tuple(run), pattern.ops) for run in _runs(view.joined, pattern.old)]


def by_trailing(view: FileLines, pattern: Pattern) -> list[Hit]:
    old = [line.rstrip() for line in pattern.old]
    return [Hit(tuple(run), pattern.ops) for run in _runs(view.trimmed, old)]


def by_punctuation(view: FileLines, pattern: Pattern) -> list[Hit]:
    old = [plain(line) for line in pattern.old]
    runs = _runs(view.plain, old)
    return [Hit(tuple(run), keep_punctuation(pattern.ops, [view.lines[i] for i in run])) for run in runs]


def by_outer_blanks(view: FileLines, pattern: Pattern) -> list[Hit]:
    old = [plain(line) for line in pattern.old]
    head = next(index for index, line in enumerate(old) if line)
    tail = next(index for index, line in enumerate(reversed(old)) if line)
    core = old[head : len(old) - tail]
    if len(core) == len(old):
        return []
    hits = []
    for run in _runs(view.plain, core):
        places = (-1,) * head + tuple(run) + (-1,) * tail
        ops = pattern.ops if pattern.fixed else _trim_new(pattern, head, tail)
        if not pattern.fixed:
            places = tuple(run)
        hits.append(Hit(places, ops))
    return hits


def _trim_new(pattern: Pattern, head: int, tail: int) -> tuple[Op, ...]:
    """Operations without the old text's outer blank lines, and without as many of the new text's."""
    old = pattern.old[head : len(pattern.old) - tail]
    new = list(pattern.new)
    for _ in range(head):
        if new and not new[0].strip():
            new.pop(0)
    for _ in range(tail):
        if new and not new[-1].strip():
            new.pop()
    return diff_ops(old, new)


def _core(pattern: Pattern) -> Pattern:
    """The pattern without outer blank lines of the old text, which no later rung needs."""
    old = list(pattern.old)
    if old[0].strip() and old[-1].strip():
        return pattern
    if pattern.fixed:
        ops = list(pattern.ops)
        while ops and ops[0][0] != "+" and not ops[0][1].strip():
            ops.pop(0)
        while ops and ops[-1][0] != "+" and not ops[-1][1].strip():
            ops.pop()
        trimmed = Pattern.of_ops(ops)
        return trimmed if trimmed.old[0].strip() and trimmed.old[-1].strip() else pattern
    head = next(index for index, line in enumerate(old) if line.strip())
    tail = next(index for index, line in enumerate(reversed(old)) if line.strip())
    ops_ = _trim_new(pattern, head, tail)
    return Pattern(ops_, old=tuple(old_side(ops_)), new=tuple(new_side(ops_)))


def by_indentation(view: FileLines, pattern: Pattern) -> list[Hit]:
    pattern = _core(pattern)
    old = [plain(line).lstrip(" \t") for line in pattern.old]
    known: dict[tuple[str, ...], Hit | None] = {}  # lines that stand in many places are mapped once
    hits = []
    for run in _runs(view.stripped, old):
        lines = tuple(view.lines[run.start : run.stop])
        if lines not in known:
            known[lines] = _mapped(view, pattern, run, list(lines))
        hit = known[lines]
        if hit is not None:
            hits.append(replace(hit, places=tuple(run)))
    return hits


def _mapped(view: FileLines, pattern: Pattern, run: range, lines: list[str]) -> Hit | None:
    pairs = [(indent_of(o), indent_of(f)) for o, f in zip(pattern.old, lines, strict=True) if o.strip()]
    indent_map = find_map(pairs, view.indent_unit)
    if indent_map is None:
        return None
    old = map_lines(pattern.old, indent_map)
    assert old is not None  # the map was made from these lines
    new = _carried(view, pattern, lines, old)
    if new is not None:
        ops = diff_ops(old, new)
    else:
        mapped = map_lines([text for _, text in pattern.ops], indent_map)
        if mapped is None:
            return Hit(tuple(run), pattern.ops, "the new lines do not fit the indentation of the old ones")
        ops = tuple((kind, text) for (kind, _), text in zip(pattern.ops, mapped, strict=True))
    return Hit(tuple(run), keep_punctuation(ops, lines))


def _carried(view: FileLines, pattern: Pattern, lines: list[str], old: list[str]) -> list[str] | None:
    """The new lines where they are not to be mapped: all, or all but the first, stand at the file's depth already."""
    if pattern.fixed:
        return None
    new = list(pattern.new)
    file_least, old_least, new_least = least(lines), least(pattern.old), least(new)
    if new_least is None:
        return new
    at_depth = new_least == file_least and new_least != old_least and len(file_least) > len(old_least or "")
    if at_depth and not any(kind == "=" and text.strip() for kind, text in pattern.ops):
        return new
    if lost_first_only(pattern.old, new, indent_of(lines[0]), view.indent_unit):
        return [indent_of(lines[0]) + new[0], *new[1:]]
    return None


def by_first_line(view: FileLines, pattern: Pattern) -> list[Hit]:
    """Only the first line lost its indentation, as happens when a reply starts in the middle of a line."""
    pattern = _core(pattern)
    if len(pattern.old) < 2:
        return []
    rest = [plain(line) for line in pattern.old[1:]]
    first = plain(pattern.old[0]).lstrip(" \t")
    hits = []
    for run in _runs(view.plain, rest):
        at = run.start - 1
        if at < 0 or view.stripped_lines[at] != first:
            continue
        ops = _indent_first(pattern.ops, indent_of(view.lines[at]))
        lines = [view.lines[index] for index in range(at, run.stop)]
        hits.append(Hit(tuple(range(at, run.stop)), keep_punctuation(ops, lines)))
    return hits


def _indent_first(ops: Sequence[Op], indent: str) -> tuple[Op, ...]:
    """Give the first old line and the first new line, where it lost as much, the file's indentation."""
    result = list(ops)
    lost = indent_of(next(text for kind, text in ops if kind != "+"))
    old = next(index for index, (kind, _) in enumerate(ops) if kind != "+")
    new = next((index for index, (kind, _) in enumerate(ops) if kind != "-"), None)
    for index in {old, new} - {None}:
        assert index is not None
        kind, text = result[index]
        if indent_of(text) == lost:
            result[index] = (kind, indent + text.lstrip(" \t"))
    return tuple(result)


def by_elision(view: FileLines, pattern: Pattern) -> list[Hit]:
    """The old text in pieces around `...` lines that the new text repeats: each piece unique, in order."""
    old = list(pattern.old)
    gaps = {index for index, line in enumerate(old) if is_elision(line) and not is_body(old, index)}
    kept = _kept_old(pattern.ops)
    if not gaps or not gaps <= kept:
        return []
    places, after = [-1] * len(old), 0
    for piece in _pieces(len(old), gaps):
        lines = [plain(old[index]) for index in piece]
        runs = _runs(view.plain, lines)
        if len(runs) != 1 or runs[0].start < after:
            return []
        after = runs[0].stop
        for index, place in zip(piece, runs[0], strict=True):
            places[index] = place
    return [Hit(tuple(places), pattern.ops)]


def _kept_old(ops: Sequence[Op]) -> set[int]:
    kept, index = set(), 0
    for kind, _ in ops:
        if kind == "=":
            kept.add(index)
        index += kind != "+"
    return kept


def _pieces(count: int, gaps: set[int]) -> list[list[int]]:
    pieces: list[list[int]] = [[]]
    for index in range(count):
        if index in gaps:
            pieces.append([])
        else:
            pieces[-1].append(index)
    return [piece for piece in pieces if piece]


def by_blank_lines(view: FileLines, pattern: Pattern) -> list[Hit]:
    """Blank lines inside the text count for nothing, on either side; the other lines agree."""
    filled = [(index, plain(line)) for index, line in enumerate(pattern.old) if line.strip()]
    if len(filled) < 2:
        return []
    haystack = block([view.plain_lines[index] for index in view.filled])
    hits = []
    for run in _runs(haystack, [line for _, line in filled]):
        places = [-1] * len(pattern.old)
        for (index, _), nth in zip(filled, run, strict=True):
            places[index] = view.filled[nth]
        _place_blanks(view, places)
        hits.append(Hit(tuple(places), pattern.ops))
    return hits


def _place_blanks(view: FileLines, places: list[int]) -> None:
    """Let each blank old line stand for a blank file line right after its neighbour, where there is one."""
    for index in range(1, len(places)):
        if places[index] < 0 and places[index - 1] >= 0:
            following = next((place for place in places[index + 1 :] if place >= 0), None)
            candidate = places[index - 1] + 1
            if following is not None and candidate < following:
                places[index] = candidate


def by_numbered(view: FileLines, pattern: Pattern) -> list[Hit]:
    """The reply copied the line numbers of a listing along with the text."""
    for stripped in strip_numbers(pattern.ops if pattern.fixed else None, pattern.old, pattern.new):
        inner = (
            Pattern.of_ops(stripped.ops)
            if stripped.ops is not None
            else Pattern.of_texts(stripped.old, stripped.new)
        )
        found = next(
            (hits for rung in (exactly, by_trailing, by_punctuation) if (hits := rung(view, inner))), None
        )
        if found:
            right = [hit for hit in found if hit.start == stripped.first_number - 1]
            return right if len(right) == 1 else found
    return []
