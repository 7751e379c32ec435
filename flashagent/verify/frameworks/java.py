"""The stack of an uncaught Java exception, as the launcher and test runners print it. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, FailureKind, Frame
from flashagent.verify.places import Places

_ERROR = re.compile(
    r'^(?:Exception in thread "[^"]*" )?(?P<name>(?:[a-z_]\w*\.)+[A-Z][\w$]*)(?:: (?P<message>.*))?\n'
    r"(?P<stack>(?:\s+at .+\n?)+)",
    re.MULTILINE,
)
_FRAME = re.compile(
    r"^\s+at (?:[\w.$@-]+/)*(?P<where>[\w.$<>]+)\((?P<file>\w+\.(?:java|kt|groovy|scala)):(?P<line>\d+)\)$",
    re.MULTILINE,
)


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per exception with a stack, frames outermost first."""
    found = []
    for match in _ERROR.finditer(text):
        name = match["name"].rpartition(".")[2]
        frames = frames_of(match["stack"], places)
        is_assertion = name in ("AssertionError", "AssertionFailedError", "ComparisonFailure")
        message = (match["message"] or "").strip() or name
        kind: FailureKind = (
            "assertion" if is_assertion else "memory" if name == "OutOfMemoryError" else "error"
        )
        found.append(Failure("", kind, message, name, frames))
    return tuple(found)


def frames_of(stack: str, places: Places) -> tuple[Frame, ...]:
    """The frames of a stack, outermost first; the project's only, where there are any."""
    frames = tuple(reversed([_frame(match, places) for match in _FRAME.finditer(stack)]))
    return tuple(frame for frame in frames if frame.in_project) or frames


def _frame(match: re.Match[str], places: Places) -> Frame:
    owner, _, method = match["where"].rpartition(".")
    path = places.of_java(owner.rpartition(".")[0], match["file"])
    if path:
        return places.frame(path, int(match["line"]), method)
    return Frame(match["file"], int(match["line"]), method, in_project=False)
