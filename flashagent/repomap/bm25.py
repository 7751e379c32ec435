"""BM25 over the documents of a view and over whole files at once, for several weighings of one query's words. Pure:
postings come in as arrays. The one importer of numpy.

Okapi BM25 (Robertson and Zaragoza 2009) with idf = ln(1 + (N - n + 0.5) / (n + 0.5)), where a word of the query weighs
more by the root of its idf: requests are long, and their common words would drown the rare ones that tell the place.
"""

from __future__ import annotations

import os
import sys
import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from flashagent.dataclass import dataclass
from flashagent.repomap.bm25_small import few_largest, small_bm25, small_sum
from flashagent.repomap.lexical import (
    B_DOCUMENT,
    B_FILE,
    BEST_OF_FILE,
    COMMON_SHARE,
    K1,
    Lexical,
    Postings,
    Scores,
    Users,
    chosen_terms,
    rarity,
)
from flashagent.repomap.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]

FEW = 2000
"""Up to so many documents plain Python is done before numpy is loaded."""
_MANY = 5000
_ALGEBRA_THREADS = "OPENBLAS_NUM_THREADS"
_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class ManyUsers:
    """Where a term stands: document numbers in rising order, and the content that each belongs to."""

    documents: Numbers
    contents: Numbers

    def among(self, wanted: Iterable[int]) -> set[int]:
        return _within(wanted, self.documents)

    def files(self) -> set[int]:
        return set(self.contents.tolist())

    def files_among(self, wanted: Iterable[int]) -> set[int]:
        import numpy

        return set(numpy.intersect1d(list(wanted), self.contents).tolist())


def _within(wanted: Iterable[int], found: Numbers) -> set[int]:
    """`found` is in rising order."""
    import numpy

    ordered = numpy.fromiter(wanted, dtype=found.dtype)
    places = numpy.minimum(numpy.searchsorted(found, ordered), len(found) - 1)
    return set(ordered[found[places] == ordered].tolist())


class _ManyLexical(Lexical):
    def of(self, kind: str, contents: Sequence[int]) -> list[float]:
        found: list[float] = self._files[kind][list(contents)].tolist() if contents else []
        return found


def load_numpy() -> None:
    """Import numpy as cheaply as it goes. Idempotent; safe to call from a thread of its own."""
    # Its linear algebra, unused here, starts a thread for each core when it is loaded: half of the time of the import.
    with _LOADING:
        if "numpy" in sys.modules:
            return
        before = os.environ.get(_ALGEBRA_THREADS)
        os.environ[_ALGEBRA_THREADS] = "1"
        try:
            import numpy  # noqa: F401
        finally:
            os.environ.pop(_ALGEBRA_THREADS)
            if before is not None:
                os.environ[_ALGEBRA_THREADS] = before


def largest(scores: Scores, count: int) -> list[int]:
    """The places of the largest scores above zero, best first; equal ones in the order of their places."""
    if isinstance(scores, list):
        return few_largest(scores, count)
    import numpy

    found = _above(scores, count)
    ordered: list[int] = found[numpy.argsort(-scores[found], kind="stable")].tolist()
    return ordered[:count]


def _above(scores: Numbers, count: int) -> Numbers:
    """The places of the largest scores above zero in rising order; those that are as large as the last one as well."""
    import numpy

    found = numpy.flatnonzero(scores)
    if len(found) > count:
        values = scores[found]
        found = found[values >= numpy.partition(values, len(found) - count)[len(found) - count]]
    return found


def _scaled(scores: Numbers) -> Numbers:
    top = scores.max(initial=0.0)
    return scores / top if top > 0 else scores


