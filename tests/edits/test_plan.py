"""What a plan does and what it refuses: paths, conflicts, guards, and the words of refusals."""

from __future__ import annotations

import json

import pytest

from flashagent.edits.apply import plan
from flashagent.edits.check import check_nothing, check_syntax, parses_as_before
from flashagent.edits.reply import ReplyResult, apply_reply
from flashagent.edits.values import (
    Create,
    Delete,
    Edit,
    Hunk,
    Planned,
    Refusal,
    Refused,
    Region,
    Rename,
    Replace,
    ReplaceRange,
    ReplaceSymbol,
    Whole,
)
from flashagent.errors import WorkspaceError
from flashagent.values import FileChange

CODE = "import os\n\n\ndef area(w, h):\n    # a comment\n    return w + h\n\n\nclass Box:\n    @property\n    def size(self):\n        return 1\n"
FILES = {"pkg/a.py": CODE, "pkg/b.txt": "one\ntwo\nthree\n", "docs/b.txt": "x\n", "empty.py": ""}


def outcome(
    *edits: Edit, files: dict[str, str] = FILES, shown: dict[str, str] | None = None
) -> Planned | Refused:
    return plan(files.get, tuple(files), edits, shown)


def reasons(*edits: Edit, files: dict[str, str] = FILES, shown: dict[str, str] | None = None) -> list[str]:
    result = outcome(*edits, files=files, shown=shown)
    assert isinstance(result, Refused)
    return [refusal.reason for refusal in result.refusals]


def after(*edits: Edit, files: dict[str, str] = FILES) -> dict[str, str | None]:
    result = outcome(*edits, files=files)
    assert isinstance(result, Planned), result
    for change in result.changes:
        assert change.before == files.get(change.path)
    return {change.path: change.after for change in result.changes}


@pytest.mark.parametrize(
    "given", ["pkg/a.py", "./pkg/a.py", "a/pkg/a.py", "b/pkg/a.py", "`pkg/a.py`", '"pkg/a.py"', "a.py", "pkg\\a.py", "pkg//a.py"]
)  # fmt: skip
def test_a_path_is_found(given):
    assert after(Replace(given, "import os", "import re")) == {"pkg/a.py": CODE.replace("os", "re")}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("b.txt", "ambiguous_path"),
        ("c.py", "unknown_path"),
        ("lib/pkg/a.py", "unknown_path"),
        ("kg/a.py", "unknown_path"),
        ("", "no_path"),
        ("../pkg/a.py", "forbidden_path"),
        ("pkg/../../a.py", "forbidden_path"),
        ("/pkg/a.py", "forbidden_path"),
        ("~/a.py", "forbidden_path"),
        ("C:\\pkg\\a.py", "forbidden_path"),
        ("a\x00.py", "forbidden_path"),
        ("pkg/", "forbidden_path"),
        (".git/config", "forbidden_path"),
        ("sub/.GIT/hooks/pre-commit", "forbidden_path"),
        (".git./config", "forbidden_path"),
        (".git /config", "forbidden_path"),
        ("\uff0egit/config", "forbidden_path"),
        (".g\u200cit/config", "forbidden_path"),
        ("git~1/config", "forbidden_path"),
        (".git::$INDEX_ALLOCATION/config", "forbidden_path"),
    ],
)
def test_a_path_is_refused(given, reason):
    assert reasons(Replace(given, "import os", "import re")) == [reason]
    if reason == "forbidden_path":
        assert reasons(Create(given, "x\n")) == [reason]
        assert reasons(Rename("pkg/a.py", given)) == [reason]


def test_a_path_in_another_unicode_form_is_the_same():
    assert after(Replace("\u00e4.py", "a", "b"), files={"a\u0308.py": "a\n"}) == {"a\u0308.py": "b\n"}


def test_candidates_are_named():
    result = outcome(Replace("b.txt", "a", "b"))
    assert isinstance(result, Refused)
    assert "pkg/b.txt, docs/b.txt" in result.refusals[0].message


