from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.jobs.batch.grouping import items_of
from flashagent.jobs.batch.spec import BatchSpec, Item, Target

PLACES = [
    Target("app/b.py", "B.run", 3, "old call"),
    Target("app/a.py", "", 7),
    Target("app/b.py", "B.stop", 9),
    Target("lib/deep/c.py"),
    Target("app/a.py", "", 7),
    Target("top.py"),
]


def grouped(targets: Sequence[Target] = PLACES, **spec: object) -> list[Item]:
    return items_of(BatchSpec("x", (), "y", **spec), targets, {}, lambda paths: {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("group", "titles"),
    [
        ("file", ["app/a.py", "app/b.py", "lib/deep/c.py", "top.py"]),
        ("symbol", ["app/a.py:7", "app/b.py::B.run", "app/b.py::B.stop", "lib/deep/c.py:0", "top.py:0"]),
        ("folder", [".", "app", "lib/deep"]),
        ("package", [".", "app", "lib"]),
        ("all", ["all: app/b.py and 4 more"]),
        ("2", ["part 1: app/b.py and 1 more", "part 2: app/b.py and 1 more", "part 3: top.py"]),
    ],
)
def test_places_become_items(group: str, titles: list[str]) -> None:
    assert [item.title for item in grouped(group=group)] == titles


def test_an_item_knows_what_its_slots_are_filled_with() -> None:
    (item,) = grouped([Target("app/b.py", "B.run", 3, "old call"), Target("app/b.py", "B.stop", 9, "too")])
    assert item.slots() == {
        "path": "app/b.py", "paths": "app/b.py", "symbol": "B.run, B.stop", "line": "3", "message": "old call\ntoo",
        "folder": "app", "count": "2", "name": "app/b.py",
    }  # fmt: skip


def test_what_a_slot_brings_in_is_not_filled_again() -> None:
    spec = BatchSpec("x", (), "Look: {{message}}")
    (item,) = grouped([Target("a.py", message="{{path}}")])
    assert spec.instruction_for(item) == "Look: {{path}}"


def test_excluded_files_are_in_no_item() -> None:
    assert [item.title for item in grouped(exclude=("app/*", "*.txt"))] == ["lib/deep/c.py", "top.py"]


def test_the_largest_come_first_where_that_is_asked_for() -> None:
    spec = BatchSpec("x", (), "y", order="size")
    places = [Target("a"), Target("b"), Target("c")]
    items = items_of(spec, places, {"a": 1, "b": 9, "c": 9}, lambda paths: {})
    assert [item.title for item in items] == ["b", "c", "a"]


NAMES = "abcdef"
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)))


def _ordered(graph: Mapping[str, Iterable[str]]) -> list[str]:
    places = [Target(name) for name in NAMES]
    return [item.title for item in items_of(BatchSpec("x", (), "y"), places, {}, lambda paths: graph)]


@given(GRAPHS)
def test_every_item_is_in_the_order_once_also_with_circles(graph: dict[str, set[str]]) -> None:
    assert sorted(_ordered(graph)) == list(NAMES)
    assert _ordered(graph) == _ordered(dict(reversed(graph.items())))


@given(GRAPHS)
def test_without_circles_what_is_imported_comes_first(graph: dict[str, set[str]]) -> None:
    downward = {name: {other for other in imported if other > name} for name, imported in graph.items()}
    order = _ordered(downward)
    for name, imported in downward.items():
        assert all(order.index(other) < order.index(name) for other in imported)


def test_a_circle_does_not_undo_the_rest_of_the_order() -> None:
    assert _ordered({"a": {"b"}, "b": {"a", "c"}, "d": {"a"}}) == ["a", "c", "e", "f", "b", "d"]
