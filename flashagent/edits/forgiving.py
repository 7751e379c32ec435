"""The last rungs: kept lines are only there to find the place, so one of them may be wrong or missing. Pure.

What is removed has to agree, and so do the lines on both sides of what is inserted; the rest has to agree line by line.
Nothing here measures similarity, and a kept line is never written: the file's own stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from flashagent.edits.elision import is_elision
from flashagent.edits.lines import FileLines, block, find_lines, indent_of, plain
from flashagent.edits.pattern import Hit, Pattern
from flashagent.edits.restore import keep_punctuation

_LEAST_LINES = 3
_LEAST_WORDS = 2  # lines that agree and say something
_SUBSTANCE = 4
_MOST_CANDIDATES = 50
_MARGIN = 3
_AROUND_SIGN = re.compile(r"\s*([^\w\s])\s*")
_STRING = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)""")
_BLANKS = re.compile(r"\s+")


def by_inner_blanks(view: FileLines, pattern: Pattern) -> list[Hit]:
    """Blanks inside lines differ where they stand beside a sign (`f(a,b)` for `f(a, b)`) or in their number."""
    packed = ["".join(line.split()) for line in pattern.old]
    old = [squeeze(plain(line)) for line in pattern.old]
    hits = []
    for start in find_lines(view.packed, block(packed)):
        run = range(start, start + len(old))
        if [squeeze(view.plain_lines[at]) for at in run] == old:
            hits.append(Hit(tuple(run), keep_punctuation(pattern.ops, [view.lines[at] for at in run])))
    return hits


def squeeze(line: str) -> str:
    """The line with its indentation and its strings, but without the blanks between that no reader would miss."""
    indent = indent_of(line)
    parts = _STRING.split(line[len(indent) :])  # every second part is a string
    return indent + "".join(part if at % 2 else _pressed(part) for at, part in enumerate(parts))


def _pressed(text: str) -> str:
    return _BLANKS.sub(" ", _AROUND_SIGN.sub(r"\1", text.strip()))


def by_kept_line(view: FileLines, pattern: Pattern) -> list[Hit]:
    """All lines but one agree, and that one is kept and stands beside no insertion: the model told it in other words."""
    old = [plain(line) for line in pattern.old]
    free = _free(pattern)
    if len([line for line in old if line]) < _LEAST_LINES or not free:
        return []
    hits = []
    for start in _starts(view, old, (0, 0)):
        if start < 0 or start + len(old) > len(view):
            continue
        wrong = [at for at, line in enumerate(old) if view.plain_lines[start + at] != line]
        fits = (
            len(wrong) == 1 and wrong[0] in free and view.plain_lines[start + wrong[0]] and _says(old, wrong)
        )
        if fits and _alone(view, old, {start}):
            hits.append(Hit(tuple(range(start, start + len(old))), pattern.ops))
    return hits


def by_left_out(view: FileLines, pattern: Pattern) -> list[Hit]:
    """The file has one line more between two quoted ones; nothing is inserted there, so it stays where it is."""
    old = [plain(line) for line in pattern.old]
    gaps = _gaps(pattern)
    if len([line for line in old if line]) < _LEAST_LINES or not gaps or not _says(old, ()):
        return []
    places = set()
    for start in _starts(view, old, (0, 1)):
        if start < 0 or start + len(old) >= len(view):
            continue
        own = view.plain_lines[start : start + len(old) + 1]
        gap = next((at for at, line in enumerate(old) if own[at] != line), len(old))
        fits = gap in gaps and own[gap + 1 :] == old[gap:] and own[gap] != old[gap - 1]
        if fits and _alone(view, old, {start, start + 1}):
            places.add((*range(start, start + gap), *range(start + gap + 1, start + len(old) + 1)))
    return [Hit(place, pattern.ops) for place in sorted(places)]


def _starts(view: FileLines, old: Sequence[str], shifts: tuple[int, int]) -> list[int]:
    """Where the block may begin: one of its halves agrees as it stands. `shifts` moves the second half's place."""
    half = len(old) // 2
    found = set()
    for part, offset, shift in ((old[:half], 0, shifts[0]), (old[half:], half, shifts[1])):
        if any(part):
            runs = find_lines(view.plain, block(part))
            found |= {run - offset - shift for run in runs[:_MOST_CANDIDATES]}
    return sorted(found)


def _alone(view: FileLines, old: Sequence[str], here: set[int]) -> bool:
    """True where no other place of the file has nearly as many of the lines: a look-alike may be the one that is meant,
    changed since the model saw it."""
    worded = [(at, line) for at, line in enumerate(old) if any(map(str.isalnum, line))]
    counts = Counter(place - at for at, line in worded for place in view.places.get(line, ()))
    return all(count <= max(0, len(worded) - _MARGIN) for start, count in counts.items() if start not in here)


def _kinds(pattern: Pattern) -> Iterator[tuple[str, bool, bool]]:
    """For each old line its mark, and whether something is inserted right before and right after it."""
    ops = pattern.ops
    for at, (mark, _) in enumerate(ops):
        if mark != "+":
            before = at > 0 and ops[at - 1][0] == "+"
            yield mark, before, at + 1 < len(ops) and ops[at + 1][0] == "+"


def _free(pattern: Pattern) -> set[int]:
    """Old lines that may be wrong: kept, with no insertion at their side but one that replaces removed lines."""
    kinds = list(_kinds(pattern))
    free = set()
    for at, (mark, before, after) in enumerate(kinds):
        replaces = before and at > 0 and kinds[at - 1][0] == "-"
        if mark == "=" and not after and (not before or replaces) and pattern.old[at].strip():
            free.add(at)
    return {at for at in free if not is_elision(pattern.old[at])}


def _gaps(pattern: Pattern) -> set[int]:
    """Places between old lines at which the file may have one more: nothing inserted there, not amid removed lines."""
    kinds = list(_kinds(pattern))
    return {
        at
        for at in range(1, len(kinds))
        if not kinds[at][1] and not kinds[at - 1][2] and "=" in (kinds[at][0], kinds[at - 1][0])
        and not is_elision(pattern.old[at]) and not is_elision(pattern.old[at - 1])
    }  # fmt: skip


def _says(old: Sequence[str], but: Sequence[int]) -> bool:
    """True where enough of the lines that agree have words in them."""
    words = sum(sum(map(str.isalnum, line)) >= _SUBSTANCE for at, line in enumerate(old) if at not in but)
    return words >= _LEAST_WORDS
