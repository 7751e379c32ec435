from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.clock import FrozenClock

from flashagent.agent.approvals import Action, Allow, Ask, Command, Deny, Grants, decide, scope_of
from flashagent.agent.context import choose_focus
from flashagent.agent.effort import Situation, Tried, choose
from flashagent.agent.recorder import Recorder, read_record
from flashagent.events import Notice, TextDelta, TurnFinished, TurnStarted
from flashagent.values import RankedSymbol, Symbol, Usage

RUN = Action("run", "make", ("make",))
EDIT = Action("edit", "a.py")
READ = Action("read", "a.py")


@pytest.mark.parametrize(
    ("action", "mode", "sandboxed", "expected"),
    [
        (READ, "read-only", False, Allow),
        (EDIT, "read-only", True, Deny),
        (RUN, "read-only", True, Deny),
        (RUN, "auto", True, Allow),
        (EDIT, "auto", True, Allow),
        (RUN, "auto", False, Ask),
        (RUN, "full", False, Allow),
        (EDIT, "ask", True, Ask),
        (RUN, "ask", True, Ask),
    ],
)
def test_rules(action: Action, mode, sandboxed: bool, expected: type) -> None:
    assert isinstance(decide(action, mode, Grants(), sandboxed=sandboxed), expected)


def test_grants_hold_for_the_exact_argv_only_and_a_denial_stands() -> None:
    make = Command(("make",))
    granted = Grants().allowing(make)
    assert decide(RUN, "ask", granted, sandboxed=True) == Allow()
    for other in (
        Action("run", "", ("make", "-B")),
        replace(RUN, folder="/else"),
        replace(RUN, outside=True),
    ):
        assert isinstance(decide(other, "ask", granted, sandboxed=True), Ask)
    assert isinstance(decide(RUN, "auto", granted, sandboxed=False), Ask)
    assert isinstance(decide(RUN, "full", granted.denying(make), sandboxed=True), Deny)


def test_leaving_the_sandbox_is_asked_for_with_the_reason() -> None:
    leave = replace(RUN, outside=True, reason="needs the network")
    assert decide(leave, "auto", Grants(), sandboxed=True) == Ask(
        "It would run outside the sandbox. The model's reason: needs the network"
    )
    assert isinstance(decide(leave, "read-only", Grants(), sandboxed=True), Deny)
    assert decide(leave, "full", Grants(), sandboxed=True) == Allow()


def test_without_a_sandbox_an_edit_is_asked_for_where_somebody_is_there() -> None:
    assert isinstance(decide(EDIT, "auto", Grants(), sandboxed=False, attended=True), Ask)
    assert decide(EDIT, "auto", Grants(), sandboxed=False) == Allow()


def test_a_denial_of_either_side_stands() -> None:
    make, test = Command(("make",)), Command(("make", "test"))
    joined = Grants().allowing(make).allowing(test).joined(Grants().denying(make))
    assert joined == Grants(frozenset({test}), frozenset({make}))


def test_the_scope_of_a_grant_names_what_it_would_have_allowed() -> None:
    make, other = Command(("make",), "/p", outside=True), Command(("make",), "/p")
    assert scope_of(make, [make, other, other, make]) == (
        "A lasting yes covers exactly this command in this folder: 2 of the last 4 commands (#1, #4 from the last)."
    )
    assert "exactly this command" in scope_of(make, [])


def tried(failure: str, patch: str, refused: int = 0) -> Tried:
    return Tried(frozenset({("t", failure)}), patch, refused)


@pytest.mark.parametrize(
    ("history", "architect", "expected"),
    [
        ([], True, ("low", "flash")),
        ([tried("a", "p")], True, ("low", "flash")),
        ([tried("a", "p"), tried("a", "q")], True, ("medium", "flash")),
        ([tried("a", "p"), tried("b", "p")], True, ("medium", "flash")),
        ([tried("a", "p"), tried("b", "q")], True, ("low", "flash")),
        ([tried("a", "p"), tried("a", "q"), tried("a", "r")], True, ("high", "architect")),
        ([tried("a", "p"), tried("a", "q"), tried("a", "r")], False, ("high", "flash")),
        ([tried("a", "p", refused=2)], True, ("medium", "flash")),
    ],
)
def test_effort_rises_when_attempts_get_no_further(history, architect: bool, expected) -> None:
    effort = choose(history, Situation(1), has_architect=architect)
    assert (effort.level, effort.role) == expected


