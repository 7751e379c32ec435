"""Which lines are suspicious: spectra of failing and passing tests, and what the failure itself says.

Pure. The formula is Ochiai's (Abreu, Zoeteweij and van Gemund 2007): of the tests that run a line, how many fail. Lines of
the crash's own frames are raised, the innermost most (Wong et al. 2014), and so is the loop in which a hanging test was cut.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.values import Failure

Lines = Mapping[str, frozenset[int]]
SPREAD = 0.97  # what a line counts for each better one of its own function
CHANGED = 4.0  # how much more suspicious a line of the commit that broke the test is


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test as the worker saw it: `path` is its file, `lines` the project's lines it ran, `stack` (innermost first)
    where it was cut when it used up its time. `elsewhere` = it started other processes. Paths are relative to the root."""

    __test__ = False

    test_id: str
    path: str
    passed: bool
    cpu_s: float = 0.0
    lines: Lines = field(default_factory=dict)
    stack: tuple[tuple[str, int], ...] = ()
    exception: str = ""
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class SuspiciousLine:
    """`score` is above 0 and at most 1; `why` says in words where it comes from."""

    path: str
    line: int
    score: float
    function: str = ""
    source: str = ""
    why: str = ""


def ochiai(runs: Sequence[TestRun]) -> dict[tuple[str, int], float]:
    """The spectrum score of each line that a failing test runs, test files left out by the caller."""
    failing = [run for run in runs if not run.passed]
    failed_on: dict[tuple[str, int], int] = {}
    passed_on: dict[tuple[str, int], int] = {}
    for run in runs:
        counts = passed_on if run.passed else failed_on
        for path, lines in run.lines.items():
            for line in lines:
                counts[path, line] = counts.get((path, line), 0) + 1
    return {
        place: count / math.sqrt(len(failing) * (count + passed_on.get(place, 0)))
        for place, count in failed_on.items()
    }  # fmt: skip


def crash_boosts(failures: Iterable[Failure], runs: Iterable[TestRun]) -> dict[tuple[str, int], float]:
    """Factors above 1 for lines on the stack of a crash or of a cut loop. An assertion that fails in the test itself
    says nothing about its frames."""
    boosts: dict[tuple[str, int], float] = {}

    def raise_to(path: str, line: int, factor: float) -> None:
        boosts[path, line] = max(boosts.get((path, line), 1.0), factor)

    for failure in failures:
        inner = [f for f in reversed(failure.frames) if f.in_project]
        for depth, frame in enumerate(inner[:4]):
            raise_to(frame.path, frame.line, (2.0, 1.5, 1.25, 1.1)[depth])
            for near in range(frame.line - 3, frame.line):
                raise_to(frame.path, near, 1.15 if depth == 0 else 1.0)
    for run in runs:
        for depth, (path, line) in enumerate(run.stack[:3]):
            raise_to(path, line, (1.8, 1.4, 1.2)[depth])
            for near in range(line - 6, line + 4):
                raise_to(path, near, 1.3)
    return boosts


def suspicion(
    runs: Sequence[TestRun],
    failures: Sequence[Failure],
    excluded: Iterable[str],
    changed: Collection[tuple[str, int]] = (),
) -> dict[tuple[str, int], float]:
    """The score of each suspicious line, scaled so that the highest is 1. `excluded` are test files.

    Where no line was traced (the tests do not even load), the frames of the failures alone are scored. Lines in `changed`
    came with the commit that broke the test: of those that run, they are the first to look at.
    """
    without = set(excluded)
    scores = {place: score for place, score in ochiai(runs).items() if place[0] not in without}
    boosts = crash_boosts(failures, runs)
    if not scores:
        scores = {
            place: factor - 1.0
            for place, factor in boosts.items()
            if place[0] not in without and factor > 1.0
        }
    else:
        scores = {
            place: score * boosts.get(place, 1.0) * (CHANGED if place in changed else 1.0)
            for place, score in scores.items()
        }
    top = max(scores.values(), default=0.0)
    return {place: score / top for place, score in scores.items()} if top > 0 else {}


