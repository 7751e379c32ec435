"""Which tests a change can reach, and why: the way through the graph that leads from each test to what changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from flashagent.repomap.graph import Chain, CodeGraph, Link, Place
from flashagent.repomap.lookup import Lookup
from flashagent.repomap.scopes import family_of

Lines = Sequence[tuple[int, int]]
_NAMED_TEST = {
    "python": re.compile(r"^test"),
    "go": re.compile(r"^(?:Test|Benchmark|Fuzz|Example)"),
}
_ANY = re.compile(r"")
_INLINE_TESTS = re.compile(r"(?:^|\.)tests?\.")
_FUNCTIONS = frozenset({"function", "method"})
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_OCTAL = re.compile(r"\\([0-7]{3}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def impact(graph: CodeGraph, lookup: Lookup, changes: Mapping[str, Lines], *, limit: int) -> list[Chain]:
    """The tests to run for the changed lines (an empty sequence means the whole file), nearest first: test functions
    where they are definitions, else whole test files. Paths that the map does not have are passed over."""
    starts = {node for path, lines in changes.items() for node in _changed(graph, lookup, path, lines)}
    if not starts:
        return []
    chains = [
        Chain((Link(graph.nodes.place(node)),), 0.0) for node in starts if _is_test(graph, lookup, node)
    ]
    reached = graph.reached(starts)
    own = {graph.nodes.file_of(node) for node in starts if _is_test(graph, lookup, node)}
    chosen = _chosen(graph, lookup, reached, own)[: max(0, limit - len(chains))]
    found = graph.chains(starts, chosen)
    chains += [found[node] for node in chosen if node in found]
    return sorted(chains, key=lambda one: (one.distance, _order(one.links[0].place)))[:limit]


def _order(place: Place) -> tuple[str, int]:
    return place.path, place.symbol.start_line if place.symbol else 0


def _changed(graph: CodeGraph, lookup: Lookup, path: str, lines: Lines) -> Iterable[int]:
    """The innermost definitions on the lines; the file itself where a line stands outside all, or for all lines."""
    file = lookup.view.index.get(path)
    if file is None:
        return
    record = lookup.record(lookup.view.content_of[file])
    nodes = graph.nodes.of_file(file)
    if not lines:
        yield file
        yield from nodes
        return
    for start, end in lines:
        for line in range(start, min(end, start + 20_000) + 1):
            around = [
                (f[4] - f[3], -f[3], node)
                for f, node in zip(record.symbols, nodes, strict=True)
                if f[3] <= line <= f[4]
            ]
            yield min(around)[2] if around else file


def _is_test(graph: CodeGraph, lookup: Lookup, node: int) -> bool:
    """True for a function that a test runner runs, as far as its name and place tell."""
    path = graph.nodes.paths[graph.nodes.file_of(node)]
    if node < len(graph.nodes.paths):
        return False
    symbol = graph.nodes.place(node).symbol
    if symbol is None or symbol.kind not in _FUNCTIONS:
        return False
    if path in lookup.tests:
        return bool(_NAMED_TEST.get(family_of(path), _ANY).match(symbol.name))
    return path.endswith(".rs") and bool(_INLINE_TESTS.search(symbol.qualified))


def _chosen(
    graph: CodeGraph, lookup: Lookup, reached: Mapping[int, float], own: Collection[int]
) -> list[int]:
    """The test functions that are reached, and the test files in which none is (nor one of the changed
    ones in `own`), in the order of `reached`."""
    rust = {file for file, path in enumerate(graph.nodes.paths) if path.endswith(".rs")}
    tests = {lookup.view.index[path] for path in lookup.tests}
    functions: list[int] = []
    covered = set(own)
    whole: dict[int, int] = {}
    for node in reached:
        file = graph.nodes.file_of(node)
        if file not in tests and file not in rust:
            continue
        if _is_test(graph, lookup, node):
            functions.append(node)
            covered.add(file)
        elif file in tests:
            whole.setdefault(file, node)
    rank = {node: number for number, node in enumerate(reached)}
    return sorted(
        [*functions, *(node for file, node in whole.items() if file not in covered)], key=rank.__getitem__
    )


def changed_lines(diff: str) -> dict[str, list[tuple[int, int]]]:
    """Path -> line ranges of the new side that a unified diff (as git writes it) adds, changes, or deletes right before.
    Deleted files are left out; a file without hunks (mode, binary) has no ranges."""
    found: dict[str, list[tuple[int, int]]] = {}
    ranges: list[tuple[int, int]] | None = None
    number, inside = 0, False
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            ranges, inside = None, False
        elif line.startswith("+++ ") and not inside:
            name = _unquoted(line[4:].rstrip("\t"))
            ranges = None if name == "/dev/null" else found.setdefault(name.removeprefix("b/"), [])
        elif hunk := _HUNK.match(line):
            number, inside = int(hunk.group(1)), True
        elif ranges is not None and inside:
            if line.startswith(("+", "-")):
                _extend(ranges, max(1, number))
            number += line.startswith(("+", " "))
    return found


def _extend(ranges: list[tuple[int, int]], line: int) -> None:
    if ranges and line - 1 <= ranges[-1][1]:
        ranges[-1] = ranges[-1][0], max(ranges[-1][1], line)
    else:
        ranges.append((line, line))


def _unquoted(name: str) -> str:
    """A path as git quotes it when it has odd characters."""
    if not (name.startswith('"') and name.endswith('"')):
        return name

    def plain(match: re.Match[str]) -> str:
        text = match.group(1)
        return chr(int(text, 8)) if text.isdigit() else _ESCAPES.get(text, text)

    octets = _OCTAL.sub(plain, name[1:-1])
    return octets.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
