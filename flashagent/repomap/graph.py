"""The graph of files and definitions: who uses whom, by import, call, inheritance, test and shared change.

The one importer of rustworkx. Every edge runs the way a change travels: from what is used to what uses it, so callers
are successors, and all that a change can reach are descendants. Nodes are numbers: the files of the view first, then
the definitions file by file; names are looked up only for what is shown.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Literal

from flashagent.dataclass import dataclass
from flashagent.values import Symbol

if TYPE_CHECKING:
    from rustworkx import PyDiGraph

EdgeKind = Literal["holds", "import", "call", "name", "inherit", "test", "together"]
# How far a change travels along an edge of each kind: a sure call is near, a guess by name or a habit is far.
DISTANCE: dict[EdgeKind, float] = {
    "call": 1.0, "inherit": 1.0, "test": 2.0, "name": 3.0, "import": 4.0, "holds": 4.0, "together": 8.0,
}  # fmt: skip
WORDS: dict[EdgeKind, str] = {
    "holds": "holds", "import": "imports", "call": "uses", "name": "may use (by name)", "inherit": "extends",
    "test": "is named after", "together": "changes together with",
}  # fmt: skip

_PIECE = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """A node in words: a definition, or a whole file when `symbol` is None."""

    path: str
    symbol: Symbol | None = None

    @property
    def name(self) -> str:
        return self.path if self.symbol is None else f"{self.path}:{self.symbol.qualified}"


@dataclass(frozen=True, slots=True)
class Link:
    """A place, and by what kind of edge it leads to the next one; None for the last."""

    place: Place
    kind: EdgeKind | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A way through the graph, from what uses to what is used. `distance` is the sum of `DISTANCE` along it."""

    links: tuple[Link, ...]
    distance: float

    def __str__(self) -> str:
        words = [f"{one.place.name} {WORDS[one.kind]}" if one.kind else one.place.name for one in self.links]
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class Nodes:
    """What the numbers mean. `first[n]` is the node of the first definition of file n; one more entry closes the list.
    `moved` are files whose definitions changed since: their nodes stand behind all others, in the order of `moved`."""

    paths: Sequence[str]
    first: array[int]
    symbol: Callable[[int, int], Symbol]
    """(file number, ordinal from 0) -> the definition."""
    moved: Mapping[int, range] = field(default_factory=dict)

    def place(self, node: int) -> Place:
        file = self.file_of(node)
        if node < len(self.paths):
            return Place(self.paths[file])
        return Place(self.paths[file], self.symbol(file, node - self.of_file(file).start))

    def file_of(self, node: int) -> int:
        if node < len(self.paths):
            return node
        if node >= self.first[-1]:
            return next(file for file, nodes in self.moved.items() if node in nodes)
        return bisect_right(self.first, node) - 1

    def order(self, node: int) -> tuple[bool, int, int]:
        """Files first, then definitions by file and place; for nodes that never moved this is their own order."""
        return node >= len(self.paths), self.file_of(node), node

    def node(self, file: int, symbol: Symbol) -> int:
        """The node of a definition of the file; the file's own when it no longer has it."""
        return next((node for node in self.of_file(file) if self.place(node).symbol == symbol), file)

    def of_file(self, file: int) -> range:
        """The nodes of the definitions of a file."""
        own = self.moved.get(file)
        return range(self.first[file], self.first[file + 1]) if own is None else own


