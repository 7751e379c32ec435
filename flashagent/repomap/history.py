"""What past commits say about a tree: what changed of late, what changes together, which messages read alike. Pure:
the caller walks the commits."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TypeVar

from flashagent.dataclass import dataclass
from flashagent.repomap.words import IDENTIFIER, STOPWORDS, terms_of

MAX_COMMITS = 3000
_MAX_FILES = 30
_SIMILAR = 15
_ALIKE = 60
_HALF_LIFE = 150
_LATE_HALF_LIFE = 15
MAX_MESSAGE = 2000
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class PastCommit:
    """One commit: the files it touched (relative to the root) and its message. `said` are the message's terms
    (`terms_said`), None where nobody has worked them out yet. `touched` are the definitions it changed: path and plain name."""

    files: tuple[str, ...]
    message: str = ""
    said: tuple[str, ...] | None = field(default=None, compare=False, repr=False)
    touched: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)


def terms_said(message: str) -> tuple[str, ...]:
    """The index terms of a commit's message, each once, in order."""
    words = IDENTIFIER.findall(message[:MAX_MESSAGE])
    return tuple(
        dict.fromkeys(term for word in words if word.lower() not in STOPWORDS for term in terms_of(word))
    )


class History:
    """Commits, newest first. Sweeping commits (over 30 files) say nothing about what belongs together and are passed over."""

    def __init__(self, commits: Iterable[PastCommit | tuple[str, Sequence[str]]] = ()) -> None:
        self._commits: list[PastCommit] = []
        self._of_file: dict[str, list[int]] = {}
        self._said: tuple[dict[str, list[int]], list[int]] | None = None
        self._late: dict[tuple[str, str], float] | None = None
        for item in commits:
            commit = item if isinstance(item, PastCommit) else PastCommit(tuple(item[1]), item[0])
            if not 0 < len(commit.files) <= _MAX_FILES:
                continue
            for path in commit.files:
                self._of_file.setdefault(path, []).append(len(self._commits))
            self._commits.append(commit)
            if len(self._commits) >= MAX_COMMITS:
                break

    def __len__(self) -> int:
        return len(self._commits)

    def changes(self) -> Iterator[tuple[str, ...]]:
        """The files of each commit, newest first."""
        return (commit.files for commit in self._commits)

    def recency(self, path: str) -> float:
        """0 to 1: how much and how lately the file changed; a change counts half after 150 commits."""
        weight = sum(0.5 ** (number / _HALF_LIFE) for number in self._of_file.get(path, ()))
        return 1.0 - math.exp(-weight / 3)

    def changed_with(self, seeds: Mapping[str, float]) -> dict[str, float]:
        """Files that changed together with the seeds, weighed by the seed, by the size of the commit and by how often
        the pair meets; the largest is 1, the seeds are left out of their own count."""
        found: dict[str, float] = {}
        for seed, weight in seeds.items():
            numbers = self._of_file.get(seed, ())[:200]
            for number in numbers:
                files = self._commits[number].files
                for path in files:
                    if path != seed:
                        share = weight / (len(files) * math.sqrt(len(numbers)))
                        found[path] = found.get(path, 0.0) + share
        top = max(found.values(), default=1.0)
        return {path: value / top for path, value in found.items()}

    def late(self) -> Mapping[tuple[str, str], float]:
        """By definition (path, plain name), 0 to 1: how much it changed in the last few dozen commits."""
        if self._late is None:
            found: dict[tuple[str, str], float] = {}
            for number, commit in enumerate(self._commits):
                share = 0.5 ** (number / _LATE_HALF_LIFE)
                for key in commit.touched:
                    found[key] = found.get(key, 0.0) + share
            self._late = {key: min(1.0, value) for key, value in found.items()}
        return self._late

    def alike(self, words: Mapping[str, float]) -> list[tuple[float, int]]:
        """(how alike, number of the commit) of the commits whose messages read most like the query, best first."""
        table, lengths = self._word_table()
        total = len(lengths)
        scores: dict[int, float] = {}
        for term, weight in words.items():
            numbers = table.get(term, ())
            gain = weight * math.log(1 + total / len(numbers)) if numbers else 0.0
            for number in numbers:
                scores[number] = scores.get(number, 0.0) + gain
        best = ((score / math.sqrt(lengths[number] + 5), number) for number, score in scores.items())
        return heapq.nlargest(_ALIKE, best)

    def similar(self, alike: Sequence[tuple[float, int]]) -> dict[str, float]:
        """Files of the best of the commits that read alike; the largest is 1."""
        return _shares((score, self._commits[number].files) for score, number in alike[:_SIMILAR])

    def told(self, alike: Sequence[tuple[float, int]]) -> dict[tuple[str, str], float]:
        """Definitions (path, plain name) that commits which read alike touched; the largest is 1."""
        return _shares((score, self._commits[number].touched) for score, number in alike)

    def _word_table(self) -> tuple[dict[str, list[int]], list[int]]:
        """(term -> numbers of the commits that say it, how many terms each commit says)."""
        if self._said is None:
            table: dict[str, list[int]] = {}
            lengths: list[int] = []
            for number, commit in enumerate(self._commits):
                terms = terms_said(commit.message) if commit.said is None else commit.said
                lengths.append(len(terms))
                for term in terms:
                    table.setdefault(term, []).append(number)
            self._said = table, lengths
        return self._said


def _shares(found: Iterable[tuple[float, Sequence[_Key]]]) -> dict[_Key, float]:
    """What the things get from the scores of the commits that they stand in; a commit of many things gives each less."""
    total: dict[_Key, float] = {}
    for score, keys in found:
        for key in keys:
            total[key] = total.get(key, 0.0) + score * score / math.sqrt(len(keys))
    top = max(total.values(), default=1.0)
    return {key: value / top for key, value in total.items()}


# What `git log` has to be asked for, so that `parse_log` can read its answer.
LOG_ARGUMENTS = ("log", "--no-merges", "--no-renames", "--name-only", "-z", "--format=%x01%B%x02")


def parse_log(output: str) -> list[PastCommit]:
    """The commits in the output of `git LOG_ARGUMENTS`, newest first."""
    commits: list[PastCommit] = []
    for part in output.split("\x01")[1:]:
        message, _, names = part.partition("\x02")
        files = (name.strip("\n") for name in names.split("\0"))
        commits.append(PastCommit(tuple(name for name in files if name), message.strip()))
    return commits
