from __future__ import annotations

import pytest

from flashagent.models.retries import RetryPolicy, asked_wait_s

NOW = "2026-01-01T00:00:00.000Z"
POLICY = RetryPolicy(tries=6, base_s=0.5, cap_s=3.0, deadline_s=100.0)


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    assert [POLICY.wait_s(tried, 0.0, None, 1.0) for tried in range(1, 7)] == [0.5, 1.0, 2.0, 3.0, 3.0, None]


def test_full_jitter_reaches_down_to_nothing() -> None:
    assert POLICY.wait_s(3, 0.0, None, 0.0) == 0.0


def test_never_less_than_the_endpoint_asked_for() -> None:
    assert POLICY.wait_s(1, 0.0, 7.0, 0.5) == 7.25


def test_gives_up_when_the_wait_would_pass_the_deadline() -> None:
    assert POLICY.wait_s(1, 0.0, 101.0, 0.0) is None
    assert POLICY.wait_s(1, 99.9, None, 0.5) is None
    assert POLICY.left_s(99.0) == 1.0
    assert POLICY.left_s(101.0) == 0.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
    ],
)
def test_the_wait_that_the_headers_ask_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait_s(headers, NOW) == seconds
