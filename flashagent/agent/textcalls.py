"""Calls of a model without tool calls: lines of plain text that ask to read or to search. Pure."""

from __future__ import annotations

import json
import re

from flashagent.messages import ToolCall

MOST = 8
_LINE = re.compile(r"^\W{0,3}(READ|FIND) +(\S.*?)[`*\s]*$", re.MULTILINE)
_RANGE = re.compile(r"^(.*?)[: ]+(\d+)-(\d+)$")
_EDIT = re.compile(r"^<{5,}|^\*\*\* Begin Patch|^```", re.MULTILINE)


def text_calls(text: str) -> tuple[ToolCall, ...]:
    """What the lines of a reply ask to see; nothing where it holds an edit, which goes first."""
    if _EDIT.search(text):
        return ()
    found = list(dict.fromkeys(match.groups() for match in _LINE.finditer(text)))[:MOST]
    return tuple(_call(number, verb, rest) for number, (verb, rest) in enumerate(found, 1))


def _call(number: int, verb: str, rest: str) -> ToolCall:
    if verb == "FIND":
        return ToolCall(f"text-{number}", "search", json.dumps({"text": rest}))
    if (ranged := _RANGE.match(rest)) is None:
        return ToolCall(f"text-{number}", "read", json.dumps({"path": rest}))
    path, start, end = ranged.groups()
    return ToolCall(
        f"text-{number}", "read", json.dumps({"path": path, "start": int(start), "end": int(end)})
    )
