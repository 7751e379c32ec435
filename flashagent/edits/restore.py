"""Keep the file's typographic characters in lines that a reply rewrote in ASCII. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from flashagent.edits.lines import plain
from flashagent.edits.values import Op

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def keep_punctuation(ops: tuple[Op, ...], file_lines: Sequence[str]) -> tuple[Op, ...]:
    """Where inserted lines repeat parts of the deleted ones, let those parts be the file's own characters.

    `file_lines` are the file's lines for the old operations, in order. Lines that are ASCII in the file need nothing.
    """
    if all(line.isascii() for line in file_lines) or all(kind == "=" for kind, _ in ops):
        return ops
    result: list[Op] = []
    place, index = 0, 0
    while index < len(ops):
        if ops[index][0] == "=":
            result.append(ops[index])
            place, index = place + 1, index + 1
            continue
        stop = next((at for at in range(index, len(ops)) if ops[at][0] == "="), len(ops))
        run = ops[index:stop]
        deleted = [text for kind, text in run if kind == "-"]
        inserted = [text for kind, text in run if kind == "+"]
        own = list(file_lines[place : place + len(deleted)])
        result += [("-", text) for text in deleted]
        result += [("+", text) for text in _restored(deleted, inserted, own)]
        place, index = place + len(deleted), stop
    return tuple(result)


def _restored(deleted: Sequence[str], inserted: Sequence[str], own: Sequence[str]) -> list[str]:
    if not deleted or not inserted or all(line.isascii() for line in own):
        return list(inserted)
    old, new = _tokens("\n".join(deleted)), _tokens("\n".join(inserted))
    sources = _sources(old, "\n".join(own))
    if sources is None:
        return list(inserted)
    pieces = list(new)
    for a, b, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        if any(token.strip() and token[0].isalnum() for token in old[a : a + size]):
            pieces[b : b + size] = sources[a : a + size]
    return "".join(pieces).split("\n")


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _sources(tokens: Sequence[str], own: str) -> list[str] | None:
    """The file's characters behind each token, found by walking both; None where they do not line up."""
    result, at = [], 0
    for token in tokens:
        stop, want = at, plain("x" + token + "x")
        if own.startswith(token, at):
            stop = at + len(token)
        else:
            while stop <= len(own) and plain("x" + own[at:stop] + "x") != want:
                stop += 1
                if stop - at > len(token) * 2 + 2:
                    return None
        result.append(own[at:stop])
        at = stop
    return result
