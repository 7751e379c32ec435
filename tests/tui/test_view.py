from __future__ import annotations

from dataclasses import replace

from helpers.tui_controller import DIFF, FIX, spoken
from hypothesis import given
from hypothesis import strategies as st

from flashagent.events import (
    EVENT_TYPES,
    ApprovalRequested,
    ApprovalResolved,
    AssistantReplied,
    AttemptFinished,
    AttemptStarted,
    BudgetSpent,
    CheckFinished,
    CheckOutput,
    CheckStarted,
    ChoiceRequested,
    ChoiceResolved,
    ContextCompacted,
    EditRejected,
    Event,
    FileChanged,
    JobFinished,
    MapReady,
    ModelRetrying,
    Notice,
    ReasoningDelta,
    SearchFinished,
    SearchProgress,
    StepStarted,
    TextDelta,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from flashagent.frontends.tui.blocks import Block, View, settled, with_block, with_request
from flashagent.frontends.tui.view import ANSWERS, reduce
from flashagent.values import Contrast, PatchOption, Usage


def played(events: list[Event], view: View | None = None) -> tuple[list[Block], View]:
    """All finished blocks, and the last view."""
    view = view or View()
    finished: list[Block] = []
    for event in events:
        view = reduce(view, event)
        finished += view.finished
    return finished, view


def test_a_turn_of_talk() -> None:
    finished, view = played(
        [TurnStarted("Hello"), *spoken("Hi **you**.\nBye."), TurnFinished("done", Usage())]
    )
    assert finished == [
        Block("user", text="Hello", done=True),
        Block("text", text="Hi **you**.\nBye.", done=True),
    ]
    assert view == View()


def test_deltas_are_open_until_the_reply_repeats_them() -> None:
    _, view = played(
        [StepStarted(1), ReasoningDelta("Hm, "), ReasoningDelta("so."), TextDelta("It "), TextDelta("is")]
    )
    assert view.open == (
        Block("thought", text="Hm, so.", key="speech"),
        Block("text", text="It is", key="speech"),
    )
    assert view.doing == "the model is writing"
    after = reduce(view, AssistantReplied("It is so.", (), Usage(), "m", "Hm, so."))
    assert after.finished == (
        Block("thought", text="Hm, so.", done=True),
        Block("text", text="It is so.", done=True),
    )
    assert after.open == ()


def test_deltas_are_optional() -> None:
    assert played([AssistantReplied("It is.", (), Usage(), "m")])[0] == [
        Block("text", text="It is.", done=True)
    ]


def test_a_retry_voids_what_was_said() -> None:
    finished, view = played([TextDelta("It is"), ModelRetrying(2, 0.5, "HTTP 500"), TextDelta("So")])
    assert finished == [Block("note", "asking again (2) after 0.5 s: HTTP 500", mark="warning", done=True)]
    assert view.open == (Block("text", text="So", key="speech"),)


def test_parallel_tools_keep_their_order() -> None:
    start = [ToolStarted("a", "read", "read a.py"), ToolStarted("b", "read", "read b.py")]
    finished, view = played([*start, ToolFinished("b", "read", "ok", "b.py, 9 lines", 0.12)])
    assert finished == []
    assert [block.mark for block in view.open] == ["running", "good"]
    after = reduce(view, ToolFinished("a", "read", "failed", "a.py is not there", 0.0))
    assert after.finished == (
        Block("tool", "read: a.py is not there · 0.0 s · failed", mark="bad", key="tool a", done=True),
        Block("tool", "read: b.py, 9 lines · 0.1 s", mark="good", key="tool b", done=True),
    )


def test_output_shows_its_tail_only() -> None:
    lines = [ToolOutput("a", f"line {n}\n") for n in range(1000)]
    _, view = played([ToolStarted("a", "run", "make"), *lines])
    assert view.open[0].text == "line 996\nline 997\nline 998\nline 999\n"


def test_a_check() -> None:
    finished, view = played([CheckStarted(("pytest",)), CheckOutput("F.")])
    assert view.open == (Block("check", "check: pytest", "F.", "running", "check"),)
    after = reduce(view, CheckFinished(1, 0, (), 0.3, 0, True))
    assert after.finished == (Block("check", "check: pytest · 1 passed in 0.3 s", "", "good", "check", True),)
    assert finished == []


def test_a_check_that_was_interrupted_did_not_fail() -> None:
    _, view = played([CheckStarted(("pytest",))])
    after = reduce(view, CheckFinished(0, 0, (), 0.3, 130, False, cut=True))
    title = "check: pytest · stopped after 0.3 s, before its end"
    assert after.finished == (Block("check", title, "", "warning", "check", True),)


def test_search_is_one_block_until_something_else_happens() -> None:
    finished, view = played([SearchProgress(1, 9, 0, 0.1), SearchProgress(5, 9, 1, 0.5)])
    title = "search: 5 of 9 candidates tried, 1 plausible, 0.5 s"
    assert (finished, view.open) == ([], (Block("check", title, "", "running", "search"),))
    after = reduce(view, Notice("info", "x"))
    assert after.finished == (Block("check", title, "", "", "search", True), Block("note", "x", done=True))


def test_a_question_and_its_answer() -> None:
    question = ApprovalRequested("c", "run rm", ("rm",), "/shop", "it deletes")
    _, view = played([ToolStarted("c", "run", "run rm"), question])
    assert view.question == question
    assert view.open[1] == Block(
        "question",
        "May this run?  run rm",
        f"command: rm\nfolder: /shop\nit deletes\n{ANSWERS}",
        "warning",
        "question c",
    )
    after = reduce(view, ApprovalResolved("c", "deny", "not now"))
    assert after.question is None
    assert after.open[1].text == "answered: deny, not now"
    assert after.open[1].done


def test_two_questions_at_once() -> None:
    one, two = (ApprovalRequested(c, f"run {c}", (c,), "/", "") for c in "ab")
    _, view = played([one, two, ApprovalResolved("a", "once")])
    assert view.question == two
    assert reduce(view, ApprovalResolved("b", "once")).question is None


def test_a_whole_fix() -> None:
    finished, view = played(list(FIX))
    assert [(block.kind, block.title, block.mark) for block in finished] == [
        ("check", "check: python -m pytest -q · 1 failed, 19 passed in 0.4 s", "bad"),
        ("focus", "looking at", ""),
        ("tool", "edit: shop/cart.py, 1 place · 0.0 s", "good"),
        ("diff", "modified shop/cart.py  +1 -1", "good"),
        ("check", "check: python -m pytest -q  (the failing tests first) · 20 passed in 0.4 s", "good"),
        ("result", "Fixed: 1 of 1 failing test now passes.", "good"),
    ]
    assert view == View(tokens=1234, cost=0.0021, share=0.01, finished=view.finished)


def test_an_end_closes_what_is_open() -> None:
    started: list[Event] = [ToolStarted("a", "run", "make"), CheckStarted(("pytest",)), TextDelta("I")]
    for end in (TurnFinished("interrupted", Usage()), JobFinished("interrupted", 130, "", "", Usage())):
        finished, view = played([*started, end])
        assert [block.kind for block in finished] == [
            "tool",
            "check",
            "text",
            "note" if end.__class__ is TurnFinished else "result",
        ]
        assert not any(block.mark == "running" for block in finished)
        assert (view.open, view.doing) == ((), "")


def test_settled_closes_everything_when_no_event_does() -> None:
    _, view = played([ToolStarted("a", "run", "make"), ApprovalRequested("a", "x", (), "/", "")])
    after = settled(view)
    assert [block.done for block in after.finished] == [True, True]
    assert (after.open, after.doing, after.question) == ((), "", None)


def test_an_answer_of_the_app_itself_stands_below_what_is_open() -> None:
    _, view = played([ToolStarted("a", "run", "make")])
    after = with_block(view, Block("note", "help"))
    assert (after.finished, [block.kind for block in after.open]) == ((), ["tool", "note"])
    done = reduce(after, ToolFinished("a", "run", "ok", "", 0.0))
    assert [block.kind for block in done.finished] == ["tool", "note"]


def test_a_long_prompt_is_folded() -> None:
    prompt = "\n".join(f"line {n}" for n in range(100))
    assert played([TurnStarted(prompt)])[0][0].text == "line 0\nline 1\nline 2\n… and 97 more lines"


def test_the_harness_own_prompt_is_not_shown_beside_the_users_words() -> None:
    asked = with_request(View(), "fix it")
    assert asked.finished == (Block("user", text="fix it", done=True),)
    finished, view = played([TurnStarted("fix it, and here is\nthe focus"), TurnStarted("again")], asked)
    assert finished == []
    assert played([TurnStarted("resumed")], settled(view))[0] == [Block("user", text="resumed", done=True)]


def test_a_huge_diff_is_cut_and_says_so() -> None:
    diff = "".join(f"+line {n}\n" for n in range(100_000))
    (block,) = played([FileChanged("a.py", "created", diff)])[0]
    assert block.title == "created a.py  +100000 -0"
    assert block.text.split("\n")[-2:] == ["+line 399", "… and 99,600 more lines"]


def test_one_line_events() -> None:
    events: list[Event] = [
        Notice("error", "Bad", "Do this."),
        EditRejected("a.py", "not unique", "the nearest"),
        AttemptStarted(2, "high", "m"),
        AttemptFinished(3, 1),
        ContextCompacted(9000, 1200),
        FileChanged("a.py", "created", DIFF),
    ]
    assert played(events)[0] == [
        Block("note", "Bad", "Do this.", "bad", done=True),
        Block("note", "edit refused in a.py: not unique", "the nearest", "warning", done=True),
        Block("note", "attempt 2 with m, effort high", done=True),
        Block("note", "3 failures before, 1 after", done=True),
        Block("note", "the conversation was shortened from 9,000 to 1,200 tokens", done=True),
        Block("diff", "created a.py  +1 -1", DIFF, "good", done=True),
    ]


def test_figures() -> None:
    _, view = played([BudgetSpent(10, 0.5, 0.1, True), MapReady(1, 2, 0.1, True)])
    assert replace(view, finished=()) == View(tokens=10, cost=0.5, share=0.1, estimated=True)


_SAMPLES: list[Event] = [
    *FIX,
    *spoken("x\ny"),
    TurnStarted("p"),
    TurnFinished("failed", Usage(), "m"),
    ToolOutput("z", "o"),
]
_SAMPLES += [
    ApprovalRequested("c1", "a", (), "/", ""),
    ApprovalResolved("c1", "once"),
    ModelRetrying(2, 0.0, "r"),
]
_SAMPLES += [
    ReasoningDelta("t"),
    SearchProgress(1, 1, 0, 0.0),
    SearchFinished(1, 0, 0.0),
    ChoiceRequested("c2", (PatchOption("h", "weak", (), "d"),)),
    ChoiceResolved("c2", 0),
    CheckOutput("o"),
    Notice("info", "n"),
    MapReady(1, 1, 0.0, True),
]
_SAMPLES += [
    EditRejected("p", "r"),
    AttemptStarted(1, "e", "m"),
    AttemptFinished(1, 0),
    ContextCompacted(2, 1),
]


def test_the_samples_hold_every_event() -> None:
    assert {type(event) for event in _SAMPLES} == set(EVENT_TYPES.values())


@given(st.lists(st.sampled_from(_SAMPLES), max_size=60))
def test_no_order_of_events_loses_a_block_or_breaks(events: list[Event]) -> None:
    finished, view = played(events)
    assert all(block.done for block in finished)
    assert not view.open or not view.open[0].done
    assert settled(view).open == ()


def test_what_earlier_work_spent_is_counted_on() -> None:
    view = View()
    for tokens, cost in ((100, 0.5), (10, 0.25)):
        view = reduce(with_request(view, "go"), BudgetSpent(tokens - 1, cost / 2, 0.1))
        view = reduce(view, BudgetSpent(tokens, cost, 0.1))
    assert (view.all_tokens, view.all_cost) == (110, 0.75)
    view = reduce(with_request(view, "go"), BudgetSpent(5, None, 0.1))
    assert (view.all_tokens, view.all_cost) == (115, None)


def test_a_choice_and_its_answer() -> None:
    options = tuple(PatchOption(how, "weak", ("why",), "") for how in ("one", "two"))
    choice = ChoiceRequested("p", options, (Contrast("f(1)", "", ("1", "2")),))
    _, view = played([choice])
    assert (view.question, view.options, view.doing) == (choice, 2, "waiting for your answer")
    (block,) = view.open
    assert block.title == "These 2 patches make the check pass, and each does something else. Best first:"
    assert block.text.startswith("1  one  [weak]\n2  two  [weak]\n") and "with 2  2" in block.text
    after = reduce(view, ChoiceResolved("p", 2))
    assert (after.question, after.options, after.finished[0].text) == (None, 0, "you chose patch 2")
    assert settled(view).options == 0


def test_one_patch_is_offered_with_its_reasons() -> None:
    _, view = played([ChoiceRequested("p", (PatchOption("one", "weak", ("a", "b"), "whole diff"),))])
    assert view.open[0].text == "one  [weak]\n- a\n- b\nApply this patch? y yes · n no"
    assert view.open[0].more == "whole diff"


def test_the_end_of_a_search_stands_in_place_of_its_progress() -> None:
    finished, view = played([SearchProgress(1, 9, 0, 0.1), SearchFinished(9, 1, 2.0), Notice("info", "n")])
    assert [block.title for block in finished] == [
        "search: 9 candidates tried in 2.0 s: 1 patch makes the check pass", "n",
    ]  # fmt: skip
    assert view.open == () and view.doing == ""
