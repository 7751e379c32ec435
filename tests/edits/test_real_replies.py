"""Replies as models write them, whole: each lands exactly, or is refused for the true reason."""

from __future__ import annotations

import pytest
from edits.real_replies import FILES, LANDING, REFUSED, Reply

from flashagent.edits.reply import apply_reply


@pytest.mark.parametrize("reply", LANDING, ids=lambda reply: reply.name)
def test_a_reply_lands_exactly(reply: Reply):
    assert reply.changed is not None
    wanted: dict[str, str] = {}
    for path, old, new in reply.changed:
        text = wanted.get(path, FILES[path])
        assert text.count(old) == 1
        wanted[path] = text.replace(old, new)
    result = apply_reply(FILES, reply.text)
    assert (dict(result.files), result.refusals) == (wanted, ())


@pytest.mark.parametrize("reply", REFUSED, ids=lambda reply: reply.name)
def test_a_reply_is_refused_with_the_lines_that_stand_there(reply: Reply):
    result = apply_reply(FILES, reply.text)
    assert dict(result.files) == {}
    assert [refusal.reason for refusal in result.refusals] == [reply.reason]
    for refusal in result.refusals:
        if refusal.reason != "no_edits":
            assert refusal.path is not None and refusal.nearest is not None
            lines = FILES[refusal.path].split("\n")
            assert refusal.nearest.text == "\n".join(lines[refusal.nearest.start - 1 : refusal.nearest.end])