def _best_of_files(view: View, documents: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """By content: the weighed sum of its best three documents, and its best one."""
    import numpy

    three, one = numpy.zeros(size), numpy.zeros(size)
    # What lies below thousands of better documents lifts no file.
    found = _above(documents, _MANY)
    if not len(found):
        return three, one
    scores, owners = documents[found], numpy.frombuffer(view.owner, dtype=numpy.int32)[found]
    order = numpy.lexsort((-scores, owners))
    scores, owners = scores[order], owners[order]
    starts = numpy.flatnonzero(numpy.r_[True, owners[1:] != owners[:-1]])
    places = numpy.arange(len(owners)) - numpy.repeat(starts, numpy.diff(numpy.r_[starts, len(owners)]))
    one[owners[starts]] = scores[starts]
    for place, share in enumerate(BEST_OF_FILE):
        chosen = places == place
        three[owners[chosen]] += share * scores[chosen]
    return three, one


def summed(parts: Iterable[tuple[array[int], float]], size: int, few: int = FEW) -> Scores:
    """By number below `size`: the sum of the weights of the lists that it stands in, once for every time."""
    if size <= few:
        return small_sum(parts, size)
    load_numpy()
    import numpy

    total = numpy.zeros(size)
    for numbers, weight in parts:
        total += numpy.bincount(numpy.frombuffer(numbers, dtype=numpy.int32), minlength=size) * weight
    return total


def divided(scores: Scores, by: array[float]) -> Scores:
    """Each score divided by the number at its place."""
    if isinstance(scores, list):
        return [score / one for score, one in zip(scores, by, strict=True)]
    return scores / by


def bm25(
    view: View, postings: Postings, queries: Sequence[Mapping[str, float]], few: int = FEW
) -> list[Lexical]:
    """One answer for each weighing of terms, each term read once. Terms in over a quarter of all documents are passed over
    when there are others."""
    if len(view.owner) <= few:
        return small_bm25(view, postings, queries)
    load_numpy()
    import numpy

    total, files = max(1, view.documents), max(1, len(view.contents))
    lengths = numpy.frombuffer(view.lengths, dtype=numpy.uint16)
    owner = numpy.frombuffer(view.owner, dtype=numpy.int32)
    norms = K1 * (1 - B_DOCUMENT + B_DOCUMENT * lengths / max(1.0, view.words / total))
    file_words = numpy.frombuffer(view.content_words, dtype=numpy.int64)
    file_norms = K1 * (1 - B_FILE + B_FILE * file_words / max(1.0, view.words / files))
    documents = [numpy.zeros(len(owner)) for _ in queries]
    contents = [numpy.zeros(len(view.contents)) for _ in queries]
    idf: dict[str, float] = {}
    users: dict[str, Users] = {}
    chosen = chosen_terms(queries)
    for term in chosen:
        stored = list(postings(term))
        # Counted before they are looked at one by one, since the commonest words are the dearest and say the least.
        if len(chosen) > 3 and sum(len(numbers) for _, numbers in stored) > COMMON_SHARE * len(owner):
            continue
        found, owners, counts = _live(owner, stored)
        if not len(found):
            continue
        users[term] = ManyUsers(found, owners)
        idf[term] = rarity(len(found), total)
        gains = idf[term] * (K1 + 1) * counts / (counts + norms[found])
        in_file = numpy.bincount(owners, weights=counts, minlength=len(view.contents))
        having = numpy.flatnonzero(in_file)
        in_files = rarity(len(having), files)
        file_gains = in_files * (K1 + 1) * in_file[having] / (in_file[having] + file_norms[having])
        for number, weights in enumerate(queries):
            if weight := weights.get(term, 0.0) * sqrt(idf[term]):
                documents[number][found] += weight * gains
                contents[number][having] += weight * file_gains
    return [_lexical(view, d, c, idf, users) for d, c in zip(documents, contents, strict=True)]


def _lexical(
    view: View, documents: Numbers, contents: Numbers, idf: dict[str, float], users: dict[str, Users]
) -> Lexical:
    three, one = _best_of_files(view, documents, len(contents))
    files = {"three": _scaled(three), "one": _scaled(one), "text": _scaled(contents)}
    return _ManyLexical(documents, files, float(documents.max(initial=0.0)), idf, users, largest)


def _live(owner: Numbers, stored: Sequence[tuple[int, array[int]]]) -> tuple[Numbers, Numbers, Numbers]:
    """(documents of this tree in rising order, the content of each, how often each has the term)."""
    import numpy

    if not stored:
        return numpy.zeros(0, dtype=numpy.int64), numpy.zeros(0, dtype=numpy.int32), numpy.zeros(0)
    packed = [numpy.frombuffer(numbers, dtype=numpy.uint32) for _, numbers in stored]
    raw = numpy.concatenate(
        [(one >> 4).astype(numpy.int64) + base for one, (base, _) in zip(packed, stored, strict=True)]
    )
    counts = (numpy.concatenate(packed) & 15).astype(numpy.float64)
    # A segment written by another process after the last refresh lies beyond this view.
    size = int(numpy.searchsorted(raw, len(owner)))
    raw, counts = raw[:size], counts[:size]
    owners = owner[raw]
    mine = owners >= 0
    # Mostly all of them are, and copies are the dear part.
    return (raw, owners, counts) if mine.all() else (raw[mine], owners[mine], counts[mine])
