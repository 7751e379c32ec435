"""Decide how hard to think and whom to ask. Pure: the history of attempts in, one explained choice out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["low", "medium", "high"]
Role = Literal["flash", "architect"]
REPLY_TOKENS: dict[Level, int] = {"low": 4_000, "medium": 8_000, "high": 16_000}


@dataclass(frozen=True, slots=True)
class Tried:
    """One finished attempt: the fingerprint of its failures and of its patch, and how many edits were refused."""

    failures: frozenset[tuple[str, str]]
    patch: str
    refused_edits: int = 0


@dataclass(frozen=True, slots=True)
class Effort:
    """`reasoning` is None where the endpoint's own default should hold."""

    level: Level
    role: Role
    max_output_tokens: int
    reasoning: str | None
    why: str


def choose(tried: Sequence[Tried], *, failing: int, has_architect: bool, goal_words: int = 0) -> Effort:
    """Start low; the same failure twice, the same patch twice or refused edits twice raise the effort, and a second
    raise asks the architect where there is one."""
    raises = _raises(tried)
    if raises >= 2 and has_architect:
        return _effort(
            "high", "architect", "two attempts in a row got no further: the stronger model takes over"
        )
    if raises >= 2:
        return _effort("high", "flash", "two attempts in a row got no further")
    if raises == 1:
        return _effort("medium", "flash", "the last attempt got no further")
    if goal_words > 60 or failing > 20:
        return _effort("medium", "flash", "a large goal")
    return _effort("low", "flash", "a first attempt" if not tried else "the last attempt got further")


def _effort(level: Level, role: Role, why: str) -> Effort:
    return Effort(level, role, REPLY_TOKENS[level], None if level == "low" else level, why)


def _raises(tried: Sequence[Tried]) -> int:
    """How many attempts at the end of the list were no better than the one before them."""
    count = 0
    for index in range(len(tried) - 1, -1, -1):
        earlier = tried[:index]
        now = tried[index]
        same_failure = bool(earlier) and now.failures == earlier[-1].failures
        same_patch = any(now.patch == other.patch for other in earlier)
        first_without_progress = not earlier and (not now.patch or now.refused_edits >= 2)
        if not (same_failure or same_patch or first_without_progress or now.refused_edits >= 2):
            break
        count += 1
    return count
