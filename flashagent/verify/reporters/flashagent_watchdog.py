# ruff: noqa: TID251, UP006, UP035
# (Python 3.8, and a process whose environment is not flashagent's.)
"""Ends a session in which one test does not come to its end, and prints where each thread stands.

It is faulthandler's own watchdog, a thread of C code: it also works while a test holds the interpreter's lock, as one long
regular expression does. The process ends with status 1 and without the reporter's closing line, so that the session can
never count. Standard library only, Python 3.8+.
"""

from __future__ import annotations

import faulthandler
import os
import time
from typing import Any, Dict, Tuple

Told = Dict[str, Any]


# How late a watchdog may strike, where the limit is long.
SPARE_S, LONG_S = 1.0, 10.0


class Watchdog:
    """Seconds come from what the reporter was told: `limit` for a test whose time is unknown, `limits` by test id, `load`
    for what is imported before the tests, file by file. Without a limit nothing is ever armed."""

    def __init__(self, told: Told) -> None:
        self.limit = float(told.get("limit") or 0.0)
        self.limits: Dict[str, float] = dict(told.get("limits") or {})
        self.load = float(told.get("load") or 0.0)
        self.elsewhere: Dict[str, Tuple[float, float]] = {}
        self.later = faulthandler.dump_traceback_later
        self.cancel = faulthandler.cancel_dump_traceback_later
        self.until = 0.0  # when it strikes, on the monotonic clock; 0 = not armed, as far as we know
        # Runners put something else in the place of descriptor 2 while a test runs.
        self.descriptor = os.dup(2) if self.limit else -1

    def arm(self, test_id: str, own_limit: float = 0.0) -> None:
        """Begin to count. The project's own limit for the test comes first, so that it can tell in its own words.

        To take a watchdog away waits for its thread, which costs more than a short test. So each is set a little late, and stays
        for the tests that come while it gives them their time too.
        """
        if not self.limit:
            return
        limit = float(self.limits.get(test_id, self.limit))
        if own_limit > 0:
            limit = max(limit, own_limit + 5.0)
        now, spare = time.monotonic(), SPARE_S if limit >= LONG_S else 0.0
        if not now + limit <= self.until <= now + limit + spare:
            self.later(limit + spare, exit=True, file=self.descriptor)
            self.until = now + limit + spare

    def arm_loading(self) -> None:
        """Begin to count for something that is imported."""
        self.until = 0.0
        if self.limit and self.load:
            self.later(self.load, exit=True, file=self.descriptor)

    def began_elsewhere(self, test_id: str) -> None:
        """A test runs in another process: it is watched from here, where its stack cannot be seen."""
        if self.limit:
            self.elsewhere[test_id] = (time.monotonic(), float(self.limits.get(test_id, self.limit)))
            self.watch_elsewhere()

    def ended_elsewhere(self, test_id: str) -> None:
        if self.elsewhere.pop(test_id, None) is not None:
            self.watch_elsewhere()

    def watch_elsewhere(self) -> None:
        """Count to the moment at which the first of the running tests has had its time."""
        self.until = 0.0
        if not self.elsewhere:
            self.cancel()
            return
        now = time.monotonic()
        left = min(began + limit - now for began, limit in self.elsewhere.values())
        self.later(max(0.05, left), exit=True, file=self.descriptor)

    def disarm(self) -> None:
        self.until = 0.0
        if self.limit:
            self.cancel()


def own_limit_of(item: Any) -> float:
    """The seconds that the project itself gives a pytest test through pytest-timeout; 0 for none."""
    marker = item.get_closest_marker("timeout")
    said: Any = None
    if marker is not None:
        said = marker.kwargs.get("timeout", marker.args[0] if marker.args else None)
    if said is None:
        said = item.config.getoption("timeout", None) or os.environ.get("PYTEST_TIMEOUT")
    if said is None:
        try:
            said = item.config.getini("timeout")
        except (KeyError, ValueError):
            said = None  # pytest-timeout is not installed
    try:
        return float(said or 0)
    except (TypeError, ValueError):
        return 0.0
