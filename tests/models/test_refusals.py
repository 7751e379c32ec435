"""How endpoints say that a request is too long, or that they take no tools."""

from __future__ import annotations

import json

import pytest

from flashagent.errors import ContextTooLong, ToolsRefused
from flashagent.models.faults import Fault, error_for, from_status, from_stream


def fault_of(status: int, text: str, *sent: str) -> Fault:
    return from_status(status, json.dumps({"error": {"message": text}}), sent=frozenset(sent))


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.", 8_192),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200_000),
        ("the request exceeds the available context size (4096 tokens), try increasing it", 4_096),
        ("The input (9012 tokens) is longer than the model's context length (8192 tokens).", 8_192),
        ("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200,000", 200_000),
        ("Input length 3000 exceeds n_ctx 2048", 2_048),
        ("input is too long for the requested model", None),
    ],
)
def test_a_request_that_is_too_long(text: str, window: int | None) -> None:
    fault = fault_of(400, text)
    error = error_for(fault, tries=1, where="here", waited_s=0.0)
    assert isinstance(error, ContextTooLong)
    assert error.window == window
    assert from_stream({"message": text}).kind == "too_long"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "registry.ollama.ai/library/gemma3:latest does not support tools"),
        (404, "No endpoints found that support tool use."),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (500, "tools param requires --jinja flag"),
        (422, "Unrecognized request argument supplied: tools"),
        (400, "Function calling is not enabled for this model"),
    ],
)
def test_an_endpoint_that_takes_no_tools(status: int, text: str) -> None:
    fault = fault_of(status, text, "tools")
    assert isinstance(error_for(fault, tries=1, where="here", waited_s=0.0), ToolsRefused)
    assert fault_of(status, text).kind != "tools"


@pytest.mark.parametrize(
    "text",
    [
        "Invalid schema for function 'edit'",
        "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
    ],
)
def test_what_only_speaks_of_tools_is_another_refusal(text: str) -> None:
    assert fault_of(400, text, "tools").kind == "refused"
