"""How much a patch that passes the tests looks like what somebody would write who read them: what it speaks of, whether it
reads like the code around it, and whether what it turns round could have gone unnoticed. Pure."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping

from flashagent.dataclass import dataclass
from flashagent.repair.mutate import Mutation, patched
from flashagent.repair.natural import Language, surprise
from flashagent.repair.source import Edit, Source
from flashagent.repair.telling import parts

_OPPOSITES = frozenset(
    frozenset(pair)
    for pair in (("is", "is not"), ("==", "!="), ("in", "not in"), ("<", ">="), (">", "<="), ("True", "False"))
)
TYPICAL = 4.5  # bits a token of a repair surprises, in the middle
STEEP = 0.12  # how much is believed of each bit beside that
LEAST, TOP = 0.5, 1.3
SPOKEN = 0.8  # what a word of the failing test adds that hardly another test has
UNNOTICED = 0.1  # how much each passing test that runs a turned condition counts, for each failing one
TELLING = 0.5


@dataclass(frozen=True, slots=True)
class Likeness:
    """`factor` is what the score of the patch is multiplied by; `reasons` say what speaks for or against it most."""

    factor: float = 1.0
    reasons: tuple[str, ...] = ()


def likeness(
    mutation: Mutation, source: Source, words: Mapping[str, float], language: Language, passing: int, failing: int
) -> Likeness:
    """`words` are those of the failing tests by how much they say, `passing` and `failing` the tests that run the change."""
    told = [_spoken(mutation, source, words), _unnoticed(mutation, source, passing, failing)]
    factor = math.prod(one for one, _ in told) * _natural(mutation, source, language)
    return Likeness(round(factor, 4), tuple(reason for _, reason in told if reason))


def _natural(mutation: Mutation, source: Source, language: Language) -> float:
    """Above 1 for what reads like the rest of the project."""
    felt = [
        surprise(language, source.text, patched(source, _only(mutation, edit)), edit.start, edit.end, edit.text)
        for edit in mutation.edits
    ]
    return min(TOP, max(LEAST, 2.0 ** (-STEEP * (max(felt) - TYPICAL))))


def _only(mutation: Mutation, edit: Edit) -> Mutation:
    from dataclasses import replace

    return replace(mutation, edits=(edit,))


def _spoken(mutation: Mutation, source: Source, words: Mapping[str, float]) -> tuple[float, str]:
    """Real tests are named after what was repaired, and a repair speaks of it."""
    old = {w for edit in mutation.edits for w in _names(_around(source, edit))}
    new = {w for edit in mutation.edits for w in _names(edit.text)} - old
    said = {name: max((words.get(w, 0.0) for w in parts(name)), default=0.0) for name in sorted(new)}
    name, weight = max(said.items(), key=lambda pair: pair[1], default=("", 0.0))
    if weight < TELLING:
        return 1.0, ""
    return 1.0 + SPOKEN * min(1.0, weight / 2.0), f"it brings in `{name}`, and the failing test speaks of that"


def _around(source: Source, edit: Edit) -> str:
    """The lines that an edit touches, as they are."""
    first, last = source.line_at(edit.start), source.line_at(max(edit.start, edit.end - 1))
    return "\n".join(source.line_text(line) for line in range(first, last + 1))


def _names(text: str) -> Iterable[str]:
    """The identifiers of a piece of code that may not parse alone."""
    from flashagent.repair.natural import tokens

    return [token for token in tokens(text) if token.isidentifier()]


def _unnoticed(mutation: Mutation, source: Source, passing: int, failing: int) -> tuple[float, str]:
    """A condition that is turned round changes the way of every test that comes by: where many pass all the same, they do
    not see what it decides, and the one that fails does not say that it was wrong for the others."""
    turned = any(_turns(source.text[edit.start : edit.end], edit.text) for edit in mutation.edits)
    if not turned or not passing:
        return 1.0, ""
    share = passing / max(1, failing)
    words = f"it turns round a condition that {passing} passing tests go through unchanged" if share >= 4 else ""
    return 1.0 / (1.0 + UNNOTICED * share), words


def _turns(old: str, new: str) -> bool:
    old, new = old.strip(), new.strip()
    if frozenset((old, new)) in _OPPOSITES:
        return True
    return any(a in (f"not {b}", f"not ({b})") for a, b in ((old, new), (new, old))) and _parses(old)


def _parses(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True
