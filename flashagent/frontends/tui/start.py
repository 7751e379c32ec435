"""Open the app: it takes keys while the rest of flashagent is still being imported, and leaves the terminal as it was."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, MutableMapping

from flashagent.frontends.tui.splash import Splash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.frontends.tui.controller import Controller

# Escape is told from an escape sequence by waiting for more: 20 ms also serves slow links, and an interrupt stays quick.
_ESCAPE_DELAY_MS = "20"
# Textual paints on a grid of time that begins anew at every pause: at its own 60 a second, a key that comes right after a
# frame waits 17 ms for the next. The app bounds its frames by itself.
_PAINTS_PER_SECOND = "250"
# How long a thread may keep the interpreter from one that waits: while imports run in the background, a key passes three.
_SWITCH_S = 0.001


def run_app(build: Callable[[], Controller], splash: Splash | None = None) -> int:
    """The exit code of the app. `build` makes the controller, in a thread and beside the first keys; what it raises ends
    the app and is raised from here."""
    splash = splash or Splash()
    splash.show()
    try:
        _prepare(os.environ)
        from flashagent.frontends.tui.app import FlashApp

        app = FlashApp(lambda: _built(build))
        code = app.run()
        if app.error is not None:
            raise app.error
        return code or 0
    finally:
        splash.leave()


def _built(build: Callable[[], Controller]) -> Controller:
    controller = build()
    gc.freeze()  # what the imports made lives for ever, and no collection has to look at it again
    return controller


def _prepare(environ: MutableMapping[str, str]) -> None:
    """What Textual reads when it is imported and when the terminal is resized."""
    environ.setdefault("ESCDELAY", _ESCAPE_DELAY_MS)
    environ.setdefault("TEXTUAL_FPS", _PAINTS_PER_SECOND)
    for name in ("COLUMNS", "LINES"):  # exported by some shells; they would hide every resize
        environ.pop(name, None)
    sys.setswitchinterval(_SWITCH_S)
