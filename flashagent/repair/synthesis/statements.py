"""Small statements put between those of a function, the likeliest first. Pure.

What may be put there: assignments to names that the function assigns, calls of methods that it calls, jumps under a
condition, and its own statements once more or elsewhere (statement insertion of GenProg, Le Goues et al. 2012; conditional
jumps of SPR, Long and Rinard 2015).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from flashagent.dataclass import dataclass
from flashagent.repair.source import Edit, FunctionNode, Source
from flashagent.repair.synthesis.kinds import alike
from flashagent.repair.synthesis.slots import placed, spaced
from flashagent.repair.synthesis.terms import Bank, Term
from flashagent.repair.synthesis.values import MISSING, State, kind_of

DEAREST = 8
MOST = 1500  # of the function's own statements with names exchanged
ASSIGNED, ADDED, CALLED, JUMPED, AGAIN, MOVED, GUARDED = 3, 3, 3, 3, 4, 5, 4
Loop = ast.For | ast.While | ast.AsyncFor
_GROWING = frozenset({"append", "add", "appendleft", "remove", "discard", "extend", "update", "insert"})
_SHRINKING = frozenset({"pop", "popleft", "clear", "popitem", "sort", "reverse"})


@dataclass(frozen=True, slots=True)
class Gap:
    """A place between statements: `at` is the statement before (`after`) or behind it. `deep` = in a loop, `turns` where
    what stands there becomes the `else` of the statement."""

    at: ast.stmt
    after: bool
    deep: bool
    turns: bool = False

    def put(self, source: Source, lines: Sequence[str]) -> Edit | None:
        if self.turns:
            return source.insert_after(self.at, ["else:", *("    " + line for line in lines)])
        return source.insert_after(self.at, lines) if self.after else source.insert_before(self.at, lines)


def gaps(source: Source, function: FunctionNode) -> list[Gap]:
    """All places between the statements of a function, in the order of the text."""
    found = []
    for statement in placed(source, function):
        deep = any(isinstance(a, Loop) for a in _inside(source, statement, function))
        if source.block_of(statement)[0] is statement or _is_second(source, statement):
            found.append(Gap(statement, False, deep))
        if not isinstance(statement, ast.Return | ast.Raise | ast.Break | ast.Continue):
            found.append(Gap(statement, True, deep))
        if isinstance(statement, ast.If | ast.For | ast.While) and not statement.orelse:
            found.append(Gap(statement, True, deep, turns=True))
    return found


def _is_second(source: Source, statement: ast.stmt) -> bool:
    """Does it stand right behind a docstring?"""
    block = source.block_of(statement)
    return len(block) > 1 and block[1] is statement and block[0] in source.docstring_nodes


def _inside(source: Source, node: ast.AST, function: FunctionNode) -> Iterator[ast.AST]:
    for ancestor in source.ancestors(node):
        if ancestor is function:
            return
        yield ancestor


class Statements:
    """The statements that may be put into one function, by what they cost; made when they are first asked for."""

    def __init__(self, source: Source, function: FunctionNode, bank: Bank, states: Sequence[State]) -> None:
        self._source, self._function, self._bank = source, function, bank
        inside = list(ast.walk(function))
        self._yields = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in inside)
        stored = [
            n
            for n in inside
            if isinstance(n, ast.Name | ast.Attribute | ast.Subscript) and isinstance(n.ctx, ast.Store)
        ]
        texts = dict.fromkeys(
            source.text_of(n) for n in sorted(stored, key=lambda n: (n.lineno, n.col_offset))
        )
        parameters = [n for n in source.scope(function).parameters if n != source.scope(function).self_name]
        self._targets = list(dict.fromkeys([*texts, *parameters]))[:12]
        self._kinds = {name: kind_of([s.held.get(name, MISSING) for s in states]) for name in self._targets}
        self._likes = _alike(source.scope(function).variables, states)
        self._calls = self._called(inside)
        self._repeated = self._own()
        self._levels: dict[int, list[tuple[str, ...]]] = {}

    def level(self, cost: int) -> list[tuple[str, ...]]:
        """Statements, as lines, that cost exactly this; no jumps."""
        if cost not in self._levels:
            self._levels[cost] = list(dict.fromkeys(self._made(cost)))
        return self._levels[cost]

    def jumps(self, cost: int, *, deep: bool) -> Iterator[tuple[str, ...]]:
        """Jumps that cost exactly this, under a condition or none."""
        for part in range(cost - JUMPED + 1):
            leaving = list(self._leaving(part, deep=deep))
            if part == cost - JUMPED:
                yield from ((jump,) for jump in leaving)
                continue
            for condition in self._conditions(cost - JUMPED - part):
                for jump in leaving:
                    yield (f"if {condition.text}:", f"    {jump}")

    def guards(self, cost: int) -> Iterator[str]:
        """Conditions under which a statement may be put for this."""
        if cost > GUARDED:
            yield from (c.text for c in self._conditions(cost - GUARDED))

    def _conditions(self, cost: int) -> list[Term]:
        return [t for t in self._bank.level(cost) if t.kind in ("bool", "") and not t.literal]

    def _leaving(self, cost: int, *, deep: bool) -> Iterator[str]:
        if cost == 0:
            yield from ("continue", "break") if deep else ()
            yield "return"
            return
        for term in self._bank.level(cost):
            yield f"return {term.text}"
            if self._yields:
                yield f"yield {term.text}"

    def _made(self, cost: int) -> Iterator[tuple[str, ...]]:
        if AGAIN <= cost < AGAIN + len(self._repeated):
            yield from self._repeated[cost - AGAIN]
        for term in self._bank.level(cost - ASSIGNED) if cost > ASSIGNED else ():
            for target in self._targets:
                if term.text != target and self._fits(target, term):
                    yield (f"{target} = {term.text}",)
        for term in self._bank.level(cost - ADDED) if cost > ADDED else ():
            for target in self._targets:
                if term.kind not in ("bool", "NoneType") and self._fits(target, term) and term.text != "0":
                    yield (f"{target} += {term.text}",)
                    if term.kind in ("int", "float", "") and self._kinds.get(target) in ("int", "float", ""):
                        yield (f"{target} -= {term.text}",)
        for owner, name in self._calls:
            if name in _SHRINKING and cost == CALLED:
                yield (f"{owner}.{name}()",)
            elif name in _GROWING and cost > CALLED:
                yield from ((f"{owner}.{name}({term.text})",) for term in self._bank.level(cost - CALLED))

    def _fits(self, target: str, term: Term) -> bool:
        kind = self._kinds.get(target, "")
        return alike(kind, term.kind) or kind == "NoneType"

    def _called(self, inside: Sequence[ast.AST]) -> list[tuple[str, str]]:
        """Owners and methods: those that the function calls, and its containers with what changes such."""
        calls = [n.func for n in inside if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
        named = [(c.value, c.attr) for c in calls if isinstance(c.value, ast.Name | ast.Attribute)]
        used = [(self._source.text_of(owner), name) for owner, name in named if name in _GROWING | _SHRINKING]
        kinds = {"list": ("append", "pop"), "set": ("add", "discard"), "deque": ("append", "popleft")}
        usual = [(name, m) for name, kind in self._kinds.items() for m in kinds.get(kind, ())]
        return list(dict.fromkeys([*used, *usual]))

    def _own(self) -> tuple[list[tuple[str, ...]], ...]:
        """The function's own one-line statements, those with one name exchanged, and those with two."""
        plain = ast.Assign | ast.AugAssign | ast.Expr
        texts = [
            self._source.text_of(s) for s in placed(self._source, self._function) if isinstance(s, plain)
        ]
        short = [t for t in dict.fromkeys(texts) if "\n" not in t]
        one = list(dict.fromkeys(islice((o for text in short for o in renamed(text, self._likes)), MOST)))
        two = islice((o for text in one for o in renamed(text, self._likes)), MOST)
        again = [t for t in dict.fromkeys([*one, *two]) if t not in short]
        return [(t,) for t in short], [(t,) for t in again]


