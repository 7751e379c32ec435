from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.jobs.batch.integrating import integrate, lay
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
    assert found.conflicts == []


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
    assert len(found.parts) + len(found.conflicts) == len(afters)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (FileChange("f", "x\n", "y\n"), FileChange("f", "x\n", "z\n"), "f: an earlier item changed the same lines."),
        (FileChange("f", "x\n", None), FileChange("f", "x\n", "z\n"), "f was deleted by an earlier item."),
        (FileChange("f", "x\n", "y\n"), FileChange("f", "x\n", None),
         "f was changed by an earlier item and is deleted by this one."),
        (FileChange("f", None, "y\n"), FileChange("f", None, "z\n"),
         "f was created by an earlier item, with another text."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(first: FileChange, second: FileChange, why: str) -> None:
    found = lay([row(1, first), row(2, second)])
    assert found.changes == (first,)
    assert [(one.item.id, said) for one, said in found.conflicts] == [("0002", why)]


LOWER = FileChange("f", "1\n", "1 + 2\n")
UPPER = FileChange("f", "1 + 2\n", "1 + 2 + 3\n")


def test_an_item_done_again_lies_on_what_was_below_it_and_after_it() -> None:
    found = lay([row(1, UPPER, again=True, below=(LOWER,)), row(2, LOWER)])
    assert [one.item.id for one, _ in found.parts] == ["0002", "0001"]
    assert found.changes == (FileChange("f", "1\n", "1 + 2 + 3\n"),)


def test_what_lay_below_does_not_come_back_with_an_item_when_it_was_left_out() -> None:
    found = lay([row(1, UPPER, again=True, below=(LOWER,))])
    assert (found.changes, len(found.conflicts)) == ((), 1)


def test_a_patch_on_others_is_one_patch_with_them() -> None:
    new = FileChange("g", None, "g\n")
    assert on_base((UPPER, new), (LOWER,)) == (FileChange("f", "1\n", "1 + 2 + 3\n"), new)
    with pytest.raises(ValueError, match="f is not what"):
        Stack({"f": "1\n"}, {"f": "other\n"}).push((UPPER,))


@given(st.integers(1, 24), st.data())
async def test_items_that_break_the_check_are_found_by_halving(count: int, data: st.DataObject) -> None:
    bad = data.draw(st.sets(st.integers(0, count - 1), max_size=3))
    rows = [row(number, FileChange(f"f{number}", "x", "y")) for number in range(count)]
    runs = 0

    async def judge(changes: object) -> str:
        nonlocal runs
        runs += 1
        names = {change.path for change in changes}  # type: ignore[attr-defined]
        return "red" if names & {f"f{number}" for number in bad} else ""

    found = await integrate(rows, judge, lambda event: None)
    assert {one.item.id for one, _ in found.broke} == {f"{number:04}" for number in bad}
    assert {change.path for change in found.changes} == {f"f{n}" for n in range(count) if n not in bad}
    assert runs <= (len(bad) + 1) + len(bad) * count.bit_length()
