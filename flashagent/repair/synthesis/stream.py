"""Candidates that no template makes: every small change of a small function, the likeliest first, made as they are asked
for. Pure and deterministic.
"""

from __future__ import annotations

import ast
import hashlib
import heapq
import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from flashagent.dataclass import dataclass
from flashagent.repair.donors import Donors
from flashagent.repair.mutate import Mutation
from flashagent.repair.nodes import own_lines, own_nodes
from flashagent.repair.source import Edit, FunctionNode, Source, Unit
from flashagent.repair.synthesis.pieces import bank_for
from flashagent.repair.synthesis.slots import exchanged_and_filled, filled, placed, slots
from flashagent.repair.synthesis.statements import Statements, gaps, guarded, inserted, moved
from flashagent.repair.synthesis.values import State
from flashagent.repair.template import Shape

EXPRESSION, STATEMENT = "found by trying small expressions", "found by trying small statements"
SMALL, TOP_LINES = 60, 8  # lines of a function that is looked at whole, and of a larger one those that are
COMMON, HALVING = (
    0.06,
    0.6,
)  # the prior of the cheapest change, and the share that each further unit of cost leaves
DOUBT = 1.5  # what it costs that a line is half as suspicious as the most suspicious one


@dataclass(frozen=True, slots=True)
class Ground:
    """A function to be searched: its file, the suspicion of its lines, what its names were seen to hold."""

    source: Source
    unit: Unit
    lines: Mapping[int, float]
    donors: Donors
    states: Sequence[State]


def enumerated(grounds: Sequence[Ground], known: Collection[Mutation]) -> Iterator[Mutation]:
    """Candidates in the order in which they should be tried; none that makes the same text as one that is `known`."""
    top = max((max(g.lines.values(), default=0.0) for g in grounds), default=0.0)
    if top <= 0.0:
        return
    by_unit = {(g.source.path, g.unit.first_line): g for g in grounds}
    seen = {_text(g, m.edits) for m in known if (g := by_unit.get((m.path, m.unit))) is not None}
    seen |= {_text(g, ()) for g in grounds}
    ways = [way for ground in grounds for way in _ways(ground, top)]
    for cost, edits, ground, name, shape in heapq.merge(*ways, key=lambda item: item[0]):
        key = _text(ground, edits)
        if key not in seen:
            seen.add(key)
            yield _mutation(ground, edits, name, shape, cost)


def _text(ground: Ground, edits: Sequence[Edit]) -> bytes:
    """What stands for the text of the function with the edits made, and its place."""
    text, _ = ground.source.unit_text(ground.unit, edits)
    place = f"{ground.source.path}:{ground.unit.first_line}:"
    return hashlib.blake2b((place + text).encode(errors="replace"), digest_size=12).digest()


Way = Iterator[tuple[float, tuple[Edit, ...], Ground, str, Shape]]


def _ways(ground: Ground, top: float) -> Iterator[Way]:
    """One stream of changes for each place of a function."""
    source, function = ground.source, ground.unit.node
    bank = bank_for(source, function, ground.donors, ground.states)
    statements = Statements(source, function, bank, ground.states)
    held, doubts = placed(source, function), _doubts(ground, top)
    places = gaps(source, function)
    for statement in held:
        doubt = min((doubts[n] for n in own_lines(statement) if n in doubts), default=None)
        if doubt is None:
            continue
        for node in slots(source, statement):
            edits = ((cost, (edit,)) for cost, edit in filled(source, node, bank, ground.states))
            yield _way(edits, doubt, ground, EXPRESSION, "enumerated")
        for inner in own_nodes(statement):
            for pairs in exchanged_and_filled(source, inner, bank, ground.states):
                yield _way(pairs, doubt, ground, EXPRESSION, "enumerated")
        yield _way(moved(source, statement, places), doubt, ground, STATEMENT, "insertion")
        yield _way(guarded(source, statement, statements), doubt, ground, STATEMENT, "guard")
    for gap in places:
        beside = [n for s in _beside(source, gap.at, after=gap.after) for n in own_lines(s) if n in doubts]
        if beside:
            doubt = min(doubts[n] for n in beside)
            yield _way(inserted(source, gap, statements), doubt, ground, STATEMENT, "insertion")


def _beside(source: Source, statement: ast.stmt, *, after: bool) -> list[ast.stmt]:
    """A statement and its neighbour behind or before it, or the one around both."""
    block = source.block_of(statement)
    place = block.index(statement) + (1 if after else -1)
    neighbour = block[place] if 0 <= place < len(block) else source.parents[statement]
    return [
        statement,
        *([neighbour] if isinstance(neighbour, ast.stmt) and not isinstance(neighbour, FunctionNode) else []),
    ]


def _way(
    edits: Iterator[tuple[float, tuple[Edit, ...]]], doubt: float, ground: Ground, name: str, shape: Shape
) -> Way:
    return ((cost + doubt, some, ground, name, shape) for cost, some in edits)


def _doubts(ground: Ground, top: float) -> dict[int, float]:
    """What it costs to change each line: nothing for the most suspicious one."""
    last = ground.unit.node.end_lineno or ground.unit.first_line
    lines = {n: s for n, s in ground.lines.items() if s > 0.0}
    if last - ground.unit.first_line >= SMALL:
        kept = sorted(lines, key=lambda n: (-lines[n], n))[:TOP_LINES]
        lines = {n: lines[n] for n in kept}
    return {n: DOUBT * math.log2(top / s) for n, s in lines.items()}


def _mutation(ground: Ground, edits: tuple[Edit, ...], name: str, shape: Shape, cost: float) -> Mutation:
    ordered = tuple(sorted(edits, key=lambda e: (e.start, e.end)))
    prior = COMMON * HALVING**cost
    line = ground.source.line_at(ordered[0].start)
    unit = ground.unit
    return Mutation(
        ground.source.path, ordered, name, line, prior, shape, False, unit.name, unit.first_line, line, prior
    )
