"""The names that `@` completes to: read when they are first asked for, beside everything else, and again after work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from flashagent.errors import FlashagentError


class Names:
    """`read` gives the names, `ready` is called when they have come, `fail` with what went wrong and what to do."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[str]]],
        ready: Callable[[], None],
        fail: Callable[[str, str], None],
    ) -> None:
        self._read = read
        self._ready = ready
        self._fail = fail
        self._names: Sequence[str] = ()
        self._fresh = False
        self._reading: asyncio.Task[None] | None = None

    def known(self) -> Sequence[str]:
        """What is known now; fresher ones are on their way when these may be old."""
        if not self._fresh and self._reading is None:
            self._reading = asyncio.create_task(self._renew())
        return self._names

    def forget(self) -> None:
        """They may have changed."""
        self._fresh = False

    async def _renew(self) -> None:
        self._fresh = True
        try:
            self._names = await self._read()
        except FlashagentError as error:
            self._fail(error.message, error.hint)
        finally:
            self._reading = None
        self._ready()
