"""Small changes that no template makes: what is made, in which order, and how much of it."""

from __future__ import annotations

import ast
from itertools import islice
from pathlib import Path

import pytest
from helpers.repair_projects import launch, repaired
from helpers.repair_sandbox import TrustingRunner, bubblewrap
from helpers.verify_projects import write

from flashagent.repair import donors
from flashagent.repair.mutate import Mutation, mutations, patched
from flashagent.repair.source import Source
from flashagent.repair.synthesis.stream import Ground, enumerated
from flashagent.repair.synthesis.terms import TIGHT, Around, Bank, Production, Term
from flashagent.repair.synthesis.values import FAILED, MISSING, State, applied, state_from
from flashagent.repair.workers import Worker

BLEND = """
def blend(values, place, size):
    total = 0
    for value in values:
        total += value
    return total / size
"""


def ground(code: str, states: tuple[State, ...] = ()) -> Ground:
    source = Source("m.py", code)
    unit = next(iter(source.units.values()))
    lines = dict.fromkeys(range(unit.first_line + 1, (unit.node.end_lineno or 0) + 1), 1.0)
    return Ground(source, unit, lines, donors.collect(source), states)


def first(
    number: int, code: str, known: tuple[Mutation, ...] = (), states: tuple[State, ...] = ()
) -> list[Mutation]:
    return list(islice(enumerated([ground(code, states)], known), number))


def test_candidates_come_in_one_order_and_likelier_ones_first() -> None:
    some = first(3000, BLEND)
    assert some == first(3000, BLEND)
    assert [m.score for m in some] == sorted((m.score for m in some), reverse=True)


def test_every_candidate_parses_and_none_comes_twice() -> None:
    source = Source("m.py", BLEND)
    some = first(3000, BLEND)
    assert {m.unit for m in some} == {2}
    for mutation in some:
        ast.parse(patched(source, mutation))
    assert len({patched(source, m) for m in some}) == len(some)
    assert BLEND not in {patched(source, m) for m in some}


def test_what_templates_make_is_not_made_again() -> None:
    source = Source("m.py", BLEND)
    known = tuple(mutations(source, dict.fromkeys(range(3, 7), 1.0), donors.collect(source)))
    texts = {patched(source, m) for m in known}
    assert texts & {patched(source, m) for m in first(2000, BLEND)}
    assert not texts & {patched(source, m) for m in first(2000, BLEND, known)}


def leaf(text: str, *values: object) -> Term:
    return Term(text, TIGHT, values, "int")


def test_larger_expressions_are_made_when_they_are_asked_for() -> None:
    made: list[str] = []

    def joined(a: Term, b: Term) -> str:
        made.append(f"{a.text}+{b.text}")
        return made[-1]

    added = Production("+", 2, 1, TIGHT, joined, lambda a, b: applied(lambda x, y: x + y, [a, b]))
    bank = Bank({1: [leaf("a", 2, 3), leaf("b", 7, 5)]}, [added])
    assert ([t.text for t in bank.level(2)], made) == ([], [])
    assert [t.text for t in bank.level(3)] == ["a+a", "a+b", "b+b"]  # `b+a` gives what `a+b` gave
    assert len(made) == 4
    around = Around(leaf("c", 1, 1), bank)
    assert [t.text for t in around.level(2)] == ["c+a", "c+b"]
    assert len(made) == 8


def test_what_failed_wherever_it_was_seen_is_left_out() -> None:
    held = {"values": [1, 2], "size": 2, "place": 1, "total": 0, "value": 1}
    states = (State(3, held), State(5, {**held, "place": 5, "size": 9}))
    texts = [edit.text for m in first(4000, BLEND, states=states) for edit in m.edits]
    assert not [text for text in texts if text in ("values - size", "len(size)", "size[place]")]
    assert "(total + place)" in texts


@pytest.mark.parametrize(
    ("old", "new", "most"),
    [
        ("a <= abs(size)", "abs(a - b) <= abs(size)", 2000),
        ("int(size) + a // b", "int(size) + int(a / b)", 3000),
        ("[sum(r) for r in a], zip(a, b)", "[sum(r) for r in zip(*a)], zip(a, b)", 2000),
        ("a and b[size] > a", "not a or b[size] > a", 3000),
        ("a[size:]", "a[:b] + a[size:]", 6000),
    ],
)
def test_expressions(old: str, new: str, most: int) -> None:
    code = f"def f(a, b, size):\n    return {old}\n"
    wanted = ast.dump(ast.parse(code.replace(old, new)))
    source = Source("m.py", code)
    assert any(ast.dump(ast.parse(patched(source, m))) == wanted for m in first(most, code))


