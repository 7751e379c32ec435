"""Old text, new text: from one edit to the spans it changes. Pure.

Whole lines are tried first. Text that begins or ends inside a line must stand in the file exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flashagent.edits.decoding import unescaped
from flashagent.edits.elision import first_elision
from flashagent.edits.lines import BOM, FileLines, split_lines
from flashagent.edits.locate import locate
from flashagent.edits.nearest import nearest_region
from flashagent.edits.pattern import Pattern
from flashagent.edits.place import ambiguous, applied_problem, every_place, missing, near, single_place
from flashagent.edits.splice import Splice, splices_of
from flashagent.edits.values import EditProblem, Hunk, Region, Replace

_SUBSTANCE = 4


def replace_splices(view: FileLines, edit: Replace, number: int, shown: str | None) -> list[Splice]:
    """The spans of a Replace. Raises EditProblem when there is not exactly one place for it."""
    edit = unescaped(view, replace(edit, old=_clean(edit.old), new=_clean(edit.new)))
    old, new = edit.old, edit.new
    if old == new:
        raise EditProblem("no_change", "Old and new text are the same.", _seen(view, old, edit.near_line))
    if not old.strip("\n") and (not old or edit.whole_lines):
        if any(line.strip() for line in view.lines):
            raise EditProblem(
                "empty_search",
                "The old text is empty but the file is not. Quote the lines beside which the new ones belong.",
                view.region(0, min(len(view), 10)),
            )
        return [Splice(0, len(view.joined), _ended(new), number)]
    if edit.whole_lines:
        return _by_lines(view, edit, split_lines(old), split_lines(new), number, shown)
    return _by_text(view, edit, old, new, number, shown)


def _clean(text: str) -> str:
    return text.removeprefix(BOM).replace("\r\n", "\n")


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _seen(view: FileLines, old: str, near_line: int | None) -> Region | None:
    return nearest_region(view, split_lines(old), near_line)


def _by_lines(
    view: FileLines, edit: Replace, old: Sequence[str], new: Sequence[str], number: int, shown: str | None
) -> list[Splice]:
    pattern = Pattern.of_texts(old, new)
    if edit.all:
        return [
            splice for hit in every_place(view, pattern, shown) for splice in splices_of(view, hit, number)
        ]
    hit = single_place(view, pattern, shown, near_line=edit.near_line)
    return splices_of(view, hit, number)


def occurrences(haystack: str, needle: str) -> list[int]:
    """Offsets of the needle, overlapping ones too: two that overlap are two."""
    found, at = [], haystack.find(needle)
    while at >= 0:
        found.append(at)
        at = haystack.find(needle, at + 1)
    return found


def _by_text(
    view: FileLines, edit: Replace, old: str, new: str, number: int, shown: str | None
) -> list[Splice]:
    offsets = occurrences(view.joined, old)
    if edit.all and offsets:
        return [Splice(at, at + len(old), new, number) for at in _apart(offsets, len(old))]
    old_lines, new_lines = split_lines(old), split_lines(new)
    if len(offsets) > 1:
        return _of_several(view, edit, old, new, offsets, number, shown)
    if offsets and (_inside(view, offsets[0], old) or (not new and not old.endswith("\n"))):
        return [_literal(view, old, new, offsets[0], number)]
    if not old.strip():
        raise missing(view, old_lines, shown, edit.near_line)
    if not offsets:
        return _by_lines(view, edit, old_lines, new_lines, number, shown)
    return _at_line_ends(view, edit, old, new, offsets[0], number, shown)


def _at_line_ends(
    view: FileLines, edit: Replace, old: str, new: str, at: int, number: int, shown: str | None
) -> list[Splice]:
    """One occurrence that takes whole lines, but perhaps not all of the first one's indentation."""
    pattern = Pattern.of_texts(split_lines(old), split_lines(new))
    found = locate(view, pattern)
    if found is None:
        return [_literal(view, old, new, at, number)]
    line = view.line_at(at)
    if all(hit.start != line for hit in found.hits) and not _blank_start(old):
        raise ambiguous(view, [(line, line + 1), *((hit.start, hit.end) for hit in found.hits)], found.rung)
    return _by_lines(view, edit, split_lines(old), split_lines(new), number, shown)


