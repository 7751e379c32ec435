"""Commands with somebody who talks with them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from flashagent.compose.runner import open_runner
from flashagent.ports import Command

pytestmark = pytest.mark.needs("bwrap")


async def test_who_is_stopped_at_the_moment_when_the_talk_ends_is_stopped(tmp_path: Path) -> None:
    runner = open_runner(tmp_path, {"PATH": os.environ["PATH"]}, profile="strict")
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())  # to the end, which is there once the command is over
        running.cancel()

    running = asyncio.create_task(runner.run(Command(("true",), tmp_path), channel=talk))
    with pytest.raises(asyncio.CancelledError):
        await running
    assert heard == [b""]
