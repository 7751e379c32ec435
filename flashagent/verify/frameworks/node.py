"""The stack of an uncaught JavaScript error. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, Frame
from flashagent.verify.places import Places

_ERROR = re.compile(
    r"^\s*(?:Uncaught )?(?P<name>[A-Z]\w*Error)(?: \[\w+\])?: (?P<message>.*(?:\n(?!\s+at ).*){0,8})\n(?P<stack>(?:\s+at .+\n?)+)",
    re.MULTILINE,
)
_FRAME = re.compile(
    r"^\s*(?:at )?(?:async )?(?:(?P<function>[^\s(][^(\n]*?) \()?(?:file://)?"
    r"(?P<path>/[^:()\n]+|[\w.@][^:()\s]*\.[cm]?[jt]sx?):(?P<line>\d+):\d+\)?",
    re.MULTILINE,
)


def frames_of(stack: str, places: Places) -> tuple[Frame, ...]:
    """The frames of a stack, with or without `at`, outermost first."""
    found = [
        places.frame(match["path"], int(match["line"]), match["function"] or "")
        for match in _FRAME.finditer(stack)
    ]
    return tuple(reversed(found))


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per error with a stack."""
    return tuple(
        Failure(
            "",
            "assertion" if match["name"] == "AssertionError" else "error",
            match["message"].strip(),
            match["name"],
            frames_of(match["stack"], places),
        )
        for match in _ERROR.finditer(text)
    )
