"""What a reply costs grows with its length, not with the square of it: broken JSON, many blocks, many equal lines."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from flashagent.edits.check import check_nothing
from flashagent.edits.formats.edit_json import _Decoder
from flashagent.edits.reply import apply_reply

BLOCK = "f.py\n<<<<<<< SEARCH\nrow {0}\n=======\nROW {0}\n>>>>>>> REPLACE\n"
CASES: dict[str, Callable[[int], tuple[str, str]]] = {
    "blocks": lambda n: (rows(n), "".join(BLOCK.format(at) for at in range(n))),
    "equal lines": lambda n: ("    x = 1\n" * n, BLOCK.format("x").replace("row x\n", "x = 1\nx = 1\n")),
    "broken JSON": lambda n: (rows(n), '{"name": {"name": ,}\n' * n),
    "nested JSON": lambda n: (rows(n), '{"path": \n' * n),
}


def rows(count: int) -> str:
    return "".join(f"row {at}\n" for at in range(count))


def calls(text: str, reply: str) -> int:
    """How many functions are called, of Python and of C, to apply the reply."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        apply_reply({"f.py": text}, reply, syntax=check_nothing)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", CASES)
def test_twice_the_reply_costs_about_twice_the_work(name: str):
    calls(*CASES[name](20))  # what is loaded on first use
    small, large = (calls(*CASES[name](size)) for size in (150, 600))
    assert large < 6 * small


@pytest.mark.parametrize("start", ['{"name": {"name": ,}\n', '{"path": \n', '[{"new": 1, ]\n'])
def test_the_characters_read_again_are_bounded_by_the_reply(start: str):
    reply = start * 3_000
    decoder, at = _Decoder(reply), 0
    while decoder.work <= decoder.most and at < len(reply):
        with pytest.raises((ValueError, RecursionError)):
            decoder.decoded(at)
        at += len(start)
    assert decoder.work <= decoder.most + 2 * len(reply)
    assert apply_reply({"f.py": "a\n"}, reply).refusals[0].reason == "no_edits"
