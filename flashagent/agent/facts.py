"""What is remembered of one repository from run to run: facts that the user can read, change and take back. Pure.

A fact is data that a model is shown, never an instruction, and never anything that decides what is green.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from flashagent.dataclass import dataclass
from flashagent.values import Failure

FactKind = Literal["note", "check", "fix", "rejected"]
MOST_FACTS = 200  # of one repository; the oldest learned ones go first, the user's own notes never
LONGEST_PATCH = 4_000  # characters; a longer one teaches nothing in the room that it gets
FAILURES_DESCRIBED = 3
_WORD = re.compile(r"[A-Za-z_]{3,}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing remembered. `note` is the user's own, `check` a command line that the user gave, `fix` a failure and the
    `patch` that repaired it, `rejected` a change that the user refused or took back. `about` are the features by which a
    later failure is recognized; `time` is ISO 8601."""

    id: str
    kind: FactKind
    text: str
    about: tuple[str, ...] = ()
    patch: str = ""
    time: str = ""


class Facts(Protocol):
    """Where facts are kept."""

    def known(self) -> tuple[Fact, ...]:
        """All of this repository, oldest first. Raises FlashagentError when they cannot be read."""
        ...

    def learn(self, fact: Fact) -> None:
        """Keep a fact; one of the same id is replaced. Raises FlashagentError when it cannot be kept."""
        ...


class NoFacts:
    """For work that remembers nothing."""

    def known(self) -> tuple[Fact, ...]:
        return ()

    def learn(self, fact: Fact) -> None:
        return


def new_fact(
    kind: FactKind, text: str, *, about: Iterable[str] = (), patch: str = "", time: str = ""
) -> Fact:
    """A fact whose id follows from what it says, so that learning it twice keeps it once."""
    digest = hashlib.sha256(f"{kind}\0{text}\0{patch}".encode("utf-8", "surrogatepass")).hexdigest()
    return Fact(digest[:8], kind, text, tuple(sorted(set(about))), patch, time)


def repaired(failures: Sequence[Failure], patch: str, paths: Sequence[str], time: str) -> Fact:
    """What a finished repair teaches. `failures` are those before it."""
    first = failures[0]
    title = f"{first.exception}: " if first.exception else ""
    message = first.message.partition("\n")[0][:160]
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    text = f"{first.test_id or first.kind}: {title}{message}{more}; repaired in {', '.join(paths)}"
    return new_fact("fix", text, about=features_of(failures), patch=_kept(patch), time=time)


def taken_back(
    known: Sequence[Fact], patch: str, paths: Sequence[str], time: str
) -> tuple[Fact, Fact | None]:
    """What it teaches that the user undid a change: the fact to keep, and the one (that this was a repair) to forget."""
    fix = next((fact for fact in reversed(known) if fact.kind == "fix" and fact.patch == patch), None)
    about = fix.about if fix else tuple(f"place {path}" for path in paths)
    text = f"The user took back a change of {', '.join(paths)}."
    return new_fact("rejected", text, about=about, patch=_kept(patch), time=time), fix


def refused(summary: str, reason: str, time: str) -> Fact:
    """What it teaches that the user refused an edit of the files in `summary`."""
    why = f": {reason}" if reason else "."
    about = [f"place {path.strip()}" for path in summary.split(",")]
    return new_fact("rejected", f"The user refused an edit of {summary}{why}", about=about, time=time)


def features_of(failures: Sequence[Failure]) -> frozenset[str]:
    """What tells one failure from another, and lasts from run to run: no line numbers, no values."""
    # Here, since who only keeps notes, such as undo, needs nothing of checks.
    from flashagent.verify.feedback import culprit

    found: set[str] = set()
    for failure in failures[:FAILURES_DESCRIBED]:
        if failure.test_id:
            found.add(f"test {failure.test_id}")
        if failure.exception:
            found.add(f"exception {failure.exception}")
        if (frame := culprit(failure)) is not None:
            found.add(f"place {frame.path}")
            if frame.function:
                found.add(f"function {frame.path} {frame.function}")
        found |= words_of(failure.message.partition("\n")[0])
    return frozenset(found)


def words_of(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))


def bounded(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """At most MOST_FACTS: what was learned first goes first."""
    over = max(0, len(facts) - MOST_FACTS)
    dropped = {fact.id for fact in [fact for fact in facts if fact.kind != "note"][:over]}
    return tuple(fact for fact in facts if fact.id not in dropped)


def _kept(patch: str) -> str:
    return patch if len(patch) <= LONGEST_PATCH else ""
