"""The terminal's input side: Textual's own driver, but a lone Escape is told at once, not at the next tenth of a second, and
what is typed before the prompt is there waits for it."""

from __future__ import annotations

import os
from codecs import getincrementaldecoder
from select import select
from threading import Event
from time import monotonic
from typing import Any

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

_LOOK_S = 0.1  # how long the end of the app may wait for this thread
_QUICK_LOOK_S = 0.01
_QUICK_FOR_S = 0.2
_READ_BYTES = 4096


class QuickDriver(LinuxDriver):
    """Looks often for the end of an escape sequence right after one may have begun, and rarely otherwise. Nothing is read
    before `ready` is set."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.ready = Event()

    def run_input_thread(self) -> None:
        """Read, parse and pass on input until the app ends. Runs in a thread of its own."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        quick_until = 0.0
        while not self.ready.wait(_LOOK_S) and not self.exit_event.is_set():
            pass
        while not self.exit_event.is_set():
            wait = _QUICK_LOOK_S if monotonic() < quick_until else _LOOK_S
            if select([self.fileno], [], [], wait)[0]:
                data = os.read(self.fileno, _READ_BYTES)
                if not data:
                    break
                if b"\x1b" in data:
                    quick_until = monotonic() + _QUICK_FOR_S
                for message in parser.feed(decode(data)):
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)
