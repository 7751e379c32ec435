"""A file's text as lines, with its own line ends, byte order mark and last newline remembered. Pure."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, pairwise

from flashagent.edits.values import Region

BOM = "\ufeff"
WIDEST_UNIT = 8  # blanks that one step of indentation may have
_MOST_FOUND = 400_000  # lines of all hits together
_SAME = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
        "\u00a0": " ", "\u1680": " ", "\u2000": " ", "\u2001": " ", "\u2002": " ", "\u2003": " ", "\u2004": " ",
        "\u2005": " ", "\u2006": " ", "\u2007": " ", "\u2008": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ",
        "\u205f": " ", "\u3000": " ",
        "\u2026": "...", "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None, BOM: None, "\u00ad": None,
    }
)  # fmt: skip


def plain(line: str) -> str:
    """The line with typographic punctuation and spaces written in ASCII, letters composed, no trailing blanks."""
    if line.isascii():
        return line.rstrip()
    return unicodedata.normalize("NFC", line.translate(_SAME)).rstrip()


def indent_of(line: str) -> str:
    """The leading spaces and tabs."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def unit_of(indents: Sequence[str]) -> str:
    """The step of indentation of lines in order: a tab where tabs lead most of them, else the most common deepening
    from one line to the next (the smallest width where nothing deepens); '' when nothing is indented."""
    filled = [indent for indent in indents if indent]
    if not filled:
        return ""
    if sum(1 for indent in filled if indent[0] == "\t") * 2 > len(filled):
        return "\t"
    widths = [len(indent) for indent in indents if "\t" not in indent]
    steps = Counter(after - before for before, after in pairwise(widths) if 1 < after - before <= WIDEST_UNIT)
    if steps:
        most = max(steps.values())
        return " " * min(step for step, count in steps.items() if count == most)
    return " " * min((width for width in widths if width), default=0)


def split_lines(text: str) -> list[str]:
    """The lines without their ends. One final line end makes no empty last line; '' has no lines."""
    if "\r" in text:
        text = text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")
    if not text:
        return []
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def block(lines: Sequence[str]) -> str:
    """The lines, each ended by a newline."""
    return "\n".join(lines) + "\n" if lines else ""


