"""Rank definitions: gather what speaks for each, and weigh it. Reads the index through `Lookup`; opens no file.

Each feature is a mapping from a document's number (as text) to 0..1.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from flashagent.repomap.clues import Clues
from flashagent.repomap.evidence import Evidence
from flashagent.repomap.lexical import Heard
from flashagent.repomap.lookup import Lookup
from flashagent.repomap.rank import Ranked, combine
from flashagent.repomap.weights import KIND
from flashagent.repomap.words import terms_of
from flashagent.values import Symbol

_FROM_WORDS = 300
_FROM_FILES = 10
_SEEDS = 10
_AGAIN = 0.7
_IN_TESTS = 0.3
_LONG_BODY = 600
_FILE_STEP = 3.0
_SURELY_NAMED = 0.5
_MAX_COVERED = 25
_LONG_SPAN = 400
_STEP_INSIDE = 2.0

Ranking = tuple[list[tuple[Ranked, Symbol]], dict[str, dict[str, float]]]


def rank_functions(
    at: Lookup,
    evidence: Evidence,
    heard: Heard,
    clues: Clues,
    files: Sequence[Ranked],
    told: Mapping[tuple[str, str], float],
    weights: Mapping[str, float],
) -> Ranking:
    """The definitions best first, and the features that were weighed. `told` are the definitions (path, plain name) that
    commits with similar messages touched."""
    return _Ranking(at, evidence, heard, clues, files, told).run(weights)


class _Ranking:
    def __init__(
        self,
        at: Lookup,
        evidence: Evidence,
        heard: Heard,
        clues: Clues,
        files: Sequence[Ranked],
        told: Mapping[tuple[str, str], float],
    ) -> None:
        self._told = told
        self._at = at
        self._evidence = evidence
        self._heard = heard
        self._clues = clues
        self._files = files
        self._scores = {one.key: max(0.0, one.score) for one in files}
        self._places = {
            one.key: place for place, one in enumerate(one for one in files if one.key not in at.tests)
        }
        self._symbols: dict[int, Symbol] = {}

    def run(self, weights: Mapping[str, float]) -> Ranking:
        for document in self._candidates():
            content = self._at.view.owner[document]
            path = max(self._at.every_path(content), key=lambda path: (self._scores.get(path, 0.0), path))
            if (symbol := self._at.symbol(document, path)) is not None:
                self._symbols[document] = symbol
        keyed = {
            feature: {str(d): value for d, value in values.items() if value and d in self._symbols}
            for feature, values in self._features().items()
        }
        ranked = []
        for one in combine(keyed, weights):
            symbol = self._symbols[int(one.key)]
            factor = KIND.get(symbol.kind, 0.5) * (_IN_TESTS if symbol.path in self._at.tests else 1.0)
            ranked.append((Ranked(one.key, one.score * factor, one.parts), symbol))
        return spread_out(ranked), keyed

    def _candidates(self) -> list[int]:
        clues = self._clues
        chosen = {document for document, _ in self._heard.words.best(_FROM_WORDS)}
        chosen.update(clues.mentioned, clues.framed, clues.called, clues.covered)
        for one in self._files[:_FROM_FILES]:
            if (content := self._at.content(one.key)) is not None:
                first = self._at.view.first[content]
                chosen.update(range(first + 1, first + 1 + len(self._at.record(content).symbols)))
        return sorted(chosen)

    def _features(self) -> dict[str, dict[int, float]]:
        clues, heard = self._clues, self._heard
        top = max(self._scores.values(), default=0.0) or 1.0
        words = self._each(lambda d, s: heard.words.at(d))
        late = self._at.history.late()
        return {
            "words": _scaled(words),
            "code": _scaled(self._each(lambda d, s: heard.code.at(d))),
            "file": self._each(lambda d, s: self._scores.get(s.path, 0.0) / top),
            "place": self._each(lambda d, s: _FILE_STEP / (_FILE_STEP + self._places.get(s.path, 99))),
            "name": _scaled(self._each(lambda d, s: self._name_fit(s))),
            "size": self._each(lambda d, s: min(1.0, math.log1p(self._at.view.lengths[d]) / math.log1p(_LONG_BODY))),
            "mention": {d: v / (v + 0.7) for d, v in clues.mentioned.items()},
            "frame": clues.framed,
            "called": clues.called,
            "covered": clues.covered,
            "using": self._using(),
            "told": self._each(lambda d, s: self._told.get((s.path, s.name), 0.0)),
            "late": self._each(lambda d, s: late.get((s.path, s.name), 0.0)),
            "cover": self._cover(),
            "span": self._each(lambda d, s: min(1.0, math.log1p(s.end_line - s.start_line + 1) / math.log1p(_LONG_SPAN))),
            "order": self._order_inside(words),
        }  # fmt: skip

    def _cover(self) -> dict[int, float]:
        """How much of the weight of the query's weightiest words a definition has, each word counted once."""
        lexical, said = self._heard.words, self._evidence.words
        worth = {term: said[term] * rarity for term, rarity in lexical.idf.items() if term in said}
        best = heapq.nlargest(_MAX_COVERED, worth, key=lambda term: (worth[term], term))
        total = sum(worth[term] for term in best)
        found: dict[int, float] = {}
        for term in best:
            for document in lexical.users[term].among(self._symbols):
                found[document] = found.get(document, 0.0) + worth[term] / total
        return found

    def _order_inside(self, words: Mapping[int, float]) -> dict[int, float]:
        """1 for the definition of a file that fits the words best, less for each further one."""
        before: Counter[str] = Counter()
        found: dict[int, float] = {}
        for document in sorted(words, key=lambda one: (-words[one], one)):
            path = self._symbols[document].path
            found[document] = _STEP_INSIDE / (_STEP_INSIDE + before[path])
            before[path] += 1
        return found

    def _each(self, value: Callable[[int, Symbol], float]) -> dict[int, float]:
        return {document: value(document, symbol) for document, symbol in self._symbols.items()}

    def _using(self) -> dict[int, float]:
        """What uses the functions that fit best and those that the query names."""
        heard = self._heard.words
        # Tests take many places among the best, hence the longer list.
        best = [one for one in heard.best(6 * _SEEDS) if not self._is_test(one[0])]
        seeds = dict(best[:_SEEDS])
        for document, value in self._clues.mentioned.items():
            if value >= _SURELY_NAMED:
                seeds[document] = max(seeds.get(document, 0.0), value * heard.top)
        targets: dict[str, float] = {}
        for document, score in seeds.items():
            if (symbol := self._at.symbol(document, "")) is not None:
                targets[symbol.name] = max(targets.get(symbol.name, 0.0), score)

        def shared(document: int, symbol: Symbol) -> float:
            return sum(
                targets[one] for one in self._at.uses(document) if one in targets and one != symbol.name
            )

        return _scaled(self._each(shared))

    def _is_test(self, document: int) -> bool:
        return self._at.path(self._at.view.owner[document]) in self._at.tests

    def _name_fit(self, symbol: Symbol) -> float:
        terms = terms_of(symbol.name)
        said, idf = self._evidence.words, self._heard.words.idf
        found = [said[term] * idf.get(term, 0.0) for term in terms if term in said]
        return sum(found) / math.sqrt(len(terms)) if found else 0.0


def _scaled(values: Mapping[int, float]) -> dict[int, float]:
    top = max(values.values(), default=0.0)
    return {key: value / top for key, value in values.items()} if top > 0 else {}


def spread_out(ranked: list[tuple[Ranked, Symbol]]) -> list[tuple[Ranked, Symbol]]:
    """Best first, where each further definition of one name in one file (overloads, property pairs) counts less than
    the one before: a list of ten should not be ten overloads."""
    seen: Counter[tuple[str, str]] = Counter()
    spread: list[tuple[Ranked, Symbol]] = []
    for one, symbol in sorted(ranked, key=_order):
        again = seen[symbol.path, symbol.name]
        seen[symbol.path, symbol.name] += 1
        spread.append((Ranked(one.key, one.score * _AGAIN**again, one.parts) if again else one, symbol))
    return sorted(spread, key=_order)


def _order(item: tuple[Ranked, Symbol]) -> tuple[float, str, int]:
    return -item[0].score, item[1].path, item[1].start_line
