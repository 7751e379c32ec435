"""Decide how hard to think and whom to ask. Pure: the history of attempts in, one explained choice out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.values import FailureKind

Level = Literal["low", "medium", "high"]
Role = Literal["flash", "architect"]
REPLY_TOKENS: dict[Level, int] = {"low": 4_000, "medium": 8_000, "high": 16_000}
PLAIN_KINDS: frozenset[str] = frozenset({"syntax", "import", "compile"})  # the message names place and cause
LONG_GOAL_WORDS, MANY_FAILURES, MANY_FILES = 60, 20, 4
OTHER_WAY_TEMPERATURE = 0.8
CANDIDATES = 2  # at once, when one way at a time got no further
OTHER_WAY = "That way has been tried. Look for a different cause, and make a different change."


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known before an attempt. `kind` is that of the first failure, '' where nothing fails; `files` counts the files
    that failures and focus touch."""

    failing: int = 0
    kind: FailureKind | Literal[""] = ""
    files: int = 1
    goal_words: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """One finished attempt: the fingerprint of its failures and of its patch, how many edits were refused, and who made
    it. `failing` counts its failures."""

    failures: frozenset[tuple[str, str]]
    patch: str
    refused_edits: int = 0
    role: Role = "flash"

    @property
    def failing(self) -> int:
        return len(self.failures)


@dataclass(frozen=True, slots=True)
class Effort:
    """`reasoning` is None where the endpoint's own default should hold. `hint` goes to the model with its prompt;
    `temperature` None leaves the configured one. `candidates` above 1 says that so many should be tried at once. `plan` says that a plan should come first, `stop` that another attempt is
    in vain."""

    level: Level
    role: Role
    max_output_tokens: int
    reasoning: str | None
    why: str
    hint: str = ""
    temperature: float | None = None
    plan: bool = False
    stop: bool = False
    candidates: int = 1


def choose(tried: Sequence[Tried], situation: Situation, *, has_architect: bool, left: int = 1) -> Effort:
    """Start as low as the situation allows. Attempts that get no further (the same failure, the same patch, refused edits,
    growing failures) raise the effort, then ask for other ways (several at once where attempts remain), then hand over to the
    architect where there is one, and then stop. `left` is how many attempts remain, this one included: the architect is not kept for an attempt that never
    comes."""
    raises = stuck(tried)
    if any(one.role == "architect" for one in tried) and raises >= 3:
        return _effort("high", "architect", "the stronger model got no further either", stop=True)
    if raises >= 5:
        return _effort("high", "flash", f"{raises} attempts in a row got no further", stop=True)
    if has_architect and (raises >= 3 or (raises == 2 and left <= 1)):
        return _effort(
            "high", "architect", f"{raises} attempts in a row got no further: the stronger model takes over"
        )
    if raises >= 2:
        count = min(CANDIDATES, left - has_architect) if raises == 2 else 1  # one is left for the architect
        way = f"{count} other ways are tried at once" if count > 1 else "another way is tried"
        return _effort(
            "high", "flash", f"{raises} attempts in a row got no further: {way}",
            hint=OTHER_WAY, temperature=OTHER_WAY_TEMPERATURE, candidates=count,
        )  # fmt: skip
    if raises == 1:
        return _effort("medium", "flash", "the last attempt got no further")
    return _first(situation) if not tried else _effort("low", "flash", "the last attempt got further")


def settled(effort: Effort, level: Level | None) -> Effort:
    """The same choice at the level that the user has settled, None for the situation's own."""
    if level is None or level == effort.level:
        return effort
    reasoning = None if level == "low" else level
    return replace(effort, level=level, reasoning=reasoning, max_output_tokens=REPLY_TOKENS[level])


def _first(situation: Situation) -> Effort:
    """The first attempt: one-line faults get no reasoning, goals over many files get a plan."""
    if situation.goal_words > LONG_GOAL_WORDS:
        return _effort("medium", "flash", "a long goal", plan=True)
    if situation.failing > MANY_FAILURES:
        return _effort("medium", "flash", f"{situation.failing} failures")
    if situation.kind in PLAIN_KINDS:
        return _effort("low", "flash", f"a first attempt at a fault of the kind '{situation.kind}'")
    if situation.files > MANY_FILES and situation.failing > 1:
        return _effort("medium", "flash", f"the failures touch {situation.files} files", plan=True)
    return _effort("low", "flash", "a first attempt")


def _effort(
    level: Level,
    role: Role,
    why: str,
    *,
    hint: str = "",
    temperature: float | None = None,
    plan: bool = False,
    stop: bool = False,
    candidates: int = 1,
) -> Effort:
    reasoning = None if level == "low" else level
    return Effort(level, role, REPLY_TOKENS[level], reasoning, why, hint, temperature, plan, stop, candidates)


def stuck(tried: Sequence[Tried]) -> int:
    """How many attempts at the end of the list were no better than the one before them."""
    count = 0
    for index in range(len(tried) - 1, -1, -1):
        if not _no_further(tried[index], tried[:index]):
            break
        count += 1
    return count


def _no_further(now: Tried, earlier: Sequence[Tried]) -> bool:
    if now.refused_edits >= 2:
        return True
    if not earlier:
        return not now.patch
    same_failure = now.failures == earlier[-1].failures
    same_patch = any(now.patch == other.patch for other in earlier)
    return same_failure or same_patch or now.failing > earlier[-1].failing
