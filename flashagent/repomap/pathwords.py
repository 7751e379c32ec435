"""The words of the paths of a tree, and which paths have each: made once for a listing, kept in its snapshot. Pure."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Self

from flashagent.repomap.words import IDENTIFIER, terms_of


class PathWords:
    """Term -> numbers of the paths that have it; a word of the file's own name stands twice."""

    def __init__(self, terms: Sequence[str], counts: array[int], numbers: array[int]) -> None:
        """`numbers` holds one list after the other, as long as `counts` says, in the order of the terms."""
        self._terms, self._counts, self._numbers = terms, counts, numbers
        self._spans: dict[str, slice] | None = None

    @classmethod
    def of(cls, paths: Sequence[str]) -> Self:
        table: defaultdict[str, list[int]] = defaultdict(list)
        around: dict[str, list[str]] = {}
        for number, path in enumerate(paths):
            folder, _, name = path.rpartition("/")
            for term in _terms(name.partition(".")[0]):
                table[term] += (number, number)
            if folder not in around:
                around[folder] = _terms(folder)
            for term in around[folder]:
                table[term].append(number)
        numbers = array("i")
        for found in table.values():
            numbers.extend(found)
        return cls(list(table), array("I", map(len, table.values())), numbers)

    def get(self, term: str) -> array[int]:
        """Empty for a term that no path has."""
        if self._spans is None:
            self._spans, at = {}, 0
            for known, count in zip(self._terms, self._counts, strict=True):
                self._spans[known] = slice(at, at + count)
                at += count
        return self._numbers[self._spans.get(term, slice(0))]

    def pack(self) -> tuple[bytes, bytes, bytes]:
        """For `unpack`, on the same machine."""
        return "\0".join(self._terms).encode(), self._counts.tobytes(), self._numbers.tobytes()

    @classmethod
    def unpack(cls, terms: bytes, counts: bytes, numbers: bytes) -> Self:
        return cls(terms.decode().split("\0") if terms else [], array("I", counts), array("i", numbers))


def _terms(text: str) -> list[str]:
    return [term for word in IDENTIFIER.findall(text) for term in terms_of(word)]
