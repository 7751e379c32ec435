from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.jobs.batch.integrating import lay
from flashagent.jobs.batch.renames import renames
from flashagent.jobs.batch.spec import Item, Target
from flashagent.jobs.batch.stacking import Stack, on_base
from flashagent.jobs.batch.store import Row
from flashagent.values import FileChange


def row(number: int, *patch: FileChange, again: bool = False, below: tuple[FileChange, ...] = ()) -> Row:
    item = Item(f"{number:04}", f"item {number}", (Target("f"),))
    return Row(item, "done", patch=patch, again=again, below=below)


def text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


BASE = [f"line {number}" for number in range(12)]


@given(st.sets(st.integers(0, 5), min_size=1), st.sets(st.integers(8, 11), min_size=1))
def test_merged_texts_hold_both_changes(first: set[int], second: set[int]) -> None:
    def changed(numbers: set[int], to: str) -> list[str]:
        return [to if number in numbers else line for number, line in enumerate(BASE)]

    one = FileChange("f", text(BASE), text(changed(first, "one")))
    two = FileChange("f", text(BASE), text(changed(second, "two")))
    both = [("one" if n in first else "two" if n in second else line) for n, line in enumerate(BASE)]
    found = lay([row(1, one), row(2, two)])
    assert found.changes == (FileChange("f", text(BASE), text(both)),)
    assert found.aside == []


@given(st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=5))
def test_the_parts_one_after_another_give_the_whole(afters: list[str | None]) -> None:
    """Whatever fits or not: from the base, the patches as fitted lead step by step to what is on the branch."""
    found = lay([row(number, FileChange("f", "base", after)) for number, after in enumerate(afters)])
    here: str | None = "base"
    for _, patch in found.parts:
        for change in patch:
            assert change.before == here
            here = change.after
    assert found.changes == ((FileChange("f", "base", here),) if here != "base" else ())
    assert len(found.parts) + len(found.aside) == len(afters)


OLD = text(BASE)
EDITED = OLD.replace("line 3", "line three")
RENAMED = (FileChange("f", OLD, None), FileChange("g", None, OLD.replace("line 9", "line nine")))
BOTH = OLD.replace("line 3", "line three").replace("line 9", "line nine")


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ([FileChange("f", "x\n", "y\n")], [FileChange("f", "x\n", "z\n")], "f: an earlier item changed the same lines."),
        ([FileChange("f", "x\n", None)], [FileChange("f", "x\n", "z\n")], "f was deleted by an earlier item."),
        ([FileChange("f", "x\n", "y\n")], [FileChange("f", "x\n", None)],
         "f was changed by an earlier item and is deleted by this one."),
        ([FileChange("f", None, "y\n")], [FileChange("f", None, "z\n")],
         "f was created by an earlier item, with another text."),
        ([FileChange("f", OLD, EDITED)], [FileChange("f", OLD, OLD.replace("line 4", "line four"))],
         "f: an earlier item changed the same lines."),
        (RENAMED, [FileChange("f", OLD, None)],
         "f was renamed to g by an earlier item and is deleted by this one."),
        (RENAMED, [FileChange("f", OLD, None), FileChange("h", None, OLD)],
         "f was renamed to g by an earlier item and is renamed to h by this one."),
        ([FileChange("f", OLD, None)], RENAMED, "f was deleted by an earlier item and is renamed by this one."),
        (RENAMED, [FileChange("f", OLD, OLD.replace("line 9", "line 99"))], "g: an earlier item changed the same lines."),
        ([FileChange("f", OLD, OLD.replace("line 9", "line 99"))], RENAMED, "f: an earlier item changed the same lines."),
        (RENAMED, [FileChange("g", None, "another\n")], "g was created by an earlier item, with another text."),
        ([FileChange("a", None, "x")], [FileChange("a/b", None, "y")], "a/b and a of an earlier item cannot both be there."),
        ([FileChange("a/b", None, "x")], [FileChange("a", None, "y")], "a and a/b of an earlier item cannot both be there."),
        ([FileChange("Read", None, "x")], [FileChange("read", None, "x")],
         "read differs only by case from Read, which an earlier item made."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(first: list[FileChange], second: list[FileChange], why: str) -> None:
    found = lay([row(1, *first), row(2, *second)])
    assert found.changes == tuple(sorted(first, key=lambda change: change.path))
    assert [(one.row.item.id, one.state, one.why) for one in found.aside] == [("0002", "conflict", why)]


@pytest.mark.parametrize("edit_first", [True, False])
def test_an_edit_goes_where_another_item_renamed_the_file_to(edit_first: bool) -> None:
    rows = [row(1, FileChange("f", OLD, EDITED)), row(2, *RENAMED)]
    found = lay(rows if edit_first else rows[::-1])
    assert found.changes == (FileChange("f", OLD, None), FileChange("g", None, BOTH))
    assert found.aside == []


def test_the_same_rename_twice_is_one() -> None:
    found = lay([row(1, *RENAMED), row(2, *RENAMED)])
    assert (found.changes, found.aside) == (RENAMED, [])


def test_a_chain_of_three_is_followed() -> None:
    """Renamed, then edited under the old name, then edited there again in another place."""
    other = OLD.replace("line 0", "line zero")
    found = lay([row(1, *RENAMED), row(2, FileChange("f", OLD, EDITED)), row(3, FileChange("f", OLD, other))])
    assert found.changes[-1] == FileChange("g", None, BOTH.replace("line 0", "line zero"))
    assert found.aside == []


def test_renames_pair_what_is_most_alike() -> None:
    patch = [
        FileChange("a", OLD, None), FileChange("b", OLD.upper(), None), FileChange("c", "short\n", None),
        FileChange("x", None, OLD.upper()), FileChange("y", None, OLD + "more\n"), FileChange("z", None, "else\n"),
    ]  # fmt: skip
    assert renames(patch) == {"a": "y", "b": "x"}


LOWER = FileChange("f", "1\n", "1 + 2\n")
UPPER = FileChange("f", "1 + 2\n", "1 + 2 + 3\n")


def test_what_lay_below_does_not_come_back_with_an_item_when_it_was_left_out() -> None:
    found = lay([row(1, UPPER, again=True, below=(LOWER,))])
    assert (found.changes, len(found.aside)) == ((), 1)


def test_a_patch_on_others_is_one_patch_with_them() -> None:
    new = FileChange("g", None, "g\n")
    assert on_base((UPPER, new), (LOWER,)) == (FileChange("f", "1\n", "1 + 2 + 3\n"), new)
    with pytest.raises(ValueError, match="f is not what"):
        Stack({"f": "1\n"}, {"f": "other\n"}).push((UPPER,))
