"""The repository map: what stands where, and which files and definitions a query is about. Implements `ports.MapQuery`."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType

from flashagent.repomap.edges import Edges, build_graph, pack_edges, shared_changes, state_of
from flashagent.repomap.graph import Chain, CodeGraph, Place
from flashagent.repomap.history import History, PastCommit
from flashagent.repomap.impact import impact
from flashagent.repomap.imports.project import MAX_CONFIG_BYTES
from flashagent.repomap.index import Index, MapStats
from flashagent.repomap.locate import Located, Locator
from flashagent.repomap.lookup import Lookup, symbol_of
from flashagent.repomap.overview import overview
from flashagent.repomap.patching import patch
from flashagent.repomap.rank import reasons
from flashagent.repomap.relations import Callee, Relations, Use
from flashagent.repomap.store import Store
from flashagent.repomap.view import View
from flashagent.values import FocusQuery, RankedFile, RankedSymbol, Symbol

Files = Iterable[str] | Callable[[], Iterable[str]]
Commits = (
    Iterable[PastCommit | tuple[str, Sequence[str]]]
    | Callable[[], Iterable[PastCommit | tuple[str, Sequence[str]]]]
)


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
        self._configured: list[tuple[int, int]] = []
        self._located: tuple[FocusQuery, Located] | None = None
        self._graph: CodeGraph | None = None
        self._graphed: Lookup | None = None
        """What the graph was built for or last brought in step with."""
        self._knows_history = False
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

    def refresh(self, only: Collection[str] | None = None) -> MapStats:
        """Bring the map up to date with the disk and say what it took. `only` are the paths that changed, from one who
        knows them: then nothing else is looked at, unless a file came or went."""
        started = time.perf_counter()
        with self._lock:
            state, parsed = self._index.refresh(self._listed, only)
            view, skipped = state.view, state.skipped
            configured = [_stamp(self._root / path) for path in view.configs]
            if view is not self._lookup.view or configured != self._configured:
                self._lookup = Lookup(view, self._store, self._history or History(), self._read, self._lookup)
                self._located = None
                if configured != self._configured or self._store.generation() != self._generation:
                    self._graph = None
                self._configured = configured
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

    def _listed(self) -> Iterable[str]:
        return self._files() if callable(self._files) else self._files

    def _read(self, path: str) -> str:
        """A configuration file of the tree; '' for what is no regular file of a sensible size."""
        try:
            found = os.lstat(self._root / path)
            if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_CONFIG_BYTES:
                return ""
            return (self._root / path).read_bytes().decode("utf-8", "replace")
        except (OSError, ValueError):
            return ""

    @contextmanager
    def _asking(self) -> Iterator[Lookup]:
        """One question at a time, over one state of the cache; read anew when another process has emptied it."""
        with self._lock:
            if self._store.generation() != self._generation:
                self.refresh()
            with self._store.reading():
                yield self._lookup

    def rank(self, query: FocusQuery, *, limit: int = 20, why: bool = True) -> list[RankedSymbol]:
        """The definitions to look at first, with reasons when `why` is wanted."""
        found = self.locate(query)
        return [
            RankedSymbol(symbol, round(one.score, 6), reasons(one, found.details) if why else ())
            for one, symbol in found.symbols[:limit]
        ]

    def rank_files(self, query: FocusQuery, *, limit: int = 20, why: bool = True) -> list[RankedFile]:
        """The files to look at first, with reasons when `why` is wanted."""
        found = self.locate(query)
        return [
            RankedFile(one.key, round(one.score, 6), reasons(one, found.details) if why else ())
            for one in found.files[:limit]
        ]

    def locate(self, query: FocusQuery) -> Located:
        """The whole answer with every part of every score; the last one is kept."""
        with self._asking() as lookup:
            if self._located is None or self._located[0] != query:
                self._past(lookup)
                self._located = (query, Locator(lookup, query).run())
            return self._located[1]

    def _past(self, lookup: Lookup) -> History:
        if self._history is None:
            commits = self._commits() if callable(self._commits) else self._commits
            self._history = lookup.history = History(commits)
        return self._history

    def overview(self, *, limit: int = 200) -> tuple[list[RankedFile], list[RankedSymbol]]:
        """(files, definitions) that matter most without a query: much used, public, changed of late; tests last."""
        with self._asking() as lookup:
            self._past(lookup)
            return overview(lookup, limit=limit)

    def body(self, symbol: Symbol) -> str:
        """The lines of a definition as they are on the disk now; '' when the file cannot be read."""
        lines = self._text_of(symbol.path).split("\n")
        return "\n".join(lines[symbol.start_line - 1 : symbol.end_line])

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
        with self._asking() as lookup:
            return self._relations(lookup).symbol_at(path, line)

    def definitions(self, name: str) -> list[Symbol]:
        """By plain or qualified name (also by the end of a qualified one), those outside tests first; 'path:name' takes
        those of one file only."""
        place, _, called = name.replace("::", ".").rpartition(":")
        plain = called.rpartition(".")[2]
        with self._asking() as lookup:
            found = [
                symbol
                for document, content in lookup.defining(plain)
                for path in lookup.every_path(content)
                if (not place or path == place) and (symbol := lookup.symbol(document, path)) is not None
            ]
            tests = lookup.tests
        kept = [one for one in found if ("." + one.qualified).endswith("." + called)]
        return sorted(kept, key=lambda one: (one.path in tests, one.path, one.start_line))

    def names(self) -> list[str]:
        """Every plain name that is defined, in order."""
        with self._asking() as lookup:
            return [name for name, _ in lookup.defined()]

    def references(self, name: str) -> list[tuple[str, int]]:
        """Path and line of each use of the plain name, definitions included, comments and strings not.

        The index tells which files can have the name; their lines are read from the disk as it is now.
        """
        with self._asking() as lookup:
            return self._relations(lookup).references(name)

    def callers(self, name: str) -> list[Use]:
        """Every place that uses the definitions of this name ('total', 'Store.price', 'shop/prices.py:total'), sure ones
        first, then by path and line; empty when nothing has the name."""
        targets = self.definitions(name)
        with self._asking() as lookup:
            return self._relations(lookup).callers(targets) if targets else []

    def callees(self, name: str) -> list[Callee]:
        """What the definitions of this name use, in the order of their lines."""
        targets = self.definitions(name)
        with self._asking() as lookup:
            found = [one for target in targets for one in self._relations(lookup).callees(target)]
        return list(
            {(one.symbol.path, one.symbol.start_line, one.symbol.name): one for one in found}.values()
        )

    def has_file(self, path: str) -> bool:
        """Whether the map has a file at this path."""
        with self._asking() as lookup:
            return path in lookup.view.index

    def imports(self, path: str) -> list[str]:
        """The files that a file imports, in the order of their paths."""
        return self._neighbours(path, users=False)

    def importers(self, path: str) -> list[str]:
        """The files that import a file, in the order of their paths."""
        return self._neighbours(path, users=True)

    def _neighbours(self, path: str, *, users: bool) -> list[str]:
        with self._graphing() as (lookup, graph):
            file = lookup.view.index.get(path)
            if file is None:
                return []
            found = graph.users(file, {"import"}) if users else graph.used(file, {"import"})
            return [lookup.view.paths[node] for node, _ in found]

    def dependents(self, name: str, *, limit: int = 200) -> list[tuple[Place, float]]:
        """All that a change of a file or of the definitions of a name can reach, nearest first, with the distance."""
        with self._graphing() as (lookup, graph):
            reached = graph.reached(self._starts(lookup, graph, name))
            return [(graph.nodes.place(node), distance) for node, distance in islice(reached.items(), limit)]

    def tests_reaching(self, name: str, *, limit: int = 200) -> list[Chain]:
        """The tests that reach a file or the definitions of a name, nearest first, each with its way through the graph."""
        targets = self.definitions(name)
        spans: dict[str, list[tuple[int, int]]] = {} if targets else {name: []}
        for one in targets:
            spans.setdefault(one.path, []).append((one.start_line, one.start_line))
        return self.impact(spans, limit=limit)

    def path_between(self, user: str, used: str) -> Chain | None:
        """The shortest way by which one definition (or file) uses another one; None when there is none."""
        with self._graphing() as (lookup, graph):
            starts = self._starts(lookup, graph, used)
            targets = self._starts(lookup, graph, user) - starts
            found = graph.chains(starts, targets).values() if starts and targets else ()
            return min(found, key=lambda chain: (chain.distance, str(chain)), default=None)

    def impact(self, changes: Mapping[str, Sequence[tuple[int, int]]], *, limit: int = 200) -> list[Chain]:
        """The tests to run for changed line ranges (an empty sequence is the whole file), nearest first; each chain runs
        from the test to what changed and says why. Files that change together count too, as the farthest."""
        with self._graphing() as (lookup, graph):
            if not self._knows_history:
                graph.add(shared_changes(lookup, self._past(lookup)))
                self._knows_history = True
            return impact(graph, lookup, changes, limit=limit)

    def tests_of(self, changes: Mapping[str, Sequence[tuple[int, int]]]) -> list[tuple[str, str]]:
        """Path and qualified name ('' for a whole file) of the tests of `impact`."""
        places = (chain.links[0].place for chain in self.impact(changes))
        return [(place.path, place.symbol.qualified if place.symbol else "") for place in places]

    def dependencies(self) -> list[tuple[str, str]]:
        """(using file, used file) for every import, call and inheritance between two files, each pair once."""
        with self._graphing() as (_, graph):
            return graph.between_files()

    def _starts(self, lookup: Lookup, graph: CodeGraph, name: str) -> set[int]:
        if (file := lookup.view.index.get(name)) is not None:
            return {file}
        return {graph.nodes.node(lookup.view.index[one.path], one) for one in self.definitions(name)}

    def _relations(self, lookup: Lookup) -> Relations:
        return Relations(lookup, self._text_of)

    def _text_of(self, path: str) -> str:
        try:
            return (self._root / path).read_bytes().decode("utf-8", "replace")
        except OSError:
            return ""

    @contextmanager
    def _graphing(self) -> Iterator[tuple[Lookup, CodeGraph]]:
        fresh: tuple[bytes, bytes] | None = None
        with self._lock:
            with self._asking() as lookup:
                known = self._graphed if self._graph is not None else None
                if (
                    self._graph is None
                    or known is None
                    or not (known is lookup or patch(self._graph, known, lookup))
                ):
                    self._graph = None
                if self._graph is None:
                    state = state_of(lookup)
                    edges = self._store.edges(self._index.name, state)
                    if edges is None:
                        edges = pack_edges(Edges(lookup).all())
                        fresh = state, edges
                    self._graph, self._knows_history = build_graph(lookup, edges), False
                self._graphed = lookup
                yield lookup, self._graph
            if fresh is not None:
                self._store.keep_edges(self._index.name, *fresh)


def _stamp(place: Path) -> tuple[int, int]:
    """What changes when a file changes; zeros for none."""
    try:
        found = place.lstat()
    except (OSError, ValueError):
        return 0, 0
    return found.st_mtime_ns, found.st_size
