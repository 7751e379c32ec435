"""Python lines that stand too far right or left, and indentation of tabs and spaces mixed: what the layout around them leaves. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

_MESSAGES = (
    "unexpected indent",
    "unindent does not match",
    "expected an indented block",
    "inconsistent use of tabs",
)
_INNER = re.compile(r"(?:else|elif|except|finally|case)\b")
MAX_BLOCK = 8


def concerns(error: SyntaxError, line: str) -> bool:
    """Is it the indentation that the parser complains of, or may it be?"""
    message = str(error.msg)
    return any(words in message for words in _MESSAGES) or _INNER.match(line.lstrip()) is not None


def repairs(text: str, error: SyntaxError) -> Iterator[tuple[str, str]]:
    """Texts with one line, or the lines of one block, at another level of those in use; nearest first."""
    lines = text.splitlines(keepends=True)
    at = (error.lineno or 1) - 1
    if not 0 <= at < len(lines):
        return
    before = _code_before(lines, at)
    if any("\t" in _space(lines[index]) for index in (at, before) if index is not None):
        yield from _one_kind(lines, at)
        return
    if "expected an indented block" in str(error.msg):
        yield from _block(lines, at)
        return
    for index in (at, _code_before(lines, at)):
        if index is not None:
            yield from _levelled(lines, index)


def _space(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def width(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _code_before(lines: Sequence[str], at: int) -> int | None:
    return next((index for index in range(at - 1, -1, -1) if is_code(lines[index])), None)


def unit(lines: Sequence[str]) -> int:
    """How many columns a level has in this file: what is seen most often below a colon."""
    steps: dict[int, int] = {}
    for one, other in pairwise(lines):
        if one.rstrip().endswith(":") and other.strip() and (step := width(other) - width(one)) > 0:
            steps[step] = steps.get(step, 0) + 1
    return max(steps, key=lambda step: (steps[step], -step), default=4)


def _levels(lines: Sequence[str], at: int) -> list[int]:
    """The levels that are open before a line, and the one that the line before it opens."""
    before = _code_before(lines, at)
    if before is None:
        return [0]
    found = [width(lines[before])]
    if lines[before].split("#")[0].rstrip().endswith(":"):
        found.insert(0, found[0] + unit(lines))
    for index in range(before - 1, -1, -1):
        if is_code(lines[index]) and width(lines[index]) < found[-1]:
            found.append(width(lines[index]))
        if not found[-1]:
            break
    return found


def _levelled(lines: Sequence[str], at: int) -> Iterator[tuple[str, str]]:
    here = width(lines[at])
    levels = sorted(
        (one for one in _levels(lines, at) if one != here), key=lambda one: (abs(one - here), one)
    )
    # A slip of a column or two has one level beside it, and the next is far.
    if len(levels) > 1 and 2 * abs(levels[0] - here) < unit(lines) and here not in _levels(lines, at):
        levels = levels[:1]
    for level in levels:
        yield _moved(lines, at, at + 1, level - here), f"indentation of line {at + 1} changed"


def _block(lines: Sequence[str], at: int) -> Iterator[tuple[str, str]]:
    """The line below a colon, and those after it that stand as far left, one more at a time."""
    header = _code_before(lines, at)
    if header is None:
        return
    here = width(lines[at])
    by = width(lines[header]) + unit(lines) - here
    end = at + 1
    for _ in range(MAX_BLOCK):
        yield _moved(lines, at, end, by), f"indentation of lines {at + 1} to {end} changed" if end > at + 1 else f"indentation of line {at + 1} changed"  # fmt: skip
        while end < len(lines) and lines[end].strip() and width(lines[end]) > here:
            end += 1
        if end >= len(lines) or not lines[end].strip() or width(lines[end]) < here:
            return
        end += 1


def _moved(lines: Sequence[str], start: int, end: int, by: int) -> str:
    moved = [
        " " * max(0, width(line) + by) + line.lstrip(" ") if line.strip() else line
        for line in lines[start:end]
    ]
    return "".join([*lines[:start], *moved, *lines[end:]])


def _one_kind(lines: Sequence[str], at: int) -> Iterator[tuple[str, str]]:
    """The tabs as spaces, as wide as a level and as wide as they are shown; or the spaces as tabs, in a file of tabs."""
    step = unit([line for line in lines if not line.startswith("\t")])
    how = f"tabs and spaces of one kind around line {at + 1}"
    for size in dict.fromkeys((step, 4, 8)):
        yield "".join(_expanded(line, size) for line in lines), how
    tabbed = sum(line.startswith("\t") for line in lines)
    if 2 * tabbed > sum(line[:1].isspace() and bool(line.strip()) for line in lines):
        yield "".join(_tabbed(line, step) for line in lines), how


def _expanded(line: str, size: int) -> str:
    space = _space(line)
    return space.expandtabs(size) + line[len(space) :] if "\t" in space else line


def _tabbed(line: str, size: int) -> str:
    space = _space(line)
    return space.replace(" " * size, "\t") + line[len(space) :] if " " in space else line
