from __future__ import annotations

from dataclasses import replace

import pytest

from flashagent.messages import AssistantMessage, ToolCall, UserMessage
from flashagent.models.assemble import ReplyBuilder
from flashagent.models.base import ModelRequest
from flashagent.models.wire import CallPiece, Piece
from flashagent.values import Usage

REQUEST = ModelRequest((UserMessage("Fix it."), AssistantMessage("", (ToolCall("a", "read", "{}"),))))


def built(*pieces: Piece) -> ReplyBuilder:
    builder = ReplyBuilder(REQUEST, "asked")
    for piece in pieces:
        builder.add(piece)
    return builder


def calls(*pieces: CallPiece) -> tuple[ToolCall, ...]:
    return (
        built(*(Piece(calls=(piece,)) for piece in pieces), Piece(finish="tool_calls")).message().tool_calls
    )


def test_a_reply_from_its_pieces() -> None:
    usage = Usage(10, 5, 4, 1)
    pieces = [
        Piece(reasoning="hm", model="m-1"),
        Piece(text="Hel"),
        Piece(text="lo"),
        Piece(finish="stop"),
        Piece(usage=usage),
    ]
    assert built(*pieces).message() == AssistantMessage("Hello", (), "hm", usage, "m-1", "stop")


def test_calls_in_pieces_by_index() -> None:
    assert calls(
        CallPiece(0, "x", "edit"),
        CallPiece(1, "y", "read"),
        CallPiece(0, arguments='{"a"'),
        CallPiece(0, arguments=":1}"),
    ) == (ToolCall("x", "edit", '{"a":1}'), ToolCall("y", "read", "{}"))


def test_whole_calls_that_all_say_index_zero() -> None:
    assert calls(CallPiece(0, "x", "edit", '{"a":1}'), CallPiece(0, "y", "edit", '{"a":2}')) == (
        ToolCall("x", "edit", '{"a":1}'),
        ToolCall("y", "edit", '{"a":2}'),
    )


def test_pieces_without_an_index_and_with_the_name_repeated() -> None:
    assert calls(CallPiece(None, "x", "edit", '{"a":'), CallPiece(None, "x", "edit", "1}")) == (
        ToolCall("x", "edit", '{"a":1}'),
    )


def test_an_id_that_the_history_holds_is_changed() -> None:
    assert calls(CallPiece(0, "a", "read", "{}")) == (ToolCall("a-2", "read", "{}"),)


def test_calls_with_finish_stop_count_as_tool_calls() -> None:
    assert built(Piece(calls=(CallPiece(0, "x", "f"),), finish="stop")).message().finish == "tool_calls"


def test_finish_length_is_kept_with_its_cut_call() -> None:
    message = built(Piece(calls=(CallPiece(0, "x", "f", '{"a": "b"'),), finish="length")).message()
    assert (message.finish, message.tool_calls) == ("length", (ToolCall("x", "f", '{"a": "b"'),))


def test_usage_that_is_absent_is_estimated_and_marked() -> None:
    usage = built(Piece(reasoning="one two three", text="four five", finish="stop")).usage
    assert usage.estimated
    assert usage.reasoning_tokens == 3
    assert usage.completion_tokens == 5
    assert usage.prompt_tokens > 3


def test_what_counts_as_empty() -> None:
    assert built(Piece(text=" \n", reasoning="hm", finish="stop")).empty
    assert not built(Piece(text="x", finish="stop")).empty
    assert not built(Piece(finish="length")).empty
    assert not built(Piece(finish="content_filter")).empty


def ended_after(piece: Piece, cap: int | None = 100, most: int = 5_000) -> int | None:
    """How many such pieces come before the builder ends the reply."""
    builder = ReplyBuilder(replace(REQUEST, max_output_tokens=cap), "asked")
    for number in range(1, most + 1):
        builder.add(piece)
        if builder.end_at_cap():
            assert builder.message().finish == (piece.finish or "length")
            assert builder.usage.estimated
            return number
    return None


@pytest.mark.parametrize(
    "piece",
    [
        Piece(text="word "),
        Piece(reasoning="word "),
        Piece(calls=(CallPiece(0, "x", "edit", " word"),)),
        Piece(text="word ", finish="stop"),
        Piece(text="word ", usage=Usage(1, 0, 1, 0)),
    ],
)
def test_a_reply_that_clearly_passes_its_cap_is_ended(piece: Piece) -> None:
    number = ended_after(piece)
    assert number is not None
    assert 1.25 * 100 + 64 - 2 < number < 1.4 * 100 + 64


def test_letters_that_come_one_by_one_and_other_alphabets_are_not_counted_as_more() -> None:
    assert ended_after(Piece(text="a"), most=189 * 4) is None
    assert ended_after(Piece(text="привет "), most=100) is None
    assert ended_after(Piece(text="日本語"), most=50) is None


def test_a_run_of_blanks_passes_the_cap_too() -> None:
    assert ended_after(Piece(text="\n" * 64)) is not None


def test_no_cap_ends_nothing() -> None:
    assert ended_after(Piece(text="word "), cap=None) is None


def test_usage_so_far_of_a_reply_that_was_ended_counts_where_it_is_more() -> None:
    told = Usage(50, 0, 9_000, 8_000)
    builder = ReplyBuilder(replace(REQUEST, max_output_tokens=10), "asked")
    builder.add(Piece(text="word " * 200, usage=told))
    assert builder.end_at_cap()
    assert builder.usage == replace(told, estimated=True)


def test_usage_that_cannot_be_true_is_replaced_by_our_count() -> None:
    text = Piece(text=" word" * 400, reasoning=" word" * 100, finish="stop")
    ours = built(text).usage
    assert built(text, Piece(usage=Usage())).usage == ours
    assert built(text, Piece(usage=Usage(ours.prompt_tokens, 0, 124, 0))).usage == ours
    believed = Usage(ours.prompt_tokens, 0, 125, 0)
    assert built(text, Piece(usage=believed)).usage == believed
    more = Usage(0, 0, 9_000, 8_500)
    assert built(text, Piece(usage=more)).usage == replace(
        more, prompt_tokens=ours.prompt_tokens, estimated=True
    )


@pytest.mark.parametrize(
    ("parts", "shown", "whole"),
    [
        (("a \ud83d", "\ude00 b"), ["a ", "😀 b"], "a 😀 b"),
        (("a \ud83d\ude00 b",), ["a 😀 b"], "a 😀 b"),
        (("a \ud83d", " b"), ["a ", "\ufffd b"], "a \ufffd b"),
        (("a \ude00 b \ud83d",), ["a \ufffd b "], "a \ufffd b "),
    ],
)
def test_characters_that_came_in_halves(parts: tuple[str, ...], shown: list[str], whole: str) -> None:
    for field in ("text", "reasoning"):
        builder = built()
        assert [getattr(builder.add(Piece(**{field: part})), field) for part in parts] == shown
        assert getattr(builder.message(), field) == whole


def test_arguments_that_came_in_halves() -> None:
    pieces = (CallPiece(0, "c", "edit", '{"path": "\ud83d'), CallPiece(0, arguments='\ude00\ude00"}'))
    assert calls(*pieces) == (ToolCall("c", "edit", '{"path": "😀\ufffd"}'),)
