"""The first sign of life: one line on the alternate screen, written before anything else is imported.

Only what the interpreter has loaded already is imported here.
"""

from __future__ import annotations

import os

_ENTER = b"\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J\x1b[2m\xc2\xb7 flashagent \xe2\x80\xa6\x1b[0m"
DUMB = "dumb"  # a terminal that can only print
TYPE_CHECKING = False
if TYPE_CHECKING:
    Attributes = list[int | list[bytes | int]]
_LEAVE = b"\x1b[?25h\x1b[?1049l"


def wanted(arguments: list[str], terminal: str = "") -> bool:
    """Whether these arguments open the full-screen app in this kind of terminal (TERM), as far as can be told without
    reading them all."""
    helped = {"-h", "--help", "-V", "--version", "--plain"}.intersection(arguments)
    return not helped and terminal != DUMB and (not arguments or arguments[0].startswith("-"))


class Splash:
    """A terminal that shows the line and keeps what is typed without showing it. `leave` brings the terminal back as it was
    before `show`; both may be called again at any time. Where there is no terminal nothing is done."""

    def __init__(self) -> None:
        self._before: Attributes | None = None

    def show(self) -> None:
        if self._before is not None or not (os.isatty(0) and os.isatty(1)):
            return
        import termios

        self._before = termios.tcgetattr(0)
        quiet = termios.tcgetattr(0)
        quiet[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(0, termios.TCSANOW, quiet)
        os.write(1, _ENTER)

    def leave(self) -> None:
        if self._before is None:
            return
        import termios

        before, self._before = self._before, None
        termios.tcsetattr(0, termios.TCSANOW, before)
        os.write(1, _LEAVE)
