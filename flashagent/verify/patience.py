"""How long one test may take: what it took the first time it was seen decides. Remembered for as long as a verifier lives."""

from __future__ import annotations

from collections.abc import Mapping

from flashagent.values import CheckReport
from flashagent.verify.commands import Check

FIRST_S = 120.0  # for a test that nobody has seen run to its end
LEAST_S = 10.0  # a machine under load may pause a short test for seconds
FACTOR = 10.0
# The limits go over the channel before the session begins; a suite of more tests than this gets the first limit alone.
_MOST_TESTS = 20_000


class Patience:
    """Limits by check and test id. `first_s` is for a test without a time; 0 switches all limits off."""

    def __init__(self, first_s: float = FIRST_S) -> None:
        self.first_s = first_s
        self._limits: dict[Check, dict[str, float]] = {}

    def limits(self, check: Check) -> Mapping[str, float]:
        """Seconds by test id, for the tests of the check whose first time is known."""
        known = self._limits.get(check, {}) if self.first_s else {}
        return known if len(known) <= _MOST_TESTS else {}

    def learn(self, check: Check, report: CheckReport) -> None:
        """Keep the time of each test that came to its end and was not seen before."""
        known = self._limits.setdefault(check, {})
        for result in report.results:
            if result.outcome != "skipped":
                known.setdefault(result.test_id, max(LEAST_S, FACTOR * result.seconds))
