"""Make the tool calls of a reply usable: distinct ids, and JSON repaired where there is only one way to read it. Pure.

Never guesses: arguments that could mean two things stay as the model wrote them, and the loop sends them back.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from flashagent.messages import FinishReason, ToolCall

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_VALID_ESCAPES = '"\\/bfnrtu'
_CERTAIN_ESCAPES = (
    '"\\/n'  # with an invalid escape in the same text, `\b` or `\t` could be meant as two signs
)
_CLOSED_END = re.compile(r'(["}\]]|true|false|null)\s*\Z')


def with_distinct_ids(calls: Iterable[ToolCall], taken: Iterable[str] = ()) -> tuple[ToolCall, ...]:
    """The calls in their order, each id non-empty and unlike all others and all of `taken`; a good id stays."""
    used = set(taken)
    result = []
    for number, call in enumerate(calls, start=1):
        call_id = _free_id(call.id or f"call-{number}", used)
        used.add(call_id)
        result.append(call if call_id == call.id else replace(call, id=call_id))
    return tuple(result)


def repaired(calls: Iterable[ToolCall], finish: FinishReason) -> tuple[ToolCall, ...]:
    """The calls with repairable arguments repaired; after a length limit no missing end is made up."""
    return tuple(
        call
        if (arguments := repair_arguments(call.arguments, complete=finish != "length")) is None
        else replace(call, arguments=arguments)
        for call in calls
    )


def repair_arguments(text: str, *, complete: bool = True) -> str | None:
    """JSON text of one object that says what `text` says, or None where that is not certain.

    Text that is a JSON object already comes back as it is. `complete` is false when the reply was cut, so that a missing
    end means missing content.
    """
    if _as_object(text) is not None:
        return text
    steps: list[Callable[[str], object]] = [
        _empty,
        _unfenced,
        _lenient,
        _encoded_twice,
        _said_twice,
        _literal,
        _escapes,
    ]
    if complete:
        steps.append(_closed)
    for step in steps:
        found = step(text)
        if isinstance(found, dict):
            return json.dumps(found, ensure_ascii=False)
    return None


def _as_object(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _free_id(wanted: str, used: set[str]) -> str:
    if wanted not in used:
        return wanted
    number = 2
    while f"{wanted}-{number}" in used:
        number += 1
    return f"{wanted}-{number}"


def _empty(text: str) -> object:
    return {} if not text.strip() else None


def _unfenced(text: str) -> object:
    match = _FENCE.match(text)
    return _as_object(match[1]) if match else None


def _lenient(text: str) -> object:
    """Raw line ends and tabs inside strings, and commas before a closing bracket."""
    try:
        return json.loads(_without_trailing_commas(text), strict=False)
    except (ValueError, RecursionError):
        return None


def _encoded_twice(text: str) -> object:
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _as_object(inner) if isinstance(inner, str) else None


def _said_twice(text: str) -> object:
    """The same object two or more times in a row: some servers send the whole arguments again at the end."""
    decoder = json.JSONDecoder()
    found: list[object] = []
    rest = text.strip()
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            return None
        found.append(value)
        rest = rest[end:].lstrip()
    return found[0] if all(value == found[0] for value in found) else None


def _literal(text: str) -> object:
    """A Python dict display: single quotes, True, None. Not with a backslash, which the two languages read differently."""
    if "\\" in text:
        return None
    try:
        value = ast.literal_eval(text.strip())
        json.dumps(value)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    return value


def _escapes(text: str) -> object:
    """Backslashes that JSON does not know (`\\d` in a pattern) stand for themselves."""
    kinds = {match[1] for match in _ESCAPE.finditer(text)}
    wrong = {kind for kind in kinds if kind not in _VALID_ESCAPES}
    if not wrong or any(kind not in _CERTAIN_ESCAPES for kind in kinds - wrong):
        return None
    doubled = _ESCAPE.sub(lambda match: "\\" + match[0] if match[1] in wrong else match[0], text)
    return _lenient(doubled)


def _closed(text: str) -> object:
    """Only closing brackets are missing, after a value that is whole; a number at the end could lack digits."""
    if not text.lstrip().startswith("{") or not _CLOSED_END.search(text):
        return None
    missing = _open_brackets(text)
    return _lenient(text.rstrip() + missing) if missing else None


def _open_brackets(text: str) -> str:
    """The closing brackets that the text lacks, or '' when it ends inside a string or is not nested well."""
    expected: list[str] = []
    for sign in _outside_strings(text):
        if sign in "{[":
            expected.append("}" if sign == "{" else "]")
        elif (sign in "}]" and (not expected or expected.pop() != sign)) or sign == '"':
            return ""
    return "".join(reversed(expected))


def _outside_strings(text: str) -> Sequence[str]:
    """The signs outside strings; a lone '\"' marks a string that never ends."""
    signs: list[str] = []
    inside = escaped = False
    for sign in text:
        if not inside:
            inside = sign == '"'
            if not inside:
                signs.append(sign)
        elif escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == '"':
            inside = False
    return [*signs, '"'] if inside else signs


def _without_trailing_commas(text: str) -> str:
    result: list[str] = []
    inside = escaped = False
    for sign in text:
        if inside:
            inside = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            inside = True
        elif sign in "}]":
            _drop_comma(result)
        result.append(sign)
    return "".join(result)


def _drop_comma(signs: list[str]) -> None:
    for index in range(len(signs) - 1, -1, -1):
        if not signs[index].isspace():
            if signs[index] == ",":
                del signs[index]
            return
