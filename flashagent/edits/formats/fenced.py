"""Whole files and symbols: a line that names the target, then a fenced block with the text. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.edits.formats.envelope import Fence, fence_of, info_path, path_in
from flashagent.edits.values import Edit, EditProblem, ReplaceSymbol, Whole

_SYMBOL = re.compile(
    r"^[\s#>*`-]*(?:symbol:\s*|replace:?\s+)?([^\s`*:][^\s`*]*?)::([\w.$~:<>#\[\]]*[\w$>\]])(?:\(\))?[\s`*:]*$",
    re.IGNORECASE,
)


def whole_starts(text: str) -> int | None:
    """Offset of the first path line with a fence under it, or None."""
    return _offset(text, symbol=False)


def symbol_starts(text: str) -> int | None:
    """Offset of the first `path::Name` line with a fence under it, or None."""
    return _offset(text, symbol=True)


def _offset(text: str, *, symbol: bool) -> int | None:
    lines = text.split("\n")
    for index in range(len(lines)):
        fence = fence_of(lines[index])
        if fence is None:
            continue
        target = named_target(lines, index)
        if target is not None and (target[1] is not None) == symbol:
            return sum(len(line) + 1 for line in lines[:index])
        if target is None:
            continue
    return None


def parse_whole(text: str) -> list[Edit]:
    """A Whole per path line with a block; one block alone needs no path. Raises EditProblem: cut_off, malformed."""
    blocks = _blocks(text, nameless=True)
    named: list[Edit] = [Whole(path, body) for path, name, body in blocks if name is None and path]
    if not named and len(blocks) == 1:
        return [Whole(path, body) for path, _, body in blocks]
    return named


def parse_symbol(text: str) -> list[Edit]:
    """A ReplaceSymbol per `path::Name` line with a block. Raises EditProblem: cut_off, malformed."""
    return [ReplaceSymbol(path, name, body) for path, name, body in _blocks(text) if name is not None]


def named_target(lines: Sequence[str], at: int) -> tuple[str, str | None] | None:
    """What the block that line `at` opens is for: its path, and a symbol's name."""
    above = next((lines[i].strip() for i in range(at - 1, max(-1, at - 3), -1) if lines[i].strip()), "")
    match = _SYMBOL.match(above)
    if match and fence_of(above) is None:
        return match.group(1), match.group(2)
    fence = fence_of(lines[at])
    path = info_path(fence.info if fence else "") or (
        path_in(above, prose=False) if above and fence_of(above) is None else None
    )
    return (path, None) if path else None


def _blocks(text: str, *, nameless: bool = False) -> list[tuple[str, str | None, str]]:
    lines = text.split("\n")
    result: list[tuple[str, str | None, str]] = []
    index = 0
    while index < len(lines):
        fence = fence_of(lines[index])
        if fence is None:
            index += 1
            continue
        target = named_target(lines, index)
        end = _end(lines, index, fence, target)
        if target is None and nameless:
            target = ("", None)
        if target is not None:
            body = "".join(line + "\n" for line in _dedented(lines, index, end))
            result.append((*target, body))
        index = end + 1
    return result


def _dedented(lines: Sequence[str], start: int, end: int) -> list[str]:
    """The block's lines; where the fence itself is indented (in a list), without as much of theirs."""
    margin = len(lines[start]) - len(lines[start].lstrip(" "))
    body = list(lines[start + 1 : end])
    if margin and all(not line.strip() or line.startswith(" " * margin) for line in body):
        return [line[margin:] for line in body]
    return body


def _end(lines: Sequence[str], start: int, fence: Fence, target: tuple[str, str | None] | None) -> int:
    """The line that closes the block. Raises EditProblem where there is none, or where several could be it."""
    stop = _next_target(lines, start + 1, fence)
    depth, balanced = 1, None
    bare: list[int] = []
    for index in range(start + 1, stop):
        inner = fence_of(lines[index])
        if inner is None or inner.mark[0] != fence.mark[0] or len(inner.mark) < len(fence.mark):
            continue
        if inner.info:
            depth += 1
            continue
        bare.append(index)
        depth -= 1
        if depth == 0 and balanced is None:
            balanced = index
    if balanced is None:
        raise EditProblem("cut_off", "A code fence is not closed, so the reply seems cut off. Send it again.")
    later = [index for index in bare if index > balanced]
    if target is not None and later and not _paired(lines, balanced, later[-1], fence):
        raise EditProblem(
            "malformed",
            "The text of a file holds code fences of its own, so its end is not clear. Use a longer fence around it.",
        )
    return balanced


def _next_target(lines: Sequence[str], start: int, fence: Fence) -> int:
    """Where the next named block's fence stands after a closing one, or the end of the reply."""
    closed = False
    for index in range(start, len(lines)):
        inner = fence_of(lines[index])
        if inner is None:
            continue
        if closed and named_target(lines, index) is not None:
            return index
        closed = closed or inner.closes(fence)
    return len(lines)


def _paired(lines: Sequence[str], start: int, end: int, fence: Fence) -> bool:
    """True where the fences after line `start` are blocks of their own that open with a language."""
    opened = False
    for index in range(start + 1, end + 1):
        inner = fence_of(lines[index])
        if inner is None or len(inner.mark) < len(fence.mark):
            continue
        if inner.info:
            opened = True
        elif opened:
            opened = False
        else:
            return False
    return not opened
