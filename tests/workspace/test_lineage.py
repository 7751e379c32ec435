"""The search for the commit that broke something: on every history, with any number of questions at a time."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from flashagent.workspace.lineage import Bisection, Commit


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Commit], int, set[int]]:
    """Commits, children before parents, of which the last one is the root; the one to blame; those that do not load."""
    size = draw(st.integers(2, 40))
    commits = []
    for number in range(size):
        older = st.integers(number + 1, size - 1)
        parents = draw(st.lists(older, min_size=1, max_size=2, unique=True)) if number < size - 1 else []
        if number < size - 1 and number == 0:
            parents = [1]
        commits.append(Commit(f"c{number}", tuple(f"c{one}" for one in parents)))
    return (
        commits,
        draw(st.integers(0, size - 2)),
        draw(st.sets(st.integers(1, size - 1), max_size=size // 3)),
    )


def ancestors(commits: Mapping[str, Commit], name: str) -> set[str]:
    found = {name}
    for parent in commits[name].parents:
        found |= ancestors(commits, parent)
    return found


@given(histories(), st.integers(1, 5))
def test_the_one_is_found_or_is_among_those_that_are_left(
    history: tuple[list[Commit], int, set[int]], at_once: int
) -> None:
    commits, blamed, broken = history
    by_name = {one.id: one for one in commits}
    if f"c{blamed}" not in ancestors(by_name, "c0"):
        return  # it never came into the first commit
    bad = {one.id for one in commits if f"c{blamed}" in ancestors(by_name, one.id)}
    search = Bisection(commits)
    asked: list[str] = []
    while chosen := search.next(at_once):
        for one in chosen:
            asked.append(one.id)
            untestable = int(one.id[1:]) in broken
            search.note(one, "untestable" if untestable else "bad" if one.id in bad else "good")
    assert len(asked) == len(set(asked))
    if search.good is None:
        return
    assert f"c{blamed}" in {one.id for one in search.suspects}
    if not broken:
        assert search.suspects == (by_name[f"c{blamed}"],)


def test_a_long_line_takes_few_questions() -> None:
    commits = [Commit(f"c{n}", (f"c{n + 1}",) if n < 999 else ()) for n in range(1000)]
    search = Bisection(commits)
    asked = 0
    while chosen := search.next(1):
        asked += 1
        search.note(chosen[0], "bad" if int(chosen[0].id[1:]) <= 700 else "good")
    assert search.bad.id == "c700"
    assert asked <= 20
