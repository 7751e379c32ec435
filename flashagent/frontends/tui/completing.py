"""What the list above the prompt offers: commands and what they take, names of the repository, earlier prompts. Pure.

A hunt through many names goes in steps of a few milliseconds, so that no key ever waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from flashagent.dataclass import dataclass

MOST_SHOWN = 8
_MOST_RANKED = 400  # so many that could fit are ranked; a longer query narrows them down
_NAMES_A_STEP = 1_000
_MOST_COMPARED = 10_000  # comparing a misspelt name with all of them costs 2 ms a thousand
_COMPARED_A_STEP = 500
_LEAST_ALIKE = 60
Distance = Callable[[str, str], tuple[Any, ...]]
_NAME = re.compile(r"(?<!\S)@([^\s@]*)\Z")

Kind = Literal["command", "argument", "name", "history", "palette"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What can be completed: the text from `start` to the cursor, of which `query` is what was written of it. `command` is
    the one whose argument it is."""

    kind: Kind
    query: str
    start: int = 0
    command: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """The open list. `items` come best first; none while the names are still being read. `turned` says that the user has
    moved in it."""

    wanted: Wanted
    items: tuple[str, ...]
    chosen: int = 0
    turned: bool = False

    @property
    def item(self) -> str:
        """The chosen one, '' when there is none."""
        return self.items[self.chosen] if self.items else ""

    def moved(self, steps: int) -> Offer:
        """Another one chosen; the list goes round."""
        if not self.items:
            return self
        return replace(self, chosen=(self.chosen + steps) % len(self.items), turned=True)


def wanted_at(text: str, cursor: int) -> Wanted | None:
    """What the text before the cursor asks to be completed."""
    before = text[:cursor]
    name = _NAME.search(before)
    if name:
        return Wanted("name", name[1], name.start())
    if not before.startswith("/") or "\n" in before:
        return None
    command, space, argument = before.partition(" ")
    if not space:
        return Wanted("command", before)
    return Wanted("argument", argument.lstrip(), len(before) - len(argument.lstrip()), command.lower())


class Hunt:
    """The search for one offer. Call `step` until it is false; `offer` is then there."""

    def __init__(self, wanted: Wanted, pool: Sequence[str]) -> None:
        self._wanted = wanted
        if wanted.kind == "history":
            self._steps = _recent(wanted.query, pool)
        else:
            self._steps = _ranked(wanted.query, pool, _distance if wanted.kind == "name" else _in_order)
        self._found: tuple[str, ...] = ()
        self.done = False

    def step(self) -> bool:
        """Do a little of it; whether more is left."""
        if not self.done:
            found = next(self._steps, None)
            self.done = found is None
            self._found = found or self._found
        return not self.done

    @property
    def offer(self) -> Offer:
        return Offer(self._wanted, self._found)


def offer(wanted: Wanted, pool: Sequence[str]) -> Offer:
    """The best of the pool for it, all at once."""
    hunt = Hunt(wanted, pool)
    while hunt.step():
        pass
    return hunt.offer


def _recent(query: str, pool: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The newest that hold every word of the query."""
    words = query.casefold().split()
    found: dict[str, None] = {}
    for text in reversed(pool):
        if all(word in text.casefold() for word in words):
            found.setdefault(text)
        if len(found) == MOST_SHOWN:
            break
    yield tuple(found)


def _ranked(query: str, pool: Sequence[str], distance: Distance) -> Iterator[tuple[str, ...]]:
    """Step by step the names that hold the letters of the query in order, nearest first; where none does, the most similar
    ones. What a step yields is never worse than what the step before did."""
    if not query:
        yield tuple(pool[:MOST_SHOWN])
        return
    for holding in (_with_text, _with_letters):
        found: list[str] = []
        for start in range(0, len(pool), _NAMES_A_STEP):
            found += holding(query, pool[start : start + _NAMES_A_STEP])
            yield tuple(sorted(found, key=lambda name: distance(query, name))[:MOST_SHOWN])
            if len(found) >= _MOST_RANKED:
                break
        if found:
            return
    yield from _similar(query, pool[:_MOST_COMPARED])


def _with_text(query: str, names: Sequence[str]) -> list[str]:
    low = query.casefold()
    return [name for name in names if low in name.casefold()]


def _with_letters(query: str, names: Sequence[str]) -> list[str]:
    """One search over all of them is faster than one each."""
    search = re.compile("[^\n]*?".join(map(re.escape, query)), re.IGNORECASE)
    text = "\n".join(names)
    found: list[str] = []
    at = 0
    while match := search.search(text, at):
        start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
        at = len(text) if end < 0 else end
        found.append(text[start:at])
    return found


def _similar(query: str, pool: Sequence[str]) -> Iterator[tuple[str, ...]]:
    from rapidfuzz import fuzz, process, utils

    best: list[tuple[str, float]] = []
    for start in range(0, len(pool), _COMPARED_A_STEP):
        found = process.extract(
            query,
            pool[start : start + _COMPARED_A_STEP],
            scorer=fuzz.ratio,
            processor=utils.default_process,
            limit=MOST_SHOWN,
            score_cutoff=_LEAST_ALIKE,
        )
        best = sorted([*best, *((name, score) for name, score, _ in found)], key=lambda one: -one[1])
        best = best[:MOST_SHOWN]
        yield tuple(name for name, _ in best)


def _in_order(query: str, name: str) -> tuple[bool, ...]:
    """What begins so comes first; else the order of the pool stays, which knows better."""
    return (not name.casefold().startswith(query.casefold()),)


def _distance(query: str, name: str) -> tuple[bool, bool, bool, int, str]:
    """Less is nearer: the whole name or its last part first, then beginnings, then short ones."""
    low, asked = name.casefold(), query.casefold()
    last = low.rpartition("/")[2]
    return asked not in (low, last), not last.startswith(asked), asked not in low, len(name), name
