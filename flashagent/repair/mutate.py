"""Candidate patches for suspicious places, best first.

Pure: text and scores in, edits out; deterministic. The priority of a candidate is the product of its template's prior, the
suspiciousness of its line and how well the template goes with the way the tests fail.
"""

from __future__ import annotations

import ast
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flashagent.dataclass import dataclass
from flashagent.repair import livedata
from flashagent.repair.donors import Donors
from flashagent.repair.nodes import own_lines, own_nodes, statements
from flashagent.repair.source import Edit, FunctionNode, Source, apply_edits
from flashagent.repair.template import Fix, Shape, Site, Template
from flashagent.repair.templates import CATALOGUE

KIND_BOOST = 2.5
DATA_SHARE = 0.5
GENERATED_CAP = 120_000
MOST_WEIGHT = 4.0  # no template gives a fix more


@dataclass(frozen=True, slots=True)
class Mutation:
    """One candidate patch of one file. `line` is the first line it changes, `statement` the first line of the
    statement it belongs to, `unit` the first line of its outermost function (0 at module level). `cold` = it lies
    outside function bodies, so that only a fresh import shows it; `live` = a running module can be given it all the same. `prior` says how common this kind of repair is, whatever the place."""

    path: str
    edits: tuple[Edit, ...]
    template: str
    line: int
    score: float
    shape: Shape
    cold: bool
    function: str = ""
    unit: int = 0
    statement: int = 0
    prior: float = 1.0
    live: bool = False


def mutations(
    source: Source,
    suspicion: Mapping[int, float],
    donors: Donors,
    hints: frozenset[str] = frozenset(),
    *,
    catalogue: Sequence[Template] = CATALOGUE,
    most: int = 0,
    floor: float = 0.0,
) -> Iterator[Mutation]:
    """All candidates for the suspicious lines of a file, the most suspicious lines first. The same edit is given once, with
    its best score. What cannot score `floor`, or (where `most` is given) cannot be among the best `most`, may be left out."""
    best: dict[tuple[Edit, ...], Mutation] = {}
    scores: list[float] = []  # a heap of the best `most`, each edit with its first score
    for node, score in _places(source, suspicion):
        site = Site(source, node, donors, source.scope(node))
        for chosen in catalogue:
            if not isinstance(node, chosen.nodes):
                continue
            boost = KIND_BOOST if chosen.kinds & hints else 1.0
            if score * boost * chosen.prior * MOST_WEIGHT < floor:
                continue
            for fix in chosen.run(site):
                mutation = _mutation(source, node, chosen, fix, score * boost)
                if mutation is None:
                    continue
                known = best.get(mutation.edits)
                if known is None and most:
                    heapq.heappush(scores, mutation.score)
                    if len(scores) > most:
                        heapq.heappop(scores)
                        floor = max(floor, scores[0])
                if known is None or known.score < mutation.score:
                    best[mutation.edits] = mutation
        if len(best) > GENERATED_CAP:
            break
    yield from best.values()


def best_mutations(found: Iterable[Mutation], limit: int) -> list[Mutation]:
    """At most `limit` of them, best score first; ties by file, place and text, so that the order never varies."""

    def key(mutation: Mutation) -> tuple[float, str, int, str]:
        first = mutation.edits[0]
        return (-mutation.score, mutation.path, first.start, first.text)

    return heapq.nsmallest(limit, found, key=key)


def used_names(source: Source, suspicion: Mapping[int, float]) -> dict[str, float]:
    """Names and attributes that suspicious statements read, with the best score of such a statement."""
    used: dict[str, float] = {}
    for statement in statements(source.tree):
        score = max((suspicion.get(line, 0.0) for line in own_lines(statement)), default=0.0)
        if score <= 0.0:
            continue
        for node in own_nodes(statement):
            name = (
                node.id
                if isinstance(node, ast.Name)
                else node.attr
                if isinstance(node, ast.Attribute)
                else ""
            )
            if name:
                used[name] = max(used.get(name, 0.0), score)
    return used


def data_lines(source: Source, used: Mapping[str, float]) -> dict[int, float]:
    """Lines of module-level and class-level assignments to used names: data that tests depend on without running it."""
    scores: dict[int, float] = {}
    for statement in statements(source.tree):
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or source.function_of(statement) is not None:
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        score = max((used.get(name, 0.0) for name in names), default=0.0)
        if score > 0.0:
            scores[statement.lineno] = DATA_SHARE * score
    return scores


def _places(source: Source, suspicion: Mapping[int, float]) -> Iterator[tuple[ast.AST, float]]:
    """Nodes to look at with their suspicion: statements by their own lines, functions by their most suspicious line.
    The most suspicious come first, so that a cap cuts off the least."""
    found: list[tuple[float, int, ast.stmt]] = []
    for order, statement in enumerate(statements(source.tree)):
        lines: Iterable[int] = own_lines(statement)
        if isinstance(statement, FunctionNode):
            lines = range(statement.body[0].lineno, (statement.end_lineno or statement.lineno) + 1)
        score = max((suspicion.get(line, 0.0) for line in lines), default=0.0)
        if score > 0.0:
            found.append((score, order, statement))
    for score, _order, statement in sorted(found, key=lambda item: (-item[0], item[1])):
        if isinstance(statement, ast.ClassDef | ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
            continue
        for node in own_nodes(statement):
            yield node, score
        if isinstance(statement, ast.Try):
            for handler in statement.handlers:
                lines = range(handler.lineno, handler.body[0].lineno + 1)
                inner = max((suspicion.get(line, 0.0) for line in lines), default=0.0)
                yield handler, max(inner, score * 0.5)


def _mutation(source: Source, node: ast.AST, chosen: Template, fix: Fix, score: float) -> Mutation | None:
    edits = tuple(sorted(fix.edits, key=lambda e: (e.start, e.end)))
    if all(source.text[e.start : e.end] == e.text for e in edits):
        return None
    anchor = node.body[0] if isinstance(node, FunctionNode) and _inserts(source, node, edits) else node
    unit = source.once(source.unit_of, anchor)
    inside = unit is not None and all(source.span(unit.node)[0] < e.start for e in edits)
    return Mutation(
        source.path,
        edits,
        chosen.name,
        source.line_at(edits[0].start),
        score * chosen.prior * fix.weight,
        fix.shape,
        not inside,
        unit.name if unit else "",
        unit.first_line if unit else 0,
        source.once(source.statement_line, anchor),
        chosen.prior * fix.weight,
        not inside and livedata.is_live(source, node, edits),
    )


def _inserts(source: Source, function: FunctionNode, edits: tuple[Edit, ...]) -> bool:
    """Do all the edits lie in the function's body rather than in its head?"""
    body = source.offset(function.body[0].lineno, 0)
    return all(edit.start >= body for edit in edits)


def patched(source: Source, mutation: Mutation) -> str:
    """The whole text of the file with the mutation made."""
    return apply_edits(source.text, mutation.edits)
