"""BM25 over the documents of a view and over whole files at once. Pure: postings come in as arrays.

Okapi BM25 (Robertson and Zaragoza 2009) with idf = ln(1 + (N - n + 0.5) / (n + 0.5)).
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flashagent.repomap.index import View

K1 = 1.2
B_DOCUMENT = 0.6
B_FILE = 0.7
MAX_TERMS = 150
_COMMON_SHARE = 0.25
_BEST_OF_FILE = (1.0, 0.6, 0.4)

Postings = Callable[[str], Iterable[tuple[int, "array[int]"]]]


@dataclass(frozen=True, slots=True)
class Lexical:
    """Scores by document number and by content index; `idf` holds the terms that were counted, `users` where they are."""

    documents: dict[int, float]
    contents: dict[int, float]
    idf: dict[str, float]
    users: dict[str, list[tuple[int, int, int]]]

    def best_documents(self, view: View) -> tuple[dict[int, float], dict[int, float]]:
        """By content index: the weighed sum of its best three documents, and its best one."""
        by_content: dict[int, list[float]] = {}
        for document, score in self.documents.items():
            by_content.setdefault(view.owner[document], []).append(score)
        three: dict[int, float] = {}
        one: dict[int, float] = {}
        for content, scores in by_content.items():
            top = heapq.nlargest(len(_BEST_OF_FILE), scores)
            one[content] = top[0]
            three[content] = sum(share * score for share, score in zip(_BEST_OF_FILE, top, strict=False))
        return three, one


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


def bm25(view: View, postings: Postings, weights: Mapping[str, float]) -> Lexical:
    """Scores for the weighted terms; terms in over a quarter of all documents are passed over when there are others."""
    total = max(1, view.documents)
    files = max(1, len(view.contents))
    average = max(1.0, view.words / total)
    average_file = max(1.0, view.words / files)
    chosen = heapq.nlargest(MAX_TERMS, weights.items(), key=lambda item: (item[1], item[0]))
    documents: dict[int, float] = {}
    contents: dict[int, float] = {}
    idf: dict[str, float] = {}
    users: dict[str, list[tuple[int, int, int]]] = {}
    lengths, file_words = view.lengths, view.content_words
    flat = K1 * (1 - B_DOCUMENT)
    slope = K1 * B_DOCUMENT / average
    for term, weight in chosen:
        stored = list(postings(term))
        # Counted before they are looked at one by one, since the commonest words are the dearest and say the least.
        if len(chosen) > 3 and sum(len(numbers) for _, numbers in stored) > _COMMON_SHARE * len(view.owner):
            continue
        found = live(view, stored)
        if not found:
            continue
        users[term] = found
        rarity = idf[term] = math.log(1 + (total - len(found) + 0.5) / (len(found) + 0.5))
        gain = weight * rarity * (K1 + 1)
        counts: dict[int, int] = {}
        for document, content, count in found:
            documents[document] = documents.get(document, 0.0) + gain * count / (
                count + flat + slope * lengths[document]
            )
            counts[content] = counts.get(content, 0) + count
        rarity = math.log(1 + (files - len(counts) + 0.5) / (len(counts) + 0.5))
        gain = weight * rarity * (K1 + 1)
        for content, count in counts.items():
            norm = K1 * (1 - B_FILE + B_FILE * file_words[content] / average_file)
            contents[content] = contents.get(content, 0.0) + gain * count / (count + norm)
    return Lexical(documents, contents, idf, users)
