"""A view with what hangs on it: postings, records, path words, history. The door through which queries read the index."""

from __future__ import annotations

import json
import math
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import compress, groupby
from operator import itemgetter

from flashagent.dataclass import dataclass
from flashagent.repomap.bm25_small import live
from flashagent.repomap.extract import NAME_MARK
from flashagent.repomap.history import History
from flashagent.repomap.imports import Imports, Project
from flashagent.repomap.paths import Paths, sources_of_test
from flashagent.repomap.store import Store
from flashagent.repomap.view import View
from flashagent.values import Symbol

_RECORDS_KEPT = 1000
_DEFINERS_KEPT = 20_000
_MAX_MEANINGS = 5


@dataclass(frozen=True, slots=True)
class Record:
    """One content taken apart: symbol fields, imports (module, line, names), names used by each document."""

    symbols: tuple[tuple[str, str, str, int, int, str, str], ...] = ()
    imports: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    uses: tuple[tuple[str, ...], ...] = ((),)


class Lookup:
    """A view with what hangs on it: postings, records, path words, history."""

    def __init__(
        self,
        view: View,
        store: Store,
        history: History,
        read: Callable[[str], str] = lambda path: "",
        before: Lookup | None = None,
    ) -> None:
        """`read` gives the text of one of the tree's configuration files, '' when it cannot be read. What follows from the
        paths alone is taken from the look-up `before` where it has the same ones."""
        self.view: View = view
        same = before if before is not None and before.view.paths == view.paths else None
        self.history = history
        self.paths: Paths = same.paths if same else Paths(view.paths)
        self.text = read
        self.imports = Imports(Project(self.paths, view.configs, read))
        self.tests: frozenset[str] = same.tests if same else frozenset(compress(view.paths, view.tests))
        self._store = store
        self._records: dict[int, Record] = {}
        self._definers: dict[str, list[tuple[int, int]]] = {}
        self._imported: dict[str, dict[str, float]] = {}
        self._folders: dict[str, list[str]] | None = same._folders if same else None
        self._path_depths: array[float] | None = same._path_depths if same else None

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

    def defined(self) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        """Every plain name that is defined, with (document, content) of its definitions; in the order of names, one at a
        time, since a large tree has a million."""
        for term, rows in groupby(self._store.terms(NAME_MARK), key=itemgetter(0)):
            found = live(self.view, ((base, array("I", data)) for _, base, data in rows))
            if found:
                yield term.removeprefix(NAME_MARK), [(document, content) for document, content, _ in found]

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

    def uses(self, document: int) -> tuple[str, ...]:
        """The names that a document uses, its own definitions included."""
        content = self.view.owner[document]
        found = self.record(content).uses
        ordinal = document - self.view.first[content]
        return found[ordinal] if ordinal < len(found) else ()

    def used_by(self, document: int) -> list[tuple[int, int, float]]:
        """(document, content, share) of the definitions outside tests whose names this document uses; names that many
        define count less."""
        found: list[tuple[int, int, float]] = []
        for name in self.uses(document):
            targets = [
                (number, content)
                for number, content in self._defining(name)
                if number != document and self.path(content) not in self.tests
            ]
            if 0 < len(targets) <= _MAX_MEANINGS:
                found += [(number, content, 1.0 / len(targets)) for number, content in targets]
        return found

    def _defining(self, name: str) -> list[tuple[int, int]]:
        """`defining`, kept: the functions that fit one query use the same names over and over."""
        found = self._definers.get(name)
        if found is None:
            if len(self._definers) >= _DEFINERS_KEPT:
                self._definers.clear()
            found = self._definers[name] = self.defining(name)
        return found

    def document_at(self, path: str, line: int, function: str = "") -> int | None:
        """The innermost definition around the line; by its name when the line has moved elsewhere."""
        content = self.content(path)
        if content is None:
            return None
        best: tuple[int, int] | None = None
        for ordinal, (name, _, _, start, end, _, _) in enumerate(self.record(content).symbols, 1):
            if start <= line <= end:
                span = end - start - (1_000_000 if function and function.rpartition(".")[2] == name else 0)
                best = min(best, (span, ordinal)) if best else (span, ordinal)
        return None if best is None else self.view.first[content] + best[1]

    def about(self, test: str) -> dict[str, float]:
        """The sources that a test file is about: by name strongest, then by its imports (fewer imports, more each)."""
        found = dict(sources_of_test(self.paths, test))
        targets = self.imported(test)
        for path, weight in targets.items():
            found[path] = max(found.get(path, 0.0), 0.8 * weight / max(1.0, len(targets)) ** 0.25)
        return found

    def imported(self, path: str) -> Mapping[str, float]:
        """The source files that a file imports, each with 1 where the import means it alone and less where it may mean several."""
        if path in self._imported:
            return self._imported[path]
        content = self.content(path)
        targets: dict[str, float] = {}
        for module, _, names in self.record(content).imports if content is not None else ():
            hits = [one for one in self.imports.meant(path, module, names) if one not in self.tests]
            for one in hits:
                targets[one] = max(targets.get(one, 0.0), 1.0 / len(hits) ** 0.5)
        self._imported[path] = targets
        return targets

    def folder(self, folder: str) -> list[str]:
        """The source files right inside a folder, tests left out."""
        if self._folders is None:
            self._folders = {}
            for path in self.view.paths:
                if path not in self.tests:
                    self._folders.setdefault(path.rpartition("/")[0], []).append(path)
        return self._folders.get(folder, [])

    def path_depths(self) -> array[float]:
        """By path: what a match of its words is divided by, so that a long path gains nothing from its length."""
        if self._path_depths is None:
            self._path_depths = array("d", (math.sqrt(2 + path.count("/")) for path in self.view.paths))
        return self._path_depths


def unpack(data: bytes) -> Record:
    """What `extract.pack` packed; an empty record for no data."""
    if not data:
        return Record()
    plain = json.loads(zlib.decompress(data))
    return Record(
        tuple(tuple(one) for one in plain["symbols"]),
        tuple((module, line, tuple(names)) for module, line, names in plain["imports"]),
        tuple(tuple(names.split()) for names in plain["uses"]),
    )


def symbol_of(record: Record, number: int, path: str) -> Symbol:
    name, qualified, kind, start, end, signature, doc = record.symbols[number]
    return Symbol(path, name, qualified, kind, start, end, signature, doc)


def outermost(symbols: list[Symbol]) -> list[Symbol]:
    """The definitions of one file, in source order, without those inside functions."""
    kept: list[Symbol] = []
    function: Symbol | None = None
    for symbol in symbols:
        if function is None or not symbol.qualified.startswith(function.qualified + "."):
            kept.append(symbol)
            function = symbol if symbol.kind in ("function", "method") else None
    return kept
