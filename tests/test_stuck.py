"""The limit of every test."""

from __future__ import annotations

import asyncio

import pytest
from helpers.stuck import limited


def test_a_test_that_never_ends_fails_and_says_where_its_tasks_wait() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(pytest.fail.Exception) as failure, limited(0.05):
        asyncio.run(never())
    assert "still running" in str(failure.value)
    assert "test_stuck.py" in str(failure.value) and "never" in str(failure.value)
