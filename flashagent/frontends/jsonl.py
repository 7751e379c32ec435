"""For machines: one event a line, in the envelope that session files use too."""

from __future__ import annotations

import re
from typing import TextIO

from flashagent.events import Event, to_line
from flashagent.ports import Clock

_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


class JsonLines:
    """A sink that writes each event as one JSON line and flushes it, so that a reader sees it at once.

    Characters that a terminal would obey or hide stand as JSON escapes, which changes nothing for a parser.
    """

    def __init__(self, out: TextIO, clock: Clock, session: str) -> None:
        self._out = out
        self._clock = clock
        self._session = session
        self._seq = 0

    def __call__(self, event: Event) -> None:
        self._seq += 1
        line = to_line(event, seq=self._seq, time=self._clock.now(), session=self._session)
        self._out.write(_NOT_PLAIN.sub(_escaped, line) + "\n")
        self._out.flush()


def _escaped(match: re.Match[str]) -> str:
    sign = match.group()
    if sign.isprintable():
        return sign
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
