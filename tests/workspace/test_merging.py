from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.errors import WorkspaceError
from flashagent.workspace.merging import merge

BASE = "one\ntwo\nthree\nfour\nfive\nsix\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "merged"),
    [
        (BASE, BASE.replace("two", "2"), BASE.replace("two", "2")),
        (BASE.replace("two", "2"), BASE, BASE.replace("two", "2")),
        (BASE.replace("one", "1"), BASE.replace("three", "3"), "1\ntwo\n3\nfour\nfive\nsix\n"),
        (BASE.replace("two\n", ""), BASE.replace("five", "5"), "one\nthree\nfour\n5\nsix\n"),
        ("zero\n" + BASE, BASE + "seven\n", "zero\n" + BASE + "seven\n"),
        (BASE.replace("two", "2"), BASE.replace("two", "2"), BASE.replace("two", "2")),
        (BASE.replace("two", "2"), "1\n2\nthree\nfour\nfive\n6\n".replace("1\n2", "one\n2"), "one\n2\nthree\nfour\nfive\n6\n"),
        ("a\r\nB\r\nc\r\nd", "a\r\nb\r\nc\r\nD", "a\r\nB\r\nc\r\nD"),
        ("A\rb\rc", "a\rb\rC", "A\rb\rC"),
        ("", "a\nb\n", None),
    ],
)  # fmt: skip
def test_changes_with_a_line_between_are_both_made(mine: str, theirs: str, merged: str | None) -> None:
    base = {"a\r\nB\r\nc\r\nd": "a\r\nb\r\nc\r\nd", "A\rb\rc": "a\rb\rc"}.get(mine, BASE)
    if merged is None:
        with pytest.raises(WorkspaceError):
            merge("f", "b\n", mine, theirs)
        return
    assert merge("f", base, mine, theirs) == merged


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "place"),
    [
        (BASE, BASE.replace("two", "2"), BASE.replace("two", "zwei"), "line 2"),
        (BASE, BASE.replace("two", "2"), BASE.replace("three", "3"), "line 2"),
        (BASE, "zero\n" + BASE, "null\n" + BASE, "line 1"),
        (BASE, BASE.replace("two\nthree\n", "2\n3\n4\n"), BASE.replace("four", "IV"), "lines 2 to 4"),
        (BASE, BASE.replace("two\n", "two\nnew\n"), BASE.replace("two\n", ""), "line 3"),
        (BASE, BASE.replace("\n", "\r\n"), BASE.replace("four", "4"), "lines 1 to 6"),
        # A repeated block may have been inserted at either place.
        ("a\nx\nx\nb\n", "a\nx\nx\nx\nb\n", "A\nx\nx\nb\n", "line"),
    ],
)
def test_touching_changes_are_refused_with_the_place(base: str, mine: str, theirs: str, place: str) -> None:
    with pytest.raises(WorkspaceError) as refused:
        merge("src/f.py", base, mine, theirs)
    assert "src/f.py" in str(refused.value) and f"({place}" in str(refused.value)


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d"]), max_size=12).map(
    lambda items: "".join(f"{item}\n" for item in items)
)


@given(LINES, LINES, LINES)
def test_no_line_of_the_user_is_lost(base: str, mine: str, theirs: str) -> None:
    try:
        merged = merge("f", base, mine, theirs)
    except WorkspaceError:
        return
    assert merge("f", base, theirs, mine) == merged, "the same from both sides"
    for line in {"a", "b", "c", "d"}:
        counts = [text.split("\n").count(line) for text in (base, mine, theirs, merged)]
        old, own, planned, now = counts
        both = (own - old) + (planned - old)
        assert (
            now == old + both
            or (mine == theirs and merged == mine)
            or _shared(own - old, planned - old, now - old)
        )


def _shared(own: int, planned: int, now: int) -> bool:
    """What both did alike counts once, so the sum may fall short of both by what they share."""
    return min(own, planned, own + planned) <= now <= max(own, planned, own + planned)


@given(LINES, LINES)
def test_one_sided_changes_are_taken_whole(base: str, other: str) -> None:
    assert merge("f", base, base, other) == other
    assert merge("f", base, other, base) == other
