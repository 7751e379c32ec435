"""What a model is told after an edit: equal failures once, and what the linter says."""

from __future__ import annotations

from flashagent.agent.witness import Judgement
from flashagent.agent.words import PromptWords
from flashagent.prompts import load
from flashagent.values import CheckReport, Diagnostic, Failure, Frame, TestResult
from flashagent.verify.verdict import judge


def report(*failures: Failure) -> CheckReport:
    return CheckReport(
        ("pytest",), 1, 0.1, tuple(TestResult(one.test_id, "failed") for one in failures), failures, True
    )


def failure(number: int) -> Failure:
    frame = Frame("parse.py", 88, "read", "raise ValueError(n)", True)
    return Failure(f"t.py::test_{number}", "error", f"bad {number}", "ValueError", (frame,))


def words() -> PromptWords:
    prompts = (load("fix"), load("do"), load("feedback"))
    return PromptWords(*prompts, lambda path: None, lambda text: text, lambda: "0" * 16)


def test_many_failures_of_one_cause_take_a_line() -> None:
    before = report(*map(failure, range(37)))
    text = words().after_edit(Judgement(judge(before, before), before, before, full=True))
    assert "37 tests fail the same way at parse.py:88: t.py::test_0" in text
    assert text.count("raise ValueError(n)") == 1
    assert len(text.splitlines()) < 16


def test_a_linter_is_heard_also_where_no_check_ran() -> None:
    problem = Diagnostic("a.py", 3, 1, "F821", "Undefined name `x`")
    assert words().after_edit(None, [problem]) == "The linter now says:\na.py:3: F821 Undefined name `x`"
    assert words().after_edit(None) == ""


def without_words(output: str = "", *failures: Failure) -> CheckReport:
    return CheckReport(("make",), 3, 0.1, (), failures, False, output=output)


def test_an_exit_status_alone_is_told_once() -> None:
    bare = Failure("", "exit", "Exit status 3.", rerun=("make",))
    assert words().report(without_words("", bare)) == "It ends with exit status 3.\nIt printed nothing."
    assert words().report(without_words("")) == "It ends with exit status 3.\nIt printed nothing."
    prompt = words().first("", "make", without_words("", bare), "")
    assert prompt == (
        "Make the failing check pass.\n\nThe check is `make`. It ends with exit status 3.\n\nIt printed nothing.\n\n"
        "Nothing stood out; search for the place."
    )


def test_what_was_printed_beside_an_exit_status_is_told() -> None:
    bare = Failure("", "exit", "Exit status 3.", details="no rule")
    for report_with_words in (without_words("no rule\n", bare), without_words("no rule\n")):
        told = words().report(report_with_words)
        assert told.startswith("It ends with exit status 3.\n<data-")
        assert "no rule" in told
