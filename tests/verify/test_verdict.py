from __future__ import annotations

from flashagent.values import CheckReport, Failure, TestOutcome, TestResult
from flashagent.verify.verdict import NOT_COUNTED, Verdict, judge


def report(code: int = 1, *, counted: bool = True, limit: str = "", **outcomes: TestOutcome) -> CheckReport:
    """A report of tests in t.py, by name; `unit` stands for the file itself."""
    results = tuple(
        TestResult("t.py" if name == "unit" else f"t.py::{name}", out) for name, out in outcomes.items()
    )
    failures = tuple(
        Failure(result.test_id, "assertion", "no")
        for result in results
        if result.outcome in ("failed", "error")
    )
    return CheckReport(("pytest",), code, 0.1, results, failures, counted, limit)


def test_fixed() -> None:
    before = report(a="failed", b="passed", c="skipped", d="xfailed")
    after = report(0, a="passed", b="passed", c="skipped", d="xfailed", new="passed")
    assert judge(before, after) == Verdict(True, fixed=("t.py::a",))


def test_each_way_of_not_being_green() -> None:
    before = report(a="failed", b="failed", c="passed", d="passed", e="passed", f="failed")
    after = report(a="passed", b="failed", c="error", e="skipped", f="xpassed", g="failed")
    assert judge(before, after) == Verdict(
        False,
        fixed=("t.py::a",),
        still_failing=("t.py::b",),
        newly_failing=("t.py::c", "t.py::g"),
        disappeared=("t.py::d",),
        turned_skipped=("t.py::e", "t.py::f"),
        reasons=(
            "the check ended with exit status 1",
            "t.py::b still fails",
            "t.py::c, t.py::g fail now and did not before",
            "t.py::d is not reported any more",
            "t.py::e, t.py::f are skipped or expected to fail now",
        ),
    )


def test_a_unit_that_could_not_be_loaded_is_fixed_by_its_tests() -> None:
    assert judge(report(unit="error"), report(0, a="passed", b="skipped")) == Verdict(True, fixed=("t.py",))
    assert judge(report(unit="error"), report(a="failed", b="passed")).still_failing == ("t.py",)
    assert not judge(report(unit="error"), report(0)).green
    assert judge(report(unit="error"), report(0, unit="skipped")).turned_skipped == ("t.py",)


def test_a_unit_that_cannot_be_loaded_now_takes_its_tests_along() -> None:
    verdict = judge(report(a="failed", b="passed"), report(unit="error"))
    assert (verdict.still_failing, verdict.newly_failing, verdict.disappeared) == (
        ("t.py::a",),
        ("t.py",),
        (),
    )


def test_what_cannot_be_counted_any_more_is_not_green() -> None:
    verdict = judge(report(a="failed"), report(0, counted=False))
    assert not verdict.green and verdict.disappeared == ()
    assert "could not be counted now" in verdict.reasons[0]


def test_checks_known_by_their_status_only() -> None:
    before = report(1, counted=False)
    assert judge(before, report(0, counted=False)) == Verdict(True, reasons=(NOT_COUNTED,))
    assert judge(before, report(2, counted=False)).reasons == ("the check ended with exit status 2",)
    assert not judge(before, report(0, counted=False, limit="time")).green


def test_a_check_that_can_be_counted_only_now() -> None:
    assert judge(report(4, counted=False), report(0, a="passed")) == Verdict(True)


def test_a_session_that_failed_as_a_whole_is_named() -> None:
    bad = CheckReport(
        ("pytest",), 0, 0.1, (TestResult("t.py::a", "passed"),), (Failure("", "exit", "odd\nmore"),), True
    )
    assert judge(report(a="failed"), bad).reasons == ("odd",)


def test_many_tests_are_compared_in_reasonable_steps() -> None:
    outcomes: dict[str, TestOutcome] = {f"t{number}": "passed" for number in range(20000)}
    before = report(1, x="failed", **outcomes)
    after = report(0, x="passed")
    assert len(judge(before, after).disappeared) == 20000


def told(code: int, **outcomes: TestOutcome) -> CheckReport:
    """A run whose tests are known by the runner's text alone."""
    return report(code, counted=False, **outcomes)


def test_text_speaks_against_a_run_and_not_for_it() -> None:
    before = told(1, a="failed", b="passed")
    assert judge(before, told(0, a="passed", b="passed")) == Verdict(
        True, fixed=("t.py::a",), reasons=(NOT_COUNTED,)
    )
    assert judge(before, told(0, b="passed")).reasons == ("t.py::a is not reported any more",)
    assert judge(before, told(0, a="passed")).reasons == ("t.py::b is not reported any more",)
    assert judge(before, told(0)).disappeared == ("t.py::a", "t.py::b")
    assert judge(before, told(0, a="skipped", b="passed")).turned_skipped == ("t.py::a",)
    assert judge(before, told(0, a="failed", b="passed")).still_failing == ("t.py::a",)
    assert judge(before, told(1, a="passed", b="passed")).green is False


def test_names_of_subtests_may_be_new_in_each_run() -> None:
    def run(code: int, **outcomes: TestOutcome) -> CheckReport:
        return CheckReport(
            ("go", "test"), code, 0.1, tuple(TestResult(f"x.org/m.T/{n}", o) for n, o in outcomes.items())
        )

    assert judge(run(1, a="failed", port_4711="passed"), run(0, a="passed", port_4712="passed")).green
    assert judge(run(1, a="failed"), run(0, b="passed")).disappeared == ("x.org/m.T/a",)
