"""Ask the memory of the repository before the model is asked, and teach it when a job has ended well. A memory that cannot
be read or written stops nothing."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from flashagent import untrusted
from flashagent.agent.facts import Fact, new_fact, repaired
from flashagent.diffs import unified_diffs
from flashagent.errors import FlashagentError
from flashagent.events import Emit, Notice
from flashagent.jobs.house import House
from flashagent.jobs.job import Result
from flashagent.jobs.observing import Observation

FROM_USER = "--check"  # the origin of a check that was given on the command line


def recalled(
    house: House, features: Collection[str], emit: Emit, told_before: Collection[str] = ()
) -> tuple[str, tuple[Fact, ...]]:
    """What to append to a request as data, and the facts in it; ('', ()) for nothing. `told_before` are ids."""
    from flashagent.agent.recall import relevant, told

    try:
        facts = tuple(one for one in relevant(house.facts.known(), features) if one.id not in told_before)
    except FlashagentError as error:
        emit(Notice("warning", f"Nothing is remembered: {error.message}", error.hint))
        return "", ()
    text = told(facts)
    if not text:
        return "", ()
    emit(
        Notice(
            "info",
            f"{len(facts)} remembered fact{'s are' if len(facts) > 1 else ' is'} shown to the model.",
            "`flashagent memory list` shows what is remembered.",
        )
    )
    return untrusted.mark(house.mask(untrusted.plain(text)), "memory", untrusted.new_nonce()), facts


def learn(result: Result, seen: Observation, house: House, emit: Emit) -> None:
    """What a job that ended well teaches: the check that the user named, and the failures with their repair."""
    time = house.clock.now()
    facts = [
        new_fact("check", shlex.join(check.argv), time=time)
        for check in seen.checks
        if check.why == FROM_USER
    ]
    failures = tuple(failure for report in seen.reports for failure in report.failures)
    if result.outcome == "fixed" and failures and result.patch:
        paths = [change.path for change in result.patch]
        facts.append(repaired(failures, unified_diffs(result.patch), paths, time))
    try:
        for fact in facts:
            house.facts.learn(fact)
    except FlashagentError as error:
        emit(Notice("warning", f"Nothing new is remembered: {error.message}", error.hint))
    except OSError as error:
        emit(Notice("warning", f"Nothing new is remembered: {error.strerror or error}.", "Is the disk full?"))
