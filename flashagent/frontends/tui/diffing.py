"""Unified diffs for people: hunks, what changed inside a line, and one or two columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from rich.cells import cell_len

from flashagent.dataclass import dataclass
from flashagent.frontends.tui.markup import TAB, Laid, fitted, wrap
from flashagent.frontends.tui.markup_values import Line, Span, StyleName
from flashagent.frontends.words import clean

_HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_LONGEST_COMPARED = 500  # signs of a line; a longer one is shown as changed whole
_LEAST_ALIKE = 0.4  # lines that share less are two lines, not one that was changed
_MIDDLE = " │ "
Spans = tuple[Span, ...]
Run = tuple[Sequence[str], Sequence[str], bool]  # old lines, new lines, whether they differ


@dataclass(frozen=True, slots=True)
class Hunk:
    """`lines` hold the sign (' ', '-', '+') and the text of each line; the starts are 1-based."""

    old_start: int
    new_start: int
    where: str
    lines: tuple[tuple[str, str], ...]

    @property
    def before(self) -> tuple[str, ...]:
        return tuple(text for sign, text in self.lines if sign != "+")

    @property
    def after(self) -> tuple[str, ...]:
        return tuple(text for sign, text in self.lines if sign != "-")

    @property
    def text(self) -> str:
        return "\n".join(sign + text for sign, text in self.lines)


def hunks_of(diff: str) -> tuple[Hunk, ...]:
    """The hunks of the diff of one file. Lines are counted as the heads of the hunks tell, whatever they hold."""
    found: list[Hunk] = []
    lines = iter(diff.split("\n"))
    for line in lines:
        if head := _HEAD.match(line):
            old, new = int(head[2] or 1), int(head[4] or 1)
            found.append(Hunk(int(head[1]), int(head[3]), head[5].strip(), tuple(_body(lines, old, new))))
    return tuple(found)


def taken_back(text: str, hunk: Hunk) -> str | None:
    """The text without what the hunk did to it; None where what it wrote no longer stands there. Of several such places the
    nearest to where it was written counts."""
    lines, wanted = text.split("\n"), list(hunk.after)
    if hunk.before == hunk.after or not wanted:
        return None  # a line end at the end of the file, or a whole file: that is no matter of lines
    places = [at for at in range(len(lines) - len(wanted) + 1) if lines[at : at + len(wanted)] == wanted]
    if not places:
        return None
    nearest = min(places, key=lambda at: abs(at + 1 - hunk.new_start))
    return "\n".join([*lines[:nearest], *hunk.before, *lines[nearest + len(wanted) :]])


def unified(hunk: Hunk, width: int) -> list[Line]:
    """The hunk in one column; in lines that were changed the words that differ are marked."""
    rows: list[Line] = []
    for old, new, differ in _runs(hunk):
        if not differ:
            rows += [row for text in old for row in _wrapped("  ", "", ((_safe(text), ""),), width)]
            continue
        marked = [_marked(one, other) for one, other in zip_longest(old, new)]
        rows += [row for spans, _ in marked if spans for row in _wrapped("- ", "bad", spans, width)]
        rows += [row for _, spans in marked if spans for row in _wrapped("+ ", "good", spans, width)]
    return rows


def side_by_side(hunk: Hunk, width: int) -> list[Line]:
    """The hunk in two columns, the old text at the left; lines are cut, not wrapped."""
    half = max(1, (width - len(_MIDDLE)) // 2)
    rows: list[Line] = []
    for old, new, differ in _runs(hunk):
        for one, other in zip_longest(old, new):
            if differ:
                left, right = _marked(one, other)
            else:
                left = right = ((_safe(one or ""), ""),)
            rows.append((*_column(left, half), (_MIDDLE, "dim"), *_column(right, half)))
    return rows


def _body(lines: Iterator[str], old: int, new: int) -> Iterator[tuple[str, str]]:
    while old > 0 or new > 0:
        line = next(lines, None)
        if line is None or line[:1] not in (" ", "-", "+", "\\") or not line:
            return
        sign, text = line[0], line[1:]
        if sign == "\\":
            continue
        old -= sign != "+"
        new -= sign != "-"
        yield sign, text


def _runs(hunk: Hunk) -> Iterator[Run]:
    """Stretches of lines that stayed, and of lines that took the place of others."""
    same: list[str] = []
    old: list[str] = []
    new: list[str] = []
    for sign, text in (*hunk.lines, ("", "")):
        if (sign == "-" and new) or (sign in (" ", "") and (old or new)):
            yield old, new, True
            old, new = [], []
        if sign != " " and same:
            yield same, same, False
            same = []
        {" ": same, "-": old, "+": new, "": []}[sign].append(text)


def _marked(old: str | None, new: str | None) -> tuple[Spans, Spans]:
    """Both lines with what differs marked; () for a line that is not there."""
    if old is None or new is None:
        return _whole(old, "bad"), _whole(new, "good")
    a, b = _WORD.findall(_safe(old)), _WORD.findall(_safe(new))
    if len(old) > _LONGEST_COMPARED or len(new) > _LONGEST_COMPARED:
        return _whole(old, "bad"), _whole(new, "good")
    match = SequenceMatcher(None, a, b, autojunk=False)
    if match.ratio() < _LEAST_ALIKE:
        return _whole(old, "bad"), _whole(new, "good")
    left: list[Span] = []
    right: list[Span] = []
    for tag, i, j, k, m in match.get_opcodes():
        left.append(("".join(a[i:j]), "bad" if tag == "equal" else "removed"))
        right.append(("".join(b[k:m]), "good" if tag == "equal" else "added"))
    return tuple(span for span in left if span[0]), tuple(span for span in right if span[0])


def _whole(text: str | None, style: StyleName) -> Spans:
    return () if text is None else ((_safe(text), style),)


def _wrapped(sign: str, style: StyleName, spans: Spans, width: int) -> list[Line]:
    return wrap(Laid(((sign, style), *spans), hang=len(sign), by_word=False), width)


def _column(spans: Spans, width: int) -> Spans:
    """The spans in exactly so many cells."""
    cut: list[Span] = []
    left = width
    for text, style in spans:
        part = fitted(text, left)
        cut.append((part, style))
        left -= cell_len(part)
        if left <= 0:
            break
    return (*cut, (" " * max(0, left), ""))


def _safe(text: str) -> str:
    return clean(text).replace("\t", TAB)
