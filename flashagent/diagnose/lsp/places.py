"""Places as language servers tell them: file URIs below the root, and positions counted in UTF-16 units. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from flashagent.dataclass import dataclass

_LINE_END = re.compile(r"(\r\n|\r|\n)")


class Outside(ValueError):
    """What a server named does not lie below the root, or is no place at all."""


@dataclass(frozen=True, slots=True)
class Place:
    """`line` and `column` are 1-based; columns count characters."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a question has no answer, for the one who asked."""

    why: str


def uri_of(root: Path, path: str) -> str:
    return "file://" + quote(str(root / path))


def path_of(root: Path, uri: object) -> str:
    """The path below the root, POSIX. Raises Outside."""
    parts = urlsplit(uri) if isinstance(uri, str) else None
    if parts is None or parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        raise Outside(f"{uri!r} is no file of the project")
    named = PurePosixPath(unquote(parts.path))
    if ".." in named.parts or not named.is_relative_to(root) or named == PurePosixPath(root):
        raise Outside(f"{named} lies outside of the project")
    return named.relative_to(root).as_posix()


class Text:
    """A text with its lines as servers count them (`\\n`, `\\r\\n` and `\\r` end one)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = _split(text)
        self._starts = [0, *accumulate(map(len, self._lines))]

    def offset(self, position: object) -> int:
        """The character offset of a server's position; past the end of a line counts as its end. Raises Outside."""
        line, character = _pair(position)
        if line >= len(self._lines):
            return len(self.text)
        body = self._lines[line].rstrip("\r\n")
        return self._starts[line] + _characters(body, character)

    def position(self, line: int, column: int) -> dict[str, int]:
        """The server's position of a 1-based line and column."""
        body = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        return {
            "line": line - 1,
            "character": len(body[: column - 1].encode("utf-16-le", "surrogatepass")) // 2,
        }

    def column(self, position: object) -> int:
        """The 1-based column of a server's position."""
        line, character = _pair(position)
        return 1 + (_characters(self._lines[line], character) if line < len(self._lines) else 0)

    def line(self, number: int) -> str:
        return self._lines[number - 1].rstrip("\r\n") if 0 < number <= len(self._lines) else ""


def edited(text: str, edits: Sequence[object]) -> str:
    """The text with a server's TextEdits made. Raises Outside when they overlap or are no edits."""
    lines = Text(text)
    spans = sorted((_span(lines, edit) for edit in edits), key=lambda span: span[:2])
    result, done = [], 0
    for start, end, new in spans:
        if start < done or end < start:
            raise Outside("the edits overlap")
        result += [text[done:start], new]
        done = end
    return "".join([*result, text[done:]])


def _span(lines: Text, edit: object) -> tuple[int, int, str]:
    if not isinstance(edit, Mapping) or not isinstance(new := edit.get("newText"), str):
        raise Outside("an edit has no text")
    start, end = range_of(edit.get("range"))
    return lines.offset(start), lines.offset(end), new


def range_of(value: object) -> tuple[Any, Any]:
    """Start and end. Raises Outside."""
    if not isinstance(value, Mapping):
        raise Outside("a range is missing")
    return value.get("start"), value.get("end")


def line_of(value: object) -> int:
    """The 1-based line at which a range begins. Raises Outside."""
    return _pair(range_of(value)[0])[0] + 1


def _pair(position: object) -> tuple[int, int]:
    if not isinstance(position, Mapping):
        raise Outside("a position is missing")
    line, character = position.get("line"), position.get("character")
    if not isinstance(line, int) or not isinstance(character, int) or line < 0 or character < 0:
        raise Outside("a position is none")
    return line, character


def _characters(body: str, units: int) -> int:
    """How many characters make up so many UTF-16 units."""
    if body.isascii():
        return min(units, len(body))
    encoded = body.encode("utf-16-le", "surrogatepass")[: units * 2]
    return len(encoded.decode("utf-16-le", "replace"))


def _split(text: str) -> list[str]:
    """Lines with their ends. `str.splitlines` ends lines at form feeds too, which servers do not."""
    parts = _LINE_END.split(text)
    return [*("".join(pair) for pair in zip(parts[::2], parts[1::2], strict=False)), parts[-1]]