@pytest.mark.parametrize(
    ("right", "left_out", "most"),
    [
        ("    low = high = a[0]\n    for x in a:\n        high = max(high, x)\n        low = min(low, x)\n    return high - low\n",
         "        low = min(low, x)\n", 9000),
        ("    for x in a:\n        if not x:\n            continue\n        b += x\n    return b\n",
         "        if not x:\n            continue\n", 6000),
        ("    yield a[0]\n    yield from a[b:]\n    yield from c[d:]\n", "    yield from c[d:]\n", 6000),
        ("    while a:\n        c += a\n        a -= b\n    return c\n", "        a -= b\n", 3000),
    ],
)  # fmt: skip
def test_statements(right: str, left_out: str, most: int) -> None:
    head = "def f(a, b, c, d):\n"
    code = head + right.replace(left_out, "")
    source = Source("m.py", code)
    wanted = ast.dump(ast.parse(head + right))
    assert any(ast.dump(ast.parse(patched(source, m))) == wanted for m in first(most, code))


def test_only_the_most_suspicious_lines_of_a_long_function_are_changed() -> None:
    code = "def f(a):\n" + "".join(f"    a{n} = a + {n}\n" for n in range(80)) + "    return a\n"
    full = ground(code)
    lines = {n: 0.9 if n in (5, 30) else 0.5 for n in full.lines}
    some = islice(enumerated([Ground(full.source, full.unit, lines, full.donors, ())], ()), 3000)
    assert len({m.statement for m in some}) <= 20


def test_states_as_a_worker_tells_them() -> None:
    told = {"line": 3, "held": {
        "n": 4, "row": ["l", 1, "a"], "seen": ["s", 2, 1], "by": ["d", ["k", ["t", 1]]], "gone": ["x", "socket"],
        "part": ["l", ["x", "socket"]], "to": ["n", 0, 3, 1],
        "node": ["o", 0, "Node", {"value": 7, "next": ["r", 0]}],
    }}  # fmt: skip
    held = dict(state_from(told).held)
    node = held.pop("node")
    assert held == {
        "n": 4,
        "row": [1, "a"],
        "seen": {1, 2},
        "by": {"k": (1,)},
        "gone": MISSING,
        "part": MISSING,
        "to": range(3),
    }
    assert (node.kind, node.held["value"], node.held["next"]) == ("Node", 7, node)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"line": 1, "held": {"a": ["r", 5]}},
        {"line": 1, "held": {"a": ["d", 3]}},
        {"line": 1, "held": {"a": []}},
    ],
)
def test_a_malformed_state_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="malformed"):
        state_from(told)


def test_values_stay_small_and_failures_are_values() -> None:
    grown = applied(lambda a, b: a**b, [(3, 3), (2, 9999)])
    assert grown == (9, MISSING)
    assert applied(lambda a: a[0], [([], [5], MISSING)]) == (FAILED, 5, MISSING)


async def test_a_worker_tells_what_names_hold(tmp_path: Path) -> None:
    files = {
        "m.py": "def total(row):\n    count = 0\n    for one in row:\n        count += one\n    return count\n",
        "test_m.py": "from m import total\n\ndef test_it():\n    assert total([4, 5]) == 0\n",
    }
    write(tmp_path, files)
    worker = Worker(TrustingRunner(tmp_path), launch(tmp_path), "warm", 60.0)
    try:
        await worker.start()
        await worker.ask({"do": "prepare", "modules": []})
        units = [[str(tmp_path / "m.py"), 1, 5]]
        request = {"do": "states", "tests": ["test_m.py::test_it"], "units": units, "cpu": 2.0, "wall": 10.0}
        answer = await worker.ask(request)
    finally:
        await worker.close()
    states = [state_from(told) for told in answer["results"][0]["states"]]
    rows = [(s.line, s.held.get("count"), s.held.get("one")) for s in states]
    assert rows == [
        (2, None, None), (3, 0, None), (4, 0, 4), (3, 4, 4), (4, 4, 5), (3, 9, 5), (5, 9, 5), (5, 9, 5),
    ]  # fmt: skip
    assert states[-1].held["return"] == 9


@pytest.mark.slow
@pytest.mark.needs("bwrap")
async def test_a_fault_that_no_template_mends(tmp_path: Path) -> None:
    files = {
        "m.py": "def near(a, b, size):\n    return a <= abs(size)\n",
        "test_m.py": """
            import pytest
            from m import near

            @pytest.mark.parametrize("a, b, size, wanted", [
                (1, 9, 3, False), (9, 1, 3, False), (9, 8, 2, True), (8, 9, -2, True), (1, 4, 3, True), (-9, 9, 5, False), (7, 2, 5, True),
                (0, 0, 0, True), (1, 2, 0, False), (-3, -5, -2, True), (12, 20, 7, False), (20, 12, 8, True),
            ])
            def test_near(a, b, size, wanted):
                assert near(a, b, size) is wanted
            """,
    }
    result = await repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path))
    best = result.patches[0]
    assert best.changes[0].after == "def near(a, b, size):\n    return abs(a - b) <= abs(size)\n"
    assert best.how == "`a` becomes `abs(a - b)` at m.py:2 (found by trying small expressions)"
    assert best.confidence in ("possible", "likely")
