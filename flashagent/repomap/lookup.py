"""A view with what hangs on it: postings, records, path words, history. The door through which queries read the index."""

from __future__ import annotations

import json
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from flashagent.repomap.bm25 import live
from flashagent.repomap.extract import NAME_MARK
from flashagent.repomap.graph import Paths
from flashagent.repomap.history import History
from flashagent.repomap.index import View
from flashagent.repomap.sources import is_test
from flashagent.repomap.store import Store
from flashagent.repomap.weights import KIND
from flashagent.repomap.words import IDENTIFIER, terms_of
from flashagent.values import Symbol

_RECORDS_KEPT = 3000


@dataclass(frozen=True, slots=True)
class Record:
    """One content taken apart: symbol fields, imports (module, line, names), names used by each document."""

    symbols: tuple[tuple[str, str, str, int, int, str, str], ...] = ()
    imports: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    uses: tuple[tuple[str, ...], ...] = ((),)


class Lookup:
    """A view with what hangs on it: postings, records, path words, history."""

    def __init__(self, view: View, store: Store, history: History) -> None:
        self.view = view
        self.history = history
        self.paths = Paths(view.paths)
        self.tests = frozenset(path for path in view.paths if is_test(path))
        self._store = store
        self._records: dict[int, Record] = {}
        self._path_words: dict[str, list[int]] | None = None

    def postings(self, term: str) -> Iterable[tuple[int, array[int]]]:
        for base, data in self._store.postings(term):
            numbers: array[int] = array("I")
            numbers.frombytes(data)
            yield base, numbers

    def record(self, content: int) -> Record:
        """The record of the content with this index in the view."""
        found = self._records.get(content)
        if found is None:
            if len(self._records) >= _RECORDS_KEPT:
                self._records.clear()
            data = self._store.record(self.view.contents[content])
            found = self._records[content] = unpack(data)
        return found

    def defining(self, name: str) -> list[tuple[int, int]]:
        """(document, content) of each definition with this plain name."""
        return [
            (document, content) for document, content, _ in live(self.view, self.postings(NAME_MARK + name))
        ]

    def path(self, content: int) -> str:
        return self.view.paths[self.view.paths_of[content][0]]

    def every_path(self, content: int) -> Iterable[str]:
        return (self.view.paths[number] for number in self.view.paths_of[content])

    def symbol(self, document: int, path: str) -> Symbol | None:
        """The definition that a document stands for; None for the text outside all definitions."""
        content = self.view.owner[document]
        ordinal = document - self.view.first[content]
        return symbol_of(self.record(content), ordinal - 1, path) if ordinal else None

    def content(self, path: str) -> int | None:
        number = self.view.index.get(path)
        return None if number is None else self.view.content_of[number]

    def path_words(self) -> dict[str, list[int]]:
        """Term -> numbers of the paths that have it; a word of the file's own name stands twice."""
        if self._path_words is None:
            table: dict[str, list[int]] = {}
            for number, path in enumerate(self.view.paths):
                folder, _, name = path.rpartition("/")
                for word in IDENTIFIER.findall(name.partition(".")[0]):
                    for term in terms_of(word):
                        table.setdefault(term, []).extend((number, number))
                for word in IDENTIFIER.findall(folder):
                    for term in terms_of(word):
                        table.setdefault(term, []).append(number)
            self._path_words = table
        return self._path_words


def unpack(data: bytes) -> Record:
    """What `extract.pack` packed; an empty record for no data."""
    if not data:
        return Record()
    plain = json.loads(zlib.decompress(data))
    return Record(
        tuple(tuple(one) for one in plain["symbols"]),
        tuple((module, line, tuple(names)) for module, line, names in plain["imports"]),
        tuple(tuple(names) for names in plain["uses"]),
    )


def symbol_of(record: Record, number: int, path: str) -> Symbol:
    name, qualified, kind, start, end, signature, doc = record.symbols[number]
    return Symbol(path, name, qualified, kind, start, end, signature, doc)


def central(lookup: Lookup) -> list[tuple[Symbol, float]]:
    """(definition, how many documents of other files use its name, shared among all that define it), the most used first."""
    users: Counter[str] = Counter()
    defined: Counter[str] = Counter()
    symbols: list[Symbol] = []
    for content in range(len(lookup.view.contents)):
        record = lookup.record(content)
        path = lookup.path(content)
        if path not in lookup.tests:
            own = {fields[0] for fields in record.symbols}
            users.update(name for names in record.uses for name in names if name not in own)
            defined.update(own)
            symbols += outermost([symbol_of(record, number, path) for number in range(len(record.symbols))])
    ranked = [(one, users[one.name] / defined[one.name] * KIND.get(one.kind, 0.5)) for one in symbols]
    return sorted(ranked, key=lambda item: (-item[1], item[0].path, item[0].start_line))


def outermost(symbols: list[Symbol]) -> list[Symbol]:
    """The definitions of one file, in source order, without those inside functions."""
    kept: list[Symbol] = []
    function: Symbol | None = None
    for symbol in symbols:
        if function is None or not symbol.qualified.startswith(function.qualified + "."):
            kept.append(symbol)
            function = symbol if symbol.kind in ("function", "method") else None
    return kept
