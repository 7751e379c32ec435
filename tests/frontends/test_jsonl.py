from __future__ import annotations

import io
import json

from helpers.clock import FrozenClock
from hypothesis import given
from hypothesis import strategies as st

from flashagent.events import Notice, TextDelta, TurnStarted, from_plain
from flashagent.frontends.jsonl import JsonLines


def test_one_event_a_line_in_the_envelope() -> None:
    out = io.StringIO()
    sink = JsonLines(out, FrozenClock(), "s1")
    sink(TurnStarted("Fix\nit"))
    sink(TextDelta("été"))
    assert out.getvalue() == (
        '{"v":1,"seq":1,"time":"2026-01-01T00:00:00.000Z","session":"s1","type":"TurnStarted","prompt":"Fix\\nit"}\n'
        '{"v":1,"seq":2,"time":"2026-01-01T00:00:00.000Z","session":"s1","type":"TextDelta","text":"été"}\n'
    )


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_comes_back_and_commands_no_terminal(text: str) -> None:
    out = io.StringIO()
    JsonLines(out, FrozenClock(), "s")(Notice("info", text))
    line = out.getvalue()
    assert line[:-1].isprintable()
    line.encode("utf-8")
    assert from_plain(json.loads(line)) == Notice("info", text)
