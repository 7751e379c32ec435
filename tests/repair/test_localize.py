"""Spectra, boosts and hints on values that can be worked out by hand."""

from __future__ import annotations

import math

from flashagent.repair import donors, mutate
from flashagent.repair.localize import TestRun, failure_hints, ochiai, reported, suspicion
from flashagent.repair.source import Source
from flashagent.values import Failure, Frame


def run(name: str, passed: bool, *lines: int, stack: tuple[tuple[str, int], ...] = ()) -> TestRun:
    return TestRun(name, "test_m.py", passed, 0.01, {"m.py": frozenset(lines)}, stack)


def test_known_spectrum() -> None:
    runs = [run("a", False, 1, 2, 3), run("b", False, 1, 3), run("c", True, 1, 2), run("d", True, 1)]
    assert ochiai(runs) == {
        ("m.py", 1): 2 / math.sqrt(2 * 4),
        ("m.py", 2): 1 / math.sqrt(2 * 2),
        ("m.py", 3): 1.0,
    }


def test_the_crash_line_comes_first_and_tests_are_left_out() -> None:
    failure = Failure("t", "error", "boom", "IndexError", (Frame("test_m.py", 9), Frame("m.py", 2)))
    scores = suspicion([run("a", False, 1, 2, 3)], [failure], {"test_m.py"})
    assert max(scores, key=lambda place: scores[place]) == ("m.py", 2)
    assert scores["m.py", 2] == 1.0
    assert all(path == "m.py" for path, _ in scores)


def test_the_loop_in_which_a_test_was_cut_is_raised() -> None:
    scores = suspicion([run("a", False, 1, 20, stack=(("m.py", 20),))], [], ())
    assert scores["m.py", 20] > scores["m.py", 1]


def test_frames_alone_when_nothing_was_traced() -> None:
    failure = Failure(
        "t", "import", "no", "ImportError", (Frame("m.py", 4), Frame("/usr/lib/x.py", 1, in_project=False))
    )
    scores = suspicion((), [failure], ())
    assert scores["m.py", 4] == 1.0
    assert ("/usr/lib/x.py", 1) not in scores


def test_no_failure_gives_no_suspicion() -> None:
    assert suspicion([run("a", True, 1, 2)], [], ()) == {}


def test_hints_from_messages_and_hangs() -> None:
    failure = Failure("t", "error", "'NoneType' object is not subscriptable", "TypeError")
    hanging = TestRun("x", "t.py", False, exception="OutOfTime")
    assert failure_hints([failure], [hanging]) == {"none", "type", "loop"}


def test_reported_lines_leave_out_what_says_nothing() -> None:
    text = ["def f(a):", "    # why", "    b = a", "", "    return b"]
    scores = {("m.py", n): 1.0 for n in range(1, 6)}
    assert [s.line for s in reported(scores, [], {"m.py": text}, {})] == [3, 5]


def test_data_that_suspicious_lines_use() -> None:
    source = Source(
        "m.py",
        "TABLE = {1: 2}\nOTHER = 3\n\n\nclass A:\n    size = 4\n\n\ndef f(a):\n    return TABLE[a.size]\n",
    )
    used = mutate.used_names(source, {10: 0.8})
    assert mutate.data_lines(source, used) == {1: 0.4, 6: 0.4}


def test_donors_prefer_what_occurs_often() -> None:
    source = Source("m.py", "def f(a):\n    g(a)\n    g('x')\n    return h('x', 'y', 3)\n")
    found = donors.collect(source)
    assert (found.functions[:2], found.strings, found.numbers) == (("g", "h"), ("'x'", "'y'"), ("3",))