class CodeGraph:
    """Asked by node numbers; `RepoMap` turns names into them. Built once per state of the tree."""

    def __init__(self, nodes: Nodes, edges: Iterable[tuple[int, int, EdgeKind]]) -> None:
        """`edges` are (used, user, kind)."""
        import rustworkx

        self.nodes = nodes
        self._graph: PyDiGraph[None, EdgeKind] = rustworkx.PyDiGraph(multigraph=True)
        self._graph.add_nodes_from([None] * (nodes.first[-1] if len(nodes.first) else 0))
        self.add(edges)

    def add(self, edges: Iterable[tuple[int, int, EdgeKind]]) -> None:
        waiting = iter(edges)
        # In pieces, since a large tree has millions.
        while piece := list(islice(waiting, _PIECE)):
            self._graph.extend_from_weighted_edge_list(piece)

    def move(self, file: int, places: Sequence[int | None], definitions: int) -> None:
        """Give the definitions of a file new nodes, as many as it has now. Those that use the n-th old one use the new one
        at `places[n]` from now on."""
        old = self.nodes.of_file(file)
        added = self._graph.add_nodes_from([None] * definitions)
        nodes = range(added[0], added[-1] + 1) if definitions else range(0)
        kept = [
            (n, edge) for n, node in zip(places, old, strict=True) for edge in self._graph.out_edges(node)
        ]
        self._graph.remove_edges_from([(used, user) for _, (used, user, _) in kept])
        self.add((nodes[n], user, kind) for n, (_, user, kind) in kept if n is not None)
        self.nodes = replace(self.nodes, moved={**self.nodes.moved, file: nodes})

    def cut(self, users: Iterable[int]) -> None:
        """Take away all edges that lead to the users, save those of shared change."""
        gone = [edge for user in users for edge in self._graph.in_edges(user)]
        self._graph.remove_edges_from([(used, user) for used, user, _ in gone])
        self.add(edge for edge in gone if edge[2] == "together")

    def user_files(self, nodes: Iterable[int]) -> set[int]:
        """The files of all that uses one of the nodes."""
        return {self.nodes.file_of(user) for node in nodes for _, user, _ in self._graph.out_edges(node)}

    def users(self, node: int, kinds: Collection[EdgeKind]) -> list[tuple[int, EdgeKind]]:
        """Who uses the node, each once, by its nearest kind; in the order of their numbers."""
        return _nearest((user, kind) for _, user, kind in self._graph.out_edges(node) if kind in kinds)

    def used(self, node: int, kinds: Collection[EdgeKind]) -> list[tuple[int, EdgeKind]]:
        """What the node uses, likewise."""
        return _nearest((used, kind) for used, _, kind in self._graph.in_edges(node) if kind in kinds)

    def reached(self, starts: Collection[int]) -> dict[int, float]:
        """Every node that a change of the starts can reach, with its distance; nearest first, the starts left out."""
        import rustworkx

        with _Source(self._graph, starts) as source:
            found = rustworkx.dijkstra_shortest_path_lengths(self._graph, source, _cost)
        order: Callable[[int], object] = self.nodes.order if self.nodes.moved else int
        ordered = sorted((distance, order(node), node) for node, distance in found.items())
        return {node: distance for distance, _, node in ordered if node not in starts}

    def chains(self, starts: Collection[int], targets: Collection[int]) -> dict[int, Chain]:
        """For each target that a change of the starts can reach: the shortest way from the target to a start."""
        import rustworkx

        with _Source(self._graph, starts) as source:
            if len(targets) == 1:
                found = rustworkx.dijkstra_shortest_paths(
                    self._graph, source, target=next(iter(targets)), weight_fn=_cost
                )
            else:
                found = rustworkx.dijkstra_shortest_paths(self._graph, source, weight_fn=_cost)
            ways = {node: list(found[node])[1:] for node in targets if node in found}
        return {node: self._chain(way) for node, way in ways.items() if way}

    def between_files(self) -> list[tuple[str, str]]:
        """(using file, used file) for every sure edge between two files, each pair once, sorted."""
        kinds = ("import", "call", "inherit")
        of, paths = self.nodes.file_of, self.nodes.paths
        pairs = {
            (of(user), of(used)) for used, user, kind in self._graph.weighted_edge_list() if kind in kinds
        }
        return sorted((paths[user], paths[used]) for user, used in pairs if user != used)

    def _chain(self, way: Sequence[int]) -> Chain:
        """`way` runs from the start to the target; told from the target's side."""
        backwards = list(reversed(way))
        kinds = [self._kind(used, user) for user, used in pairwise(backwards)]
        places = [self.nodes.place(node) for node in backwards]
        links = tuple(Link(place, kind) for place, kind in zip(places, [*kinds, None], strict=True))
        return Chain(links, sum(DISTANCE[kind] for kind in kinds))

    def _kind(self, used: int, user: int) -> EdgeKind:
        return min(self._graph.get_all_edge_data(used, user), key=lambda kind: DISTANCE[kind])


def _cost(kind: EdgeKind | None) -> float:
    return 0.0 if kind is None else DISTANCE[kind]


def _nearest(found: Iterable[tuple[int, EdgeKind]]) -> list[tuple[int, EdgeKind]]:
    best: dict[int, EdgeKind] = {}
    for node, kind in found:
        if node not in best or DISTANCE[kind] < DISTANCE[best[node]]:
            best[node] = kind
    return sorted(best.items())


class _Source:
    """A passing node before several starts, so that one search leaves from all of them."""

    def __init__(self, graph: PyDiGraph[None, EdgeKind], starts: Collection[int]) -> None:
        self._graph, self._starts = graph, starts

    def __enter__(self) -> int:
        self._node = self._graph.add_node(None)
        self._graph.extend_from_weighted_edge_list([(self._node, start, None) for start in self._starts])  # type: ignore[misc]
        return self._node

    def __exit__(self, *_: object) -> None:
        self._graph.remove_node(self._node)
