from __future__ import annotations

from flashagent.messages import AssistantMessage, ToolCall, ToolSpec, UserMessage
from flashagent.models.base import ModelRequest
from flashagent.models.tokens import estimate, estimate_request, estimate_within


def test_words_signs_numbers_and_line_ends() -> None:
    assert estimate("") == 0
    assert estimate("The quick brown fox.") == 5
    assert estimate("def f(x):\n    return x + 1\n") == 13
    assert estimate("internationalization") == 5
    assert estimate("1234567") == 3
    assert estimate("========") == 1
    assert estimate("日本語") == 3
    assert estimate("привет") == 2
    assert estimate("Größe") == 1


def test_compact_json_counts_about_as_a_byte_pair_vocabulary_does() -> None:
    # 25 tokens by o200k_base
    line = '{"path":"shop/cart.py","start":12,"items":[{"old":"a - b","all":true}]}'
    assert 25 <= estimate(line) <= 30


def test_a_longer_text_never_counts_less() -> None:
    text = "for item in items:\n    total += item.price * item.count\n"
    counts = [estimate(text[:end]) for end in range(len(text) + 1)]
    assert counts == sorted(counts)


def test_a_request_counts_messages_calls_and_tools() -> None:
    words = ModelRequest((UserMessage("one two"),))
    with_call = ModelRequest((*words.messages, AssistantMessage("", (ToolCall("c", "read", '{"a": 1}'),))))
    with_tool = ModelRequest(words.messages, (ToolSpec("read", "Read.", "{}"),))
    assert estimate_request(words) == 6
    assert estimate_request(with_call) > estimate_request(words) + 8
    assert estimate_request(with_tool) > estimate_request(words) + 8


def test_what_does_not_fit_is_told_without_a_count() -> None:
    text = "def total(prices):\n    return sum(prices)\n" * 20
    whole = estimate(text)

    assert [estimate_within(text, most) for most in (whole, whole + 1, whole - 1, 0, -3.5)] == [
        whole, whole, None, None, None,
    ]  # fmt: skip
    assert estimate_within("", 0) == 0
