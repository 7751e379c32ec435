"""Keep a graph in step with a tree of which a few files changed, for the cost of those files and of what uses them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import chain

from flashagent.repomap.edges import Edges, nodes_of
from flashagent.repomap.graph import CodeGraph
from flashagent.repomap.lookup import Lookup, Record
from flashagent.repomap.scopes import hands_on
from flashagent.repomap.words import terms_of

_MAX_CHANGED = 20
_MAX_AFFECTED = 400


def patch(graph: CodeGraph, before: Lookup, after: Lookup) -> bool:
    """Make the graph of the tree `before` that of the tree `after`, which has the same paths. False, with the graph as it
    was, where so much follows from the change that building it anew is as good."""
    if before.view.paths != after.view.paths:
        return False
    files = range(len(after.view.paths))
    changed = [file for file in files if _content(before, file) != _content(after, file)]
    if len(changed) > _MAX_CHANGED:
        return False
    records = {file: (_record(before, file), _record(after, file)) for file in changed}
    moved = [file for file, (old, new) in records.items() if _names(old) != _names(new)]
    affected = set(changed)
    for file, (old, new) in records.items():
        if old.imports != new.imports and hands_on(after.view.paths[file]):
            affected |= graph.user_files([file])
        for name in _other_names(old, new):
            affected |= _using(after, name)
        if len(affected) > _MAX_AFFECTED:
            return False
    for file in moved:
        old, new = records[file]
        names = _other_names(old, new)
        nodes = graph.nodes.of_file(file)
        affected |= graph.user_files(
            node for node, one in zip(nodes, old.symbols, strict=True) if one[0] in names
        )
    stale = [node for file in affected for node in (file, *graph.nodes.of_file(file))]
    graph.nodes = replace(graph.nodes, paths=after.view.paths, symbol=nodes_of(after).symbol)
    graph.cut(stale)
    for file in moved:
        graph.move(file, *_matched(*records[file]))
    edges = Edges(after, graph.nodes)
    graph.add(chain.from_iterable(map(edges.of_file, sorted(affected))))
    return True


def _matched(old: Record, new: Record) -> tuple[list[int | None], int]:
    """(which definition of the new content each of the old one is now, the first of a name being the first again; how
    many the new content has)."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(new.symbols):
        places[one[0]].append(place)
    seen: Counter[str] = Counter()
    found: list[int | None] = []
    for one in old.symbols:
        same = places[one[0]]
        found.append(same[seen[one[0]]] if seen[one[0]] < len(same) else None)
        seen[one[0]] += 1
    return found, len(new.symbols)


def _content(lookup: Lookup, file: int) -> int:
    return lookup.view.contents[lookup.view.content_of[file]]


def _record(lookup: Lookup, file: int) -> Record:
    return lookup.record(lookup.view.content_of[file])


def _names(record: Record) -> list[tuple[str, str]]:
    """The definitions by name, in order."""
    return [(name, qualified) for name, qualified, *_ in record.symbols]


def _other_names(old: Record, new: Record) -> set[str]:
    """The names that are defined more often or less often than before."""
    before, after = (Counter(one[0] for one in record.symbols) for record in (old, new))
    return set(before - after) | set(after - before)


def _using(lookup: Lookup, name: str) -> set[int]:
    """The files that use the name."""
    view = lookup.view
    having: set[int] | None = None
    for term in terms_of(name):
        found = {
            view.owner[base + (number >> 4)]
            for base, numbers in lookup.postings(term)
            for number in numbers
            if base + (number >> 4) < len(view.owner)
        }
        having = found if having is None else having & found
    contents = range(len(view.contents)) if having is None else having - {-1}
    return {
        file
        for content in contents
        if any(name in uses for uses in lookup.record(content).uses)
        for file in view.paths_of[content]
    }
