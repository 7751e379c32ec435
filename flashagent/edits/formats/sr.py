"""SEARCH/REPLACE blocks, in the spellings that models use. Pure; raises EditProblem on a broken reply."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.edits.formats.envelope import fence_of, open_fence_at, path_above, path_in
from flashagent.edits.formats.fenced import named_target
from flashagent.edits.values import Edit, EditProblem, Replace, Whole

OPEN = re.compile(r"^[ \t]*(?:<{5,9}|-{5,9})[ \t]*(?:SEARCH|ORIGINAL)\b>?[ \t]*(.*)$")
_DIVIDER = re.compile(r"^[ \t]*(={5,9})[ \t]*$")
_CLOSE = re.compile(r"^[ \t]*(?:>{5,9}|\+{5,9})[ \t]*(?:REPLACE|UPDATED)\b.*$")
_BARE_CLOSE = re.compile(r"^[ \t]*>{5,9}[ \t]*$")
_BEGUN = re.compile(r"^[ \t]*<{3,9}[ \t]*(?:S|SE|SEA|SEAR|SEARC)?[ \t]*$")
_START_LINE = re.compile(r"^(?::(?:start_)?line|start_line)\s*:?\s*(\d+)\s*$")
_RULE = re.compile(r"^-{5,9}$")


def starts(text: str) -> int | None:
    """Offset of the first block, or None."""
    match = re.search(OPEN.pattern, text, re.MULTILINE)
    return match.start() if match else None


def parse(text: str) -> list[Edit]:
    """The blocks in order. Raises EditProblem: cut_off, malformed."""
    lines = text.split("\n")
    edits: list[Edit] = []
    spans: list[range] = []
    path, index = "", 0
    while index < len(lines):
        opening = OPEN.match(lines[index])
        if opening is None:
            index += 1
            continue
        close = _closing(lines, index, len(edits) + 1)
        path = _path(lines, index, spans, opening.group(1)) or path
        edits.append(_block(lines[index + 1 : close], path, opening.group(0), len(edits) + 1))
        spans.append(range(index, close + 1))
        index = close + 1
    _check_end(lines, spans)
    return edits + _files_beside(lines, spans)


def _files_beside(lines: Sequence[str], spans: Sequence[range]) -> list[Edit]:
    """Whole files that stand beside the blocks: a path alone on its line, and a fence without any block in it."""
    hidden = {index for span in spans for index in span}
    found: list[Edit] = []
    opened: int | None = None
    for index, line in enumerate(lines):
        fence = None if index in hidden else fence_of(line)
        if fence is None:
            continue
        if opened is None:
            opened = index
        elif fence.closes(fence_of(lines[opened]) or fence):
            target = named_target(lines, opened)
            if target is not None and target[1] is None and hidden.isdisjoint(range(opened, index)):
                found.append(Whole(target[0], _text(lines[opened + 1 : index])))
            opened = None
    return found


def _path(lines: Sequence[str], index: int, spans: Sequence[range], on_marker: str) -> str | None:
    own = path_in(on_marker, prose=False) if on_marker.strip() else None
    if own:
        return own
    return path_above(lines, index, floor=spans[-1].stop if spans else 0)


def _closing(lines: Sequence[str], start: int, number: int) -> int:
    divided = False
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if _CLOSE.match(line) or (divided and _BARE_CLOSE.match(line)):
            if not divided:
                raise EditProblem(
                    "malformed", f"Block {number} has no ======= line between SEARCH and REPLACE."
                )
            return index
        if OPEN.match(line) and not _RULE.match(line):
            break
        divided = divided or bool(_DIVIDER.match(line))
    raise EditProblem(
        "cut_off",
        f"Block {number} has no closing >>>>>>> REPLACE line, so the reply seems cut off. Send all blocks again.",
    )


def _block(body: Sequence[str], path: str, opening: str, number: int) -> Replace:
    near, body = _hint(list(body))
    dividers = [index for index, line in enumerate(body) if _DIVIDER.match(line)]
    width = len(opening.strip()) - len(opening.strip().lstrip("<-"))
    same = [index for index in dividers if len(body[index].strip()) == width]
    plain = [index for index in same if body[index] == body[index].strip()]
    chosen = plain if len(plain) == 1 else same or dividers
    if len(chosen) != 1:
        raise EditProblem(
            "malformed",
            f"Block {number} has {len(chosen)} lines of = signs, so old and new text cannot be told apart.",
        )
    old, new = list(body[: chosen[0]]), list(body[chosen[0] + 1 :])
    return Replace(path, _text(old), _text(new), near_line=near, whole_lines=True)


def _hint(body: list[str]) -> tuple[int | None, list[str]]:
    """Take `:start_line:12` and its rule off the head of a block."""
    near = None
    if body and (match := _START_LINE.match(body[0].strip())):
        near = int(match.group(1)) if len(match.group(1)) < 9 else None
        body = body[1:]
        if body and re.match(r"^:end_line:", body[0].strip()):
            body = body[1:]
        if body and _RULE.match(body[0].strip()):
            body = body[1:]
    return near, body


def _text(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _check_end(lines: Sequence[str], spans: Sequence[range]) -> None:
    if spans and open_fence_at(lines, len(lines), spans) is not None:
        raise EditProblem(
            "cut_off", "The last code fence is not closed, so the reply seems cut off. Send all blocks again."
        )
    stop = spans[-1].stop if spans else 0
    last = next((line for line in reversed(lines[stop:]) if line.strip()), "")
    if spans and _BEGUN.match(last):
        raise EditProblem("cut_off", "The reply ends where a block begins. Send all blocks again.")
    if any(_CLOSE.match(line) for line in lines[stop:]):
        raise EditProblem("malformed", "A >>>>>>> REPLACE line belongs to no block.")
