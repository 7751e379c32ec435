"""Each rung finds what it is for, the first one with hits decides, and kept lines keep the file's bytes."""

from __future__ import annotations

import pytest

from flashagent.edits.lines import FileLines
from flashagent.edits.locate import locate
from flashagent.edits.pattern import Pattern
from flashagent.edits.splice import merge, splices_of

FILE = "def f(a):\n    if a:\n        return 1\n\n    return 2\n"


def pattern(old: str, new: str) -> Pattern:
    return Pattern.of_texts(old.split("\n"), new.split("\n"))


def applied(text: str, one: Pattern) -> tuple[str, str]:
    """The rung, and the text after the edit."""
    view = FileLines(text)
    found = locate(view, one)
    assert found is not None
    (hit,) = found.hits
    assert not hit.problem
    spans = merge(view, splices_of(view, hit, 1))
    return found.rung, view.rebuild([(span.start, span.end, span.text) for span in spans])


CASES = [
    ("exact", FILE, "        return 1", "        return 7", FILE.replace("1", "7")),
    ("trailing blanks", FILE, "    if a:  \n        return 1", "    if a:  \n        return 7", FILE.replace("1", "7")),
    ("trailing blanks", "a  \nb\n", "a\nb", "a\nc", "a  \nc\n"),
    ("punctuation", "x = “a–b”\ny = 1\n", 'x = "a-b"\ny = 1', 'x = "a-b"\ny = 2', "x = “a–b”\ny = 2\n"),
    ("punctuation", "say(“hi”, 1)\n", 'say("hi", 1)', 'say("hi", 2)', "say(“hi”, 2)\n"),
    ("punctuation", "cafe\u0301 = 1\nb\n", "caf\u00e9 = 1\nb", "caf\u00e9 = 1\nc", "cafe\u0301 = 1\nc\n"),
    ("line numbers", FILE, "3|        return 1", "        return 7", FILE.replace("1", "7")),
    ("line numbers", FILE, "2:     if a:\n3:         return 1", "2:     if a:\n3:         return 7", FILE.replace("1", "7")),
    ("outer blank lines", FILE, "\n    if a:\n        return 1", "\n    if a:\n        return 7", FILE.replace("1", "7")),
    ("indentation", FILE, "if a:\n    return 1", "if a:\n    b = 1\n    return b", FILE.replace("return 1", "b = 1\n        return b")),
    ("indentation", FILE, "        if a:\n            return 1", "        if a:\n            return 7", FILE.replace("1", "7")),
    ("indentation", FILE, "\tif a:\n\t\treturn 1", "\tif a:\n\t\tif b:\n\t\t\treturn 1", FILE.replace("        return 1", "        if b:\n            return 1")),
    ("indentation", "if x {\n\tgo()\n}\n", "    go()", "    run()\n    go()", "if x {\n\trun()\n\tgo()\n}\n"),
    ("indentation", FILE, "  if a:\n    return 1", "  if a:\n    return 7", FILE.replace("1", "7")),
    ("indentation", FILE, "if a:\n    return 1", "    if b:\n        return 1", FILE.replace("if a", "if b")),
    ("indentation", FILE, "return 2", "total = 2\n    return total", FILE.replace("return 2", "total = 2\n    return total")),
    ("indentation", FILE, "return 2", "if a:\n    return 2\nreturn 3", FILE.replace("return 2", "if a:\n        return 2\n    return 3")),
    ("indentation", FILE, "\n\nif a:\n    return 1\n", "\nif a:\n    return 7\n", FILE.replace("1", "7")),
    ("first line's indentation", FILE, "if a:\n        return 1", "if b:\n        return 1", FILE.replace("if a", "if b")),
    ("elision", FILE, "def f(a):\n    # ...\n    return 2", "def f(a):\n    # ...\n    return 7", FILE.replace("2", "7")),
    ("blank lines", FILE, "        return 1\n    return 2", "        return 1\n    return 7", FILE.replace("2", "7")),
    ("blank lines", "a\nb\n", "a\n\nb", "a\n\nc", "a\nc\n"),
    ("blank lines", "a = 1\n\nb = 2\n", "a = 1\nb = 2", "a = 3\nb = 4", "a = 3\n\nb = 4\n"),
]  # fmt: skip


@pytest.mark.parametrize(("rung", "text", "old", "new", "after"), CASES)
def test_a_rung_finds_its_place(rung, text, old, new, after):
    assert applied(text, pattern(old, new)) == (rung, after)


@pytest.mark.parametrize(
    "old",
    [
        "    if a:\n    return 1",
        "if b:\n    return 1",
        "    if a :  # why",
        "def f(a):\n        return 1",
        "return",
        "...\nreturn 9",
    ],
)
def test_no_rung_guesses(old):
    assert locate(FileLines(FILE), pattern(old, "x")) is None


def test_the_first_rung_with_hits_decides():
    found = locate(FileLines("a = 1\n    a = 1\n"), pattern("    a = 1", "b"))
    assert found is not None and (found.rung, [hit.start for hit in found.hits]) == ("exact", [1])


def test_all_hits_of_the_rung_are_told():
    found = locate(FileLines("    a = 1\nx\n        a = 1\n"), pattern("a = 1", "b"))
    assert found is not None and [hit.start for hit in found.hits] == [0, 2]


def test_new_lines_without_a_place_in_the_map_are_a_problem():
    found = locate(FileLines("if x:\n  go()\n"), pattern("    go()", "    go()\n stop()"))
    assert found is not None and found.hits[0].problem


def test_a_patch_whose_kept_lines_lost_their_blank_is_read_as_meant():
    lines = [("=", "   if a:"), ("-", "        return 1"), ("+", "        return 7")]
    ops = Pattern.of_ops(lines, [("=", "    if a:"), *lines[1:]])
    assert applied(FILE, ops) == ("trailing blanks", FILE.replace("1", "7"))


def test_elision_pieces_must_be_unique():
    text = "def f():\n    a\n    b\ndef g():\n    a\n    b\n"
    assert (
        locate(FileLines(text), pattern("def f():\n    # ...\n    b", "def f():\n    # ...\n    c")) is None
    )


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        ("a\r\nb\r\n", "b", "c\nd", "a\r\nc\r\nd\r\n"),
        ("a\r\nb\nc\r\n", "b", "x", "a\r\nx\nc\r\n"),
        ("a\nb\r\nc\r\n", "b\nc", "b\nx\nc", "a\nb\r\nx\r\nc\r\n"),
        ("\ufeffa\nb", "b", "c", "\ufeffa\nc"),
        ("a\nb", "b", "b\nc", "a\nb\nc"),
        ("a\rb\rc\r", "b", "x\ny", "a\rx\ry\rc\r"),
        ("a\x0cb\u2028c\nd\n", "d", "e", "a\x0cb\u2028c\ne\n"),
        ("a\r\nb", "b", "c", "a\r\nc"),
    ],
)
def test_line_ends_mark_and_last_newline_stay(text, old, new, after):
    assert applied(text, pattern(old, new))[1] == after


def test_a_dedented_patch_with_blank_lines_around_is_mapped():
    ops = Pattern.of_ops([("=", ""), ("=", "if a:"), ("-", "    return 1"), ("+", "    return 7"), ("=", "")])
    assert applied(FILE, ops) == ("indentation", FILE.replace("1", "7"))