class FileLines:
    """One text, seen as lines.

    `joined` is the text with LF line ends, no byte order mark and always a last newline; splices are made in its
    offsets, and `rebuild` carries them over to the real text, so that bytes nobody asked to change stay as they are.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.bom = BOM if text.startswith(BOM) else ""
        body = text[len(self.bom) :]
        self._separator = "\r" if "\r" in body and "\n" not in body else "\n"
        raw = body.split(self._separator)
        self.final_newline = raw[-1] == "" and len(raw) > 1
        if raw[-1] == "":
            raw.pop()
        self._raw = raw
        self._mixed = "\r" in body
        crlf = self._mixed and self._separator == "\n"
        self.lines: list[str] = [line.removesuffix("\r") for line in raw] if crlf else raw
        self.joined = block(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def starts(self) -> list[int]:
        """Offset in `joined` of each line, and of the end."""
        return list(accumulate((len(line) + 1 for line in self.lines), initial=0))

    def line_at(self, offset: int) -> int:
        """Index of the line that holds the offset."""
        return bisect_right(self.starts, offset) - 1

    @cached_property
    def trimmed(self) -> str:
        return block([line.rstrip() for line in self.lines])

    @cached_property
    def plain_lines(self) -> list[str]:
        return [plain(line) for line in self.lines]

    @cached_property
    def plain(self) -> str:
        return block(self.plain_lines)

    @cached_property
    def stripped_lines(self) -> list[str]:
        return [line.lstrip(" \t") for line in self.plain_lines]

    @cached_property
    def stripped(self) -> str:
        return block(self.stripped_lines)

    @cached_property
    def packed(self) -> str:
        """The lines without any blanks."""
        return block(["".join(line.split()) for line in self.plain_lines])

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each line stands, for the lines with words."""
        found: dict[str, list[int]] = {}
        for index, line in enumerate(self.plain_lines):
            if line:
                found.setdefault(line, []).append(index)
        return found

    @cached_property
    def indent_unit(self) -> str:
        """One step of the file's indentation; '' where nothing is indented."""
        return unit_of([indent_of(line) for line in self.lines if line.strip()])

    @cached_property
    def filled(self) -> list[int]:
        """Indices of the lines that are not blank."""
        return [index for index, line in enumerate(self.plain_lines) if line]

    def region(self, start: int, end: int) -> Region | None:
        """Lines start..end-1 (0-based, clipped to the file) with their current text."""
        if not self.lines:
            return None
        start = max(0, min(start, len(self.lines) - 1))
        end = max(start + 1, min(end, len(self.lines)))
        return Region(start + 1, end, "\n".join(self.lines[start:end]))

    @cached_property
    def _ends(self) -> list[str]:
        if not self._mixed:
            return ["\n"] * len(self._raw)
        if self._separator == "\r":
            return ["\r"] * len(self._raw)
        ends = ["\r\n" if line.endswith("\r") else "\n" for line in self._raw]
        if not self.final_newline and ends:  # the last line has no end of its own to copy
            ends[-1] = ends[-2] if len(ends) > 1 else "\n"
        return ends

    def rebuild(self, splices: Sequence[tuple[int, int, str]], final_newline: bool | None = None) -> str:
        """The new text after replacing [start, end) of `joined` by a text, for splices in order that do not overlap.

        Inserted lines get the line end of the line they stand next to; whether the file ends with a newline stays as
        it was unless `final_newline` says otherwise.
        """
        wanted = final_newline
        if wanted is None:
            wanted = self.final_newline or not self.lines
        body = self._rebuild_plain(splices) if not self._mixed else self._rebuild_mixed(splices)
        if wanted or not body:
            return self.bom + body
        return self.bom + (body.removesuffix("\n").removesuffix("\r") if body[-1:] in "\n\r" else body)

    def _rebuild_plain(self, splices: Sequence[tuple[int, int, str]]) -> str:
        pieces, done = [], 0
        for start, end, text in splices:
            pieces += [self.joined[done:start], text]
            done = end
        return "".join([*pieces, self.joined[done:]])

    def _rebuild_mixed(self, splices: Sequence[tuple[int, int, str]]) -> str:
        ends = self._ends
        raw_starts = list(
            accumulate((len(line) + len(end) for line, end in zip(self.lines, ends, strict=True)), initial=0)
        )
        raw = "".join(line + end for line, end in zip(self.lines, ends, strict=True))

        def raw_offset(offset: int) -> int:
            line = self.line_at(offset)
            return raw_starts[line] + offset - self.starts[line]

        pieces, done = [], 0
        for start, end, text in splices:
            line = self.line_at(start)
            before = line - 1 if line and start == self.starts[line] and start == end else line
            local = ends[min(before, len(ends) - 1)] if ends else "\n"
            pieces += [raw[done : raw_offset(start)], text.replace("\n", local)]
            done = raw_offset(end)
        return "".join([*pieces, raw[done:]])


def find_lines(haystack: str, needle: str) -> list[int]:
    """Indices of the lines at which the block of whole lines `needle` begins in `haystack` (both newline-ended).

    A long block that stands in very many places is not followed to the end: two of them are as ambiguous as all.
    """
    most = max(2, _MOST_FOUND // (needle.count("\n") + 1))
    hits: list[int] = []
    line = counted = 0
    at = haystack.find(needle)
    while at >= 0 and len(hits) < most:
        if at == 0 or haystack[at - 1] == "\n":
            line += haystack.count("\n", counted, at)
            counted = at
            hits.append(line)
        at = haystack.find(needle, at + 1)
    return hits
