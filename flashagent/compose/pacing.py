"""One pace for each endpoint, for all models of a process that ask it, and for other processes that ask it, too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from flashagent.models.endpoint import Endpoint
from flashagent.models.pace import Note, Pace
from flashagent.ports import Clock

Tell = Callable[[str, Note], None]
Told = tuple[str, Note]


class Paces:
    """Paces by endpoint. `tell` hears, with the endpoint's name, of all that happens here; `hear` takes what happened to
    others."""

    def __init__(self, clock: Clock, at_once: int | None = None, tell: Tell | None = None) -> None:
        """`at_once` is how many requests may be under way at each endpoint, None for any number."""
        self._clock = clock
        self._at_once = at_once
        self._tell = tell
        self._paces: dict[str, Pace] = {}

    def of(self, endpoint: Endpoint) -> Pace:
        return self._named(name_of(endpoint))

    def hear(self, name: str, note: Note) -> None:
        """Also of an endpoint that nobody has asked here yet."""
        self._named(name).hear(note)

    def _named(self, name: str) -> Pace:
        if name not in self._paces:
            tell = self._tell
            self._paces[name] = Pace(
                self._clock, self._at_once, None if tell is None else lambda note: tell(name, note)
            )
        return self._paces[name]


def name_of(endpoint: Endpoint) -> str:
    """The same wherever the same model is asked with the same key, and of no use to anybody else."""
    parts = (endpoint.base_url, endpoint.model, endpoint.api_key)
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def dumped(notes: list[Told]) -> str:
    return json.dumps([(name, note.kind, note.amount, dict(note.headers)) for name, note in notes])


def loaded(text: str) -> list[Told]:
    return [(name, Note(kind, amount, headers)) for name, kind, amount, headers in json.loads(text)]
