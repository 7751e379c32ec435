"""Where the time of a search went."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator


class Phases:
    """Wall seconds by name, added up, in the order in which the names first came."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.monotonic() - began

    def taken(self) -> tuple[tuple[str, float], ...]:
        return tuple((name, round(seconds, 2)) for name, seconds in self._seconds.items())
