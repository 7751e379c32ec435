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
