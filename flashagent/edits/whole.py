"""The complete new text of a file: guarded against replies that left part of it out. Pure."""

from __future__ import annotations

from flashagent.edits.diffing import diff_ops
from flashagent.edits.elision import first_elision
from flashagent.edits.lines import BOM, FileLines, split_lines
from flashagent.edits.pattern import Hit
from flashagent.edits.splice import Splice, splices_of
from flashagent.edits.values import EditProblem, Op, Region

_TAIL_LINES, _TAIL_SHARE = 10, 0.25


def check_new_text(text: str) -> str:
    """The text of a new file with LF line ends. Raises EditProblem where it stands for more than it says."""
    text = text.removeprefix(BOM).replace("\r\n", "\n")
    lines = split_lines(text)
    index = first_elision(lines, ())
    if index is not None:
        raise EditProblem(
            "elision",
            f"The new file holds {lines[index].strip()!r}, which stands for lines left out. Write every line.",
        )
    return text


def whole_splices(view: FileLines, text: str, number: int, shown: str | None, named: bool) -> list[Splice]:
    """The spans between a file and its new text. Raises EditProblem: elision, cut_off, stale, no_change.

    `named` is false where the file was found by the end of its path only: then the new text must keep at least half of
    its lines, since a new file of that name may have been meant.
    """
    new = split_lines(text.removeprefix(BOM))
    if new == view.lines:
        raise EditProblem("already_applied", "The file reads like that already.", _head(view))
    index = first_elision(new, view.lines)
    if index is not None:
        raise EditProblem(
            "elision",
            f"The new text holds {new[index].strip()!r}, which stands for lines left out. Write every line, or send an edit.",
            _head(view),
        )
    if shown is not None and shown != view.text:
        raise EditProblem(
            "stale",
            "You saw an older version of this file, and a whole new text would undo what has changed since. "
            "Send an edit of the current text.",
            _changed(view, FileLines(shown)),
        )
    ops = diff_ops(view.lines, new)
    _check_complete(view, ops, new, named)
    return splices_of(view, Hit(tuple(range(len(view))), ops), number)


def _head(view: FileLines) -> Region | None:
    return view.region(0, min(len(view), 10))


def _changed(view: FileLines, before: FileLines) -> Region | None:
    same = 0
    while same < min(len(view), len(before)) and view.lines[same] == before.lines[same]:
        same += 1
    return view.region(same - 2, same + 8)


def _check_complete(view: FileLines, ops: tuple[Op, ...], new: list[str], named: bool) -> None:
    if view.lines and not any(line.strip() for line in new):
        raise EditProblem("cut_off", "The new text is empty. Delete the file by a delete edit.", _head(view))
    kept = sum(1 for kind, _ in ops if kind == "=")
    if not named and kept * 2 < len(view):
        raise EditProblem(
            "ambiguous_path",
            "The path does not tell whether a new file or this one is meant. Give it whole.",
            _head(view),
        )
    share = len(view) * _TAIL_SHARE
    head = _lost_end(ops)
    if head >= max(3, min(_TAIL_LINES, share)) and head >= share:
        raise EditProblem(
            "cut_off",
            f"The new text begins where {head} lines of the file have passed, as if it were an excerpt. Send the whole "
            "text, or an edit.",
            _head(view),
        )
    tail = _lost_end(ops[::-1])
    if tail >= max(3, min(_TAIL_LINES, share)) and (tail >= share or kept == len(new)):
        raise EditProblem(
            "cut_off",
            f"The new text ends where {tail} more lines of the file follow, as if it had been cut off. To remove them, "
            "send an edit that names them.",
            view.region(len(view) - tail, len(view) - tail + 10),
        )


def _lost_end(ops: tuple[Op, ...]) -> int:
    """By how many lines the first part shrinks: a line or two at the very end may agree by chance (a brace)."""
    lost = last = 0
    for kind, _ in ops:
        if kind == "=":
            if lost or last == 2:
                break
            last += 1
        else:
            lost += 1 if kind == "-" else -1
    return lost
