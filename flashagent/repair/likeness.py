"""How much a patch that passes the tests looks like what somebody would write who read them: what it speaks of, whether it
reads like the code around it, and whether what it turns round could have gone unnoticed. Pure."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from flashagent.dataclass import dataclass
from flashagent.repair.mutate import Mutation, patched
from flashagent.repair.natural import Language, surprise, tokens
from flashagent.repair.numeric import is_number, stepped
from flashagent.repair.source import Edit, Source
from flashagent.repair.telling import parts

_OPPOSITES = frozenset(
    frozenset(pair)
    for pair in (
        ("is", "is not"),
        ("==", "!="),
        ("in", "not in"),
        ("<", ">="),
        (">", "<="),
        ("True", "False"),
    )
)
TYPICAL = 4.5  # bits a token of a repair surprises, in the middle
STEEP = 0.12  # how much is believed of each bit beside that
LEAST, TOP = 0.5, 1.3
SPOKEN = 0.8  # what a word of the failing test adds that hardly another test has
UNNOTICED = 0.1  # how much each passing test that runs a turned condition counts, for each failing one
TELLING = 0.5
EXCLUSIVE = 0.1  # a branch of its own joined to one that sets what it asks for
CONSTANT, ASKED = 0.3, 3.0
_TYPE_ASKED = re.compile(r"\b(type|isinstance)\($")
_ALWAYS = re.compile(  # what is made on the spot is never None, and what is made of a literal always the same
    r"\b(?:float|int|str|bool|list|dict|set|tuple|len|sorted|repr)\([^()]*\) is (?:not )?None\b"
    r"|\bnot (?:float|int|str|bool)\((?:'[^']*'|\"[^\"]*\"|[\d.]+)\)"
)
_ABSENT = frozenset({"IndexError", "KeyError", "AttributeError", "TypeError", "ZeroDivisionError"})
NO_NUMBER = 0.3  # one more of what is perhaps no number
SIBLING, SHARED = 6.0, 6.0
_IN_PLACE = frozenset({"append", "extend", "insert", "pop", "remove", "sort", "reverse", "clear", "update", "add", "discard", "setdefault", "popitem"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Likeness:
    """`factor` is what the score of the patch is multiplied by; `speaks` says what speaks for it, `against` what against it."""

    factor: float = 1.0
    speaks: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


def likeness(
    mutation: Mutation,
    source: Source,
    words: Mapping[str, float],
    language: Language,
    passing: int,
    failing: int,
    raised: Collection[str] = (),
) -> Likeness:
    """`words` are those of the failing tests by how much they say, `passing` and `failing` the tests that run the change,
    `raised` the names of the exceptions in which the failing ones ended."""
    told = [
        _spoken(mutation, source, words),
        _unnoticed(mutation, source, passing, failing),
        _counted(mutation, source),
        _sibling(mutation, source),
        _shared(mutation, source),
        _exclusive(mutation, source),
        _constant(mutation, source),
        _asked_first(mutation, source, raised),
    ]
    factor = math.prod(one for one, _ in told) * _natural(mutation, source, language)
    speaks = tuple(reason for one, reason in told if reason and one > 1.0)
    return Likeness(round(factor, 4), speaks, tuple(reason for one, reason in told if reason and one < 1.0))


def _natural(mutation: Mutation, source: Source, language: Language) -> float:
    """Above 1 for what reads like the rest of the project."""
    felt = [
        surprise(
            language, source.text, patched(source, _only(mutation, edit)), edit.start, edit.end, edit.text
        )
        for edit in mutation.edits
    ]
    factor: float = 2.0 ** (-STEEP * (max(felt) - TYPICAL))
    return min(TOP, max(LEAST, factor))


def _only(mutation: Mutation, edit: Edit) -> Mutation:
    return replace(mutation, edits=(edit,))


def _spoken(mutation: Mutation, source: Source, words: Mapping[str, float]) -> tuple[float, str]:
    """Real tests are named after what was repaired, and a repair speaks of it."""
    old = {w for edit in mutation.edits for w in _names(_around(source, edit))}
    new = {w for edit in mutation.edits for w in _names(edit.text)} - old
    said = {name: max((words.get(w, 0.0) for w in parts(name)), default=0.0) for name in sorted(new)}
    name, weight = max(said.items(), key=lambda pair: pair[1], default=("", 0.0))
    if weight < TELLING:
        return 1.0, ""
    factor = 1.0 + SPOKEN * min(1.0, weight / 2.0)
    return factor, f"it brings in `{name}`, and the failing test speaks of that"


def _around(source: Source, edit: Edit) -> str:
    """The lines that an edit touches, as they are."""
    first, last = source.line_at(edit.start), source.line_at(max(edit.start, edit.end - 1))
    return "\n".join(source.line_text(line) for line in range(first, last + 1))


def _names(text: str) -> Iterable[str]:
    """The identifiers of a piece of code that may not parse alone."""
    return [token for token in tokens(text) if token.isidentifier()]


def _unnoticed(mutation: Mutation, source: Source, passing: int, failing: int) -> tuple[float, str]:
    """A condition that is turned round changes the way of every test that comes by: where many pass all the same, they do
    not see what it decides, and the one that fails does not say that it was wrong for the others."""
    turned = any(_turns(source.text[edit.start : edit.end], edit.text) for edit in mutation.edits)
    if not turned or not passing:
        return 1.0, ""
    share = passing / max(1, failing)
    words = f"it turns round what {passing} passing tests run, and none of them notices" if share >= 4 else ""
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


def _counted(mutation: Mutation, source: Source) -> tuple[float, str]:
    """One more or less of what nothing shows to be a number fits a test by the numbers that it happens to use."""
    for edit in mutation.edits:
        old, new = stepped(source.text[edit.start : edit.end]), stepped(edit.text)
        strange = [what for what in new if what not in old and not is_number(source, what)]
        if strange:
            return NO_NUMBER, f"nothing else in the file says that `{strange[0][:40]}` is a number"
    return 1.0, ""


def _sibling(mutation: Mutation, source: Source) -> tuple[float, str]:
    """A statement that the other branch has too was left out of this one."""
    if mutation.shape != "insertion" or len(mutation.edits) != 1:
        return 1.0, ""
    wanted = mutation.edits[0].text.strip()
    here = source.line_at(mutation.edits[0].start)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If) and node.orelse and node.lineno <= here <= (node.end_lineno or 0) + 1:
            first = here <= (node.body[-1].end_lineno or 0) + 1
            if any(source.text_of(s).strip() == wanted for s in (node.orelse if first else node.body)):
                return SIBLING, "the other branch has the same statement"
    return 1.0, ""


def _shared(mutation: Mutation, source: Source) -> tuple[float, str]:
    """A copy of what belongs to an object, where the function goes on to change it in place: the change would stay."""
    if mutation.template != "copy" or len(mutation.edits) != 1:
        return 1.0, ""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign) and source.span(node.value)[0] == mutation.edits[0].start:
            name = getattr(node.targets[0], "id", "")
            function = source.function_of(node)
            held = isinstance(node.value, ast.Attribute)
            if name and held and function is not None and _changed_in_place(function, name):
                words = f"`{name}` is changed in place below, and `{source.text_of(node.value)}` with it"
                return SHARED, words
    return 1.0, ""


def _exclusive(mutation: Mutation, source: Source) -> tuple[float, str]:
    """A condition that is asked no more after a branch that sets what it asks for lets through what that branch sets."""
    edit = mutation.edits[0]
    if edit.text.strip() != "elif" or source.text[edit.start : edit.end].strip() != "if":
        return 1.0, ""
    for before, after in _neighbours(source.tree):
        if isinstance(before, ast.If) and isinstance(after, ast.If) and source.span(after)[0] == edit.start:
            inside = [n for s in before.body for n in ast.walk(s) if isinstance(n, ast.Name)]
            made = {n.id for n in inside if isinstance(n.ctx, ast.Store)}
            both = sorted(made & {n.id for n in ast.walk(after.test) if isinstance(n, ast.Name)})
            if both:
                return EXCLUSIVE, f"what the branch before sets (`{both[0]}`) is no longer asked about"
    return 1.0, ""


def _neighbours(tree: ast.AST) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    """Statements that follow each other in one block."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield from pairwise(block)