def _why(path: str, line: int, framed: set[tuple[str, int]], runs: Sequence[TestRun], reason: str) -> str:
    """Where a line's score comes from, in words."""
    on = [run.passed for run in runs if line in run.lines.get(path, ())]
    failed, passed = on.count(False), on.count(True)
    counted = f"run by {failed} failing and {passed} passing test{'' if passed == 1 else 's'}" if on else ""
    stack = "on the stack of the failure" if (path, line) in framed else ""
    return ", ".join(part for part in (stack, reason, counted) if part) or "near where the failure happened"


_HINTS: tuple[tuple[str, str], ...] = (
    ("none", r"NoneType|is not None|None =="), ("index", r"IndexError|out of range|not enough values|too many values"),
    ("key", r"KeyError"), ("type", r"TypeError|unsupported operand"), ("attribute", r"AttributeError"),
    ("unbound", r"NameError|UnboundLocalError"), ("recursion", r"RecursionError|maximum recursion"),
    ("loop", r"OutOfTime|Timeout"), ("did not raise", r"DID NOT RAISE|not raised|does not match|did not match"), ("division", r"ZeroDivision"),
    ("wrong exception", r"Error.*(?:while handling|During handling)|StopIteration"),
    ("container", r"has no attribute '(?:append|add|extend|pop|insert|remove|update)'"),
)  # fmt: skip


def failure_hints(failures: Iterable[Failure], runs: Iterable[TestRun]) -> frozenset[str]:
    """How the tests fail, in the words that templates name under `kinds`."""
    texts = [f"{f.exception} {f.message} {f.details[-600:]}" for f in failures]
    texts += [run.exception for run in runs if not run.passed]
    hints = {name for name, pattern in _HINTS if any(re.search(pattern, text) for text in texts)}
    if any(f.kind == "timeout" for f in failures):
        hints.add("loop")
    return frozenset(hints)


def reported(
    scores: Mapping[tuple[str, int], float], failures: Sequence[Failure], texts: Mapping[str, Sequence[str]],
    functions: Mapping[tuple[str, int], str], runs: Sequence[TestRun] = (), limit: int = 20,
    reasons: Mapping[tuple[str, int], str] | None = None,
) -> tuple[SuspiciousLine, ...]:  # fmt: skip
    """The best lines for a person: blank lines, comments and bare keywords left out, ties in the order of the text;
    not all of one function where others are hardly less suspicious. `reasons` are words for what speaks for a line."""
    framed = {(frame.path, frame.line) for failure in failures for frame in failure.frames}
    said = "\n".join(failure.message for failure in failures)
    found: list[SuspiciousLine] = []
    for (path, line), score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        lines = texts.get(path, ())
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        if not _says_something(text, said):
            continue
        why = _why(path, line, framed, runs, (reasons or {}).get((path, line), ""))
        found.append(
            SuspiciousLine(path, line, round(score, 4), functions.get((path, line), ""), text[:160], why)
        )
        if len(found) >= 5 * limit:
            break
    return tuple(_spread(found, limit))


def _says_something(text: str, said: str) -> bool:
    """Is it a line that a person could change? Heads of functions are, where the failure speaks of how they are called."""
    if text.startswith(("def ", "async def ")):
        return f"{text.partition('def ')[2].partition('(')[0]}() " in said
    if not text.strip("()[]{},:") or text.startswith(("#", '"""', "class ", "@")):
        return False
    return text not in ("else:", "try:", "finally:")


def _spread(found: Sequence[SuspiciousLine], limit: int) -> list[SuspiciousLine]:
    """The first few, where each line of a function makes the next one of the same function a little less worth showing."""
    waiting = list(found)
    shown: list[SuspiciousLine] = []
    taken: dict[tuple[str, str], int] = {}
    while waiting and len(shown) < limit:
        best = max(
            waiting,
            key=lambda x: x.score * SPREAD ** (taken.get((x.path, x.function), 0) if x.function else 0),
        )
        waiting.remove(best)
        shown.append(best)
        taken[best.path, best.function] = taken.get((best.path, best.function), 0) + 1
    return shown
