"""When a request is sent again, and how long that waits. Pure: the only retry policy there is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from flashagent.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Full jitter: each wait is drawn evenly between 0 and a ceiling that doubles from `base_s` to `cap_s`.

    At most `tries` requests for one reply, and none starts later than `deadline_s` after the first one did.
    """

    tries: int = 6
    base_s: float = 0.5
    cap_s: float = 20.0
    deadline_s: float = 300.0

    def wait_s(self, tried: int, elapsed_s: float, asked_s: float | None, random: float) -> float | None:
        """Seconds until the next try after `tried` failed ones, or None to give up.

        `asked_s` is what the endpoint asked for (Retry-After): never less than that is waited. `random` is in [0, 1).
        """
        if tried >= self.tries:
            return None
        wait = random * min(self.cap_s, self.base_s * 2 ** (tried - 1))
        if asked_s is not None:
            wait += asked_s
        return wait if elapsed_s + wait <= self.deadline_s else None

    def left_s(self, elapsed_s: float) -> float:
        return max(0.0, self.deadline_s - elapsed_s)


def asked_wait_s(headers: Mapping[str, str], now: str) -> float | None:
    """The wait that the headers ask for, in seconds from `now` (ISO 8601), never negative; None if they ask for none.

    Reads `retry-after-ms`, and `retry-after` as seconds or as a date (RFC 9110 §10.2.3). Header names in lower case.
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _number(headers.get(name))
        if seconds is not None:
            return max(0.0, seconds * scale)
    return _until(headers.get("retry-after"), now)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _until(date: str | None, now: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date or "")
        return max(0.0, (moment - datetime.fromisoformat(now)).total_seconds())
    except (ValueError, TypeError):  # not a date; or one without a zone, which cannot be compared
        return None
