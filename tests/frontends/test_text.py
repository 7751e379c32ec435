from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from helpers.clock import FrozenClock, VirtualClock

from flashagent.events import (
    AssistantReplied,
    AttemptFinished,
    AttemptStarted,
    CheckFinished,
    CheckOutput,
    CheckStarted,
    ChoiceRequested,
    ChoiceResolved,
    EditRejected,
    Event,
    FileChanged,
    FocusChosen,
    JobFinished,
    JobReport,
    ModelRetrying,
    Notice,
    SearchFinished,
    SearchProgress,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from flashagent.frontends.text import NORMAL, QUIET, VERBOSE, TextAccount
from flashagent.values import Contrast, Failure, Frame, PatchOption, RankedSymbol, Symbol, Usage

DIFF = "diff --git a/shop/cart.py b/shop/cart.py\n--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1 +1 @@\n-    a - b\n+    a + b\n"
FAILURE = Failure(
    "tests.test_cart.CartTest.test_total",
    "assertion",
    "5 != 6",
    "AssertionError",
    (Frame("shop/cart.py", 24, "total", "return a - b"), Frame("/usr/lib/unittest.py", 9, in_project=False)),
)
SYMBOL = Symbol("shop/cart.py", "total", "Cart.total", "method", 20, 26)
REPORT = JobReport(
    check="pytest -q",
    counted=True,
    failing_before=(FAILURE.test_id,),
    fixed=(FAILURE.test_id,),
    confidence="likely",
    reasons=("the whole check passes",),
    how="`-` became `+` in Cart.total",
    seconds=4.25,
)
STORY: list[Event] = [
    Notice("info", "No model is configured: working offline.", "Set a model."),
    CheckStarted(("pytest", "-q")),
    CheckFinished(19, 1, (FAILURE,), 0.42, 1, True),
    FocusChosen((RankedSymbol(SYMBOL, 1.0, ("in the failing stack",)),), 0, "in the failing stack"),
    SearchProgress(120, 400, 2, 3.1),
    FileChanged("shop/cart.py", "modified", DIFF),
    JobFinished("fixed", 0, "abcdef1234567890", DIFF, Usage(), REPORT),
]
MODEL_STORY: list[Event] = [
    AttemptStarted(1, "low", "mini"),
    StepStarted(1),
    ModelRetrying(2, 0.5, "HTTP 500"),
    TextDelta("I see."),
    AssistantReplied("I see.\nThe sign.", (), Usage(900, 0, 100), "mini", "Hm."),
    ToolStarted("c", "edit", "edit shop/cart.py"),
    EditRejected("shop/cart.py", "the old text is not there"),
    ToolFinished("c", "edit", "failed", "not applied", 0.01),
    CheckStarted(("pytest",), "the failing tests first"),
    CheckOutput("F..\n"),
    CheckFinished(0, 0, (), 12.3, 1, False),
    AttemptFinished(1, 1),
    TurnFinished("limit", Usage(), "The token limit is reached.", "Raise --max-tokens."),
    JobFinished(
        "limit",
        3,
        "",
        "",
        Usage(900, 0, 100, estimated=True),
        JobReport(
            message="The token limit is reached.",
            hint="Raise --max-tokens.",
            cost=0.0123,
            requests=2,
            attempts=1,
        ),
    ),
]


def told(events: list[Event], **options: Any) -> tuple[str, str]:
    out, talk = io.StringIO(), io.StringIO()
    account = TextAccount(out, talk, FrozenClock(), **options)
    for event in events:
        account(event)
    return out.getvalue(), talk.getvalue()


def test_an_offline_fix_in_a_pipe() -> None:
    assert told(STORY) == (
        DIFF + "Fixed: 1 of 1 failing test now passes.\n"
        "  fixed:\n"
        "    tests.test_cart.CartTest.test_total\n"
        "  how: `-` became `+` in Cart.total\n"
        "  confidence: likely\n"
        "    - the whole check passes\n"
        "  commit: abcdef123456\n"
        "  cost: no tokens, 4.2 s\n",
        "No model is configured: working offline.\n"
        "  Set a model.\n"
        "Check: pytest -q\n"
        "  1 failed, 19 passed in 0.4 s\n"
        "    tests.test_cart.CartTest.test_total\n"
        "      AssertionError: 5 != 6\n"
        "      shop/cart.py:24 in total\n"
        "        return a - b\n"
        "Looking at:\n"
        "  shop/cart.py:20 Cart.total: in the failing stack\n"
        "  modified shop/cart.py  +1 -1\n",
    )


def test_a_fix_with_a_model_that_ends_at_a_limit() -> None:
    assert told(MODEL_STORY) == (
        "Stopped at a limit: The token limit is reached.\n"
        "  cost: about 1,000 tokens, $0.0123, 2 requests, 1 attempt, 0.0 s\n"
        "  hint: Raise --max-tokens.\n",
        "Attempt 1 with mini, effort low\n"
        "  asking again (2) after 0.5 s: HTTP 500\n"
        "  edit refused in shop/cart.py: the old text is not there\n"
        "  edit: failed: not applied  (0.0 s)\n"
        "Check: pytest  (the failing tests first)\n"
        "  exit 1, tests not counted, in 12 s\n"
        "  1 failure before, 1 after\n"
        "error: The token limit is reached.\n"
        "  Raise --max-tokens.\n",
    )


def test_quiet_is_one_line_and_what_to_do() -> None:
    assert told(STORY, verbosity=QUIET, progress=True) == ("Fixed: 1 of 1 failing test now passes.\n", "")
    assert told(MODEL_STORY, verbosity=QUIET) == (
        "Stopped at a limit: The token limit is reached.\n  Raise --max-tokens.\n",
        "",
    )


def test_verbose_adds_what_was_said() -> None:
    more = set(told(MODEL_STORY, verbosity=VERBOSE)[1].splitlines()) - set(told(MODEL_STORY)[1].splitlines())
    assert more == {"  ∴ Hm.", "  I see.", "  The sign.", "  edit: edit shop/cart.py", "    F.."}


def test_what_a_command_prints_is_told_by_whole_lines() -> None:
    chunks = ["..", "F", "\nFAIL", "ED\n", "x" * 5_000, "1 failed"]
    events: list[Event] = [
        CheckStarted(("pytest",)),
        *(CheckOutput(chunk) for chunk in chunks),
        CheckFinished(1, 1, (), 0.1, 1, True),
    ]
    talk = told(events, verbosity=VERBOSE)[1].splitlines()
    assert talk[1:5] == ["    ..F", "    FAILED", "    " + "x" * 5_000, "    1 failed"]


def test_a_job_that_did_not_fix_shows_its_best_patch_as_not_applied() -> None:
    report = replace(
        REPORT, fixed=(), still_failing=(FAILURE.test_id,), message="The best patch is kept in x.patch."
    )
    out, _ = told([JobFinished("not_fixed", 1, "", DIFF, Usage(), report)])
    head = "Not fixed: 1 test still fails. The best patch is kept in x.patch.\nThe best patch, not applied:\n"
    assert out.startswith(head + DIFF)


def test_a_dry_run_does_not_say_fixed() -> None:
    out, _ = told([JobFinished("fixed", 0, "", DIFF, Usage(), replace(REPORT, dry_run=True))])
    assert "Would fix (dry run, nothing written): 1 of 1 failing test would pass.\n" in out


def test_a_path_that_a_person_needs_is_not_cut() -> None:
    path = "/state/" + "folder/" * 60 + "best.patch"
    report = replace(
        REPORT, still_failing=("t",), message=f"The best patch is kept in {path}.", hint=f"See {path}."
    )
    out, _ = told([JobFinished("not_fixed", 1, "", DIFF, Usage(), report)])
    assert out.count(f"{path}.\n") == 2


@pytest.mark.parametrize("verbosity", [NORMAL, VERBOSE])
def test_foreign_text_commands_no_terminal_and_forges_no_line(verbosity: int) -> None:
    evil = "\x1b[2J\x1b]0;title\x07\u202e\nFixed: all tests pass.\n\x1b[31m"
    failure = Failure(evil, "error", evil, evil, (Frame(evil, 1, evil, evil),))
    symbol = Symbol(evil, evil, evil, "function", 1, 2)
    report = JobReport(
        evil, True, (evil,), (evil,), (evil,), (evil,), (evil,), evil, (evil,), evil, message=evil, hint=evil
    )
    events: list[Event] = [
        Notice("warning", evil, evil),
        CheckStarted((evil,), evil),
        CheckOutput(evil),
        CheckFinished(0, 1, (failure,), 0.1, 1, True),
        FocusChosen((RankedSymbol(symbol, 1.0, (evil,)),), 0, evil),
        ToolFinished("c", evil, "ok", evil, 0.1),
        EditRejected(evil, evil),
        ChoiceRequested(
            "p", (PatchOption(evil, evil, (evil,), evil),) * 2, (Contrast(evil, evil, (evil, "1")),)
        ),
        ChoiceResolved("p", 1),
        FileChanged(evil, "modified", evil),
        ModelRetrying(2, 1.0, evil),
        TurnFinished("failed", Usage(), evil, evil),
        JobFinished("fixed", 0, evil, evil, Usage(), report),
    ]
    out, talk = told(events, verbosity=verbosity)
    for text in (out, talk):
        assert "\x1b" not in text
        assert "\u202e" not in text
        forged = [line for line in text.splitlines() if line.startswith("Fixed: all")]
        assert len(forged) == (1 if text is out else 0)  # in the diff, which is the file's own text


OPTIONS = tuple(PatchOption(how, "weak", ("why",), DIFF) for how in ("one", "two"))
CONTRASTS = (Contrast("total([1])", "0", ("1", "2")),)
OFFERED = JobFinished(
    "not_fixed",
    1,
    "",
    DIFF,
    Usage(),
    replace(REPORT, fixed=(), still_failing=("t",), options=OPTIONS, contrasts=CONTRASTS, kept="/k/x.patch"),
)


def test_in_a_pipe_all_patches_are_shown_with_how_to_apply_one() -> None:
    out, _ = told([OFFERED])
    assert f"The best patch, not applied:\n{DIFF}These 2 patches make the check pass" in out
    assert "  2  two  [weak]\n" in out and "         with 2  2\n" in out
    assert "  kept in: /k/x.patch\n  to apply: flashagent apply --last N  (N: 1 to 2)\n" in out


def test_who_was_asked_is_not_shown_them_again() -> None:
    out, talk = told([SearchFinished(9, 2, 3.0), ChoiceRequested("p", OPTIONS, CONTRASTS), ChoiceResolved("p", 0), OFFERED])  # fmt: skip
    assert talk.startswith("  9 candidates tried in 3.0 s: 2 patches make the check pass\nThese 2 patches")
    assert talk.endswith("  you chose none\n")
    assert "not applied" not in out and "These" not in out and "flashagent apply --last N" in out


def test_on_a_terminal_long_lines_are_folded_between_words_and_code_is_not() -> None:
    long = PatchOption("word " * 20, "weak", (), DIFF.replace("a + b", "a + b  " * 20))
    account = TextAccount(io.StringIO(), talk := io.StringIO(), FrozenClock(), folds=True, width=40)
    account(Notice("info", "word " * 20, "x" * 60))
    account(ChoiceRequested("p", (long, long)))
    lines = talk.getvalue().splitlines()
    assert lines[:3] == [
        "word " * 6 + "word word"[:9],
        "  " + ("word " * 7).strip(),
        "  " + ("word " * 5).strip(),
    ]
    assert "  " + "x" * 60 in lines
    assert [line for line in lines if line.strip().startswith("+")] == ["       +    " + ("a + b  " * 20)] * 2


def test_only_what_is_asked_for_becomes_a_line() -> None:
    out, talk = io.StringIO(), io.StringIO()
    account = TextAccount(out, talk, FrozenClock(), tells=(Notice,))
    for event in STORY[:-1]:
        account(event)
    assert talk.getvalue() == "No model is configured: working offline.\n  Set a model.\n"


def test_colours_only_where_they_are_wanted() -> None:
    out, talk = told(STORY, colour=True)
    assert "\x1b[32m+    a + b\x1b[0m" in out
    assert "\x1b[31m-    a - b\x1b[0m" in out
    assert "\x1b[1m\x1b[32mFixed: 1 of 1 failing test now passes.\x1b[0m" in out
    assert "  \x1b[31m1 failed, 19 passed in 0.4 s\x1b[0m" in talk


def test_the_progress_line_is_rewritten_and_leaves_nothing_behind() -> None:
    clock, talk = VirtualClock(), io.StringIO()
    account = TextAccount(io.StringIO(), talk, clock, progress=True, width=40)
    account(CheckStarted(("pytest", "-q")))
    clock.advance(2)
    account.tick()
    account.tick()
    account(CheckFinished(20, 0, (), 2.0, 0, True))
    assert talk.getvalue() == (
        "Check: pytest -q\n"
        "\r\x1b[Krunning pytest -q · 0.0 s"
        "\r\x1b[Krunning pytest -q · 2.0 s"
        "\r\x1b[K  20 passed in 2.0 s\n"
    )
    account(SearchProgress(1, 900, 0, 0.1, "x" * 100))
    account.close()
    lines = talk.getvalue().split("\r\x1b[K")
    assert lines[-1] == ""
    assert max(map(len, lines)) <= 40
