from __future__ import annotations

import json

import pytest

from flashagent.errors import ContextTooLong, ModelRefused, ModelUnreachable
from flashagent.models.faults import Fault, describe_body, error_for, from_status, from_stream

SENT = frozenset({"max_tokens", "temperature"})


def body(message: str, **more: str) -> str:
    return json.dumps({"error": {"message": message, **more}})


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_statuses_worth_another_try(status: int) -> None:
    assert from_status(status, "").kind == "transient"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 402, 403, 404, 405, 422])
def test_statuses_that_another_try_does_not_change(status: int) -> None:
    fault = from_status(status, body("No."))
    assert (fault.kind, fault.reason) == ("refused", f"HTTP {status}: No")
    assert fault.hint


def test_an_empty_account_is_no_rate_limit() -> None:
    assert from_status(429, body("You exceeded your quota.", code="insufficient_quota")).kind == "refused"


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
        "the request exceeds the available context size, try increasing it",
        "prompt is too long: 250000 tokens > 200000 maximum",
        "Please reduce the length of the messages.",
        "Input is too long for requested model.",
    ],
)
def test_a_request_that_does_not_fit(said: str) -> None:
    assert from_status(400, body(said)).kind == "too_long"


def test_an_optional_parameter_that_the_endpoint_does_not_take() -> None:
    fault = from_status(400, body("Unsupported parameter: 'max_tokens' is not supported."), sent=SENT)
    assert (fault.kind, fault.parameter) == ("parameter", "max_tokens")
    other = from_status(400, body("Unsupported parameter: 'tools' is not supported."), sent=SENT)
    assert other.kind == "refused"
    missing = from_status(400, body("Unsupported parameter: 'stream_options'."), sent=SENT)
    assert missing.kind == "refused"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "overloaded", "type": "overloaded_error"}, "transient"),
        ({"message": "Rate limited", "code": 429}, "transient"),
        ({"message": "No such model", "code": 404}, "refused"),
        ({"message": "bad", "type": "invalid_request_error"}, "refused"),
        ({"message": "maximum context length is 8192", "code": "context_length_exceeded"}, "too_long"),
        ("it broke", "transient"),
    ],
)
def test_errors_inside_a_stream(error: object, kind: str) -> None:
    assert from_stream(error).kind == kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (body("Too fast."), "Too fast"),
        ('{"detail": "Not Found"}', "Not Found"),
        ('[{"error": {"message": "x"}}]', "x"),
        ('{"object": "error", "message": "y"}', "y"),
        (
            "<!DOCTYPE html><html><head><title>504 Gateway\n Time-out</title></head><body>nginx</body></html>",
            "an HTML page titled '504 Gateway Time-out'",
        ),
        ("<html><body>moved</body></html>", "an HTML page"),
        ("upstream\n\nfailed", "upstream failed"),
        ("", ""),
    ],
)
def test_what_a_body_says(text: str, said: str) -> None:
    assert describe_body(text) == said


def test_long_bodies_are_cut() -> None:
    assert len(describe_body("x" * 10_000)) == 300


def test_the_error_says_what_happened_and_what_to_do() -> None:
    error = error_for(Fault("transient", "HTTP 500"), tries=6, where="http://host/v1", waited_s=7.6)
    assert type(error) is ModelUnreachable
    assert error.message == "No usable reply from http://host/v1, tried 6 times in 8 s; last: HTTP 500."
    assert error.hint
    refused = error_for(
        Fault("refused", "HTTP 401: No", "Set a key."), tries=1, where="http://host/v1", waited_s=0
    )
    assert type(refused) is ModelRefused
    assert str(refused) == "http://host/v1 refused the request: HTTP 401: No. Set a key."
    assert type(error_for(Fault("too_long", "x"), tries=1, where="", waited_s=0)) is ContextTooLong
