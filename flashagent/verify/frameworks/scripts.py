"""The traceback of a Python program that died, whatever started it. Pure."""

from __future__ import annotations

from flashagent.values import Failure
from flashagent.verify import exceptions
from flashagent.verify.frameworks import traceback
from flashagent.verify.places import Places, is_machinery


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """The last traceback as one failure, without the frames of test runners."""
    found = traceback.last(text)
    if found is None:
        return ()
    frames = tuple(
        places.frame(frame.path, frame.line, frame.function, frame.source)
        for frame in found.frames
        if not is_machinery(frame.path)
    )
    kind = exceptions.kind_of(found.exception, found.message)
    return (Failure("", kind, found.message, found.exception, frames),)
