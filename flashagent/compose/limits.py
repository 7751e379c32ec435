"""From settings to the limits of one job: the one place where that is decided."""

from __future__ import annotations

from flashagent.agent.limits import Limits
from flashagent.settings import Settings


def limits_of(settings: Settings) -> Limits:
    given = settings.limits
    return Limits(given.attempts, given.requests, given.tokens, given.max_cost, given.minutes * 60)
