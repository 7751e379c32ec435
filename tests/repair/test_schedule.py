"""The order of candidates, where a search stops, and pairs: on values."""

from __future__ import annotations

from dataclasses import replace

from flashagent.repair.mutate import Mutation
from flashagent.repair.schedule import COLD_BATCH, SETTLE, WARM_BATCH, batches, last_place, pairs, tasks
from flashagent.repair.source import Edit


def mutation(start: int, score: float, *, cold: bool = False, path: str = "m.py") -> Mutation:
    return Mutation(
        path, (Edit(start, start + 1, "x"),), f"t{start}", start, score, "", cold, statement=start
    )


def test_a_fresh_import_has_to_be_much_likelier() -> None:
    ordered = tasks([mutation(1, 0.5), mutation(2, 0.9, cold=True), mutation(3, 0.2)])
    assert [(t.place, t.mutation.line, t.cold) for t in ordered] == [
        (0, 1, False),
        (1, 2, True),
        (2, 3, False),
    ]


def test_what_a_running_module_can_be_given_needs_no_fresh_import() -> None:
    ordered = tasks([mutation(1, 0.5), replace(mutation(2, 0.9, cold=True), live=True)])
    assert [(t.mutation.line, t.cold) for t in ordered] == [(2, False), (1, False)]


def test_batches_are_of_one_kind() -> None:
    some = tasks([mutation(n, 1.0 - n / 1000, cold=n % 10 == 0) for n in range(60)])
    made = batches(some)
    assert all(len({t.cold for t in batch}) == 1 for batch in made)
    assert max(len(b) for b in made if not b[0].cold) == WARM_BATCH
    assert max(len(b) for b in made if b[0].cold) == COLD_BATCH
    assert sorted(t.place for batch in made for t in batch) == list(range(60))


def test_the_search_stops_by_counts() -> None:
    assert last_place([], 40) is None
    assert last_place([7, 3], 40) == 3 + SETTLE
    assert last_place([5000], 40) == 10_000
    assert last_place([9, 1, 4], 3) == 9


def test_pairs_begin_with_what_almost_fixed_it() -> None:
    near, far = mutation(10, 0.2), mutation(20, 0.9)
    others = [far, mutation(10, 0.8), mutation(30, 0.1), mutation(40, 0.5, path="n.py"), near]
    made = pairs({4: (2, near), 0: (1, far)}, others)
    assert [e.start for e in made[0].edits] == [10, 20]
    assert made[0].shape == "two-places"
    assert made[0].template == "t10, and t20"
    assert all(m.path == "m.py" for m in made)
    assert len({m.edits for m in made}) == len(made)
