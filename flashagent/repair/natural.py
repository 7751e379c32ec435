"""How natural a piece of code is beside the project's own: what its tokens usually stand next to.

Pure. Code repeats itself, most of all within one file, so that tokens are well foretold by those before them (Hindle et al.
2012; Tu, Su and Devanbu 2014 for the cache of the same file), and faulty lines surprise more than their repairs (Ray et al.
2016). Of several patches that pass the tests the one that surprises least is more often the right one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

_TOKEN = re.compile(
    r"(?P<skip>#[^\n]*|[^\S\n]+|\\\n)|\n+|[A-Za-z_]\w*|\d[\w.]*"
    r"|\"\"\".*?\"\"\"|'''.*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
    r"|[-+*/%@&|^=<>!]=|\*\*|//|<<|>>|->|:=|.",
    re.DOTALL,
)
OWN = 4
MOST = 200_000  # characters of the project that are read
BEFORE = 3  # tokens that foretell the next one
FOLLOWING = 2  # tokens behind a gap that tell of it
TRUST = 0.7  # how far the longer context is believed where it is known
UNSEEN = 2e-4  # chance of a token of which nothing is known


def tokens(text: str) -> list[str]:
    """The tokens of Python text, without comments and spaces; line ends count, text in triple quotes does not."""
    found = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if match["skip"] is None and not token.startswith(('"""', "'''")):
            found.append("\n" if token[0] == "\n" else token)
    return found


class Language:
    """The token sequences of one project. `own` is the text of the file under repair: it counts several times."""

    def __init__(self, own: str, others: Iterable[str] = ()) -> None:
        self._after: list[dict[tuple[str, ...], Counter[str]]] = [{} for _ in range(BEFORE + 1)]
        self._learn(tokens(own), OWN)
        left = MOST
        for text in others:
            left -= len(text)
            if left < 0:
                break
            self._learn(tokens(text), 1)

    @contextmanager
    def without(self, line: str) -> Iterator[None]:
        """As if this line of its own file had never been read: what is to be repaired is no example."""
        read = tokens(line)
        self._learn(read, -OWN)
        try:
            yield
        finally:
            self._learn(read, OWN)

    def _learn(self, read: Sequence[str], weight: int) -> None:
        for place, token in enumerate(read):
            for length in range(min(BEFORE, place) + 1):
                seen = self._after[length].setdefault(tuple(read[place - length : place]), Counter())
                seen[token] += weight
                if seen[token] <= 0:
                    del seen[token]

    def bits(self, before: Sequence[str], some: Sequence[str]) -> float:
        """How much these tokens surprise after those, in bits for all of them together."""
        read = [*before, *some]
        return sum(-math.log2(self._chance(read, place)) for place in range(len(before), len(read)))

    def _chance(self, read: Sequence[str], place: int) -> float:
        chance = UNSEEN
        for length in range(min(BEFORE, place) + 1):
            seen = self._after[length].get(tuple(read[place - length : place]))
            if seen:
                # The more often a context was met, the more it is believed (Witten and Bell 1991).
                total = seen.total()
                known = total / (total + len(seen))
                chance = known * TRUST * seen[read[place]] / total + (1.0 - known * TRUST) * chance
        return chance


def surprise(language: Language, old: str, new: str, start: int, end: int, made: str) -> float:
    """The mean surprise, in bits, of the tokens that a change brings in, of the next two where it only takes away: characters `start` to
    `end` of `old` became `made`, which gave `new`."""
    first, last = old.rfind("\n", 0, start) + 1, old.find("\n", end)
    last = len(old) if last < 0 else last + 1
    was, now = tokens(old[first:last]), tokens(new[first : last + len(made) - (end - start)])
    same = next(
        (n for n, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now))
    )
    rest = min(len(was), len(now)) - same
    behind = next((n for n in range(rest) if was[-1 - n] != now[-1 - n]), rest)
    changed = now[same : len(now) - behind] or now[same : same + FOLLOWING]
    context = [*tokens(old[max(0, first - 200) : first])[-BEFORE:], *now[:same]][-BEFORE:]
    with language.without(old[first:last]):
        return language.bits(context, changed) / len(changed) if changed else 0.0
