"""The native edit call as JSON text: `{"edits": [{"path", "old", "new", "all"?, "near_line"?}]}`. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from flashagent.edits.formats.envelope import fence_of, open_fence_at
from flashagent.edits.values import (
    Create,
    Delete,
    Edit,
    EditProblem,
    Rename,
    Replace,
    ReplaceRange,
    ReplaceSymbol,
)

_START = re.compile(
    r"[{\[]\s*(?:\{\s*)?\"(?:edits|path|file|file_path|filePath|old|old_string|oldText|old_str|search|new|name|tool|arguments)\"\s*:"
)
_ASKS = re.compile(r'"(?:edits|old|old_string|old_str|oldText|oldString|old_text)"\s*:')
_LAST_COMMA = re.compile(r"\"(?:[^\"\\]|\\.)*\"|,(?=\s*[}\]])", re.DOTALL)
_AT_COMMA = re.compile(r"\s*,?\s*[}\]]")
_WORK_PER_CHARACTER, _LEAST_WORK, _LINE_COUNT_SPEED, _TOO_DEEP = 16, 100_000, 16, 10_000
_PATH = ("path", "file_path", "filePath", "file", "filename")
_OLD = ("old", "old_string", "old_str", "oldText", "oldString", "search", "old_text")
_NEW = ("new", "new_string", "new_str", "newText", "newString", "replace", "new_text")
_ALL = ("all", "replace_all", "replaceAll")
_ARGUMENTS = ("arguments", "input", "parameters")
_NEAR = ("near_line", "nearLine", "line", "start_line")
_WHOLE = ("text", "content", "contents", "file_text")


def starts(text: str) -> int | None:
    """Offset of the first JSON value that asks for edits, or that begins to and is broken; None without one."""
    return next((at for at, _ in _values(text)), None)


def parse(text: str) -> list[Edit]:
    """The edits of all JSON values of the reply that hold some. Raises EditProblem: cut_off, malformed."""
    edits: list[Edit] = []
    for number, (at, value) in enumerate(_values(text)):
        if not number:
            _check_fence(text[:at], text[at:])
        if isinstance(value, Exception):
            raise _broken(text, at, value)
        edits += edits_of(value)
    return edits


def _check_fence(before: str, rest: str) -> None:
    lines = before.split("\n")
    opening = open_fence_at(lines, len(lines))
    if opening is not None and not any(
        (mark := fence_of(line)) and mark.closes(opening) for line in rest.split("\n")
    ):
        raise EditProblem(
            "cut_off", "The fence around the edits is not closed, so the reply seems cut off. Send it again."
        )


def _values(text: str) -> Iterator[tuple[int, object]]:
    """The values that ask for edits with their offsets; an exception for the first that cannot be read, as the last."""
    decoder = _Decoder(text)
    last_ask = max((match.start() for match in _ASKS.finditer(text)), default=-1)
    at = 0
    while (match := _START.search(text, at)) is not None:
        try:
            value, at = decoder.decoded(match.start())
        except (json.JSONDecodeError, RecursionError) as error:
            if last_ask >= match.start():
                yield match.start(), error
                return
            if decoder.work > decoder.most:
                return
            at = match.end()
            continue
        if _asks(value):
            yield match.start(), value


class _Decoder:
    """Reads values out of one text and keeps count of the characters that it went through more than once, so that many
    broken values stay as cheap as few: past `most`, nothing is repaired and no other start needs a look."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._json = json.JSONDecoder(strict=False)  # models put real line ends into strings
        self.most = _WORK_PER_CHARACTER * len(text) + _LEAST_WORK
        self.work = 0

    def decoded(self, start: int) -> tuple[object, int]:
        """The value at `start` and where it ends; commas before a closing bracket are forgiven."""
        try:
            return self._json.raw_decode(self._text, start)
        except RecursionError:
            self.work += _TOO_DEEP
            raise
        except json.JSONDecodeError as error:
            # The error counts the lines before it, which is quicker than reading them.
            self.work += error.pos - start + error.pos // _LINE_COUNT_SPEED
            if self.work > self.most or not _AT_COMMA.match(self._text, error.pos):
                raise
            self.work += len(self._text) - start
            bare = _LAST_COMMA.sub(_without_comma, self._text[start:])
            try:
                value, size = self._json.raw_decode(bare)
            except json.JSONDecodeError:
                raise error from None  # of the text as it came
            return value, start + size


