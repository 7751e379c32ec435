from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flashagent.diagnose.lsp.finding import diagnostics_of
from flashagent.diagnose.lsp.places import Outside, Text, edited, path_of, uri_of

ROOT = Path("/work/a project")


def span(start: tuple[int, int], end: tuple[int, int]) -> dict[str, Any]:
    return {
        "start": {"line": start[0], "character": start[1]},
        "end": {"line": end[0], "character": end[1]},
    }


def edit(start: tuple[int, int], end: tuple[int, int], new: str) -> dict[str, Any]:
    return {"range": span(start, end), "newText": new}


def test_paths_there_and_back() -> None:
    for path in ("a.py", "deep/è ü.py", "odd%20#name?.py"):
        assert path_of(ROOT, uri_of(ROOT, path)) == path


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "file:///work/a%20project/../other/x",
        "file:///work/a%20project%2f..%2fx",
        "file:///work/a%20project",
        "file:///work/a%20project2/x",
        "file://host/work/a%20project/x",
        "https://x/y",
        "untitled:1",
        None,
        3,
    ],
)
def test_what_is_no_file_of_the_project(uri: object) -> None:
    with pytest.raises(Outside):
        path_of(ROOT, uri)


def test_edits_count_in_utf_16_and_keep_line_ends() -> None:
    text = "a\r\n\U0001f40d = x\rlast"
    assert edited(text, [edit((1, 5), (1, 6), "y"), edit((0, 0), (0, 1), "b")]) == "b\r\n\U0001f40d = y\rlast"
    assert edited(text, [edit((2, 0), (9, 0), "")]) == "a\r\n\U0001f40d = x\r"
    assert edited("x\f\ny", [edit((1, 0), (1, 1), "z")]) == "x\f\nz"
    assert Text(text).position(2, 2) == {"line": 1, "character": 2}
    assert Text(text).column({"line": 1, "character": 5}) == 5


@pytest.mark.parametrize(
    "edits",
    [
        [edit((0, 0), (0, 2), "x"), edit((0, 1), (0, 3), "y")],
        [edit((0, 2), (0, 1), "x")],
        [edit((-1, 0), (0, 1), "x")],
        [{"range": span((0, 0), (0, 1))}],
        [{"newText": "x"}],
        ["x"],
    ],
)
def test_edits_that_are_none(edits: list[object]) -> None:
    with pytest.raises(Outside):
        edited("abc\n", edits)


def test_only_errors_that_can_be_read_are_told() -> None:
    where = span((0, 1), (0, 2))
    items: list[Any] = [
        {"range": where, "severity": 1, "message": "wrong\n  here", "code": 7},
        {"range": where, "severity": 2, "message": "a warning"},
        {"range": where, "severity": 1, "message": "told elsewhere", "code": "reportMissingImports"},
        {"range": None, "severity": 1, "message": "nowhere"},
        {"range": where, "severity": 1, "message": None},
        "garbage",
    ]
    (found,) = diagnostics_of("a.py", "xyz", items, "toy")
    assert (found.line, found.column, found.code, found.message) == (1, 2, "7", "wrong here")
