"""Sessions read back as a transcript, forked at a turn, and compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from helpers.clock import FrozenClock
from helpers.tui_controller import DIFF, FIX, spoken

from flashagent.agent.recorder import Recorder
from flashagent.errors import UsageError
from flashagent.events import (
    Event,
    FileChanged,
    FocusChosen,
    MapReady,
    TextDelta,
    ToolStarted,
    TurnFinished,
    TurnStarted,
    to_line,
)
from flashagent.frontends.app_sessions import broken_off, compared, fork, read_lines, transcript_of, turns_of
from flashagent.frontends.session_values import Recorded
from flashagent.frontends.tui.controller import Choice
from flashagent.values import Usage

ADDED = "\n\nPerhaps of use"


def recorded(events: Sequence[Event]) -> list[dict[str, Any]]:
    kept = [event for event in events if not isinstance(event, TextDelta)]
    return [
        json.loads(to_line(event, seq=seq, time="2026-01-31T10:15:00Z", session="one"))
        for seq, event in enumerate(kept, 1)
    ]


def turn(prompt: str, answer: str) -> list[Event]:
    return [
        MapReady(3, 9, 0.1, True),
        FocusChosen((), 10, "ranked for this prompt"),
        TurnStarted(f"{prompt}{ADDED}: some code"),
        *spoken(answer),
        TurnFinished("done", Usage()),
    ]


THREE = recorded(
    [
        *turn("first", "one"),
        FileChanged("a.py", "modified", DIFF),
        *turn("second", "two"),
        *turn("third", "3"),
    ]
)


def shown(lines: Sequence[dict[str, Any]]) -> list[str]:
    return [
        block.text or block.title
        for block in transcript_of(lines, ADDED)
        if block.kind in ("user", "text", "diff")
    ]


def test_a_transcript_is_what_was_on_the_screen() -> None:
    assert shown(THREE) == ["first", "one", DIFF, "second", "two", "third", "3"]


def test_a_record_that_breaks_off_is_shown_to_its_last_line() -> None:
    lines = recorded([TurnStarted("why"), ToolStarted("c", "read", "read a.py")])
    blocks = transcript_of([*lines, {"type": "FromALaterVersion"}, {"nonsense": 1}])
    assert [(block.kind, block.title or block.text, block.mark, block.done) for block in blocks] == [
        ("user", "why", "", True),
        ("tool", "read a.py", "", True),
    ]


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (1, ["first", "one", DIFF]),
        (2, ["first", "one", DIFF, "second", "two"]),
        (3, ["first", "one", DIFF, "second", "two", "third", "3"]),
    ],
)
def test_a_fork_ends_with_its_turn(tmp_path: Path, at: int, left: list[str]) -> None:
    path = tmp_path / "sessions" / "two.jsonl"
    kept = fork(THREE, at, "two", path)
    assert read_lines(path) == kept and shown(kept) == left
    assert {line["session"] for line in kept} == {"two"} and [line["seq"] for line in kept] == list(
        range(1, len(kept) + 1)
    )
    assert kept[-1]["type"] not in ("MapReady", "FocusChosen")


@pytest.mark.parametrize("at", [0, 4])
def test_there_is_no_such_turn(tmp_path: Path, at: int) -> None:
    with pytest.raises(UsageError, match=f"There is no turn {at}"):
        fork(THREE, at, "two", tmp_path / "two.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_turns_are_numbered() -> None:
    assert turns_of(THREE) == [Choice("1", "first"), Choice("2", "second"), Choice("3", "third")]


def test_two_sessions_beside_each_other() -> None:
    one = Recorded("one", tuple(recorded([TurnStarted("fix it"), *FIX])))
    other = Recorded(
        "two", tuple(recorded([TurnStarted("fix it"), FileChanged("b.py", "created", "+b"), *FIX[:2]]))
    )
    block = compared(one, other)
    assert block.title == "one (A) and two (B)"
    assert block.text.splitlines()[:6] == [
        "A  fixed · 1 turn · 0 tokens · 1 file · 20 passed in 0.4 s · fix it",
        "B  broken off · 1 turn · 0 tokens · 1 file · 1 failed, 19 passed in 0.4 s · fix it",
        "",
        "b.py: changed in B only",
        "",
        "B:",
    ]
    assert "shop/cart.py: changed in A only" in block.text and "the same in both" in compared(one, one).text


def test_a_session_of_two_thousand_turns_comes_back_whole() -> None:
    lines = THREE[: len(THREE) // 3 + 1] * 2_000
    blocks = transcript_of(lines, ADDED)
    assert sum(block.kind == "user" for block in blocks) == 2_000


@pytest.mark.parametrize(("count", "broken"), [(0, ""), (len(THREE), ""), (len(THREE) - 1, "b"), (1, "")])
def test_a_session_that_broke_off_is_known(tmp_path: Path, count: int, broken: str) -> None:
    for name, lines in (("a", THREE[:4]), ("b", THREE[:count])):
        (tmp_path / f"{name}.jsonl").write_text(
            "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        )
    assert broken_off(tmp_path) == broken
    assert broken_off(tmp_path / "none") == ""


def test_a_session_that_still_runs_did_not_break_off(tmp_path: Path) -> None:
    with closing(Recorder(tmp_path / "a.jsonl", "a", FrozenClock())) as recorder:
        recorder(TurnStarted("why"))
        assert broken_off(tmp_path) == ""
    assert broken_off(tmp_path) == "a"
