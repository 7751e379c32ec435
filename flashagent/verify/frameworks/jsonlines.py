"""Runners that tell their output as JSON, a line each (`go test -json`, cargo's `--message-format=json`): back to their text,
which the parsers read. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def as_text(output: str) -> str:
    """The text inside of the JSON lines, with the lines between them; as it is where no line is one of theirs.

    Go tells packages side by side: the lines of each are put together, in the order in which the packages began.
    """
    if '"Action"' not in output and '"reason"' not in output:
        return output
    packages: dict[str, list[str]] = {"": []}
    for line in output.splitlines(keepends=True):
        event = _event(line)
        if event is None:
            packages[""].append(line)
        elif "Action" in event:
            name = str(event.get("Package") or event.get("ImportPath") or "")
            packages.setdefault(name, []).append(str(event.get("Output", "")))
        else:
            packages[""].append(_of_cargo(event))
    return "".join(text for lines in packages.values() for text in lines)


def _event(line: str) -> Mapping[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and ("Action" in value or "reason" in value) else None


def _of_cargo(event: Mapping[str, Any]) -> str:
    """What the compiler would have printed; '' for messages about what was built."""
    message = event.get("message")
    return str(message.get("rendered") or "") + "\n" if isinstance(message, dict) else ""
