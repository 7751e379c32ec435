"""The first line of what a definition says about itself: a Python docstring or the comment right above."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.syntax.languages import Language

MAX_DOC = 160
_MAX_LINES_UP = 60
_DOCSTRING = re.compile(rb"\s*(?:#[^\n]*\n\s*)*[rRuUbB]{0,2}(\"\"\"|'''|\"|')\s*([^\n]*)")
_MARKERS = re.compile(r"^(?:/\*[*!]?|//[/!]?|\*/|\*(?!/)|#+)\s?")
_RULE = re.compile(r"^[\W_]*$")
_BETWEEN = (b"@", b"#[", b"template", b"export default")
_TAGS = re.compile(r"</?[a-z][^<>]{0,80}>")
# What else opens a comment line, and what else may stand between a comment and its definition.
_LINE_SIGNS: dict[str, tuple[bytes, ...]] = {"ruby": (b"#",), "php": (b"//", b"#")}
_ATTRIBUTES: dict[str, tuple[bytes, ...]] = {"csharp": (*_BETWEEN, b"[")}


def doc_line(source: bytes, lines: Sequence[bytes], body: int, row: int, language: Language) -> str:
    """The first meaningful line of the docstring or of the comment above, without its markers; '' when there is none.

    `body` is the byte offset of the body (-1: none), `row` the 0-based row on which the definition starts.
    """
    text = _docstring(source, body) if language == "python" and body >= 0 else ""
    if not text and language != "python":
        text = _comment_above(lines, row, language)
    return text if len(text) <= MAX_DOC else text[: MAX_DOC - 1] + "…"


def _docstring(source: bytes, body: int) -> str:
    found = _DOCSTRING.match(source, body)
    if found is None:
        return ""
    quote, first = found.group(1), found.group(2)
    text = first.partition(quote)[0].decode("utf-8", "replace").strip()
    # A docstring that opens with an empty line was already skipped by `\s*` after the quote.
    return text.rstrip("\\").strip()


def _comment_above(lines: Sequence[bytes], row: int, language: Language) -> str:
    signs, between = _LINE_SIGNS.get(language, (b"//",)), _ATTRIBUTES.get(language, _BETWEEN)
    top = row - 1
    while top >= 0 and row - top < _MAX_LINES_UP and lines[top].lstrip().startswith(between):
        top -= 1
    block: list[bytes] = []
    inside = False
    while top >= 0 and len(block) < _MAX_LINES_UP:
        line = lines[top].strip()
        if not inside and line.endswith(b"*/"):
            inside = not line.startswith(b"/*")
        elif inside:
            inside = b"/*" not in line
        elif not line.startswith(signs):
            break
        block.append(line)
        top -= 1
    for line in reversed(block):
        text = _MARKERS.sub("", line.decode("utf-8", "replace")).removesuffix("*/").strip()
        text = _TAGS.sub("", text).strip() if language == "csharp" else text
        if text and not _RULE.match(text):
            return text
    return ""
