"""What the list above the prompt offers: commands, names of the repository, earlier prompts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

MOST_SHOWN = 8
_MOST_RANKED = 400  # so many that could fit are ranked; a longer query narrows them down
_MOST_COMPARED = (
    10_000  # comparing every name with a misspelt one costs 2 ms a thousand: a key must not wait for more
)
_NAME = re.compile(r"(?<!\S)@([^\s@]*)\Z")

Kind = Literal["command", "name", "history"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What can be completed: the text from `start` to the cursor, of which `query` is what was written of it."""

    kind: Kind
    query: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """The open list. `items` come best first; none while the names are still being read."""

    wanted: Wanted
    items: tuple[str, ...]
    chosen: int = 0

    @property
    def item(self) -> str:
        """The chosen one, '' when there is none."""
        return self.items[self.chosen] if self.items else ""

    def moved(self, steps: int) -> Offer:
        """Another one chosen; the list goes round."""
        return replace(self, chosen=(self.chosen + steps) % len(self.items)) if self.items else self


def wanted_at(text: str, cursor: int) -> Wanted | None:
    """What the text before the cursor asks to be completed."""
    before = text[:cursor]
    if before.startswith("/") and not re.search(r"\s", before):
        return Wanted("command", before)
    name = _NAME.search(before)
    return Wanted("name", name[1], name.start()) if name else None


def offer(wanted: Wanted, pool: Sequence[str]) -> Offer:
    """The best of the pool for it."""
    if wanted.kind == "history":
        return Offer(wanted, _recent(wanted.query, pool))
    return Offer(wanted, _ranked(wanted.query, pool))


def _recent(query: str, pool: Sequence[str]) -> tuple[str, ...]:
    """The newest that hold every word of the query."""
    words = query.casefold().split()
    found: dict[str, None] = {}
    for text in reversed(pool):
        if all(word in text.casefold() for word in words):
            found.setdefault(text)
        if len(found) == MOST_SHOWN:
            break
    return tuple(found)


def _ranked(query: str, pool: Sequence[str]) -> tuple[str, ...]:
    """Names that hold the letters of the query in order, nearest first; where none does, the most similar ones."""
    if not query:
        return tuple(pool[:MOST_SHOWN])
    from rapidfuzz import fuzz, process, utils

    found = _holding(re.escape(query), pool) or _holding("[^\n]*?".join(map(re.escape, query)), pool)
    if not found:
        similar = process.extract(
            query,
            pool[:_MOST_COMPARED],
            scorer=fuzz.ratio,
            processor=utils.default_process,
            limit=MOST_SHOWN,
            score_cutoff=60,
        )
        return tuple(name for name, _, _ in similar)
    return tuple(sorted(found, key=lambda name: _distance(query, name))[:MOST_SHOWN])


def _holding(pattern: str, pool: Sequence[str]) -> list[str]:
    """The first names of the pool that the pattern is found in; one search over all of them is faster than one each."""
    search = re.compile(rf"^[^\n]*?{pattern}[^\n]*$", re.IGNORECASE | re.MULTILINE)
    found: list[str] = []
    for match in search.finditer("\n".join(pool)):
        found.append(match.group())
        if len(found) == _MOST_RANKED:
            break
    return found


def _distance(query: str, name: str) -> tuple[bool, bool, bool, int, str]:
    """Less is nearer: the whole name or its last part first, then beginnings, then short ones."""
    low, asked = name.casefold(), query.casefold()
    last = low.rpartition("/")[2]
    return asked not in (low, last), not last.startswith(asked), asked not in low, len(name), name