def _alike(names: Sequence[str], states: Sequence[State]) -> dict[str, list[str]]:
    """For each name those that were seen to hold the same kind, and for functions their counterparts."""
    kinds = {name: kind_of([s.held.get(name, MISSING) for s in states]) for name in names}
    likes = {a: [b for b in names if a != b and alike(kinds[a], kinds[b])] for a in names}
    return {"min": ["max"], "max": ["min"], **likes}


def renamed(text: str, likes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The text with another name in place of one, throughout; `likes` has for each name those that may stand there."""
    for old in dict.fromkeys(re.findall(r"\b[A-Za-z_]\w*\b", text)):
        yield from (re.sub(rf"\b{old}\b", new, text) for new in likes.get(old, ()))


Costed = Iterator[tuple[float, tuple[Edit, ...]]]


def inserted(source: Source, gap: Gap, statements: Statements) -> Costed:
    """Edits at one gap with what each costs, the cheapest first."""
    for cost in range(ASSIGNED, DEAREST):
        texts = [*statements.level(cost), *statements.jumps(cost, deep=gap.deep)]
        for spread, lines in spaced(cost + (1 if gap.turns else 0), texts):
            edit = gap.put(source, lines)
            if edit is not None:
                yield spread, (edit,)


def moved(source: Source, statement: ast.stmt, places: Sequence[Gap]) -> Costed:
    """The statement at each other place of the function."""
    whole, text = source.whole_lines(statement), source.text_of(statement)
    taken = source.delete(statement)
    if whole is None or taken is None or "\n" in text:
        return
    for spread, gap in spaced(MOVED, places):
        edit = gap.put(source, [text]) if gap.at is not statement else None
        if edit is not None and (edit.start <= taken.start or edit.start >= taken.end):
            yield spread, (edit, taken)


def guarded(source: Source, statement: ast.stmt, statements: Statements) -> Costed:
    """The statement under a condition."""
    whole, indent = source.whole_lines(statement), source.indent_of(statement)
    if whole is None or indent is None or source.is_elif(statement):
        return
    text = source.reindented(whole, indent, indent + source.step)
    for cost in range(GUARDED + 1, DEAREST):
        for spread, condition in spaced(cost, statements.guards(cost)):
            yield spread, (Edit(*whole, f"{indent}if {condition}:{source.newline}{text}"),)
