from __future__ import annotations

import pytest

from flashagent.agent.effort import OTHER_WAY, Situation, Tried, choose, settled
from flashagent.agent.risk import changed_lines, risks
from flashagent.values import FileChange


def tried(*failures: str, patch: str = "p", refused: int = 0, role: str = "flash") -> Tried:
    return Tried(frozenset(("t", failure) for failure in failures), patch, refused, role)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("situation", "level", "plan"),
    [
        (Situation(1, "assertion"), "low", False),
        (Situation(3, "syntax", files=9), "low", False),
        (Situation(2, "assertion", files=9), "medium", True),
        (Situation(21, "assertion"), "medium", False),
        (Situation(0, "", goal_words=61), "medium", True),
    ],
)
def test_the_first_attempt_follows_the_situation(situation: Situation, level: str, plan: bool) -> None:
    effort = choose((), situation, has_architect=True)
    assert (effort.level, effort.role, effort.plan) == (level, "flash", plan)
    assert effort.reasoning == (None if level == "low" else level)
    assert effort.why


def test_the_ladder_with_an_architect() -> None:
    history = [tried("a", patch="1")]
    steps = []
    for number in range(2, 7):
        effort = choose(history, Situation(1), has_architect=True, left=9)
        steps.append((effort.level, effort.role, effort.hint, effort.stop))
        if effort.stop:
            break
        history.append(tried("a", patch=str(number), role=effort.role))
    assert steps == [
        ("low", "flash", "", False),
        ("medium", "flash", "", False),
        ("high", "flash", OTHER_WAY, False),
        ("high", "architect", "", False),
        ("high", "architect", "", True),
    ]


def test_without_an_architect_it_stops_after_five_attempts_in_vain() -> None:
    history = [tried("a", patch=str(number)) for number in range(6)]
    assert choose(history, Situation(1), has_architect=False).stop
    assert not choose(history[:5], Situation(1), has_architect=False).stop


def test_the_architect_takes_the_last_attempt() -> None:
    history = [tried("a", patch="1"), tried("a", patch="2"), tried("a", patch="3")]
    assert choose(history, Situation(1), has_architect=True, left=2).role == "flash"
    assert choose(history, Situation(1), has_architect=True, left=1).role == "architect"


@pytest.mark.parametrize(
    ("history", "level"),
    [
        ([tried("a", "b", patch="1"), tried("a", patch="2")], "low"),
        ([tried("a", patch="1"), tried("b", "c", patch="2")], "medium"),
        ([tried("a", patch="1"), tried("b", patch="1")], "medium"),
        ([tried("a", patch="1", refused=2)], "medium"),
        ([tried("a", patch="")], "medium"),
    ],
    ids=["better", "growing failures", "same patch", "refused twice", "nothing changed"],
)
def test_what_counts_as_no_further(history: list[Tried], level: str) -> None:
    assert choose(history, Situation(1), has_architect=False).level == level


BEFORE = "def total(prices):\n    return sum(prices)\n\n\ndef _own(a):\n    return a\n"


def is_test(path: str) -> bool:
    return path.startswith("tests/")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (FileChange("a.py", BEFORE, BEFORE.replace("sum(prices)", "sum(prices) + 1")), ()),
        (FileChange("a.py", BEFORE, BEFORE.replace("_own(a)", "_own(a, b)")), ()),
        (FileChange("a.py", BEFORE, BEFORE + "def more(): ...\n"), ()),
        (FileChange("a.py", None, BEFORE), ()),
        (FileChange("a.py", BEFORE, BEFORE.replace("total(prices)", "total(prices, tax)")),
         ("it changes the interface of total",)),
        (FileChange("a.py", BEFORE, None), ("it changes the interface of total",)),
        (FileChange("tests/test_a.py", "x = 1\n", "x = 2\n"), ("it changes the tests in tests/test_a.py",)),
        (FileChange("tests/test_b.py", None, "x = 2\n"), ()),
        (FileChange("b.txt", "", "line\n" * 201), ("it changes 201 lines",)),
    ],
)  # fmt: skip
def test_risks_of_one_change(change: FileChange, expected: tuple[str, ...]) -> None:
    assert risks([change], is_test) == expected


def test_many_files_are_a_risk() -> None:
    changes = [FileChange(f"{n}.txt", "a\n", "b\n") for n in range(6)]
    assert risks(changes, is_test) == ("it changes 6 files",)
    assert changed_lines(changes[0]) == 2


def test_what_the_user_has_settled_takes_the_place_of_the_level_alone() -> None:
    effort = choose([tried("a"), tried("a"), tried("a")], Situation(1), has_architect=False, left=1)
    low = settled(effort, "low")
    assert (low.level, low.reasoning, low.max_output_tokens) == ("low", None, 4_000)
    assert (low.hint, low.temperature, low.why) == (effort.hint, effort.temperature, effort.why)
    assert settled(effort, None) is effort
    assert settled(low, "high").reasoning == "high"
