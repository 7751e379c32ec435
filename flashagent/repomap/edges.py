"""From a view to the edges of its graph: imports, uses of names, inheritance, tests by name, shared change."""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice
from typing import get_args

from flashagent.repomap.graph import CodeGraph, EdgeKind, Nodes
from flashagent.repomap.history import History
from flashagent.repomap.lookup import Lookup, symbol_of
from flashagent.repomap.paths import sources_of_test
from flashagent.repomap.scopes import Scopes, bases_of
from flashagent.syntax.nesting import CLASS_KINDS
from flashagent.values import Symbol

# A name that so many define says nothing outside the files that define it.
_MANY_DEFINERS = 500
_COUNT_BITS = 10
# So many that one use may mean: a change of any of them hardly ever reaches it.
_MANY_MEANINGS = 10
_TOGETHER_TIMES = 3
_TOGETHER_SHARE = 0.5
_KINDS: tuple[EdgeKind, ...] = get_args(EdgeKind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_BLOCK = 100_000
# Part of the state that edges are kept for: edges packed or chosen in another way are made anew.
_FORMAT = b"edges 2\n"

Edge = tuple[int, int, EdgeKind]


def build_graph(lookup: Lookup, edges: bytes) -> CodeGraph:
    """The whole graph of a view from its packed edges; history is added when it is known (`shared_changes`)."""
    return CodeGraph(nodes_of(lookup), unpack_edges(edges))


def state_of(lookup: Lookup) -> bytes:
    """A digest of all that the edges of a view follow from: which content stands where, and how imports are configured."""
    view = lookup.view
    digest = hashlib.sha256(_FORMAT)
    for path, content in zip(view.paths, view.content_of, strict=True):
        digest.update(f"{path}\0{view.contents[content]}\n".encode())
    for path in view.configs:
        digest.update(f"{path}\0{lookup.text(path)}\0".encode("utf-8", "surrogateescape"))
    return digest.digest()


def pack_edges(edges: Iterable[Edge]) -> bytes:
    """Blocks of edges, each compressed for itself behind its length: what is used, what uses it, how. A large tree has
    tens of millions of edges, which never stand in memory together."""
    waiting, packed = iter(edges), bytearray()
    while block := list(islice(waiting, _BLOCK)):
        used, users = array("I", (one for one, _, _ in block)), array("I", (user for _, user, _ in block))
        kinds = bytes(_NUMBERS[kind] for _, _, kind in block)
        data = zlib.compress(used.tobytes() + users.tobytes() + kinds, 1)
        packed += len(data).to_bytes(4, "little") + data
    return bytes(packed)


def unpack_edges(packed: bytes) -> Iterator[Edge]:
    at, size = 0, array("I").itemsize
    while at < len(packed):
        end = at + 4 + int.from_bytes(packed[at : at + 4], "little")
        data = zlib.decompress(packed[at + 4 : end])
        count = len(data) // (2 * size + 1)
        used, users = array("I", data[: size * count]), array("I", data[size * count : 2 * size * count])
        yield from zip(used, users, map(_KINDS.__getitem__, data[2 * size * count :]), strict=True)
        at = end


def nodes_of(lookup: Lookup) -> Nodes:
    view = lookup.view
    first = array("I", [len(view.paths)])
    for content in view.content_of:
        first.append(first[-1] + view.definitions[content])

    def symbol(file: int, ordinal: int) -> Symbol:
        return symbol_of(lookup.record(view.content_of[file]), ordinal, view.paths[file])

    return Nodes(view.paths, first, symbol)


class _Table:
    """Who defines each name of a whole tree, in two arrays: a list of pairs for each would take ten times the memory."""

    def __init__(self, defined: Iterable[tuple[str, Sequence[tuple[int, int]]]]) -> None:
        self._files, self._ordinals = array("I"), array("I")
        self._spans: dict[str, int] = {}
        for name, places in defined:
            self._spans[name] = len(self._files) << _COUNT_BITS | len(places)
            self._files.extend(file for file, _ in places)
            self._ordinals.extend(ordinal for _, ordinal in places)

    def __contains__(self, name: str) -> bool:
        return name in self._spans

    def of(self, name: str) -> list[tuple[int, int]]:
        span = self._spans.get(name, 0)
        start = span >> _COUNT_BITS
        end = start + (span & (1 << _COUNT_BITS) - 1)
        return list(zip(self._files[start:end], self._ordinals[start:end], strict=True))


class Edges:
    """What the records of a view say. Without `nodes`, for all files: who defines what is then read in one go."""

    def __init__(self, lookup: Lookup, nodes: Nodes | None = None) -> None:
        self._at = lookup
        self._nodes = nodes or nodes_of(lookup)
        self._scopes = Scopes(lookup)
        self._known: dict[str, list[tuple[int, int]]] = {}
        self._table = (
            _Table((name, self._few(hits)) for name, hits in lookup.defined()) if nodes is None else None
        )

    def _definers(self, name: str) -> list[tuple[int, int]]:
        """Who defines the name, none where far too many do."""
        if self._table is not None:
            return self._table.of(name)
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._few(self._at.defining(name))
        return found

    def _few(self, hits: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        found = self._places(hits)
        return found if len(found) <= _MANY_DEFINERS else []

    def _places(self, hits: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        view = self._at.view
        return [
            (file, document - view.first[content])
            for document, content in hits
            for file in view.paths_of[content]
        ]

    def all(self) -> Iterator[Edge]:
        for file in range(len(self._nodes.paths)):
            yield from self.of_file(file)

    def of_file(self, file: int) -> Iterator[Edge]:
        path = self._nodes.paths[file]
        record = self._at.record(self._at.view.content_of[file])
        for target in self._scopes.imports(file):
            yield target, file, "import"
        if path in self._at.tests:
            for source, _ in sources_of_test(self._at.paths, path):
                yield self._at.view.index[source], file, "test"
        # Two definitions of a file mean the same by a name, so each name is settled once.
        settled: dict[str, tuple[list[int], EdgeKind]] = {}
        for ordinal, (name, *_) in enumerate(record.symbols, 1):
            settled.setdefault(name, ([], "call"))[0].append(self._node(file, ordinal))
        for ordinal, names in enumerate(record.uses):
            user = self._node(file, ordinal)
            for name in names:
                if name not in settled and self._table is not None and name not in self._table:
                    continue
                if name not in settled:
                    settled[name] = self._settle(file, name)
                used, how = settled[name]
                yield from ((node, user, how) for node in used if node != user)
        yield from self._structure(file, record.symbols, settled)

    def _structure(
        self,
        file: int,
        symbols: Sequence[tuple[str, str, str, int, int, str, str]],
        settled: dict[str, tuple[list[int], EdgeKind]],
    ) -> Iterator[Edge]:
        """What holds each definition, and what each class extends."""
        by_name = {fields[1]: ordinal for ordinal, fields in enumerate(symbols, 1)}
        for ordinal, (name, qualified, kind, _, _, signature, _) in enumerate(symbols, 1):
            own = self._node(file, ordinal)
            outer = by_name.get(qualified.rpartition(".")[0], 0)
            yield own, self._node(file, outer if outer != ordinal else 0), "holds"
            if kind in CLASS_KINDS:
                for base in bases_of(signature, name):
                    found = settled.get(base) or self._settle(file, base)
                    yield from ((node, own, "inherit") for node in found[0] if node != own)

    def _settle(self, file: int, name: str) -> tuple[list[int], EdgeKind]:
        if not (definers := self._definers(name)):
            return [], "name"
        found, kind = self._scopes.meant(file, name, definers)
        if len(found) > _MANY_MEANINGS:
            return [], "name"
        return [self._node(*one) for one in found], kind

    def _node(self, file: int, ordinal: int) -> int:
        if ordinal == 0:
            return file
        moved = self._nodes.moved
        return (moved[file].start if file in moved else self._nodes.first[file]) + ordinal - 1


def shared_changes(lookup: Lookup, history: History) -> Iterator[Edge]:
    """Both ways between files that changed together at least three times and in half of the changes of one of them."""
    index = lookup.view.index
    alone: Counter[int] = Counter()
    pairs: Counter[tuple[int, int]] = Counter()
    for files in history.changes():
        known = sorted({index[path] for path in files if path in index})
        alone.update(known)
        pairs.update(combinations(known, 2))
    for (one, other), times in pairs.items():
        if times >= _TOGETHER_TIMES and times >= _TOGETHER_SHARE * min(alone[one], alone[other]):
            yield one, other, "together"
            yield other, one, "together"
