from __future__ import annotations

from flashagent.values import CheckReport, Failure, Frame, TestResult
from flashagent.verify.feedback import describe, describe_all, group, progress

CALC = "def add(a, b):\n    return a - b\n"


def no_source(path: str) -> str | None:
    return None


def failure(name: str, *, line: int = 2, message: str = "assert -1 == 3") -> Failure:
    frames = (Frame("tests/test_a.py", 9, name, "assert add(1, 2) == 3"), Frame("calc.py", line, "add"))
    return Failure(f"tests/test_a.py::{name}", "assertion", message, "AssertionError", frames, "3", "-1")


def test_one_failure_in_the_lines_that_matter() -> None:
    assert describe(failure("test_add"), {"calc.py": CALC}.get) == (
        "tests/test_a.py::test_add: assertion\n"
        "AssertionError: assert -1 == 3\n"
        "expected: 3\n"
        "actual:   -1\n"
        "  tests/test_a.py:9 in test_add: assert add(1, 2) == 3\n"
        "  calc.py:2 in add: return a - b"
    )


def test_a_long_failure_stays_short_and_keeps_its_culprit() -> None:
    deep = tuple(Frame(f"src/m{number}.py", number, f"f{number}", "call()") for number in range(1, 60))
    foreign = Frame("/usr/lib/python3/x.py", 1, "lib", "raise", in_project=False)
    long = Failure(
        "t", "error", "\n".join("x" * 5000 for _ in range(50)), "E", (*deep, foreign), "e", "a", details="out"
    )
    lines = describe(long, no_source).splitlines()
    assert len(lines) <= 12 and max(map(len, lines)) <= 200
    assert "src/m59.py:59 in f59: call()" in lines[-1]


def test_output_helps_where_there_is_no_frame() -> None:
    text = describe(Failure("", "exit", "Exit status 3.", details="one\ntwo"), no_source)
    assert text == "the check: exit\nExit status 3.\none\ntwo"


def test_equal_failures_are_told_once() -> None:
    same = [failure(f"test_{number}", message=f"assert -{number} == 3") for number in range(37)]
    other = failure("test_other", line=1)
    assert [len(one.failures) for one in group([*same, other])] == [37, 1]
    text = describe_all([*same, other], no_source).splitlines()
    assert text[-2].startswith("37 tests fail the same way at calc.py:2: tests/test_a.py::test_0, ")
    assert text[-1] == "tests/test_a.py::test_other (calc.py:1): AssertionError: assert -1 == 3"


def test_what_changed_between_two_runs() -> None:
    def report(**outcomes: str) -> CheckReport:
        results = tuple(TestResult(name, outcome) for name, outcome in outcomes.items())  # type: ignore[arg-type]
        return CheckReport(("pytest",), 1, 0.0, results, counted=True)

    before = report(a="failed", b="failed", c="passed", d="passed")
    assert progress(before, report(a="passed", b="failed", c="failed")) == (
        "newly failing (1): c\nnot reported any more (1): d\nstill failing (1): b\nnow passing (1): a"
    )
    assert progress(before, before) == "still failing (2): a, b"
    assert progress(report(a="passed"), report(a="passed")) == "nothing changed"
