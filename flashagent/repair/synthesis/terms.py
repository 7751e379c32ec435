"""Expressions by size, the smallest first, each behaviour once: bottom-up enumeration with observational equivalence
(Albarghouthi, Gulwani and Kincaid 2013; Udupa et al., TRANSIT 2013), weighted by cost as in Alur et al. (2017). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from flashagent.dataclass import dataclass
from flashagent.repair.synthesis.kinds import alike, fits, has
from flashagent.repair.synthesis.values import FAILED, MISSING, Values, kind_of

MOST_OF_A_COST, MOST_AROUND = 3000, 1500
# How tightly an expression binds; operands of an operator that binds tighter get parentheses.
(
    LOOSEST, CHOICE, EITHER, BOTH, NEGATION, COMPARED, BAR, CARET, AMPERSAND, SHIFTED, ADDED, MULTIPLIED, SIGNED, RAISED,
    TIGHT,
) = range(15)  # fmt: skip
_NEUTRAL = {"+": "0", "-": "0", "*": "1", "//": "1", "**": "1", ">>": "0", "<<": "0", "[:]": "0"}


@dataclass(frozen=True, slots=True)
class Term:
    """An expression with what it gave in each state, and the one kind of these values ('' when not known)."""

    text: str
    binds: int
    values: Values
    kind: str
    literal: bool = False

    def inside(self, level: int) -> str:
        """The text as an operand of what binds as tightly as `level`."""
        return self.text if self.binds >= level else f"({self.text})"

    @property
    def fails(self) -> bool:
        """Does it fail in every state in which anybody can tell?"""
        known = [value for value in self.values if value is not MISSING]
        return bool(known) and all(value is FAILED for value in known)


@dataclass(frozen=True, slots=True)
class Production:
    """Makes a larger expression of `arity` smaller ones for `cost`. `made` gives its text, `worth` its values; `commutes` =
    the operands may change places, `truths` = they are conditions, `gives` is the kind of
    the result where that is always the same, `member` the attribute that the first operand must have,
    `takes` the kinds of a function's parameters."""

    name: str
    arity: int
    cost: int
    binds: int
    made: Callable[..., str]
    worth: Callable[..., Values]
    commutes: bool = False
    truths: bool = False
    gives: str = ""
    member: str = ""
    takes: tuple[str, ...] = ()

    def of(self, *operands: Term) -> Term | None:
        """The expression, None where it is pointless: of literals alone, or of one thing twice."""
        if all(operand.literal for operand in operands):
            return None
        if self.arity == 2 and operands[0].text == operands[1].text and self.name not in ("+", "*"):
            return None
        if self._changes_nothing(*operands):
            return None
        if self.truths and any(operand.kind not in ("bool", "") for operand in operands):
            return None
        if self.member and (operands[0].literal or not has(operands[0].kind, self.member)):
            return None
        if any(not alike(one.kind, kind) for one, kind in zip(operands, self.takes, strict=False)):
            return None
        if not fits(self.name, *(operand.kind for operand in operands)):
            return None
        values = self.worth(*(operand.values for operand in operands))
        return Term(self.made(*operands), self.binds, values, kind_of(values) or self.gives)

    def _changes_nothing(self, *operands: Term) -> bool:
        """Is there a shorter way to say it: `a` for `a + 0`, `a - 1` for `a + -1`, `a` for `not not a`?"""
        first, last = operands[0], operands[-1]
        if self.arity == 1:
            return self.name == "not" and (first.text.startswith("not ") or first.binds == COMPARED)
        if last.text == _NEUTRAL.get(self.name) or (
            self.name in ("+", "-") and (last.text.startswith("-") or last.text in ("[]", "''"))
        ):
            return True
        if (first.text == "0" and self.name in ("+", "-", "*", "//", "%")) or (
            first.text in ("1", "-1") and self.name == "*"
        ):
            return True
        numbers = first.kind in ("int", "float") and last.kind in ("int", "float", "")
        return self.name == "+" and first.literal and numbers


