"""A progress line that moves also while no event comes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine, Mapping
from typing import Any, TextIO, TypeVar

from flashagent.events import Event
from flashagent.frontends.text import TextAccount
from flashagent.ports import Clock

TICK_S = 0.5
T = TypeVar("T")


def progress_account(
    talk: TextIO, clock: Clock, environ: Mapping[str, str], *, tells: tuple[type[Event], ...] = ()
) -> TextAccount:
    """For a command that says itself what came out: on a terminal `talk` shows what goes on meanwhile; only events of the
    types `tells` become lines."""
    return TextAccount(
        talk, talk, clock, progress=talk.isatty() and environ.get("TERM") != "dumb",
        width=shutil.get_terminal_size().columns, folds=talk.isatty(), tells=tells,
    )  # fmt: skip


async def ticking(work: Coroutine[Any, Any, T], account: TextAccount) -> T:
    """The result of the work; the account shows its progress meanwhile, and leaves no line of it behind."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(TICK_S)
            account.tick()

    beside = asyncio.create_task(tick())
    try:
        return await work
    finally:
        beside.cancel()
        account.close()
