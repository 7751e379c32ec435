"""The three standard streams as whoever started the program left them: closed ones, and ones that cannot write every text."""

from __future__ import annotations

import os
import sys


def settle() -> None:
    """Open what is closed on the null device, so that no file of the run gets its number and nothing fails for the lack of
    it; a stream whose encoding lacks a character shows it escaped instead of ending the run. Call it first."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _nothing(number))
        elif number and stream.encoding.lower() not in ("utf-8", "utf8"):
            stream.reconfigure(errors="backslashreplace")


def _nothing(number: int) -> object:
    mode = os.O_RDWR if number else os.O_RDONLY
    opened = os.open(os.devnull, mode)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    os.set_inheritable(number, True)  # else the programs that we start would have it closed again
    return open(number, "w" if number else "r", encoding="utf-8", closefd=False)
