from __future__ import annotations

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
