"""Turn an old and a new text into kept, deleted and inserted lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from flashagent.edits.values import Op

_TOO_LARGE = 4_000_000


def diff_ops(old: Sequence[str], new: Sequence[str]) -> tuple[Op, ...]:
    """The operations that turn `old` into `new`; deletions come before insertions in each changed run."""
    head = 0
    while head < len(old) and head < len(new) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    ops: list[Op] = [("=", line) for line in old[:head]]
    ops += _middle(middle_old, middle_new)
    ops += [("=", line) for line in old[len(old) - tail :]]
    return tuple(ops)


def _middle(old: Sequence[str], new: Sequence[str]) -> list[Op]:
    if not old or not new or len(old) * len(new) > _TOO_LARGE:
        return [*(("-", line) for line in old), *(("+", line) for line in new)]
    ops: list[Op] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            ops += [("=", line) for line in old[a:b]]
        else:
            ops += [("-", line) for line in old[a:b]]
            ops += [("+", line) for line in new[c:d]]
    return ops


def old_side(ops: Sequence[Op]) -> list[str]:
    return [text for kind, text in ops if kind != "+"]


def new_side(ops: Sequence[Op]) -> list[str]:
    return [text for kind, text in ops if kind != "-"]
