"""Gather the evidence of a query over one view: features of files and of definitions, ready to be weighed.

Reads the index through `Lookup`; opens no file. Each feature is a mapping from path or document to 0..1.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flashagent.repomap.bm25 import Lexical, bm25
from flashagent.repomap.evidence import Evidence, read_query
from flashagent.repomap.graph import frame_files, mentioned_files, resolve, sources_of_test
from flashagent.repomap.lookup import Lookup
from flashagent.repomap.rank import Ranked, combine, scaled
from flashagent.repomap.weights import FILE, KIND, SYMBOL
from flashagent.repomap.words import terms_of
from flashagent.values import FocusQuery, Symbol

_SEEDS = 10
_CANDIDATE_DOCUMENTS = 400
_MAX_DEFINERS = 12
_AGAIN = 0.7
_BESIDE_FRAMES = 0.4
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
    """One query against one lookup. `weights` may be given for fitting; the shipped ones hold otherwise."""

    def __init__(self, lookup: Lookup, query: FocusQuery) -> None:
        self._at = lookup
        self._query = query
        self._evidence: Evidence = read_query(query)
        self._out = Located()
        self._mentioned: dict[int, float] = {}
        self._framed: dict[int, float] = {}
        self._called: dict[int, float] = {}
        self._covered: dict[int, float] = {}

    def run(
        self, file_weights: Mapping[str, float] = FILE, symbol_weights: Mapping[str, float] = SYMBOL
    ) -> Located:
        lexical = bm25(self._at.view, self._at.postings, self._evidence.words)
        # A query of one line is its own title.
        alone = self._evidence.title.keys() == self._evidence.words.keys()
        title = lexical if alone else bm25(self._at.view, self._at.postings, self._evidence.title)
        self._lexical(lexical, title)
        self._names(lexical)
        self._path_mentions()
        self._path_words()
        self._frames()
        self._covered_lines()
        self._failing_tests()
        self._put(
            "given",
            {path: 1.0 for path in (*self._query.paths, *self._query.changed) if path in self._at.paths.all},
        )
        self._put("test", dict.fromkeys(self._at.tests, 1.0))
        self._second_look(combine(self._out.features, file_weights), lexical)
        self._out.files = [one for one in combine(self._out.features, file_weights) if one.score > 0]
        self._rank_symbols(lexical, title, symbol_weights)
        self._tell_words(lexical)
        return self._out

    def _tell_words(self, lexical: Lexical) -> None:
        """For the best of the ranking, which words of the query they share: the rarest first."""
        worth = {term: self._evidence.words[term] * rarity for term, rarity in lexical.idf.items()}
        contents = {self._at.content(one.key): one.key for one in self._out.files[:_TOLD]}
        documents = {int(one.key): one.key for one, _ in self._out.symbols[:_TOLD]}
        shared: dict[str, list[str]] = {}
        # Rare words stand in few places, so this walks short lists.
        for term in heapq.nlargest(_TOLD_TERMS, worth, key=lambda term: (worth[term], term)):
            hits = {key for document, _, _ in lexical.users[term] if (key := documents.get(document))}
            hits |= {key for _, content, _ in lexical.users[term] if (key := contents.get(content))}
            for key in hits:
                shared.setdefault(key, []).append(term)
        for key, terms in shared.items():
            words = [self._evidence.spelled.get(term, term) for term in terms]
            for feature in ("functions", "function", "text", "title", "words"):
                self._note(feature, key, ", ".join(dict.fromkeys(words[:_TOLD_WORDS])))

    def _put(self, feature: str, values: dict[str, float]) -> None:
        self._out.features[feature] = values

    def _note(self, feature: str, key: str, detail: str) -> None:
        self._out.details[(feature, key)] = detail

    def _spread(self, contents: Mapping[int, float]) -> dict[str, float]:
        return {path: score for content, score in contents.items() for path in self._at.every_path(content)}

    def _lexical(self, lexical: Lexical, title: Lexical) -> None:
        three, one = lexical.best_documents(self._at.view)
        self._put("functions", scaled(self._spread(three)))
        self._put("function", scaled(self._spread(one)))
        self._put("text", scaled(self._spread(lexical.contents)))
        first = three if title is lexical else title.best_documents(self._at.view)[0]
        self._put("title", scaled(self._spread(first)))

    def _names(self, lexical: Lexical) -> None:
        """Files and documents that define, or use, what the query writes as code."""
        defines: dict[str, float] = {}
        uses: dict[int, float] = {}
        told: dict[str, list[str]] = {}
        for name, weight in self._evidence.names.items():
            found = [
                (doc, content)
                for doc, content in self._at.defining(name)
                if self._at.path(content) not in self._at.tests
            ]
            for document, content in found[:_MAX_DEFINERS]:
                share = weight / len(found) ** 0.5
                self._mentioned[document] = self._mentioned.get(document, 0.0) + share
                for path in self._at.every_path(content):
                    defines[path] = defines.get(path, 0.0) + share
                    told.setdefault(path, []).append(name)
            whole = name.lower()
            if weight >= 0.7 and (rarity := lexical.idf.get(whole)) is not None:
                for content in {content for _, content, _ in lexical.users[whole]}:
                    uses[content] = uses.get(content, 0.0) + weight * rarity
        for path, names in told.items():
            self._note("defines", path, ", ".join(dict.fromkeys(names[:4])))
        self._put("defines", {path: value / (value + 1.0) for path, value in defines.items()})
        self._put("names", scaled(self._spread(uses)))

    def _path_mentions(self) -> None:
        mentions: dict[str, float] = {}
        for text in self._evidence.paths:
            for path, weight in mentioned_files(self._at.paths, text):
                if weight > mentions.get(path, 0.0):
                    mentions[path] = weight
                    self._note("mention", path, text)
        self._put("mention", mentions)

    def _path_words(self) -> None:
        table = self._at.path_words()
        total = max(1, len(self._at.view.paths))
        scores: dict[int, float] = {}
        for term, weight in self._evidence.words.items():
            numbers = table.get(term, ())
            if not numbers or len(numbers) > total:
                continue
            gain = weight * math.log(1 + total / len(numbers))
            for number in numbers:
                scores[number] = scores.get(number, 0.0) + gain
        lengths = {
            self._at.view.paths[n]: s / math.sqrt(2 + self._at.view.paths[n].count("/"))
            for n, s in scores.items()
        }
        self._put("path", scaled(lengths))

    def _frames(self) -> None:
        files: dict[str, float] = {}
        for frame, weight in self._evidence.frames:
            for path in frame_files(self._at.paths, frame):
                if weight > files.get(path, 0.0):
                    files[path] = weight
                    self._note(
                        "frame",
                        path,
                        f"line {frame.line}" + (f" in {frame.function}" if frame.function else ""),
                    )
                document = self.document_at(path, frame.line, frame.function)
                if document is not None:
                    self._framed[document] = max(self._framed.get(document, 0.0), weight)
        self._put("frame", files)

    def document_at(self, path: str, line: int, function: str = "") -> int | None:
        """The innermost definition around the line; by its name when the line has moved elsewhere."""
        content = self._at.content(path)
        if content is None:
            return None
        best: tuple[int, int] | None = None
        for ordinal, (name, _, _, start, end, _, _) in enumerate(self._at.record(content).symbols, 1):
            if start <= line <= end:
                span = end - start - (1_000_000 if function and function.rpartition(".")[2] == name else 0)
                best = min(best, (span, ordinal)) if best else (span, ordinal)
        return None if best is None else self._at.view.first[content] + best[1]

    def _covered_lines(self) -> None:
        files: dict[str, float] = {}
        for path, line in self._query.covered[:5000]:
            if path in self._at.paths.all and path not in self._at.tests:
                files[path] = files.get(path, 0.0) + 1.0
                if (document := self.document_at(path, line)) is not None:
                    self._covered[document] = 1.0
        self._put("covered", {path: math.sqrt(value) for path, value in scaled(files).items()})

    def _failing_tests(self) -> None:
        """From the failing test to what it imports, what its frames' functions call and what its name says."""
        files: dict[str, float] = {}
        for test in self._evidence.tests:
            for path, weight in self.about(test).items():
                if weight > files.get(path, 0.0):
                    files[path] = weight
                    self._note("failing_test", path, test)
        for frame, _ in self._evidence.frames:
            if frame.path in self._at.tests:
                self._calls_of(self.document_at(frame.path, frame.line, frame.function), files)
        # Frames outside the test say more than the test's name and imports do.
        share = (
            _BESIDE_FRAMES if any(path not in self._at.tests for path in self._out.features["frame"]) else 1.0
        )
        self._put("failing_test", {path: share * value for path, value in files.items()})
        self._called = {document: share * value for document, value in self._called.items()}

    def _calls_of(self, document: int | None, files: dict[str, float]) -> None:
        if document is None:
            return
        for callee, content, share in self.used_by(document):
            self._called[callee] = max(self._called.get(callee, 0.0), share)
            path = self._at.path(content)
            files[path] = max(files.get(path, 0.0), 0.5 + 0.5 * share)

    def used_by(self, document: int) -> list[tuple[int, int, float]]:
        """(document, content, share) of the definitions outside tests whose names this document uses; names that many
        define count less."""
        view = self._at.view
        content = view.owner[document]
        ordinal = document - view.first[content]
        uses = self._at.record(content).uses
        found: list[tuple[int, int, float]] = []
        for name in uses[ordinal] if ordinal < len(uses) else ():
            targets = [
                (d, c)
                for d, c in self._at.defining(name)
                if d != document and self._at.path(c) not in self._at.tests
            ]
            if 0 < len(targets) <= 5:
                found += [(d, c, 1.0 / len(targets)) for d, c in targets]
        return found

    def about(self, test: str) -> dict[str, float]:
        """The sources that a test file is about: by name strongest, then by its imports (fewer imports, more each)."""
        found = dict(sources_of_test(self._at.paths, test))
        content = self._at.content(test)
        if content is not None:
            targets: dict[str, float] = {}
            for module, _, names in self._at.record(content).imports:
                hits = [
                    path
                    for path in resolve(self._at.paths, test, module, names)
                    if path not in self._at.tests
                ]
                for path in hits:
                    targets[path] = max(targets.get(path, 0.0), 0.8 / len(hits) ** 0.5)
            for path, weight in targets.items():
                found[path] = max(found.get(path, 0.0), weight / max(1.0, len(targets)) ** 0.25)
        return found

    def _second_look(self, ranked: list[Ranked], lexical: Lexical) -> None:
        """Features that start from what fits so far: tests that fit, functions that fit, history."""
        sources = [one for one in ranked if one.key not in self._at.tests][:_SEEDS]
        top = sources[0].score if sources else 1.0
        seeds = {one.key: max(0.0, one.score / top) ** 2 for one in sources}
        tests = heapq.nlargest(
            _SEEDS, ((s, p) for p, s in self._out.features["functions"].items() if p in self._at.tests)
        )
        linked: dict[str, float] = {}
        for score, test in tests:
            for path, weight in self.about(test).items():
                linked[path] = linked.get(path, 0.0) + score * weight
        self._put("tests", scaled(linked))
        self._put("neighbour", self._neighbours(lexical))
        history = self._at.history
        if len(history):
            known = self._at.paths.all
            self._put("together", {p: v for p, v in history.changed_with(seeds).items() if p in known})
            self._put(
                "similar", {p: v for p, v in history.similar(self._evidence.words).items() if p in known}
            )
            self._put("recent", {path: history.recency(path) for path in known})

    def _neighbours(self, lexical: Lexical) -> dict[str, float]:
        best = heapq.nlargest(12, lexical.documents.items(), key=lambda item: (item[1], -item[0]))
        found: dict[str, float] = {}
        for document, score in best:
            own = self._at.view.owner[document]
            for _, content, share in self.used_by(document):
                if content != own:
                    path = self._at.path(content)
                    found[path] = found.get(path, 0.0) + score * share
        return scaled(found)

    def _rank_symbols(self, lexical: Lexical, title: Lexical, weights: Mapping[str, float]) -> None:
        view = self._at.view
        file_scores = {one.key: one.score for one in self._out.files}
        top_file = max(file_scores.values(), default=1.0)
        words = {str(d): s for d, s in lexical.documents.items()}
        names: dict[str, float] = {}
        candidates = {
            d
            for d, _ in heapq.nlargest(
                _CANDIDATE_DOCUMENTS, lexical.documents.items(), key=lambda i: (i[1], -i[0])
            )
        }
        candidates.update(self._mentioned, self._framed, self._called, self._covered)
        for one in self._out.files[:_SEEDS]:
            content = self._at.content(one.key)
            if content is not None:
                candidates.update(
                    view.first[content] + n for n in range(1, len(self._at.record(content).symbols) + 1)
                )
        symbols: dict[str, Symbol] = {}
        files: dict[str, float] = {}
        for document in candidates:
            content = view.owner[document]
            path = max(self._at.every_path(content), key=lambda path: (file_scores.get(path, 0.0), path))
            symbol = self._at.symbol(document, path)
            if symbol is None:
                continue
            key = str(document)
            symbols[key] = symbol
            files[key] = max(0.0, file_scores.get(path, 0.0)) / top_file
            names[key] = self._name_fit(symbol, lexical.idf)
        keyed = {
            "words": scaled({key: words[key] for key in symbols if key in words}),
            "title": scaled({str(d): s for d, s in title.documents.items() if str(d) in symbols}),
            "file": files,
            "name": scaled(names),
            "mention": {str(d): v / (v + 0.7) for d, v in self._mentioned.items()},
            "frame": {str(d): v for d, v in self._framed.items()},
            "called": {str(d): v for d, v in self._called.items()},
            "covered": {str(d): v for d, v in self._covered.items()},
        }
        self._out.symbol_features = keyed
        ranked = []
        for one in combine(
            {name: {k: v for k, v in values.items() if k in symbols} for name, values in keyed.items()},
            weights,
        ):
            symbol = symbols[one.key]
            factor = KIND.get(symbol.kind, 0.5) * (0.3 if symbol.path in self._at.tests else 1.0)
            ranked.append((Ranked(one.key, one.score * factor, one.parts), symbol))
        self._out.symbols = spread_out(ranked)

    def _name_fit(self, symbol: Symbol, idf: Mapping[str, float]) -> float:
        terms = terms_of(symbol.name)
        found = [
            self._evidence.words[term] * idf.get(term, 0.0) for term in terms if term in self._evidence.words
        ]
        return sum(found) / math.sqrt(len(terms)) if found else 0.0


def spread_out(ranked: list[tuple[Ranked, Symbol]]) -> list[tuple[Ranked, Symbol]]:
    """Best first, where each further definition of one name in one file (overloads, property pairs) counts less than
    the one before: a list of ten should not be ten overloads."""
    seen: Counter[tuple[str, str]] = Counter()
    spread: list[tuple[Ranked, Symbol]] = []
    for one, symbol in sorted(ranked, key=_order):
        again = seen[symbol.path, symbol.name]
        seen[symbol.path, symbol.name] += 1
        spread.append((replace(one, score=one.score * _AGAIN**again), symbol))
    return sorted(spread, key=_order)


def _order(item: tuple[Ranked, Symbol]) -> tuple[float, str, int]:
    return -item[0].score, item[1].path, item[1].start_line
