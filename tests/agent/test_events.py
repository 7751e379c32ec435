from __future__ import annotations

import json

import pytest

from flashagent.events import AssistantReplied, CheckFinished, from_plain, to_line, with_texts
from flashagent.messages import ToolCall
from flashagent.values import Failure, Frame, Usage

REPLIED = AssistantReplied(
    "the key is abc", (ToolCall("1", "run", '{"command":"echo abc"}'),), Usage(1, 2, 3), "m"
)
CHECKED = CheckFinished(
    1, 1, (Failure("t", "error", "abc", frames=(Frame("a.py", 3, source="x = 'abc'"),)),), 0.5, 1, True
)


@pytest.mark.parametrize("event", [REPLIED, CHECKED])
def test_an_event_survives_its_line(event) -> None:
    line = to_line(event, seq=7, time="2026-01-01T00:00:00.000Z", session="s")
    assert from_plain(json.loads(line)) == event
    assert (json.loads(line)["v"], json.loads(line)["seq"]) == (1, 7)


def test_every_text_of_an_event_is_masked_and_nothing_else_changes() -> None:
    masked = with_texts(CHECKED, lambda text: text.replace("abc", "***"))
    assert masked == CheckFinished(
        1, 1, (Failure("t", "error", "***", frames=(Frame("a.py", 3, source="x = '***'"),)),), 0.5, 1, True
    )
    assert "abc" not in repr(with_texts(REPLIED, lambda text: text.replace("abc", "***")))


@pytest.mark.parametrize("data", [{"type": "Nope"}, {}, {"type": "TurnStarted"}])
def test_what_is_no_event_is_refused(data) -> None:
    with pytest.raises(ValueError):
        from_plain(data)


def test_a_newer_writers_extra_field_is_passed_over() -> None:
    assert from_plain({"type": "StepStarted", "number": 1, "colour": "red"}) == from_plain(
        {"type": "StepStarted", "number": 1}
    )