def _constant(mutation: Mutation, source: Source) -> tuple[float, str]:
    """A condition that is always the same: the type of a whole in place of that of a part, a new value that should be None."""
    for edit in mutation.edits:
        old, new = source.text[edit.start : edit.end], edit.text.strip()
        asks = _TYPE_ASKED.search(source.text[: edit.start].rpartition("\n")[2])
        if asks and re.fullmatch(re.escape(new) + r"\[-?\d+\]", old.strip()):
            return CONSTANT, f"`{new}` has parts, so its type is always another"
        if _ALWAYS.search(new) and not _ALWAYS.search(old):
            return CONSTANT / 2, "it asks something to which there is one answer only"
    return 1.0, ""


def _asked_first(mutation: Mutation, source: Source, raised: Collection[str]) -> tuple[float, str]:
    """What is empty or absent is asked about before the part is taken that was not there."""
    told = sorted(_ABSENT & set(raised))
    for edit in mutation.edits if told else ():
        old, new = source.text[edit.start : edit.end].strip(), edit.text.strip()
        match = re.match(r"([A-Za-z_][\w.]*) and ", new)
        if (
            match is not None
            and new.endswith(old)
            and re.search(rf"(?<![\w.]){re.escape(match[1])}\s*[\[.)]", old)
        ):
            return ASKED, f"it asks for `{match[1]}` before using what raised {told[0]}"
    return 1.0, ""


def _changed_in_place(function: ast.AST, name: str) -> bool:
    """Does the function add to a container of this name, take from it, or set a part of it?"""
    for node in ast.walk(function):
        if isinstance(node, ast.AugAssign):
            changes = isinstance(node.value, ast.List | ast.Dict | ast.Set | ast.ListComp)
            held: ast.expr = node.target
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changes, held = node.func.attr in _IN_PLACE, node.func.value
        elif isinstance(node, ast.Subscript):
            changes, held = isinstance(node.ctx, ast.Store | ast.Del), node.value
        else:
            continue
        if changes and getattr(held, "id", "") == name:
            return True
    return False