def test_create_delete_rename():
    assert after(Create("new/x.py", "x = 1\r\n")) == {"new/x.py": "x = 1\n"}
    assert after(Create("empty.py", "x = 1\n")) == {"empty.py": "x = 1\n"}
    assert after(Delete("docs/b.txt")) == {"docs/b.txt": None}
    assert after(Delete("docs/b.txt", "x\n")) == {"docs/b.txt": None}
    moved = after(Rename("docs/b.txt", "docs/c.txt"), Replace("docs/b.txt", "x", "y"))
    assert moved == {"docs/b.txt": None, "docs/c.txt": "y\n"}


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([Create("pkg/b.txt", "other\n")], ["exists"]),
        ([Create("docs/b.txt", "x\n")], ["already_applied"]),
        ([Create("PKG/a.py", "x\n")], ["path_collision"]),
        ([Create("pkg/a.py/x.py", "x\n")], ["path_collision"]),
        ([Create("pkg", "x\n")], ["path_collision"]),
        ([Create("n.py", "x\n"), Create("n.py", "y\n")], ["conflict"]),
        ([Create("n.py", "x\n"), Create("N.py", "y\n")], ["conflict"]),
        ([Create("n.py", "def f():\n    # ... rest of the code ...\n")], ["elision"]),
        ([Delete("nope.txt")], ["unknown_path"]),
        ([Delete("docs/b.txt", "y\n")], ["not_found"]),
        ([Delete("docs/b.txt"), Replace("docs/b.txt", "x", "y")], ["conflict"]),
        ([Replace("docs/b.txt", "x", "y"), Delete("docs/b.txt")], ["conflict"]),
        ([Rename("pkg/a.py", "pkg/b.txt")], ["exists"]),
        ([Rename("pkg/a.py", "pkg/a.py")], ["no_change"]),
        ([Rename("pkg/a.py", "x.py"), Rename("pkg/a.py", "y.py")], ["conflict"]),
        ([Rename("pkg/a.py", "x.py"), Rename("docs/b.txt", "x.py")], ["conflict"]),
    ],
)  # fmt: skip
def test_conflicts_are_refused(edits, expected):
    assert reasons(*edits) == expected


def test_several_edits_of_one_file_are_planned_against_one_text():
    assert after(Replace("pkg/b.txt", "one", "two"), Replace("pkg/b.txt", "two", "three")) == {
        "pkg/b.txt": "two\nthree\nthree\n"
    }
    assert after(Replace("pkg/a.py", "return w", "return 2 * w"), Replace("pkg/a.py", "+ h", "- h")) == {
        "pkg/a.py": CODE.replace("w + h", "2 * w - h")
    }
    assert after(Replace("pkg/b.txt", "two", "2"), Replace("pkg/b.txt", "two", "2")) == {
        "pkg/b.txt": "one\n2\nthree\n"
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Replace("pkg/b.txt", "one\ntwo", "1\n2"), Replace("pkg/b.txt", "two", "zwei")),
        (Replace("pkg/b.txt", "two\n", "two\nA\n"), Replace("pkg/b.txt", "two\n", "two\nB\n")),
    ],
)
def test_overlaps_are_refused(first, second):
    assert reasons(first, second) == ["overlap"]


def test_all_replaces_every_place():
    assert after(Replace("f", "a", "bb", all=True), files={"f": "a\nxax\r\na"}) == {"f": "bb\nxbbx\r\nbb"}
    assert after(Replace("f", "a\n", "", all=True), files={"f": "a\nb\na\n"}) == {"f": "b\n"}


TWICE = {"f": "head\nx\ny\n" + "filler\n" * 30 + "x\nz\n"}


@pytest.mark.parametrize(("line", "at"), [(2, 1), (34, 33), (35, 33), (4, 1)])
def test_a_right_line_picks_one_place(line, at):
    lines = TWICE["f"].split("\n")
    assert after(Replace("f", "x\n", "X\n", near_line=line), files=TWICE) == {
        "f": "\n".join([*lines[:at], "X", *lines[at + 1 :]])
    }


@pytest.mark.parametrize("line", [None, 12, 18, 26, 90])
def test_a_wrong_line_picks_none(line):
    assert reasons(Replace("f", "x\n", "X\n", near_line=line), files=TWICE) == ["ambiguous"]
    result = outcome(Replace("f", "x\n", "X\n", near_line=line), files=TWICE)
    assert isinstance(result, Refused) and "lines 2, 34" in result.refusals[0].message


OPS = (("-", "        go()"), ("+", "        run()"))
METHODS = {
    "f.py": "class A:\n    def f(self):\n        go()\n\n    def g(self):\n        go()\n\n\nclass B:\n    def g(self):\n        go()\n"
}


@pytest.mark.parametrize(
    ("hunk", "line"),
    [
        (Hunk("f.py", OPS, line=6), 6),
        (Hunk("f.py", OPS, anchors=("def f(self):",)), 3),
        (Hunk("f.py", OPS, anchors=("class B:",)), 11),
        (Hunk("f.py", OPS, anchors=("class B", "def g(self)")), 11),
        (Hunk("f.py", OPS, anchors=("class A:", "def g(self):")), 6),
        (Hunk("f.py", OPS, at_end=True), 11),
    ],
)
def test_a_heading_picks_one_place(hunk, line):
    lines = METHODS["f.py"].split("\n")
    lines[line - 1] = "        run()"
    assert after(hunk, files=METHODS) == {"f.py": "\n".join(lines)}


