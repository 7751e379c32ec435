"""The scores of `bm25.py` in plain Python, to the last bit, for trees where loading numpy would take longer than all of it."""

from __future__ import annotations

import heapq
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from flashagent.dataclass import dataclass
from flashagent.repomap.lexical import (
    B_DOCUMENT,
    B_FILE,
    BEST_OF_FILE,
    COMMON_SHARE,
    K1,
    Lexical,
    Postings,
    Users,
    chosen_terms,
    rarity,
)
from flashagent.repomap.view import View


@dataclass(frozen=True, slots=True)
class FewUsers:
    documents: frozenset[int]
    contents: frozenset[int]

    def among(self, wanted: Iterable[int]) -> set[int]:
        return set(self.documents.intersection(wanted))

    def files(self) -> set[int]:
        return set(self.contents)

    def files_among(self, wanted: Iterable[int]) -> set[int]:
        return set(self.contents.intersection(wanted))


def live(view: View, found: Iterable[tuple[int, array[int]]]) -> list[tuple[int, int, int]]:
    """(document, content index, count) for the documents that a file of this tree has."""
    owner = view.owner
    size = len(owner)
    kept: list[tuple[int, int, int]] = []
    for base, numbers in found:
        for number in numbers:
            document = base + (number >> 4)
            # A segment written by another process after the last refresh lies beyond this view.
            if document < size and (content := owner[document]) >= 0:
                kept.append((document, content, number & 15))
    return kept


def small_bm25(view: View, postings: Postings, queries: Sequence[Mapping[str, float]]) -> list[Lexical]:
    """As `bm25`."""
    documents = [[0.0] * len(view.owner) for _ in queries]
    contents = [[0.0] * len(view.contents) for _ in queries]
    idf: dict[str, float] = {}
    users: dict[str, Users] = {}
    chosen = chosen_terms(queries)
    gains_of = _Gains(view)
    for term in chosen:
        stored = list(postings(term))
        if len(chosen) > 3 and sum(len(numbers) for _, numbers in stored) > COMMON_SHARE * len(view.owner):
            continue
        found = live(view, stored)
        if not found:
            continue
        users[term] = FewUsers(frozenset(one[0] for one in found), frozenset(one[1] for one in found))
        idf[term], gains, file_gains = gains_of(found)
        for number, weights in enumerate(queries):
            if weight := weights.get(term, 0.0) * math.sqrt(idf[term]):
                _add(documents[number], gains, weight)
                _add(contents[number], file_gains, weight)
    return [_lexical(view, d, c, idf, users) for d, c in zip(documents, contents, strict=True)]


class _Gains:
    """The idf of a term that stands in these documents, and what it adds to each document and to each content."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._total, self._files = max(1, view.documents), max(1, len(view.contents))
        self._average = max(1.0, view.words / self._total)
        self._file_average = max(1.0, view.words / self._files)

    def __call__(
        self, found: Sequence[tuple[int, int, int]]
    ) -> tuple[float, dict[int, float], dict[int, float]]:
        idf = rarity(len(found), self._total)
        lengths, words = self._view.lengths, self._view.content_words
        gains: dict[int, float] = {}
        in_file: defaultdict[int, int] = defaultdict(int)
        for document, content, count in found:
            norm = K1 * (1 - B_DOCUMENT + B_DOCUMENT * lengths[document] / self._average)
            gains[document] = idf * (K1 + 1) * count / (count + norm)
            in_file[content] += count
        in_files = rarity(len(in_file), self._files)
        file_gains: dict[int, float] = {}
        for content, count in in_file.items():
            norm = K1 * (1 - B_FILE + B_FILE * words[content] / self._file_average)
            file_gains[content] = in_files * (K1 + 1) * count / (count + norm)
        return idf, gains, file_gains


def _add(scores: list[float], gains: Mapping[int, float], weight: float) -> None:
    for number, gain in gains.items():
        scores[number] += weight * gain


def _lexical(
    view: View, documents: list[float], contents: list[float], idf: dict[str, float], users: dict[str, Users]
) -> Lexical:
    three, one = _best_of_files(view, documents)
    files = {"three": _scaled(three), "one": _scaled(one), "text": _scaled(contents)}
    return Lexical(documents, files, max(documents, default=0.0), idf, users, few_largest)


def _best_of_files(view: View, documents: Sequence[float]) -> tuple[list[float], list[float]]:
    """By content: the weighed sum of its best three documents, and its best one."""
    three, one = [0.0] * len(view.contents), [0.0] * len(view.contents)
    of_file: defaultdict[int, list[float]] = defaultdict(list)
    for document, score in enumerate(documents):
        if score:
            of_file[view.owner[document]].append(score)
    for content, scores in of_file.items():
        best = heapq.nlargest(len(BEST_OF_FILE), scores)
        one[content] = best[0]
        for score, share in zip(best, BEST_OF_FILE, strict=False):
            three[content] += share * score
    return three, one


def _scaled(scores: list[float]) -> list[float]:
    top = max(scores, default=0.0)
    return [score / top for score in scores] if top > 0 else scores


def few_largest(scores: Sequence[float], count: int) -> list[int]:
    """As `largest`."""
    found = [number for number, score in enumerate(scores) if score]
    return sorted(found, key=lambda number: -scores[number])[:count]


def small_sum(parts: Iterable[tuple[array[int], float]], size: int) -> list[float]:
    """As `summed`."""
    total = [0.0] * size
    for numbers, weight in parts:
        # Counted first: what stands twice is added as twice the weight, to the last bit what numpy makes of it.
        for number, times in Counter(numbers).items():
            total[number] += times * weight
    return total
