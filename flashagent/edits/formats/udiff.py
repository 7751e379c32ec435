"""Unified diffs, with or without right counts. Pure; raises EditProblem on a broken reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field

from flashagent.dataclass import dataclass
from flashagent.edits.formats.envelope import Fence, fence_of
from flashagent.edits.formats.patch_lines import bare_ops, drop_trailing_blanks, ops_of
from flashagent.edits.values import Create, Delete, Edit, EditProblem, Hunk, Op, Rename

_START = re.compile(r"^(?:diff --git |--- [^\n]+\n\+\+\+ [^\n]+$|@@ -\d+(?:,\d+)? \+\d+)", re.MULTILINE)
_BEGUN = re.compile(r"^--- [^\n]+\n\+{1,3}[^\n]*\s*\Z", re.MULTILINE)
_GIT = re.compile(r"^diff --git (?:\"?a/(.+?)\"?) (?:\"?b/(.+?)\"?)$")
_HUNK = re.compile(r"^@@+(?: ?-(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? ?@@+| ?\.\.\. ?@@+| ?@@+)?(.*)$")
_META = re.compile(r"^(?:index |new file mode|deleted file mode|old mode|new mode|similarity index|dissimilarity index"
                   r"|rename (?:from|to) |copy (?:from|to) |Binary files |GIT binary patch)")  # fmt: skip


def starts(text: str) -> int | None:
    """Offset of the first header, or None."""
    match = _START.search(text) or _BEGUN.search(text)
    return match.start() if match else None


@dataclass
class _Chunk:
    header: re.Match[str]
    lines: list[str] = field(default_factory=list)


@dataclass
class _File:
    old: str = ""
    new: str = ""
    rename: tuple[str, str] | None = None
    deleted: bool = False
    created: bool = False
    chunks: list[_Chunk] = field(default_factory=list)


def parse(text: str) -> list[Edit]:
    """The edits of all files of the diff. Raises EditProblem: cut_off, malformed."""
    lines = text.split("\n")
    files, fenced, open_fence = _read(lines)
    if _BEGUN.search(text):
        raise EditProblem("cut_off", "The diff ends within the header of a file. Send all of it again.")
    if not any(file.chunks or file.rename or file.deleted or file.created for file in files):
        raise EditProblem("malformed", "The diff holds no hunk.")
    if open_fence is not None:
        raise EditProblem(
            "cut_off", "The code fence is not closed, so the diff seems cut off. Send all of it again."
        )
    if not fenced:
        _check_cut(files, text)
    return [edit for file in files for edit in _edits(file)]


def _read(lines: Sequence[str]) -> tuple[list[_File], bool, Fence | None]:
    """The files, whether the diff stood in a fence, and the fence left open."""
    files: list[_File] = []
    fence: Fence | None = None
    fenced = False
    chunk: _Chunk | None = None
    index = 0
    while index < len(lines):
        line = lines[index]
        mark = fence_of(line)
        if mark is not None and not line.startswith((" ", "+", "-")):
            if fence is None:
                fence, chunk, fenced = mark, None, fenced or bool(files) or _diff_follows(lines, index)
            elif mark.closes(fence):
                fence, chunk = None, None
            elif chunk is not None:
                chunk.lines.append(line)
            index += 1
            continue
        if line.startswith("diff --git "):
            files.append(_from_git(line))
            chunk = None
        elif _is_header(lines, index):
            _name(files, line[4:], lines[index + 1][4:], chunk)
            chunk = None
            index += 1
        elif line.startswith("@@") and (header := _HUNK.match(line)) and files:
            chunk = _Chunk(header)
            files[-1].chunks.append(chunk)
        elif chunk is not None:
            chunk.lines.append(line)
        elif files and _META.match(line):
            _meta(files[-1], line)
        index += 1
    return files, fenced, fence


def _diff_follows(lines: Sequence[str], index: int) -> bool:
    return any(line.startswith(("--- ", "diff --git ", "@@")) for line in lines[index + 1 : index + 4])


def _is_header(lines: Sequence[str], index: int) -> bool:
    """A pair of --- and +++ lines; inside a hunk that is only a header when a hunk or the like follows."""
    if (
        not lines[index].startswith("--- ")
        or index + 1 >= len(lines)
        or not lines[index + 1].startswith("+++ ")
    ):
        return False
    return index + 2 >= len(lines) or lines[index + 2].startswith("@@") or not lines[index + 2].strip()


def _from_git(line: str) -> _File:
    match = _GIT.match(line)
    return _File(match.group(1), match.group(2)) if match else _File()


def _name(files: list[_File], old: str, new: str, chunk: _Chunk | None) -> None:
    old, new = _path(old), _path(new)
    if (
        not files
        or files[-1].chunks
        or (files[-1].old and files[-1].old not in (old, old.removeprefix("a/")) and old != "/dev/null")
    ):
        files.append(_File())
    file = files[-1]
    file.created = file.created or old == "/dev/null"
    file.deleted = file.deleted or new == "/dev/null"
    prefixed = old.startswith("a/") and new.startswith("b/")
    if old != "/dev/null":
        file.old = old[2:] if (prefixed or (file.deleted and old.startswith("a/"))) else old
    if new != "/dev/null":
        file.new = new[2:] if (prefixed or (file.created and new.startswith("b/"))) else new


def _bare(path: str) -> str:
    return path[2:] if path.startswith(("a/", "b/")) else path


def _path(text: str) -> str:
    return text.split("\t")[0].strip().strip('"')


_NO_FILE = re.compile(r"(?:(?:new|old|deleted)(?: file)? mode|index \S+) (?:120000|160000)")


def _meta(file: _File, line: str) -> None:
    if _NO_FILE.match(line):
        raise EditProblem(
            "malformed", "The diff makes or changes a symbolic link or a submodule, which edits cannot do."
        )
    if line.startswith("rename from "):
        file.rename = (line[12:].strip(), "")
    elif line.startswith("rename to ") and file.rename is not None:
        file.rename = (file.rename[0], line[10:].strip())
    elif line.startswith("new file mode"):
        file.created = True
    elif line.startswith("deleted file mode"):
        file.deleted = True
    elif line.startswith(("Binary files ", "GIT binary patch")):
        raise EditProblem("malformed", "The diff changes a binary file, which edits cannot do.")


def _counts(chunk: _Chunk) -> tuple[int, int] | None:
    if chunk.header.group(1) is None:
        return None
    return int(chunk.header.group(2) or 1), int(chunk.header.group(4) or 1)


def _check_cut(files: Sequence[_File], text: str) -> None:
    """Refuse a diff outside a fence that ends in the middle of a hunk."""
    last = next((file.chunks[-1] for file in reversed(files) if file.chunks), None)
    if last is None or files[-1].chunks == []:
        return
    ops = ops_of(drop_trailing_blanks([line for line in last.lines if not line.startswith("\\")]))
    promised = _counts(last)
    ends_changed = not ops or ops[-1][0] != "="
    if promised is None:
        short = ends_changed and not text.endswith("\n")
    else:
        old = sum(1 for kind, _ in ops if kind != "+")
        new = sum(1 for kind, _ in ops if kind != "-")
        short = ends_changed and (old < promised[0] or new < promised[1])
    if short:
        raise EditProblem("cut_off", "The diff ends in the middle of its last hunk. Send all of it again.")


def _edits(file: _File) -> list[Edit]:
    path = file.old or file.new
    if file.created:
        return [Create(file.new or path, _created(file))]
    if file.deleted:
        lines = [line for chunk in file.chunks for line in _body(chunk) if not line.startswith("\\")]
        gone = "".join(text + "\n" for kind, text in _ops(lines) if kind == "-")
        return [Delete(path, gone if file.chunks else None)]
    edits: list[Edit] = []
    if file.rename is not None and file.rename[1]:
        path = file.rename[0]
        edits.append(Rename(*file.rename))
    elif file.old and file.new and _bare(file.old) != _bare(file.new):
        raise EditProblem(
            "malformed", f"The diff names two files, {file.old} and {file.new}, without a rename."
        )
    edits += [_hunk(path, chunk) for chunk in file.chunks if any(line.strip() for line in chunk.lines)]
    return edits


def _created(file: _File) -> str:
    lines = [line for chunk in file.chunks for line in drop_trailing_blanks(list(chunk.lines))]
    kept = [line for line in lines if not line.startswith("\\")]
    if any(line and not line.startswith("+") for line in kept):
        raise EditProblem("malformed", f"The diff makes {file.new}, but not all of its lines begin with +.")
    ended = not any(line.startswith("\\") for line in lines)
    text = "".join(line[1:] + "\n" for line in kept)
    return text if ended else text.removesuffix("\n")


def _hunk(path: str, chunk: _Chunk) -> Hunk:
    lines = _body(chunk)
    heading = (chunk.header.group(5) or "").strip()
    number = chunk.header.group(1)
    line = int(number) if number is not None and len(number) < 9 else None
    kept = [text for text in lines if not text.startswith("\\")]
    return Hunk(
        path, tuple(ops_of(kept)), line, (heading,) if heading else (), False, _final_newline(lines), _prose(lines),
        tuple(bare_ops(kept)),
    )  # fmt: skip


def _body(chunk: _Chunk) -> list[str]:
    """The hunk's lines: those that the header promises, where bare text follows them; blank ones at its end are kept
    only as far as the header promises them."""
    lines = list(chunk.lines)
    promised = _counts(chunk)
    if promised is not None and (whole := _promised(lines, promised)) is not None:
        return whole
    trimmed = drop_trailing_blanks(list(lines))
    if promised is None:
        return trimmed
    missing = promised[0] - sum(1 for kind, _ in _ops(trimmed) if kind != "+")
    return lines[: len(trimmed) + missing] if 0 < missing <= len(lines) - len(trimmed) else trimmed


def _promised(lines: Sequence[str], promised: tuple[int, int]) -> list[str] | None:
    """The lines up to where both counts are met, if what follows is no part of a hunk: prose of the reply."""
    old = new = 0
    for index, line in enumerate(lines):
        if (old, new) == promised and not line.startswith("\\"):
            rest = [text for text in lines[index:] if text.strip()]
            return list(lines[:index]) if rest and rest[0][0] not in "+- \\" else None
        old += not line.startswith(("+", "\\"))
        new += not line.startswith(("-", "\\"))
    return None


def _prose(lines: Sequence[str]) -> int:
    """How many lines at the end may be prose of the reply: a blank line, then bare text, and no change after it."""
    changed = max((index for index, line in enumerate(lines) if line.startswith(("+", "-"))), default=-1)
    for index in range(changed + 1, len(lines) - 1):
        follows = next((text for text in lines[index:] if text.strip()), "")
        if not lines[index].strip() and follows[:1] not in ("", " ", "\\"):
            return len(lines) - index
    return 0


def _ops(lines: Sequence[str]) -> list[Op]:
    return ops_of([line for line in lines if not line.startswith("\\")])


def _final_newline(lines: Sequence[str]) -> bool | None:
    """What `\\ No newline at end of file` after one side only says about the last newline."""
    marked = {lines[index - 1][:1] for index, line in enumerate(lines) if line.startswith("\\") and index}
    if marked == {"-"}:
        return True
    return False if marked == {"+"} else None
