"""The repository map: what stands where, and which files and definitions a query is about. Implements `ports.MapQuery`."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from flashagent.repomap.bm25 import live
from flashagent.repomap.history import History, PastCommit
from flashagent.repomap.index import Index, MapStats, View
from flashagent.repomap.locate import Located, Locator
from flashagent.repomap.lookup import Lookup, central, symbol_of
from flashagent.repomap.rank import reasons
from flashagent.repomap.store import Store
from flashagent.repomap.words import terms_of
from flashagent.syntax.parse import references
from flashagent.values import FocusQuery, RankedFile, RankedSymbol, Symbol

Files = Iterable[str] | Callable[[], Iterable[str]]
Commits = (
    Iterable[PastCommit | tuple[str, Sequence[str]]]
    | Callable[[], Iterable[PastCommit | tuple[str, Sequence[str]]]]
)
_MAX_REFERENCE_FILES = 2000


class RepoMap:
    """Open with `RepoMap.open`, bring up to date with `refresh`, close when done (or use `with`).

    Safe to ask from several threads; questions wait for each other and for a refresh under way.
    """

    def __init__(self, root: Path, files: Files, store: Store, history: Commits, *, processes: int) -> None:
        self._root = root
        self._files = files
        self._commits = history
        self._store = store
        self._index = Index(root, store, processes=processes)
        self._lock = threading.RLock()
        self._history: History | None = None
        self._lookup = Lookup(View(), store, History())
        self._located: tuple[FocusQuery, Located] | None = None
        self._generation = store.generation()

    @classmethod
    def open(
        cls,
        root: Path,
        files: Files,
        cache_dir: Path | None,
        *,
        history: Commits = (),
        key: str = "",
        processes: int = 4,
    ) -> RepoMap:
        """A map of the files under `root`; empty until the first `refresh`.

        `files` gives POSIX paths relative to the root, and is asked at every refresh when it is a callable. The cache
        is one file in `cache_dir` (None: memory only), named after `key` or, without one, after the root: clones and
        work trees that pass the same key share it. `history` gives commits newest first, asked once when first needed.
        `processes` is how many workers a cold build may use.
        """
        root = root.resolve()
        name = hashlib.sha256((key or str(root)).encode("utf-8", "surrogateescape")).hexdigest()[:20]
        store = Store.open(None if cache_dir is None else cache_dir / f"map-{name}.sqlite")
        return cls(root, files, store, history, processes=processes)

    def close(self) -> None:
        with self._lock:
            self._store.close()

    def __enter__(self) -> RepoMap:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def refresh(self) -> MapStats:
        """Bring the map up to date with the disk and say what it took."""
        started = time.perf_counter()
        with self._lock:
            listed = self._files() if callable(self._files) else self._files
            view, skipped, parsed = self._index.refresh(listed)
            self._lookup = Lookup(view, self._store, self._history or History())
            self._located = None
            self._generation = self._store.generation()
            return MapStats(
                files=len(view.paths),
                symbols=view.symbols,
                seconds=time.perf_counter() - started,
                from_cache=parsed == 0,
                parsed=parsed,
                skipped=tuple(sorted(skipped.items())),
                in_memory=self._store.in_memory,
            )

    @contextmanager
    def _asking(self) -> Iterator[Lookup]:
        """One question at a time, over one state of the cache; read anew when another process has emptied it."""
        with self._lock:
            if self._store.generation() != self._generation:
                self.refresh()
            with self._store.reading():
                yield self._lookup

    def rank(self, query: FocusQuery, *, limit: int = 20) -> list[RankedSymbol]:
        """The definitions to look at first, with reasons."""
        found = self.locate(query)
        return [
            RankedSymbol(symbol, round(one.score, 6), reasons(one, found.details))
            for one, symbol in found.symbols[:limit]
        ]

    def rank_files(self, query: FocusQuery, *, limit: int = 20) -> list[RankedFile]:
        """The files to look at first, with reasons."""
        found = self.locate(query)
        return [
            RankedFile(one.key, round(one.score, 6), reasons(one, found.details))
            for one in found.files[:limit]
        ]

    def locate(self, query: FocusQuery) -> Located:
        """The whole answer with every part of every score; the last one is kept."""
        with self._asking() as lookup:
            if self._located is None or self._located[0] != query:
                if self._history is None:
                    commits = self._commits() if callable(self._commits) else self._commits
                    self._history = lookup.history = History(commits)
                self._located = (query, Locator(lookup, query).run())
            return self._located[1]

    def overview(self, *, limit: int = 200) -> tuple[list[RankedFile], list[RankedSymbol]]:
        """(files, definitions) that the rest of the tree uses most, for a look without a query; tests are left out."""
        with self._asking() as lookup:
            found = central(lookup)
        files: dict[str, float] = {}
        for symbol, score in found:
            files[symbol.path] = files.get(symbol.path, 0.0) + score
        best = sorted(files.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return (
            [RankedFile(path, round(score, 6), ("many files use what it defines",)) for path, score in best],
            [
                RankedSymbol(symbol, round(score, 6), (f"used about {score:.0f} times elsewhere",))
                for symbol, score in found[:limit]
            ],
        )

    def symbols(self, path: str) -> list[Symbol]:
        """The definitions of a file in source order; empty for a file that the map does not have."""
        with self._asking() as lookup:
            content = lookup.content(path)
            if content is None:
                return []
            record = lookup.record(content)
            return [symbol_of(record, number, path) for number in range(len(record.symbols))]

    def symbol_at(self, path: str, line: int) -> Symbol | None:
        """The innermost definition around the line."""
        around = [one for one in self.symbols(path) if one.start_line <= line <= one.end_line]
        return min(around, key=lambda one: (one.end_line - one.start_line, -one.start_line), default=None)

    def definitions(self, name: str) -> list[Symbol]:
        """By plain or qualified name (also by the end of a qualified one), those outside tests first."""
        plain = name.replace("::", ".").rpartition(".")[2]
        with self._asking() as lookup:
            found = [
                symbol
                for document, content in lookup.defining(plain)
                for path in lookup.every_path(content)
                if (symbol := lookup.symbol(document, path)) is not None
            ]
            tests = lookup.tests
        dotted = "." + name.replace("::", ".")
        kept = [one for one in found if ("." + one.qualified).endswith(dotted)] if plain != name else found
        return sorted(kept, key=lambda one: (one.path in tests, one.path, one.start_line))

    def references(self, name: str) -> list[tuple[str, int]]:
        """Path and line of each use of the plain name, definitions included, comments and strings not.

        The index tells which files can have the name; their lines are read from the disk as it is now.
        """
        terms = terms_of(name)
        with self._asking() as lookup:
            users = [
                {content for _, content, _ in live(lookup.view, lookup.postings(term))} for term in terms
            ]
            # A name of one letter has no postings; every file can have it.
            contents = set.intersection(*users) if users else set(range(len(lookup.view.contents)))
            paths = sorted({path for content in contents for path in lookup.every_path(content)})
        found: list[tuple[str, int]] = []
        for path in paths[:_MAX_REFERENCE_FILES]:
            try:
                text = (self._root / path).read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            found += dict.fromkeys((path, one.line) for one in references(text, path) if one.name == name)
        return found
