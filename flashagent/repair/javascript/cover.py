"""Which lines each test runs, for test runners that translate what they run so that V8's coverage names other places: the files
are given counters and run once. Lines stay lines, so that nothing has to be translated back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources

from flashagent.dataclass import dataclass
from flashagent.repair.javascript.source import FUNCTIONS, JsSource
from flashagent.syntax.trees import Piece

_BLOCKS = frozenset({"program", "statement_block", "switch_case", "switch_default"})
# What does nothing when it is reached, or may have nothing before it.
_STILL = frozenset({
    "import_statement", "function_declaration", "generator_function_declaration", "class_declaration", "abstract_class_declaration",
    "interface_declaration", "type_alias_declaration", "ambient_declaration", "empty_statement", "function_signature", "hash_bang_line",
})  # fmt: skip
_FIELDS = frozenset({"field_definition", "public_field_definition"})
MOST_FILES = 300


@dataclass(frozen=True, slots=True)
class Counted:
    """A file with its counters: the text, and the lines that the counter of each number stands for."""

    path: str
    text: str
    lines: tuple[frozenset[int], ...]


def counted(source: JsSource, number: int) -> Counted:
    """`number` is the file's among those that are counted together."""
    opens: list[tuple[int, int, str]] = []
    closes: list[tuple[int, int, str]] = []
    lines: list[frozenset[int]] = []
    pieces = [piece for piece in source.pieces if not _ambient(piece)]
    places = [piece for piece in pieces if _is_counted(source, piece)]
    spans = [(piece.start, piece.end, piece.line, source.line_of(piece.end)) for piece in places]
    for at, piece in enumerate(places):
        call = f"flashagentRan({len(lines)})"
        if piece.kind in FUNCTIONS:
            body = piece.part("body")
            assert body is not None
            lines.append(frozenset(range(piece.line, body.line + 1)) | _fields(source, piece))
            if body.kind == "statement_block":
                opens.append((body.start + 1, piece.start, f"{call};"))
                continue
            lines[-1] = frozenset(range(piece.line, source.line_of(body.end) + 1)) | _fields(source, piece)
            opens.append((body.start, piece.start, f"({call}, "))
            closes.append((body.end, -piece.start, ")"))
            continue
        lines.append(_own_lines(spans, at))
        if piece.parent is not None and piece.parent.kind in _BLOCKS:
            opens.append((piece.start, piece.start, f"{call};"))
        else:
            opens.append((piece.start, piece.start, f"{{{call};"))
            closes.append((piece.end, -piece.start, "}"))
    marks = sorted(
        [(p, 0, order, text) for p, order, text in closes] + [(p, 1, order, text) for p, order, text in opens]
    )
    types = "// @ts-nocheck\n" if source.path.endswith(("ts", "tsx")) else ""
    return Counted(source.path, types + _with(source, marks) + _helper(number), tuple(lines))


def _with(source: JsSource, marks: Sequence[tuple[int, int, int, str]]) -> str:
    parts, done = [], 0
    for place, _, _, text in marks:
        parts += [source.text[done:place], text]
        done = place
    return "".join([*parts, source.text[done:]])


def _helper(number: int) -> str:
    text = resources.files("flashagent.repair.javascript").joinpath("ran.js").read_text("utf-8")
    return text.replace("FLASHAGENT_FILE", str(number))


def _is_counted(source: JsSource, piece: Piece) -> bool:
    """Functions with a body, and statements that do something, in a block or as the one statement that a condition or loop guards."""
    parent = piece.parent
    if parent is None or not piece.named:
        return False
    if piece.kind in FUNCTIONS:
        return piece.part("body") is not None
    if piece.kind in _STILL or not piece.kind.endswith(("_statement", "_declaration")):
        return False
    if parent.kind in _BLOCKS:
        return not (_defines(piece) or _is_directive(source, piece)) and piece.role != "value"
    guarded = parent.kind == "else_clause" or piece.role in ("consequence", "body")
    return guarded and parent.kind != "labeled_statement"  # a label before a block names no loop


def _defines(piece: Piece) -> bool:
    """Does a declaration only give functions and classes their names? Then what runs is their bodies."""
    if piece.kind == "export_statement":
        declared = piece.part("declaration")
        return declared is None or declared.kind in _STILL or _defines(declared)
    values = [one.part("value") for one in piece.parts if one.kind == "variable_declarator"]
    return bool(values) and all(value is not None and value.kind in FUNCTIONS for value in values)


def _is_directive(source: JsSource, piece: Piece) -> bool:
    return piece.kind == "expression_statement" and source.of(piece)[:1] in "'\""


def _ambient(piece: Piece) -> bool:
    at: Piece | None = piece
    while at is not None and at.kind != "ambient_declaration":
        at = at.parent
    return at is not None


def _own_lines(spans: Sequence[tuple[int, int, int, int]], at: int) -> frozenset[int]:
    """The lines of a statement without those of what is counted inside it."""
    start, end, first, last = spans[at]
    found = set(range(first, last + 1))
    for inner in spans[at + 1 :]:
        if inner[0] >= end:
            break
        if (inner[0], inner[1]) != (start, end):
            found -= set(range(inner[2], inner[3] + 1))
    return frozenset(found | {first})


def _fields(source: JsSource, function: Piece) -> frozenset[int]:
    """The lines of the fields of the class whose method this is."""
    body = function.parent
    if function.kind != "method_definition" or body is None:
        return frozenset()
    return frozenset(
        line
        for one in body.parts
        if one.kind in _FIELDS
        for line in range(one.line, source.line_of(one.end) + 1)
    )


def lines_by_test(seen: str, files: Sequence[Counted]) -> dict[str, dict[str, frozenset[int]]]:
    """For each test (by its suites and itself with spaces between; '' while files are loaded) the lines that ran, by file."""
    names: dict[int, str] = {}
    found: dict[str, dict[str, frozenset[int]]] = {}
    for line in seen.splitlines():
        try:
            if line.startswith("["):
                number, name = json.loads(line)
                names[int(number)] = str(name)
                continue
            test, file, counter = (int(word) for word in line.split(" "))
            one = files[file]
            lines = one.lines[counter]
        except (ValueError, TypeError, IndexError):
            continue  # cut when its process was ended
        of_test = found.setdefault(names.get(test, ""), {})
        of_test[one.path] = of_test.get(one.path, frozenset()) | lines
    return found


def of_test(found: Mapping[str, Mapping[str, frozenset[int]]], test: str) -> dict[str, frozenset[int]]:
    """What a test runs, with what is run whenever its file is loaded."""
    parts: Iterable[Mapping[str, frozenset[int]]] = (
        found.get("", {}),
        found.get(test.replace(" > ", " "), {}),
    )
    merged: dict[str, frozenset[int]] = {}
    for part in parts:
        for path, lines in part.items():
            merged[path] = merged.get(path, frozenset()) | lines
    return merged