def _blank_start(old: str) -> bool:
    return not old.split("\n", 1)[0].strip()


def _of_several(
    view: FileLines, edit: Replace, old: str, new: str, offsets: list[int], number: int, shown: str | None
) -> list[Splice]:
    """Several occurrences: the line hint may pick one, or a text of complete lines may be one of them only."""
    spans = [(view.line_at(at), view.line_at(at + len(old) - 1) + 1) for at in offsets]
    index = near(edit.near_line, spans)
    if index is not None and _inside(view, offsets[index], old):
        return [_literal(view, old, new, offsets[index], number)]
    if index is not None or "\n" in old.strip("\n") or (old.endswith("\n") and old.strip()):
        return _by_lines(view, edit, split_lines(old), split_lines(new), number, shown)
    raise ambiguous(view, spans)


def _apart(offsets: Sequence[int], size: int) -> list[int]:
    result: list[int] = []
    for at in offsets:
        if not result or at >= result[-1] + size:
            result.append(at)
    return result


def _inside(view: FileLines, at: int, old: str) -> bool:
    """True where the text begins after, or ends before, other text of its line."""
    stop = at + len(old)
    before = view.joined[view.starts[view.line_at(at)] : at]
    if before.strip():
        return True
    if stop == 0 or view.joined[stop - 1] == "\n":
        return False
    return bool(view.joined[stop : view.joined.find("\n", stop)].strip())


def _literal(view: FileLines, old: str, new: str, at: int, number: int) -> Splice:
    """Exactly this text for that one, unless what it adds is there already."""
    extra = len(new) - len(old)
    if extra > 0 and sum(char.isalnum() for char in new.replace(old, "", 1)) >= _SUBSTANCE:
        shift = new.find(old)
        while shift >= 0:
            if view.joined.startswith(new, max(at - shift, 0)) and at >= shift:
                raise applied_problem(view, split_lines(new))
            shift = new.find(old, shift + 1)
    return Splice(at, at + len(old), new, number)


def hunk_splices(view: FileLines, hunk: Hunk, number: int, shown: str | None) -> list[Splice]:
    """The spans of one hunk of a patch. Raises EditProblem when there is not exactly one place for it."""
    pattern = Pattern.of_ops(hunk.ops, hunk.bare)
    if hunk.prose and locate(view, pattern) is None:
        pattern = Pattern.of_ops(hunk.ops[: -hunk.prose], hunk.bare[: -hunk.prose])
    if all(kind == "=" for kind, _ in hunk.ops) and hunk.final_newline is None:
        raise EditProblem(
            "no_change", "The hunk changes nothing.", nearest_region(view, pattern.old, hunk.line)
        )
    if not any(line.strip() for line in pattern.old):
        if any(line.strip() for line in view.lines):
            raise EditProblem(
                "empty_search",
                "The hunk holds no line of the file to find its place by. Add the lines around it.",
                nearest_region(view, list(hunk.anchors), hunk.line),
            )
        return [Splice(0, len(view.joined), "".join(line + "\n" for line in pattern.new), number)]
    return splices_of(view, single_place(view, pattern, shown, hunk=hunk), number)


def check_elision(view: FileLines, splices: Sequence[Splice]) -> None:
    """Raise EditProblem where an inserted line stands for text left out."""
    for splice in splices:
        if not splice.text:
            continue
        at = view.line_at(splice.start)
        lead = view.lines[max(0, at - 3) : at]
        lines = [*lead, *split_lines(splice.text)]
        index = first_elision(lines, view.lines)
        if index is not None:
            raise EditProblem(
                "elision",
                f"The new text holds {lines[index].strip()!r}, which stands for lines left out. Write every line.",
                view.region(at - 2, view.line_at(max(splice.start, splice.end - 1)) + 3),
            )
