"""What the words of a query say of documents and whole files, whichever way it was counted."""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from flashagent.dataclass import dataclass

K1 = 1.2
B_DOCUMENT = 0.6
B_FILE = 0.7
MAX_TERMS = 150
COMMON_SHARE = 0.25
BEST_OF_FILE = (1.0, 0.6, 0.4)

Postings = Callable[[str], Iterable[tuple[int, "array[int]"]]]
Scores = Any  # a list of floats, or an array of numpy's


class Users(Protocol):
    """Where a term stands."""

    def among(self, wanted: Iterable[int]) -> set[int]:
        """Those of the wanted documents that have the term."""
        ...

    def files(self) -> set[int]:
        """The contents that have the term."""
        ...

    def files_among(self, wanted: Iterable[int]) -> set[int]:
        """Those of the wanted contents that have the term."""
        ...


class Lexical:
    """Scores by document number and by content index. `idf` holds the terms that were counted, `users` where they are."""

    def __init__(
        self,
        documents: Scores,
        files: Mapping[str, Scores],
        top: float,
        idf: Mapping[str, float],
        users: Mapping[str, Users],
        largest: Callable[[Scores, int], list[int]],
    ) -> None:
        """`files` has the contents scored by kind as `files` and `of` tell, `top` is the best score of a document."""
        self._documents, self._files, self._largest = documents, files, largest
        self.top, self.idf, self.users = top, idf, users

    def at(self, document: int) -> float:
        """The score of a document."""
        return float(self._documents[document])

    def best(self, count: int) -> list[tuple[int, float]]:
        """The best documents with their scores, those without any left out."""
        return [(number, float(self._documents[number])) for number in self._largest(self._documents, count)]

    def files(self, kind: str, count: int) -> dict[int, float]:
        """The best contents by their best three documents ('three'), their best one ('one') or their whole text ('text');
        the best of all has 1."""
        scores = self._files[kind]
        return {number: float(scores[number]) for number in self._largest(scores, count)}

    def of(self, kind: str, contents: Sequence[int]) -> list[float]:
        """The scores of these contents, in their order."""
        scores = self._files[kind]
        return [float(scores[number]) for number in contents]


@dataclass(frozen=True, slots=True)
class Heard:
    """The words of a query weighed in several ways; `again` are those that the best functions use and the query does not say."""

    words: Lexical
    code: Lexical
    again: Lexical


def chosen_terms(queries: Sequence[Mapping[str, float]]) -> list[str]:
    """The heaviest terms of each query, at most `MAX_TERMS` of each."""
    found: dict[str, None] = {}
    for weights in queries:
        best = heapq.nlargest(MAX_TERMS, weights.items(), key=lambda item: (item[1], item[0]))
        found.update(dict.fromkeys(term for term, _ in best))
    return list(found)


def rarity(having: int, total: int) -> float:
    """The idf of what `having` of `total` have."""
    return math.log(1 + (total - having + 0.5) / (having + 0.5))
