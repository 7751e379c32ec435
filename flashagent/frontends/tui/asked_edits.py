"""What an edit would change, from the arguments of the model's call, for the person who is asked about it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MOST_LINES = 40
# What edits call their old and their new text, in whatever form the model was asked for them.
_OLD, _NEW = ("old", "find", "before"), ("new", "replace", "after", "text", "content")


def edit_lines(arguments: str) -> list[str]:
    """Lines that begin with '-' and '+', at most MOST_LINES; none where the arguments do not tell."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return []
    lines = list(_lines(value))
    left = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([f"… and {left:,} more lines"] if left > 0 else [])]


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _lines(item)
    if not isinstance(value, dict):
        return
    if isinstance(value.get("path"), str):
        yield f"@ {value['path']}"
    for names, sign in ((_OLD, "-"), (_NEW, "+")):
        for name in names:
            if isinstance(value.get(name), str) and value[name]:
                yield from (f"{sign} {line}" for line in value[name].rstrip("\n").split("\n"))
    for item in value.values():
        if isinstance(item, list):
            yield from _lines(item)
