"""The `*** Begin Patch` format. Pure; raises EditProblem on a broken reply."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.edits.formats.patch_lines import bare_ops, drop_trailing_blanks, ops_of
from flashagent.edits.values import Create, Delete, Edit, EditProblem, Hunk, Rename

_BEGIN = re.compile(r"^\s*(?:.*<<\s*[\"']?\w+[\"']?\s*)?\*{3} Begin Patch\s*$")
_END = re.compile(r"^\s*\*{3} End Patch\b")
_FILE = re.compile(r"^\*{3} (Update|Add|Delete) File: ?(.*)$")
_MOVE = re.compile(r"^\*{3} Move to: ?(.*)$")
_START = re.compile(r"^[ \t]*\*{3} (?:Begin Patch|(?:Update|Add|Delete) File:)", re.MULTILINE)
_NUMBERED = re.compile(r"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@ ?(.*)$")


def starts(text: str) -> int | None:
    """Offset of the first header, or None."""
    match = _START.search(text)
    return match.start() if match else None


def parse(text: str) -> list[Edit]:
    """The edits of all patches of the reply. Raises EditProblem: cut_off, malformed."""
    lines = text.split("\n")
    edits: list[Edit] = []
    index = 0
    while index < len(lines):
        if _BEGIN.match(lines[index]) or _FILE.match(lines[index].strip()):
            index = _patch(lines, index, edits)
        else:
            index += 1
    if not edits:
        raise EditProblem("malformed", "The patch names no file.")
    return edits


def _patch(lines: Sequence[str], start: int, edits: list[Edit]) -> int:
    end = next((index for index in range(start, len(lines)) if _END.match(lines[index])), None)
    if end is None:
        raise EditProblem(
            "cut_off",
            "The patch has no *** End Patch line, so the reply seems cut off. Send the whole patch again.",
        )
    begin = start + 1 if _BEGIN.match(lines[start]) else start
    heads = [index for index in range(begin, end) if _FILE.match(lines[index].rstrip())]
    if any(line.strip() for line in lines[begin : heads[0] if heads else end]):
        raise EditProblem("malformed", "Text stands before the first file of the patch.")
    for head, stop in zip(heads, [*heads[1:], end], strict=False):
        _file(lines[head].rstrip(), list(lines[head + 1 : stop]), edits)
    return end + 1


def _file(head: str, body: list[str], edits: list[Edit]) -> None:
    match = _FILE.match(head)
    assert match is not None  # the caller split the lines at these
    kind, path = match.group(1), match.group(2).strip()
    if not path:
        raise EditProblem("no_path", f"The line {head!r} names no file.")
    if kind == "Delete":
        edits.append(Delete(path))
    elif kind == "Add":
        edits.append(Create(path, _added(path, body)))
    else:
        _update(path, body, edits)


def _added(path: str, body: list[str]) -> str:
    lines = drop_trailing_blanks(body)
    marked = [line for line in lines if line.startswith("+")]
    filled = [line for line in lines if line.strip()]
    if len(marked) == len(filled):
        return "".join(line[1:] + "\n" for line in lines)
    if marked:
        raise EditProblem("malformed", f"Some lines of the new file {path} have no leading +.")
    return "".join(line + "\n" for line in lines)


def _update(path: str, body: list[str], edits: list[Edit]) -> None:
    if body and (move := _MOVE.match(body[0].rstrip())):
        body = body[1:]
        edits.append(Rename(path, move.group(1).strip()))
    count = len(edits)
    anchors: list[str] = []
    line: int | None = None
    chunk: list[str] = []
    for text in [*body, "@@"]:
        if not text.startswith("@@"):
            chunk.append(text)
            continue
        if chunk and any(part.strip() for part in chunk):
            edits.append(_hunk(path, chunk, line, tuple(anchors)))
            anchors = []
        chunk, line = [], None
        numbered = _NUMBERED.match(text)
        heading = numbered.group(2).strip() if numbered else text[2:].strip().removesuffix("@@").strip()
        if numbered:
            line = int(numbered.group(1)) if len(numbered.group(1)) < 9 else None
        elif re.fullmatch(r"[-+]\d+(?:,\d+)?(?: \+\d+(?:,\d+)?)?", heading):
            heading = ""
        if heading:
            anchors.append(heading)
    if len(edits) == count and not any(isinstance(edit, Rename) and edit.path == path for edit in edits):
        raise EditProblem("malformed", f"The update of {path} changes nothing.")


def _hunk(path: str, chunk: list[str], line: int | None, anchors: tuple[str, ...]) -> Hunk:
    at_end = any(text.strip() == "*** End of File" for text in chunk)
    lines = [
        text for text in chunk if text.strip() != "*** End of File" and not text.startswith("\\ No newline")
    ]
    kept = drop_trailing_blanks(lines)
    return Hunk(path, tuple(ops_of(kept)), line, anchors, at_end, bare=tuple(bare_ops(kept)))
