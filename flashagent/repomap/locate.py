"""Gather the evidence of a query about files, and weigh it: features by path, each between 0 and 1, ready to be weighed.

Reads the index through `Lookup`; opens no file. Definitions are `functions.py`'s subject.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.repomap.bm25 import bm25, divided, largest, summed
from flashagent.repomap.clues import Clues
from flashagent.repomap.evidence import Evidence, read_query
from flashagent.repomap.functions import rank_functions
from flashagent.repomap.lexical import Heard, Lexical
from flashagent.repomap.lookup import Lookup
from flashagent.repomap.paths import mentioned_files
from flashagent.repomap.rank import Ranked, combine, scaled, totals
from flashagent.repomap.weights import FILE, SYMBOL
from flashagent.repomap.words import terms_of
from flashagent.values import FocusQuery, Symbol

_SEEDS = 10
# So many of each kind of evidence are looked at; a tree has far more files than any list is long.
_OF_EACH = 150
_OF_PATHS = 1000
_TOLD = 30
_TOLD_WORDS = 5
_TOLD_TERMS = 15


@dataclass(slots=True)
class Located:
    """The answer to one query: files and definitions best first, and the details behind each part."""

    files: list[Ranked] = field(default_factory=list)
    symbols: list[tuple[Ranked, Symbol]] = field(default_factory=list)
    features: dict[str, dict[str, float]] = field(default_factory=dict)
    symbol_features: dict[str, dict[str, float]] = field(default_factory=dict)
    details: dict[tuple[str, str], str] = field(default_factory=dict)


class Locator:
    """One query against one lookup. Weights may be given for fitting; the shipped ones hold otherwise."""

    def __init__(self, lookup: Lookup, query: FocusQuery) -> None:
        self._at = lookup
        self._query = query
        self._evidence: Evidence = read_query(query)
        self._out = Located()
        self._told: Mapping[tuple[str, str], float] = {}

    def run(
        self, file_weights: Mapping[str, float] = FILE, symbol_weights: Mapping[str, float] = SYMBOL
    ) -> Located:
        heard = self._hear()
        clues = Clues(self._at, self._query, self._evidence, self._out.details)
        clues.names(heard.words)
        clues.frames()
        clues.covered_lines()
        clues.failing_tests()
        self._out.features.update(clues.files)
        self._path_mentions()
        self._path_words()
        given = (*self._query.paths, *self._query.changed)
        self._put("given", {path: 1.0 for path in given if path in self._at.paths.all})
        self._lexical(heard)
        self._second_look(heard, totals(self._out.features, file_weights))
        self._lexical(heard)
        self._out.files = [one for one in combine(self._out.features, file_weights) if one.score > 0]
        self._out.symbols, self._out.symbol_features = rank_functions(
            self._at, self._evidence, heard, clues, self._out.files, self._told, symbol_weights
        )
        self._tell_words(heard.words)
        return self._out

    def _hear(self) -> Heard:
        """The words as they stand; then again with the names that the best functions use and the query does not say."""
        said = self._evidence
        words, code = bm25(self._at.view, self._at.postings, (said.words, said.code))
        used: dict[str, float] = {}
        for document, score in words.best(_SEEDS):
            for name in self._at.uses(document)[:_TOLD]:
                for term in terms_of(name):
                    if term not in said.words:
                        used[term] = used.get(term, 0.0) + score
        best = dict(heapq.nlargest(_TOLD, used.items(), key=lambda item: (item[1], item[0])))
        (again,) = bm25(self._at.view, self._at.postings, (best,))
        return Heard(words, code, again)

    def _put(self, feature: str, values: dict[str, float]) -> None:
        self._out.features[feature] = values

    def _lexical(self, heard: Heard) -> None:
        """The features that every file has, for the files that anything speaks for."""
        kinds = {
            "functions": (heard.words, "three"), "function": (heard.words, "one"), "text": (heard.words, "text"),
            "code": (heard.code, "three"), "again": (heard.again, "three"),
        }  # fmt: skip
        chosen = {path for values in self._out.features.values() for path in _top(values)}
        best = {number for lexical, kind in kinds.values() for number in lexical.files(kind, _OF_EACH)}
        chosen.update(path for number in best for path in self._at.every_path(number))
        places = {path: content for path in sorted(chosen) if (content := self._at.content(path)) is not None}
        for feature, (lexical, kind) in kinds.items():
            self._put(feature, dict(zip(places, lexical.of(kind, list(places.values())), strict=True)))
        history = self._at.history
        if len(history):
            self._put("recent", {path: history.recency(path) for path in places})
        self._put("test", {path: 1.0 for path in places if path in self._at.tests})
        self._fit_paths()

    def _path_mentions(self) -> None:
        mentions: dict[str, float] = {}
        for text in self._evidence.paths:
            for path, weight in mentioned_files(self._at.paths, text):
                if weight > mentions.get(path, 0.0):
                    mentions[path] = weight
                    self._out.details["mention", path] = text
        self._put("mention", mentions)

    def _path_words(self) -> None:
        """How much of the query the path has."""
        table = self._at.view.path_words
        total = max(1, len(self._at.view.paths))
        known = [(table.get(term), weight) for term, weight in self._evidence.words.items()]
        parts = [(n, w * math.log(1 + total / len(n))) for n, w in known if 0 < len(n) <= total]
        self._path_fits = divided(summed(parts, len(self._at.view.paths)), self._at.path_depths())
        self._fit_paths()

    def _fit_paths(self) -> None:
        """The feature of the paths that fit best, and of all that anything else speaks for; common words such as 'src'
        fit every file a little."""
        paths, index = self._at.view.paths, self._at.view.index
        best = largest(self._path_fits, _OF_PATHS)
        spoken_for = set().union(*(values for key, values in self._out.features.items() if key != "path"))
        numbers = {*best, *(index[path] for path in spoken_for if path in index)}
        fits = {paths[n]: float(self._path_fits[n]) for n in numbers}
        self._put("path", scaled({path: fit for path, fit in fits.items() if fit > 0}))

    def _second_look(self, heard: Heard, scores: Mapping[str, float]) -> None:
        """Features that start from what fits so far: tests that fit, functions that fit, history."""
        sources = [path for path in scores if path not in self._at.tests and scores[path] > 0]
        sources = heapq.nlargest(_SEEDS, sources, key=lambda path: (scores[path], path))
        seeds = {path: (scores[path] / scores[sources[0]]) ** 2 for path in sources}
        tests = heapq.nlargest(
            _SEEDS, ((s, p) for p, s in self._out.features["functions"].items() if p in self._at.tests)
        )
        linked: dict[str, float] = {}
        for score, test in tests:
            for path, weight in self._at.about(test).items():
                linked[path] = linked.get(path, 0.0) + score * weight
        self._put("tests", scaled(linked))
        self._put("imported", self._imported(seeds))
        self._put("folder", self._folders(seeds))
        history = self._at.history
        if len(history):
            known = self._at.paths.all
            self._put("together", {p: v for p, v in history.changed_with(seeds).items() if p in known})
            alike = history.alike(self._evidence.words)
            self._put("similar", {p: v for p, v in history.similar(alike).items() if p in known})
            self._told = history.told(alike)

    def _imported(self, seeds: Mapping[str, float]) -> dict[str, float]:
        """What the best files import."""
        found: dict[str, float] = {}
        for seed, weight in seeds.items():
            targets = self._at.imported(seed)
            for path, share in targets.items():
                if path != seed:
                    found[path] = found.get(path, 0.0) + weight * share / math.sqrt(len(targets))
        return scaled(found)

    def _folders(self, seeds: Mapping[str, float]) -> dict[str, float]:
        """The other files in the folders of the best ones; the fewer there are, the more each."""
        weights: dict[str, float] = {}
        for seed, weight in seeds.items():
            folder = seed.rpartition("/")[0]
            weights[folder] = weights.get(folder, 0.0) + weight
        found: dict[str, float] = {}
        for folder, weight in weights.items():
            inside = self._at.folder(folder)
            for path in inside:
                found[path] = (weight - seeds.get(path, 0.0)) / math.log1p(1 + len(inside))
        return scaled({path: value for path, value in found.items() if value > 0})

    def _tell_words(self, lexical: Lexical) -> None:
        """For the best of the ranking, which words of the query they share: the rarest first."""
        worth = {
            term: self._evidence.words[term] * rarity
            for term, rarity in lexical.idf.items()
            if term in self._evidence.words
        }
        contents = {
            content: one.key
            for one in self._out.files[:_TOLD]
            if (content := self._at.content(one.key)) is not None
        }
        documents = {int(one.key): one.key for one, _ in self._out.symbols[:_TOLD]}
        shared: dict[str, list[str]] = {}
        for term in heapq.nlargest(_TOLD_TERMS, worth, key=lambda term: (worth[term], term)):
            users = lexical.users[term]
            hits = {documents[number] for number in users.among(documents)}
            hits |= {contents[number] for number in users.files_among(contents)}
            for key in hits:
                shared.setdefault(key, []).append(term)
        for key, terms in shared.items():
            words = [self._evidence.spelled.get(term, term) for term in terms]
            for feature in ("functions", "function", "text", "words", "code", "cover"):
                self._out.details[feature, key] = ", ".join(dict.fromkeys(words[:_TOLD_WORDS]))


def _top(values: Mapping[str, float]) -> Iterable[str]:
    return (
        heapq.nlargest(_OF_EACH, values, key=lambda key: (values[key], key))
        if len(values) > _OF_EACH
        else values
    )
