"""Lines from a terminal, a pipe or a file, as they come and without a thread."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
from collections.abc import Iterator

_CHUNK = 65_536


class Lines:
    """The lines of a file descriptor without their ends; None once it has ended. `terminal` says that a person types."""

    def __init__(self, descriptor: int) -> None:
        self.terminal = os.isatty(descriptor)
        self._descriptor = descriptor
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(self._descriptor, self._read)
        except PermissionError:  # a regular file is always ready, and cannot be waited for
            while self._read():
                pass
        try:
            yield
        finally:
            loop.remove_reader(self._descriptor)

    async def next(self) -> str | None:
        return await self._lines.get()

    @contextlib.contextmanager
    def unseen(self) -> Iterator[None]:
        """What is typed meanwhile is not shown."""
        if not self.terminal:
            yield
            return
        import termios

        before, quiet = termios.tcgetattr(self._descriptor), termios.tcgetattr(self._descriptor)
        quiet[3] &= ~termios.ECHO
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, quiet)
        try:
            yield
        finally:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, before)

    def _read(self) -> bool:
        """Whether there may be more."""
        try:
            data = os.read(self._descriptor, _CHUNK)
        except OSError:  # the terminal has gone
            data = b""
        *lines, self._begun = (self._begun + self._decoder.decode(data, not data)).split("\n")
        for line in lines:
            self._lines.put_nowait(line.removesuffix("\r"))
        if data:
            return True
        if self._begun:
            self._lines.put_nowait(self._begun)
            self._begun = ""
        self._lines.put_nowait(None)
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().remove_reader(self._descriptor)
        return False