class Bank:
    """Terms by cost, each cost made when it is first asked for; of those that gave the same in all states the first alone."""

    def __init__(self, leaves: Mapping[int, Sequence[Term]], productions: Sequence[Production]) -> None:
        self._leaves = leaves
        self.productions = productions
        self._levels: list[list[Term]] = [[]]
        self._seen: set[object] = set()

    def level(self, cost: int) -> list[Term]:
        """All terms of exactly this cost, in a fixed order."""
        while len(self._levels) <= cost:
            self._levels.append(list(self._made(len(self._levels))))
        return self._levels[cost]

    def _made(self, cost: int) -> Iterator[Term]:
        given = 0
        for made in [*self._leaves.get(cost, ()), *self._composed(cost)]:
            if made.fails or not self._is_new(made):
                continue
            given += 1
            if given > MOST_OF_A_COST:
                return
            yield made

    def _composed(self, cost: int) -> Iterator[Term]:
        for production in self.productions:
            left = cost - production.cost
            if production.arity == 1 and left > 0:
                found = (production.of(one) for one in self._levels[left])
                yield from (made for made in found if made is not None)
            elif production.arity == 2:
                for part in range(1, left):
                    yield from self._pairs(production, self._levels[part], self._levels[left - part])

    def _pairs(self, production: Production, ones: Sequence[Term], others: Sequence[Term]) -> Iterator[Term]:
        for one in ones:
            for other in others:
                if production.commutes and one.text > other.text:
                    continue
                made = production.of(one, other)
                if made is not None:
                    yield made

    def _is_new(self, made: Term) -> bool:
        told = signature(made.values)
        if made.text in self._seen or (told is not None and told in self._seen):
            return False
        self._seen |= {made.text} if told is None else {made.text, told}
        return True


def signature(values: Values) -> object | None:
    """What tells behaviours apart; None where too little of it was seen."""
    known = sum(value is not MISSING for value in values)
    return tuple(map(repr, values)) if known >= 2 else None


class Around:
    """Expressions in which a `hole` stands once, by what they cost beyond it; those of each behaviour once."""

    def __init__(self, hole: Term, bank: Bank) -> None:
        self._bank = bank
        self._levels: list[list[Term]] = [[hole]]
        self._seen: set[object] = {hole.text}
        self._same = signature(hole.values)

    def level(self, cost: int) -> list[Term]:
        while len(self._levels) <= cost:
            self._levels.append(list(self._made(len(self._levels))))
        return self._levels[cost]

    def changes(self, made: Term) -> bool:
        """Was it seen to give anything else than the hole?"""
        return self._same is None or signature(made.values) != self._same

    def _made(self, cost: int) -> Iterator[Term]:
        given = 0
        for made in self._composed(cost):
            told = signature(made.values)
            if made.fails or made.text in self._seen or (told is not None and told in self._seen):
                continue
            self._seen.add(made.text)
            if (
                told is not None and told != self._same
            ):  # of those that change nothing nobody knows which are the same
                self._seen.add(told)
            given += 1
            yield made
            if given >= MOST_AROUND:
                return

    def _composed(self, cost: int) -> Iterator[Term]:
        for production in self._bank.productions:
            left = cost - production.cost
            if production.arity == 1 and left >= 0:
                found = (production.of(one) for one in self._levels[left])
                yield from (made for made in found if made is not None)
            elif production.arity == 2:
                for part in range(left):
                    yield from _beside(production, self._levels[part], self._bank.level(left - part))


def _beside(production: Production, holes: Sequence[Term], others: Sequence[Term]) -> Iterator[Term]:
    for hole in holes:
        for other in others:
            if (made := production.of(hole, other)) is not None:
                yield made
            if not production.commutes and (made := production.of(other, hole)) is not None:
                yield made
