"""Which candidates the catalogue of repair templates has for a fix, and which of them are what the author wrote.

Nothing is run: texts and trees are compared. `repair_priors.py` learns from the answers.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import repair_drills
import repair_programs
from repair_shapes import shape_of
from repair_small_fixes import Hunk, SmallFix

from flashagent.repair import donors
from flashagent.repair.mutate import Mutation, mutations
from flashagent.repair.source import Source, apply_edits
from flashagent.repair.templates import BY_HAND

PROGRAMS = "programs"
MOST_LINES = 150  # of a function: longer ones cost minutes, and are few
HAND = {one.name: one.prior for one in BY_HAND}
Row = dict[str, Any]


def spread(fixes: list[SmallFix], most: int) -> list[SmallFix]:
    """At most so many, those with tests first, and evenly over time."""
    found: list[SmallFix] = []
    for some in ([f for f in fixes if f.tests], [f for f in fixes if not f.tests]):
        room = most - len(found)
        step = max(1, -(-len(some) // room)) if room else 1
        found += some[::step][:room]
    return found


def own_faults() -> Iterator[SmallFix]:
    """The faults of the small programs, as if somebody had fixed them in a commit."""
    for name, program, faulty in [*repair_programs.bugs(), *repair_drills.bugs()]:
        old, new = faulty.splitlines(), program.code.splitlines()
        same = next(
            (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
        )
        tail = next(
            (n for n, (a, b) in enumerate(zip(old[same:][::-1], new[same:][::-1], strict=False)) if a != b),
            min(len(old), len(new)) - same,
        )
        removed, added = len(old) - same - tail, len(new) - same - tail
        hunk = Hunk(same + 1 if removed else same, removed, same + 1, added)
        trees = (ast.parse(program.tests),)
        yield SmallFix(PROGRAMS, name, f"{program.name}.py", name, hunk, faulty, program.code, trees)


def asked(fix: SmallFix) -> Row:
    """One fix as a row: the templates that make it, best first, and the candidates of its function."""
    row: Row = {
        "repository": fix.repository, "commit": fix.commit[:12], "path": fix.path, "tested": bool(fix.tests),
        "subject": fix.subject, "old": fix.lines()[0], "new": fix.lines()[1], "templates": [],
        "change": shape_of(fix.before, fix.after),
    }  # fmt: skip
    source = Source(fix.path, fix.before)
    given = donors.collect(source, fix.tests)
    goal = Goal(fix, source)
    if len(list(goal.function())) > MOST_LINES:
        return row | {"near": 0, "inside": goal.inside, "long": True}
    near = list(mutations(source, dict.fromkeys(fix.changed(), 1.0), given, catalogue=BY_HAND))
    hits = [m for m in near if goal.is_met(m)]
    row |= {"near": len(near), "inside": goal.inside}
    if not hits:
        return row
    around = list(mutations(source, dict.fromkeys(goal.function(), 1.0), given, catalogue=BY_HAND))
    hits = [m for m in around if goal.is_met(m)] or hits
    hits.sort(key=lambda m: -m.score)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in around:
        counts[one.template][f"{one.prior / HAND[one.template]:.4g}"] += 1
    row["templates"] = [[m.template, float(f"{m.prior / HAND[m.template]:.4g}")] for m in hits]
    row |= {"shape": hits[0].shape, "function": {name: dict(seen) for name, seen in counts.items()}}
    return row


class Goal:
    """Is a candidate what the author wrote? Most are told apart by their letters, the others by their trees."""

    def __init__(self, fix: SmallFix, source: Source) -> None:
        self._source = source
        self._fix = fix
        self._lines = sorted(fix.changed())
        units = {source.unit_of_line(n) for n in self._lines} - {None}
        self._unit = next(iter(units)) if len(units) == 1 else None
        self.inside = self._unit is not None
        self._tree = ast.dump(ast.parse(fix.after))
        self._text = without_comments(fix.before)
        self._letters = letters(without_comments(fix.after))
        self._growth = len(self._letters) - len(letters(self._text))

    def function(self) -> Iterable[int]:
        """The lines of the function around the change; of a change at module level, of its statement."""
        if self._unit is not None:
            return range(self._unit.first_line, (self._unit.node.end_lineno or 0) + 1)
        around = [
            n for n in self._source.tree.body
            if any(n.lineno <= line <= (n.end_lineno or n.lineno) for line in self._lines)
        ]  # fmt: skip
        return sorted(
            {x for n in around for x in range(n.lineno, (n.end_lineno or 0) + 1)} | set(self._lines)
        )

    def is_met(self, mutation: Mutation) -> bool:
        text = self._text
        edits = [replace(e, text=_COMMENT.sub("", e.text)) if "#" in e.text else e for e in mutation.edits]
        grown = sum(len(letters(e.text)) - len(letters(text[e.start : e.end])) for e in edits)
        if grown != self._growth:
            return False
        after = apply_edits(text, edits)
        if letters(after) != self._letters:
            return False
        try:
            return ast.dump(ast.parse(after)) == self._tree
        except (SyntaxError, ValueError):
            return False


def letters(text: str) -> str:
    """A text without what its tree does not show: blanks, brackets, quotes, commas."""
    return text.translate(_NOT_SHOWN)


def without_comments(text: str) -> str:
    """The text with blanks where comments stood, so that all places stay; as it is when it cannot be read."""
    lines = text.splitlines(keepends=True)
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                (row, start), (_, end) = token.start, token.end
                line = lines[row - 1]
                lines[row - 1] = line[:start] + " " * (end - start) + line[end:]
    except (tokenize.TokenError, SyntaxError, IndexError):
        return text
    return "".join(lines)


_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#[^'\"\n]*$")
_NOT_SHOWN = {ord(sign): None for sign in " \t\r\n()'\",\\;"}
