"""Open the app: a first sign of life before the libraries are loaded, keys typed meanwhile kept, the terminal left as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # the first sign of life waits for nothing that it does not need
    from flashagent.frontends.tui.controller import Controller

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J"
_LEAVE = "\x1b[?25h\x1b[?1049l"
# Escape is told from an escape sequence by waiting for more: 20 ms also serves slow links, and an interrupt stays quick.
_ESCAPE_DELAY_MS = "20"


def run_app(build: Callable[[], Controller]) -> int:
    """The exit code of the app. `build` makes the controller and is called after the first sign of life."""
    with splash(sys.stdout):
        _prepare(os.environ)
        from flashagent.frontends.tui.app import FlashApp

        controller = build()
        return FlashApp(controller).run() or 0


def _prepare(environ: MutableMapping[str, str]) -> None:
    """What Textual reads when it is imported and when the terminal is resized."""
    environ.setdefault("ESCDELAY", _ESCAPE_DELAY_MS)
    for name in ("COLUMNS", "LINES"):  # exported by some shells; they would hide every resize
        environ.pop(name, None)


@contextmanager
def splash(screen: TextIO) -> Iterator[None]:
    """The alternate screen with one line on it, and a terminal that keeps what is typed without showing it. Both are as
    before when the block is left, however that happens. Does nothing where there is no terminal."""
    if not screen.isatty() or not sys.stdin.isatty():
        yield
        return
    import termios

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    quiet = termios.tcgetattr(descriptor)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    try:
        termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
        screen.write(f"{_ENTER}\x1b[2m· flashagent …\x1b[0m")
        screen.flush()
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
        screen.write(_LEAVE)
        screen.flush()
