"""A progress line for commands that say themselves what came out."""

from __future__ import annotations

import asyncio
import io

import pytest
from helpers.clock import VirtualClock

from flashagent.events import CheckFinished, CheckStarted, Notice
from flashagent.frontends.ticking import progress_account, ticking


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_a_terminal_sees_what_goes_on_and_nothing_stays() -> None:
    clock, talk = VirtualClock(), Terminal()
    account = progress_account(talk, clock, {}, tells=(Notice,))
    ticked = asyncio.Event()

    async def work() -> str:
        account(CheckStarted(("pytest",)))
        account(Notice("warning", "look"))
        clock.advance(2)
        while "2.0 s" not in talk.getvalue():  # moved by the clock alone
            await asyncio.sleep(0.01)
        ticked.set()
        account(CheckFinished(1, 0, (), 2.0, 0, True))
        return "done"

    assert await ticking(work(), account) == "done"
    assert ticked.is_set()
    shown = talk.getvalue().split("\r\x1b[K")
    assert shown[0] == "" and "warning: look\n" in shown and shown[-1] == ""
    assert "running pytest · 2.0 s" in shown


@pytest.mark.parametrize(("talk", "environ"), [(io.StringIO(), {}), (Terminal(), {"TERM": "dumb"})])
async def test_elsewhere_only_the_lines_asked_for_come(talk: io.StringIO, environ: dict[str, str]) -> None:
    account = progress_account(talk, VirtualClock(), environ, tells=(Notice,))

    async def work() -> None:
        account(CheckStarted(("pytest",)))
        account(Notice("warning", "look"))

    await ticking(work(), account)
    assert talk.getvalue() == "warning: look\n"
