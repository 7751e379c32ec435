"""A session file is continued, also after its last line was torn."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from helpers.clock import FrozenClock

from flashagent.agent.recorder import Recorder, read_record
from flashagent.events import Notice


def record(path: Path, *texts: str) -> None:
    with closing(Recorder(path, "s", FrozenClock())) as recorder:
        for text in texts:
            recorder(Notice("info", text))


def told(path: Path) -> list[tuple[int, str]]:
    return [(line["seq"], line["text"]) for line in read_record(path)]


def test_a_later_run_counts_on(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    record(path, "one", "two")
    record(path, "three")
    assert told(path) == [(1, "one"), (2, "two"), (3, "three")]


def test_a_torn_line_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    record(path, "one")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"type": "Notice", "te')
    record(path, "two", "three")
    assert told(path) == [(1, "one"), (2, "two"), (3, "three")]


def test_lines_that_are_no_objects_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text("[1]\n7\n", encoding="utf-8")
    record(path, "one")
    assert told(path) == [(1, "one")]


def test_two_do_not_write_to_one_session(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    troubles: list[OSError] = []
    with (
        closing(Recorder(path, "s", FrozenClock())) as first,
        closing(Recorder(path, "s", FrozenClock(), troubles.append)) as second,
    ):
        first(Notice("info", "one"))
        second(Notice("info", "not here"))
        second(Notice("info", "nor this"))
        first(Notice("info", "two"))
    assert told(path) == [(1, "one"), (2, "two")]
    assert [trouble.strerror for trouble in troubles] == ["another flashagent writes to this session"]


def test_a_byte_of_a_name_that_is_no_utf_8_does_not_end_the_record(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    record(path, "na\udcefve.py", "größe")
    assert told(path) == [(1, "na?ve.py"), (2, "größe")]
