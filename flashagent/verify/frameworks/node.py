"""The stack of an uncaught JavaScript error. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure
from flashagent.verify.places import Places

_ERROR = re.compile(
    r"^\s*(?:Uncaught )?(?P<name>[A-Z]\w*Error)(?: \[\w+\])?: (?P<message>.*(?:\n(?!\s+at ).*){0,8})\n(?P<stack>(?:\s+at .+\n?)+)",
    re.MULTILINE,
)
_FRAME = re.compile(r"at (?:(?P<function>.+?) \()?(?:file://)?(?P<path>/[^:()]+):(?P<line>\d+):\d+\)?")


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per error with a stack; frames outermost first."""
    found = []
    for match in _ERROR.finditer(text):
        frames = [
            places.frame(frame["path"], int(frame["line"]), frame["function"] or "")
            for frame in _FRAME.finditer(match["stack"])
        ]
        kind = "assertion" if match["name"] == "AssertionError" else "error"
        found.append(
            Failure(
                "",
                "assertion" if kind == "assertion" else "error",
                match["message"].strip(),
                match["name"],
                tuple(reversed(frames)),
            )
        )
    return tuple(found)