@pytest.mark.parametrize(
    "hunk",
    [
        Hunk("f.py", OPS),
        Hunk("f.py", OPS, line=5),
        Hunk("f.py", OPS, anchors=("class A:",)),
        Hunk("f.py", OPS, anchors=("def g(self):",)),
        Hunk("f.py", OPS, anchors=("class C:",)),
    ],
)
def test_a_heading_that_fits_several_picks_none(hunk):
    assert reasons(hunk, files=METHODS) == ["ambiguous"]


def test_whole_files():
    assert after(Whole("pkg/b.txt", "one\n2\nthree\n")) == {"pkg/b.txt": "one\n2\nthree\n"}
    assert after(Whole("new.txt", "n\n")) == {"new.txt": "n\n"}
    assert reasons(Whole("pkg/b.txt", "one\n...\nthree\n")) == ["elision"]
    assert reasons(Whole("pkg/b.txt", FILES["pkg/b.txt"])) == ["already_applied"]
    assert reasons(Whole("pkg/b.txt", "")) == ["cut_off"]
    long = "".join(f"line {n}\n" for n in range(40))
    assert reasons(Whole("l", long[: len(long) // 2]), files={"l": long}) == ["cut_off"]
    assert reasons(Whole("l", long[len(long) // 2 :]), files={"l": long}) == ["cut_off"]
    assert reasons(Whole("l", "something\nelse\n"), files={"x/l": long}) == ["ambiguous_path"]
    assert reasons(Whole("l", long + "new\n"), files={"l": long + "newer\n"}, shown={"l": long}) == ["stale"]


def test_symbols():
    body = "def area(w, h):\n    return w * h\n"
    text = CODE.replace("    # a comment\n    return w + h\n", "    return w * h\n")
    assert after(ReplaceSymbol("pkg/a.py", "area", body)) == {"pkg/a.py": text}
    method = "@property\ndef size(self):\n    return 2\n"
    assert after(ReplaceSymbol("pkg/a.py", "Box.size", method)) == {
        "pkg/a.py": CODE.replace("return 1", "return 2")
    }
    plain = "    def size(self):\n        return 2\n"
    assert after(ReplaceSymbol("pkg/a.py", "Box.size", plain)) == {
        "pkg/a.py": CODE.replace("return 1", "return 2")
    }
    assert reasons(ReplaceSymbol("pkg/a.py", "Box.weight", body)) == ["unknown_symbol"]
    assert reasons(ReplaceSymbol("pkg/a.py", "Box.size", body)) == ["guard"]
    assert reasons(ReplaceSymbol("pkg/a.py", "area", "def area(w, h):\n    # ... existing code ...\n")) == [
        "elision"
    ]
    assert reasons(
        ReplaceSymbol("pkg/a.py", "area", body), shown={"pkg/a.py": CODE.replace("w + h", "w - h")}
    ) == ["stale"]
    twice = {"f.py": "def f():\n    a()\n\n\ndef f():\n    b()\n"}
    assert reasons(ReplaceSymbol("f.py", "f", "def f():\n    c()\n"), files=twice) == ["ambiguous"]


def test_ranges():
    assert after(ReplaceRange("pkg/b.txt", "one", "two", "1\n2\n", 2)) == {"pkg/b.txt": "1\n2\nthree\n"}
    assert after(ReplaceRange("pkg/b.txt", "one", "three", "1\n")) == {"pkg/b.txt": "1\n"}
    assert reasons(ReplaceRange("pkg/b.txt", "one", "two", "1\n", 3)) == ["guard"]
    assert reasons(ReplaceRange("pkg/b.txt", "one", "four", "1\n")) == ["not_found"]
    assert reasons(
        ReplaceRange("pkg/b.txt", "one", "two", "1\n"), shown={"pkg/b.txt": "one\nzwei\ntwo\n"}
    ) == ["stale"]
    assert reasons(ReplaceRange("f", "a", "b", "x\n"), files={"f": "a\nb\na\nb\n"}) == ["ambiguous"]


def test_a_stale_edit_says_so_and_shows_the_text_as_it_is():
    shown = {"pkg/b.txt": "one\nolder two\nthree\n"}
    result = outcome(Replace("pkg/b.txt", "older two\n", "2\n"), shown=shown)
    assert result == Refused(
        (
            Refusal(
                "pkg/b.txt",
                1,
                "stale",
                "You saw an older version of this file: the text was there, and has changed since. The nearest lines are "
                "1 to 3, shown as they are now. Edit the current text.",
                Region(1, 3, "one\ntwo\nthree"),
            ),
        )
    )
    assert reasons(Delete("pkg/b.txt"), shown=shown) == ["stale"]


def test_each_refused_edit_is_told():
    assert reasons(Replace("pkg/b.txt", "no", "x"), Replace("pkg/b.txt", "one", "1"), Replace("nope", "a", "b")) == [
        "not_found", "unknown_path",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Replace("pkg/b.txt", "one", "one"), "no_change"),
        (Replace("pkg/b.txt", "", "one"), "empty_search"),
        (Replace("pkg/b.txt", "two\n", "two\n# ... existing code ...\n"), "elision"),
        (Replace("pkg/b.txt", "one\n", "one\ntwo\nthree\n"), "already_applied"),
        (Hunk("pkg/b.txt", (("=", "one"),)), "no_change"),
        (Hunk("pkg/b.txt", (("+", "one"),)), "empty_search"),
        (Replace("pkg/a.py", "return w + h", "return (w + h"), "syntax"),
        (Replace("pkg/a.py", "        return 1\n", "      a = 1\n        return a\n"), "syntax"),
    ],
)
def test_edits_that_may_not_land(edit, reason):
    assert reasons(edit) == [reason]


def test_a_file_that_did_not_parse_before_may_be_edited():
    assert after(Replace("f.py", "a = 1", "a = 2"), files={"f.py": "def (:\na = 1\n"}) == {
        "f.py": "def (:\na = 2\n"
    }


def test_an_unreadable_file_is_a_refusal():
    def read(path: str) -> str | None:
        raise WorkspaceError(f"{path} is binary.", hint="Leave it.")

    assert plan(read, ["f"], [Replace("f", "a", "b")]) == Refused(
        (Refusal("f", 1, "unreadable", "f is binary. Leave it."),)
    )


def test_a_new_file_in_a_folder_that_cannot_be_read_as_a_file():
    def read(path: str) -> str | None:
        if path == "pkg":
            raise WorkspaceError("pkg is a folder.")
        return FILES.get(path)

    assert plan(read, tuple(FILES), [Create("pkg/new.py", "x = 1\n")]) == Planned(
        (FileChange("pkg/new.py", None, "x = 1\n"),)
    )


def test_the_check_of_a_part_agrees_with_the_whole():
    lines = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(300)).split("\n")[:-1]
    good = [*lines[:401], "    return -1", *lines[402:]]
    broken = [*lines[:401], "    return (", *lines[402:]]
    assert parses_as_before(check_syntax, "f.py", lines, good, 401, 402)
    assert not parses_as_before(check_syntax, "f.py", lines, broken, 401, 402)
    dangling = ["if a:", "    b()", "else:", "    c()", *lines]
    assert not parses_as_before(check_syntax, "f.py", dangling, dangling[2:], 0, 2)


def test_a_reply_in_and_files_out():
    reply = json.dumps({"edits": [{"path": "a.txt", "old": "b", "new": "c"}]})
    assert apply_reply({"a.txt": "a\r\nb\r\n", "z": ""}, reply) == ReplyResult(True, {"a.txt": "a\r\nc\r\n"})
    talk = apply_reply({"a.txt": "a\n"}, "Nothing to do.")
    assert talk == ReplyResult(False, refusals=(Refusal(None, 0, "no_edits", "The reply holds no edit."),))
    assert json.loads(apply_reply({"a.txt": "one\n"}, reply, syntax=check_nothing).to_json()) == {
        "ok": False,
        "files": {},
        "refusals": [
            {
                "path": "a.txt",
                "edit": 1,
                "reason": "not_found",
                "message": "The old text is not in the file, on any rung. The nearest lines are 1 to 1, shown as they are now.",
                "nearest": {"start": 1, "end": 1, "text": "one"},
            }
        ],
    }


def test_a_change_has_the_text_before_and_after():
    assert outcome(Replace("docs/b.txt", "x", "y")) == Planned((FileChange("docs/b.txt", "x\n", "y\n"),))


def test_an_insertion_whose_result_stands_there_is_refused_however_short():
    assert reasons(Replace("f", "x\n", "x\n}\n"), files={"f": "x\n}\n"}) == ["already_applied"]
    assert reasons(Replace("f", "/*\ny\n", "/*\n/*\ny\n"), files={"f": "/*\n/*\ny\n"}) == ["already_applied"]
    assert after(Replace("f", "x\n}\n", "x\n}\n}\n"), files={"f": "x\n}\n"}) == {"f": "x\n}\n}\n"}


def test_a_blank_after_copied_numbers_is_indentation_unless_every_line_has_one():
    files = {"f": "one\ntwo\n"}
    assert after(Replace("f", "1\tone\n2\ttwo\n", "1\tone\n2\t    more\n3\ttwo\n"), files=files) == {
        "f": "one\n    more\ntwo\n"
    }