def _without_comma(match: re.Match[str]) -> str:
    return " " if match.group() == "," else match.group()


def _asks(value: object) -> bool:
    """True for a value that holds an edit, whole or not: other JSON in a reply is only shown."""
    if isinstance(value, list):
        return any(_asks(item) for item in value)
    if not isinstance(value, Mapping):
        return False
    keys = value.keys()
    if isinstance(value.get("edits"), list) or _asks(_inner(value)):
        return True
    if any(key in keys for key in _NEW):
        return any(key in keys for key in (*_OLD, "symbol", "first"))
    named = any(key in keys for key in _PATH)
    return named and (
        value.get("delete") is True or any(key in keys for key in ("rename", "to", *_WHOLE, *_OLD))
    )


def _inner(value: Mapping[object, object]) -> object:
    """The arguments of a call; some APIs put them into a string."""
    inner = next((value[key] for key in _ARGUMENTS if key in value), None)
    if not isinstance(inner, str):
        return inner
    try:
        return json.loads(inner, strict=False)
    except (ValueError, RecursionError):
        return None


def _broken(text: str, start: int, error: Exception) -> EditProblem:
    where = error.pos if isinstance(error, json.JSONDecodeError) else start
    unterminated = isinstance(error, json.JSONDecodeError) and "Unterminated" in error.msg
    if unterminated or not text[where:].strip().strip("`").strip():
        return EditProblem(
            "cut_off", "The JSON of the edits does not end, so the reply seems cut off. Send it again."
        )
    line = text.count("\n", 0, where) + 1
    return EditProblem("malformed", f"The edits are not valid JSON: {error} (line {line} of the reply).")


def edits_of(value: object, path: str = "") -> list[Edit]:
    """The edits of one decoded call. Raises EditProblem: malformed."""
    if isinstance(value, list):
        return [edit for item in value for edit in edits_of(item, path)]
    if not isinstance(value, Mapping):
        raise EditProblem("malformed", "An edit is an object with path, old and new.")
    inner = _inner(value)
    if isinstance(inner, (dict, list)) and not any(key in value for key in (*_OLD, "edits")):
        return edits_of(inner, path)
    path = _text(value, _PATH) or path
    nested = value.get("edits")
    if nested is not None:
        if not isinstance(nested, list):
            raise EditProblem("malformed", "`edits` is a list of edits.")
        return edits_of(nested, path)
    return list(_one(value, path))


def _one(value: Mapping[str, object], path: str) -> Iterator[Edit]:
    old, new = _text(value, _OLD), _text(value, _NEW)
    if old is not None and new is not None:
        yield Replace(path, old, new, _flag(value, _ALL), _number(value, _NEAR))
    elif new is not None and isinstance(value.get("symbol"), str):
        yield ReplaceSymbol(path, str(value["symbol"]), new)
    elif new is not None and isinstance(value.get("first"), str) and isinstance(value.get("last"), str):
        yield ReplaceRange(path, str(value["first"]), str(value["last"]), new, _number(value, ("lines",)))
    elif value.get("delete") is True:
        yield Delete(path)
    elif isinstance(target := value.get("rename", value.get("to")), str):
        yield Rename(path, target)
    elif old is None and (text := _text(value, _WHOLE)) is not None:
        yield Create(path, text)
    else:
        raise EditProblem("malformed", f"An edit of {path or 'no file'} lacks old or new: both must be text.")


def _text(value: Mapping[str, object], keys: tuple[str, ...]) -> str | None:
    found = next((value[key] for key in keys if key in value), None)
    return found if isinstance(found, str) else None


def _flag(value: Mapping[str, object], keys: tuple[str, ...]) -> bool:
    return next((value[key] for key in keys if key in value), False) in (True, "true")


def _number(value: Mapping[str, object], keys: tuple[str, ...]) -> int | None:
    found = next((value[key] for key in keys if key in value), None)
    if isinstance(found, str) and found.isdecimal() and len(found) < 9:
        found = int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None
