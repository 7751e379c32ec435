"""First line … last line, with the number of lines as a guard. Pure; raises EditProblem on a broken reply.

path/to/file.py
<<<<<<< FIRST
def area(w, h):
======= LAST 3
    return w + h
======= NEW
def area(w, h):
    return w * h
>>>>>>> END
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.edits.formats.envelope import open_fence_at, path_above, path_in
from flashagent.edits.values import Edit, EditProblem, ReplaceRange

_FIRST = re.compile(r"^[ \t]*<{5,9}[ \t]*FIRST\b[ \t]*(.*)$")
_LAST = re.compile(r"^[ \t]*={5,9}[ \t]*LAST\b[ \t]*(?:\(?(\d{1,6})[^\n]*)?$")
_NEW = re.compile(r"^[ \t]*={5,9}[ \t]*NEW[ \t]*$")
_END = re.compile(r"^[ \t]*>{5,9}[ \t]*(?:END|REPLACE|NEW)?[ \t]*$")


def starts(text: str) -> int | None:
    """Offset of the first block, or None."""
    match = re.search(_FIRST.pattern, text, re.MULTILINE)
    return match.start() if match else None


def parse(text: str) -> list[Edit]:
    """The blocks in order. Raises EditProblem: cut_off, malformed."""
    lines = text.split("\n")
    edits: list[Edit] = []
    spans: list[range] = []
    path, index = "", 0
    while index < len(lines):
        opening = _FIRST.match(lines[index])
        if opening is None:
            index += 1
            continue
        end = next((at for at in range(index + 1, len(lines)) if _END.match(lines[at])), None)
        if end is None:
            raise EditProblem(
                "cut_off", f"Block {len(edits) + 1} has no >>>>>>> END line. Send all blocks again."
            )
        floor = spans[-1].stop if spans else 0
        own = path_in(opening.group(1), prose=False) if opening.group(1).strip() else None
        path = own or path_above(lines, index, floor=floor) or path
        edits.append(_block(lines[index + 1 : end], path, len(edits) + 1))
        spans.append(range(index, end + 1))
        index = end + 1
    if spans and open_fence_at(lines, len(lines), spans) is not None:
        raise EditProblem("cut_off", "The last code fence is not closed, so the reply seems cut off.")
    return edits


def _block(body: Sequence[str], path: str, number: int) -> ReplaceRange:
    last = [index for index, line in enumerate(body) if _LAST.match(line)]
    new = [index for index, line in enumerate(body) if _NEW.match(line)]
    if len(last) != 1 or len(new) != 1 or not last[0] < new[0]:
        raise EditProblem(
            "malformed", f"Block {number} needs one ======= LAST line and one ======= NEW line after it."
        )
    first_line = _only(body[: last[0]], number, "first")
    last_line = _only(body[last[0] + 1 : new[0]], number, "last")
    match = _LAST.match(body[last[0]])
    count = int(match.group(1)) if match and match.group(1) else None
    return ReplaceRange(
        path, first_line, last_line, "".join(line + "\n" for line in body[new[0] + 1 :]), count
    )


def _only(lines: Sequence[str], number: int, which: str) -> str:
    filled = [line for line in lines if line.strip()]
    if len(filled) != 1:
        raise EditProblem("malformed", f"Block {number} must give exactly one {which} line.")
    return filled[0]
