"""Give a refusal the current lines that its edit most likely meant, wherever they stand. Messages only; decides no write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from flashagent.edits.diffing import old_side
from flashagent.edits.lines import FileLines, split_lines
from flashagent.edits.nearest import scored_region
from flashagent.edits.paths import Paths, check_allowed, tidy
from flashagent.edits.values import (
    Create,
    Edit,
    EditProblem,
    Hunk,
    Refusal,
    Region,
    Replace,
    ReplaceRange,
    ReplaceSymbol,
    Whole,
)
from flashagent.errors import WorkspaceError

Read = Callable[[str], str | None]

_ALIKE = 60.0  # from here on, lines of another file than the named one are worth showing
_FEW = 50  # files of a tree small enough to look into all of them
_MOST_QUOTED = 40
_MOST_WORDS = 60
_PATH_WORD = re.compile(
    r"[\w.@+~/\\-]*\w\.[A-Za-z]\w*|[\w.@+~-]+/[\w.@+~/-]*\w|\b(?:Makefile|Dockerfile|LICENSE)\b"
)
_MARKS = re.compile(
    r"^(?:<{5,9}|={5,9}|>{5,9}|\*{3} |@@|--- |\+\+\+ |diff --git |index |```|~~~|:start_line)"
)


def quoted(edit: Edit) -> tuple[list[str], int | None]:
    """The lines of the file that an edit quotes, and the line at which it says they are."""
    match edit:
        case Replace(old=old, near_line=line):
            return split_lines(old), line
        case Hunk(ops=ops, line=line):
            return old_side(ops), line
        case ReplaceSymbol(symbol=name, body=body):
            return [name.rsplit(".", 1)[-1], *split_lines(body)[:1]], None
        case ReplaceRange(first=first, last=last):
            return [first, last], None
        case Create(text=text) | Whole(text=text):
            return split_lines(text), None
    return [], None


def taught(refusal: Refusal, edit: Edit, read: Read, listed: Sequence[str]) -> Refusal:
    """The refusal with the nearest lines, where it has none yet: of its own file, else of the file most like it.

    `path` then is the file that the lines are of; the message keeps the name that the reply gave.
    """
    lines, line = quoted(edit)
    return _with_lines(refusal, edit.path, lines, line, read, listed)


def taught_whole(refusal: Refusal, reply: str, read: Read, listed: Sequence[str]) -> Refusal:
    """The same for a refusal of the reply as a whole: its last named file, and the text that stands after the name."""
    paths = Paths(read, listed)
    lines = reply.split("\n")
    for at, word in _last_words(lines):
        if (path := _known(paths, word)) is not None:
            rest = [text for text in lines[at + 1 :] if not _MARKS.match(text)][:_MOST_QUOTED]
            bare = [text[1:] if text[:1] in ("+", "-") else text for text in rest]
            return _with_lines(refusal, path, bare, None, read, listed)
    return refusal


def _last_words(lines: Sequence[str]) -> Iterable[tuple[int, str]]:
    """Words that may be paths, the last of the reply first, each once."""
    seen: set[str] = set()
    for at in range(len(lines) - 1, -1, -1):
        for word in reversed(_PATH_WORD.findall(lines[at][:400])):
            if word in seen:
                continue
            if len(seen) >= _MOST_WORDS:
                return
            seen.add(word)
            yield at, word


def _known(paths: Paths, word: str) -> str | None:
    try:
        return paths.existing(word)
    except (EditProblem, WorkspaceError):
        return None


def _with_lines(
    refusal: Refusal, named: str, lines: Sequence[str], line: int | None, read: Read, listed: Sequence[str]
) -> Refusal:
    clean = refusal.path or tidy(named)
    own = _region(read, clean, lines, line)
    if own is not None:
        return replace(refusal, path=clean, nearest=own[1])
    alike = Paths(read, listed).alike(tidy(named)) if named.strip() else []
    others = alike or (list(listed) if len(listed) <= _FEW else [])
    found = [(hit, path) for path in others if (hit := _region(read, path, lines, line)) is not None]
    if not found:
        return refusal
    (score, region), path = max(found, key=lambda item: item[0][0])
    if score < _ALIKE and not alike:
        return refusal
    message = f"{refusal.message} The nearest lines are {region.start} to {region.end} of {path}, shown as they are now."
    return replace(refusal, path=path, message=message, nearest=region)


def _region(read: Read, path: str, lines: Sequence[str], line: int | None) -> tuple[float, Region] | None:
    try:
        check_allowed(path)
        text = read(path)
    except (EditProblem, WorkspaceError):
        return None
    if not text:
        return None
    score, region = scored_region(FileLines(text), lines[:_MOST_QUOTED], line)
    return (score, region) if region is not None else None