def test_the_recorder_writes_each_event_and_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "one.jsonl"
    recorder = Recorder(path, "one", FrozenClock())
    for event in (
        TurnStarted("Go"),
        TextDelta("x"),
        Notice("info", "n"),
        TurnFinished("done", Usage()),
    ):
        recorder(event)
    recorder.close()
    with path.open("a") as file:
        file.write('{"v":1,"seq":9')
    lines = list(read_record(path))
    assert [(line["seq"], line["type"]) for line in lines] == [
        (1, "TurnStarted"),
        (2, "Notice"),
        (3, "TurnFinished"),
    ]
    assert lines[0]["prompt"] == "Go"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text().splitlines()[0])["session"] == "one"


def ranked(path: str, name: str, start: int, end: int, score: float = 1.0) -> RankedSymbol:
    return RankedSymbol(Symbol(path, name, name, "function", start, end, f"def {name}()"), score, ("named",))


def test_the_focus_shows_the_best_in_full_and_the_rest_by_signature() -> None:
    text = "\n".join(f"line {n}" for n in range(1, 101))
    focus = choose_focus(
        [ranked("a.py", "one", 2, 4), ranked("a.py", "two", 10, 60), ranked("b.py", "gone", 1, 2)],
        {"a.py": text}.get,
        60,
    )
    assert focus.text == "a.py:2-4\n```\nline 2\nline 3\nline 4\n```\n\nAlso there:\na.py:10 def two()"
    assert [s.symbol.name for s in focus.shown] == ["one"]
    assert focus.files == (("a.py", text),)


def test_the_best_symbol_is_shown_even_when_it_alone_is_over_the_budget() -> None:
    text = "\n".join(f"line {n}" for n in range(1, 101))
    focus = choose_focus([ranked("a.py", "big", 1, 80)], {"a.py": text}.get, 20)
    assert [s.symbol.name for s in focus.shown] == ["big"]


def test_a_method_inside_a_shown_class_is_not_shown_twice() -> None:
    text = "\n".join(f"line {n}" for n in range(1, 21))
    focus = choose_focus([ranked("a.py", "C.m", 3, 5), ranked("a.py", "C", 1, 10)], {"a.py": text}.get, 500)
    assert focus.text.count("line 4") == 1


def test_neighbours_in_the_focus_are_one_block() -> None:
    text = "def one():\n    pass\n\n\ndef two():\n    pass\n\nTHREE = 3\n\ndef four():\n    pass\n"
    symbols = [ranked("a.py", "two", 5, 6), ranked("a.py", "four", 10, 11), ranked("a.py", "one", 1, 2)]
    focus = choose_focus(symbols, {"a.py": text}.get, 500)
    assert focus.text == (
        "a.py:1-6\n```\ndef one():\n    pass\n\n\ndef two():\n    pass\n```\n\n"
        "a.py:10-11\n```\ndef four():\n    pass\n```"
    )
    assert [s.symbol.name for s in focus.shown] == ["two", "four", "one"]


def test_a_test_that_the_failure_quotes_whole_is_not_shown_again() -> None:
    text = "def test_a():\n    assert a() == 1\n\ndef test_b():\n    x = b()\n    assert x == 1\n"
    symbols = [ranked("t.py", "test_a", 1, 2), ranked("t.py", "test_b", 4, 6)]
    focus = choose_focus(symbols, {"t.py": text}.get, 500, quoted={("t.py", 2), ("t.py", 6)})
    assert [s.symbol.name for s in focus.shown] == ["test_b"]
    assert "test_a" not in focus.text


def test_a_disk_that_refuses_ends_the_record_and_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told: list[OSError] = []
    recorder = Recorder(tmp_path / "file" / "one.jsonl", "one", FrozenClock(), told.append)
    recorder(TurnStarted("Go"))
    recorder(Notice("info", "n"))
    assert len(told) == 1
