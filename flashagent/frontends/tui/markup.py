"""Lay out the text of blocks: one source line at a time becomes styled lines of the right width. Pure, no terminal.

Markdown is read line by line, so that a line once laid out never changes, whatever follows: only the last, unfinished line
of a streamed answer is laid out again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.cells import cell_len, set_cell_size

from flashagent.dataclass import dataclass
from flashagent.frontends.tui.coding import code_spans
from flashagent.frontends.tui.markup_values import Line, Span, StyleName
from flashagent.frontends.words import clean

TAB = "    "
# Each repetition is bounded: a hostile line costs time in proportion to its length, not to its square.
_INLINE = re.compile(
    r"`(?P<code>[^`]{1,400})`|\*\*(?P<bold>\S(?:.{0,400}?\S)?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^*\s](?:[^*]{0,400}[^*\s])?)\*(?![\w*])"
    r"|\[(?P<label>[^\]\[]{1,200})\]\((?P<url>[^)\s]{1,400})\)"
)
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"(\s*)([-*+]|\d{1,3}[.)])\s+(.*)$")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_LANGUAGE = re.compile(r"\s*([\w+#-]{1,20})")
_RULE = re.compile(r"\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_WORD = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Laid:
    """One source line before wrapping: its spans, how far wrapped rows hang in, and whether words stay whole."""

    spans: Line
    hang: int = 0
    by_word: bool = True


def markdown_line(source: str, fence: str) -> tuple[Laid, str]:
    """One line of Markdown; `fence` is the opening of the code fence that the line stands in (its mark and the name of the
    language), '' outside. Returns the fence for the next line."""
    mark = _FENCE.match(source)
    if fence:
        opened = fence[: len(fence) - len(fence.lstrip("`~"))]
        if mark is not None and mark[1].startswith(opened) and not source.strip(" `~"):
            return Laid(((source, "dim"),), by_word=False), ""
        return Laid(tuple(code_spans(source, fence[len(opened) :])), by_word=False), fence
    if mark is not None:
        language = _LANGUAGE.match(source, mark.end())
        return Laid(((source, "dim"),), by_word=False), mark[1] + (language[1] if language else "")
    return _prose(source), ""


def diff_line(source: str) -> Laid:
    """One line of a unified diff."""
    style: StyleName = ""
    if source.startswith(("+++", "---", "diff ", "index ", "new file", "deleted file")):
        style = "dim"
    elif source.startswith("@@"):
        style = "hunk"
    elif source.startswith("+"):
        style = "good"
    elif source.startswith("-"):
        style = "bad"
    return Laid(((source, style),), by_word=False)


def source_lines(text: str) -> list[str]:
    """The lines of foreign text, safe for a terminal, tabs as spaces."""
    return [line.replace("\t", TAB) for line in clean(text).split("\n")]


def wrap(laid: Laid, width: int, indent: str = "") -> list[Line]:
    """Rows of at most `width` cells, each starting with the indent. An empty line is one row."""
    if len(laid.spans) == 1:
        text, style = laid.spans[0]
        if (
            text and text.isascii() and len(indent) + len(text) <= width
        ):  # most lines, and all of a long output
            return [((indent, ""), (text, style)) if indent else ((text, style),)]
    rows = _Rows(width, indent, laid.hang)
    for text, style in _pieces(laid):
        rows.add(text, style, by_word=laid.by_word)
    return rows.closed()


class _Rows:
    """Rows that are being filled. Rows after the first hang in, unless that would leave them no room."""

    def __init__(self, width: int, indent: str, hang: int) -> None:
        self._indent = indent
        room = max(1, width - cell_len(indent))
        self._hang = hang if hang < room // 2 else 0
        self._fresh = room - self._hang  # the room of a row after the first
        self._rows: list[Line] = []
        self._row: list[Span] = []
        self._left = room

    def add(self, text: str, style: StyleName, *, by_word: bool) -> None:
        if by_word and cell_len(text) > self._left:
            if text.isspace():
                return  # white space at the end of a row
            if self._row and cell_len(text) <= self._fresh:
                self._break()
        while cell_len(text) > self._left:
            # a row that has just begun takes at least one sign, however wide that is
            if self._left >= self._fresh or cell_len(text[0]) <= self._left:
                head, text = _cut(text, self._left)
                self._row.append((head, style))
            self._break(trim=False)
        if text:
            self._row.append((text, style))
            self._left -= cell_len(text)

    def closed(self) -> list[Line]:
        """All rows; at least one."""
        if self._row or not self._rows:
            self._rows.append(_row(self._indent, self._row))
        return self._rows

    def _break(self, *, trim: bool = True) -> None:
        if trim and self._row[-1][0].isspace():
            self._row.pop()
        self._rows.append(_row(self._indent, self._row))
        self._row, self._left = [(" " * self._hang, "")] if self._hang else [], self._fresh


def _row(indent: str, spans: Iterable[Span]) -> Line:
    """The indent as a span of its own, then the spans, neighbours of one style joined."""
    result: list[Span] = [(indent, "")] if indent else []
    first = len(result)
    for text, style in spans:
        if len(result) > first and result[-1][1] == style:
            result[-1] = (result[-1][0] + text, style)
        else:
            result.append((text, style))
    return tuple(result)


def _pieces(laid: Laid) -> Iterator[Span]:
    for text, style in laid.spans:
        if laid.by_word:
            yield from ((match.group(), style) for match in _WORD.finditer(text))
        else:
            yield text, style


def _cut(text: str, cells: int) -> tuple[str, str]:
    """The text split so that the head has at most `cells` cells, and at least one character."""
    size = 0
    for index, sign in enumerate(text):
        size += cell_len(sign)
        if size > cells:
            return text[: max(1, index)], text[max(1, index) :]
    return text, ""


def _prose(source: str) -> Laid:
    if _RULE.match(source):
        return Laid((("─" * 20, "dim"),))
    if heading := _HEADING.match(source):
        return Laid(((heading[2], "heading"),))
    if item := _ITEM.match(source):
        bullet = "•" if item[2] in "-*+" else item[2]
        lead = f"{item[1]}{bullet} "
        return Laid(((lead, "accent"), *inline(item[3])), hang=cell_len(lead))
    if source.lstrip().startswith(">"):
        quoted = source.lstrip()[1:].removeprefix(" ")
        return Laid((("│ ", "dim"), *((text, style or "dim") for text, style in inline(quoted))), hang=2)
    return Laid(tuple(inline(source)), hang=len(source) - len(source.lstrip()))


def inline(text: str) -> Iterator[Span]:
    """The spans of a line of prose: code, bold, italic, links."""
    end = 0
    for match in _INLINE.finditer(text):
        if match.start() > end:
            yield text[end : match.start()], ""
        end = match.end()
        if match["label"] is not None:
            yield match["label"], "link"
            yield f" ({match['url']})", "dim"
        elif match["code"] is not None:
            yield match["code"], "code"
        elif match["bold"] is not None:
            yield match["bold"].replace("`", ""), "bold"
        else:
            yield match["italic"], "italic"
    if end < len(text):
        yield text[end:], ""


def fitted(text: str, width: int) -> str:
    """One line cut to at most `width` cells, with a sign that it was."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 0 else ""
