"""In what order candidates go out, and where a search may stop. Pure: counts decide, never the clock.

So the same candidates with the same answers give the same patches on one core and on many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from flashagent.dataclass import dataclass
from flashagent.repair.mutate import Mutation

WARM_BATCH, COLD_BATCH = 24, 3
COLD_HANDICAP = 0.3  # a fresh import takes so much longer that only the better ones are worth it
SETTLE = 2200
PARTIALS, PARTNERS, PAIRS = 6, 600, 2400


@dataclass(frozen=True, slots=True)
class Task:
    """A candidate and its place in the whole order. `cold` asks for a fresh import, `alone` for a process of its own,
    `uncounted` for loops that only the clock cuts."""

    place: int
    mutation: Mutation
    cold: bool
    alone: bool = False
    uncounted: bool = False


def tasks(candidates: Iterable[Mutation], first_place: int = 0, *, cold: bool = False) -> list[Task]:
    """Candidates in the order in which they are tried. `cold` makes every one of them a fresh import."""

    def effective(mutation: Mutation) -> float:
        return mutation.score * (COLD_HANDICAP if mutation.cold and not mutation.live else 1.0)

    ordered = sorted(candidates, key=lambda m: -effective(m))
    return [Task(first_place + n, m, cold or (m.cold and not m.live)) for n, m in enumerate(ordered)]


def batches(some: Iterable[Task]) -> list[list[Task]]:
    """Neighbours of one kind together; a batch goes out where it became full."""
    done: list[list[Task]] = []
    open_: dict[bool, list[Task]] = {False: [], True: []}
    for task in some:
        batch = open_[task.cold]
        batch.append(task)
        if len(batch) >= (COLD_BATCH if task.cold else WARM_BATCH):
            done.append(batch)
            open_[task.cold] = []
    return done + [batch for batch in open_.values() if batch]


def drawn(some: Iterator[Mutation], first_place: int) -> Iterator[list[Task]]:
    """Warm batches of candidates that come in their order, each candidate made when its batch is taken."""
    while batch := [Task(first_place + n, m, False) for n, m in enumerate(islice(some, WARM_BATCH))]:
        yield batch
        first_place += len(batch)


def last_place(plausible: Sequence[int], most: int, begins: int = 0) -> int | None:
    """The last place that is still tried, given the places of plausible candidates; None while there is none.

    As many again as it took from place `begins` to the first one, at least SETTLE: a second patch is the best evidence
    against the first.
    """
    if not plausible:
        return None
    places = sorted(plausible)
    limit = places[0] + max(SETTLE, places[0] - begins)
    return min(limit, places[most - 1]) if len(places) >= most else limit


def pairs(partial: Mapping[int, tuple[int, Mutation]], candidates: Sequence[Mutation]) -> list[Mutation]:
    """Each candidate that almost fixed it, together with other edits of the same file, the likelier pairs first.

    `partial` has, by place, how many failing tests a candidate made pass, and the candidate.
    """
    found: list[tuple[int, int, Mutation]] = []
    seen: set[tuple[object, ...]] = set()
    for number, first in enumerate(_almost(partial)):
        partners = (m for m in candidates if m.path == first.path and m.edits != first.edits)
        for order, second in enumerate(m for m in partners if _apart(first, m)):
            if order >= PARTNERS:
                break
            both = _both(first, second)
            key = (both.path, both.edits)
            if key not in seen:
                seen.add(key)
                found.append((order + 60 * number, number, both))
    found.sort(key=lambda item: item[:2])
    return [replace(both, score=1.0 / (1 + n)) for n, (_, _, both) in enumerate(found[:PAIRS])]


def _almost(partial: Mapping[int, tuple[int, Mutation]]) -> list[Mutation]:
    """The best partial repairs, one for each statement."""
    ordered = sorted(partial.items(), key=lambda item: (-item[1][0], item[0]))
    by_statement: dict[tuple[str, int], Mutation] = {}
    for _, (_, mutation) in ordered:
        by_statement.setdefault((mutation.path, mutation.statement), mutation)
    return list(by_statement.values())[:PARTIALS]


def _apart(one: Mutation, other: Mutation) -> bool:
    """No edit of one touches an edit of the other."""
    return all(a.end < b.start or b.end < a.start for a in one.edits for b in other.edits)


def _both(one: Mutation, other: Mutation) -> Mutation:
    edits = tuple(sorted((*one.edits, *other.edits), key=lambda e: (e.start, e.end)))
    return replace(
        one,
        edits=edits,
        template=f"{one.template}, and {other.template}",
        prior=one.prior * other.prior,
        shape=one.shape or other.shape or "two-places",
        cold=one.cold or other.cold,
        live=False,
    )
