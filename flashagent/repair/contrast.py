"""On which calls patches differ: what tells a person which of them is meant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from flashagent.values import Contrast

SHOWN = 3


def contrasts(
    patches: Sequence[Sequence[str]], now: Sequence[str] = (), most: int = SHOWN
) -> tuple[Contrast, ...]:
    """The calls that tell most of the patches apart, each one adding a pair that those before it leave alike. `patches` are
    the answers of each, `now` those of the program as it is: a call and its result with a tab between."""
    tables = [_table(answers) for answers in patches]
    if len(tables) < 2:
        return ()
    shared = [call for call in tables[0] if all(call in table for table in tables)]
    results = {call: tuple(table[call] for table in tables) for call in shared}
    alike = set(combinations(range(len(tables)), 2))
    before = _table(now)
    found: list[Contrast] = []
    while alike and len(found) < most:
        told = {call: _apart(results[call], alike) for call in results}
        # Of calls that tell equally much the shortest one is the easiest to judge.
        best = min(results, key=lambda call: (-len(told[call]), _length(call, results[call])), default="")
        if not best or not told[best]:
            break
        found.append(Contrast(best, before.get(best, ""), results.pop(best)))
        alike -= told[best]
    return tuple(found)


def _table(answers: Sequence[str]) -> Mapping[str, str]:
    pairs = (answer.partition("\t") for answer in answers)
    return {call: result for call, tab, result in pairs if tab}


def _apart(results: Sequence[str], pairs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return {(one, other) for one, other in pairs if results[one] != results[other]}


def _length(call: str, results: Sequence[str]) -> int:
    return len(call) + sum(map(len, results))
