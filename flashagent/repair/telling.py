"""What the failing tests tell: their words, literals and calls, what they wanted and what they got. Pure."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.repair.localize import TestRun
from flashagent.repair.source import Source
from flashagent.values import Failure

Place = tuple[str, int]
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_SIGNATURE = re.compile(r"(\w+)\(\) (?:got an unexpected keyword|takes|missing|got multiple values)")
_COMMON = frozenset({"self", "assert", "def", "test", "return", "for", "in", "is", "not", "none", "true", "false", "if", "the", "and", "cls", "py", "or", "to", "of"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known when lines are weighed: `spectrum` has the score of each line that a failing test ran, `data` of
    lines at module or class level that those use; `tests` are the trees of the failing tests, `others` of passing ones."""

    spectrum: Mapping[Place, float]
    data: Mapping[Place, float]
    runs: Sequence[TestRun]
    failures: Sequence[Failure]
    sources: Mapping[str, Source]
    tests: Sequence[ast.AST]
    others: Sequence[ast.AST] = ()


@dataclass(slots=True)
class Told:
    """Words (by how much they say), literals and names of the failing tests; what they wanted and what they got."""

    words: Mapping[str, float] = field(default_factory=dict)
    strings: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    expected: str = ""
    actual: str = ""
    signatures: frozenset[str] = frozenset()


def parts(text: str) -> set[str]:
    """The words of a text or of its identifiers, in small letters and without a plural's s."""
    found = (part.lower() for part in _PART.findall(text))
    return {w[:-1] if len(w) > 3 and w.endswith("s") else w for w in found if len(w) > 1} - _COMMON


def told_by(scene: Scene) -> Told:
    strings: set[str] = set()
    called: set[str] = set()
    for node in (n for tree in scene.tests for n in ast.walk(tree)):
        if isinstance(node, ast.Constant):
            strings |= literal_text(node.value)
        elif isinstance(node, ast.Call):
            called.add(node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", ""))
    messages = "\n".join(f.message for f in scene.failures)
    names = " ".join(run.test_id for run in scene.runs if not run.passed)
    own = Counter(dict.fromkeys(parts(names.rpartition("/")[2]), 2))
    own.update(dict.fromkeys([*parts(messages), *(w for tree in scene.tests for w in _words_of(tree))], 1))
    elsewhere = Counter(w for tree in scene.others for w in _words_of(tree))
    total = 2.0 + len(scene.others)
    words = {
        w: min(2, n) * math.log(total / (1.0 + elsewhere[w])) / math.log(total) for w, n in own.items() if not w.isdigit()
    }  # fmt: skip
    return Told(
        words, frozenset(strings), frozenset(called - {""}), "\n".join(f.expected for f in scene.failures),
        "\n".join(f.actual for f in scene.failures), frozenset(_SIGNATURE.findall(messages)),
    )  # fmt: skip


def _words_of(tree: ast.AST) -> set[str]:
    """The words of a test's names and texts."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for name in ("id", "attr", "arg", "name", "value"):
            told = getattr(node, name, None)
            if isinstance(told, str):
                found |= parts(told[:400])
    return found


def literal_text(value: object) -> set[str]:
    """A literal that says something, as text."""
    if isinstance(value, str):
        return {value} if value.strip() else set()
    return {repr(value)} if isinstance(value, int | float) and abs(value) > 2 else set()


def is_only_in(text: str, one: str, other: str) -> bool:
    """Does a text occur more often in the one than in the other? Short ones of plain letters say nothing."""
    if len(text) < 3 and text.isascii():
        return False
    if one.count(text) > other.count(text):
        return True
    words = [w for w in re.split(r"\W+", text) if len(w) > 2]
    return len(words) > 2 and all(w in one for w in words) and one != other


def strings_on(statement: ast.stmt, line: int) -> set[str]:
    """Texts and numbers that stand on this line of a statement."""
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant) and node.lineno <= line <= (node.end_lineno or node.lineno):
            found |= literal_text(node.value)
    return found
