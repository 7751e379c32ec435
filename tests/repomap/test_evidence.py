"""What is read out of a query: names, paths, frames in the styles of several runtimes."""

from __future__ import annotations

import pytest

from flashagent.repomap.evidence import read_query
from flashagent.values import Failure, FocusQuery, Frame


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ('File "/x/a.py", line 3, in f\n  File "/x/b.py", line 5, in g', [("/x/b.py", 5, "g", 1.0), ("/x/a.py", 3, "f", 0.7)]),
        ("    at handle (/srv/app/lib/a.js:10:5)\n    at /srv/app/b.js:2:1", [("/srv/app/lib/a.js", 10, "handle", 1.0), ("/srv/app/b.js", 2, "", 0.7)]),
        ("\tat org.shop.Store.price(Store.java:12)", [("Store.java", 12, "org.shop.Store.price", 1.0)]),
        ("src/a.c:7:3: error: no member", [("src/a.c", 7, "", 1.0)]),
        ("  --> src/lib.rs:4:9", [("src/lib.rs", 4, "", 1.0)]),
        ("nothing here", []),
    ],
)  # fmt: skip
def test_frames_in_a_text(text: str, frames: list[tuple[str, int, str, float]]) -> None:
    found = read_query(FocusQuery(text=text)).frames
    assert [(f.path, f.line, f.function, weight) for f, weight in found] == frames


def test_frames_of_a_failure_count_from_the_inside_and_those_of_tests_little() -> None:
    frames = (
        Frame("tests/test_a.py", 1),
        Frame("a.py", 2),
        Frame("b.py", 3),
        Frame("/lib/c.py", 4, in_project=False),
    )
    failure = Failure("tests/test_a.py::test", "error", "boom", frames=frames)
    evidence = read_query(FocusQuery(failures=(failure,)))
    assert [(f.path, weight) for f, weight in evidence.frames] == [
        ("b.py", 1.0),
        ("a.py", 0.7),
        ("tests/test_a.py", 0.2),
    ]
    assert evidence.tests == ("tests/test_a.py",)
    assert evidence.paths == ()


def test_names_weigh_by_how_they_are_marked() -> None:
    names = read_query(
        FocusQuery(text="`quoted` and dotted.name and call() and snake_case, Capital, plain")
    ).names
    assert {name: names[name] for name in ("quoted", "dotted", "call", "snake_case", "Capital", "plain")} == {
        "quoted": 1.0, "dotted": 0.9, "call": 0.8, "snake_case": 0.7, "Capital": 0.3, "plain": 0.15,
    }  # fmt: skip


def test_paths_have_a_slash_or_a_suffix() -> None:
    assert read_query(FocusQuery(text="in src/shop/a.py, b.go and C:\\x\\d.rs. Not this, e.g. nor 3.14")).paths[:3] == (
        "src/shop/a.py", "b.go", "\\x\\d.rs",
    )  # fmt: skip


def test_words_about_work_and_words_that_come_late_weigh_less() -> None:
    opening = "Resize the window. " * 60
    words = read_query(FocusQuery(text=f"Fix the cursor\n{opening}\nThen the palette flickers")).words
    assert words["fix"] == pytest.approx(0.4 * words["cursor"])
    assert (words["cursor"], words["palett"]) == (2.5, 0.6)


def test_the_first_line_weighs_most() -> None:
    evidence = read_query(FocusQuery(text="cursor flickers\n\nterminal resizing"))
    assert evidence.words["cursor"] == 2.5 and evidence.words["terminal"] == 1.0


def test_one_letter_names_count_where_they_are_marked_as_code() -> None:
    names = read_query(FocusQuery(text="`x` and db.io and f(3), or a plain go on")).names
    assert {name: names.get(name) for name in ("x", "io", "f", "go")} == {
        "x": 1.0,
        "io": 0.9,
        "f": 0.8,
        "go": None,
    }


def test_that_an_assertion_failed_is_no_word_of_the_query() -> None:
    failure = Failure("", "assertion", "assert total == 3", exception="AssertionError")
    custom = Failure("", "error", "bad tag", exception="shop.TagError")
    found = read_query(FocusQuery(failures=(failure, custom)))
    assert set(found.words) == {"total", "bad", "tag", "shop", "error", "tagerror"}
    assert "AssertionError" not in found.names


def test_what_a_runner_prints_around_a_traceback_is_no_word_of_the_query() -> None:
    text = """Broken rounding
Traceback (most recent call last):
  File "/srv/shop/prices.py", line 3, in total
    assert cents == 1
E   AssertionError: wrong cents
"""
    found = read_query(FocusQuery(text=text))
    assert not {"traceback", "recent", "call", "fil", "lin", "assert", "assertionerror"} & set(found.words)
    assert {"broken", "round", "total", "cent", "wrong"} <= set(found.words)
    assert [frame.line for frame, _ in found.frames] == [3]


def test_an_issue_about_assertions_keeps_its_words() -> None:
    assert "assert" in read_query(FocusQuery(text="Rewriting of assert statements fails")).words
