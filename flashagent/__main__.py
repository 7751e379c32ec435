"""The program's entry: reads the environment once and hands it on. `--version` answers, and the app shows its first line,
before anything is imported."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # `typing` would cost a third of the time to the first sign of life
if TYPE_CHECKING:
    from flashagent.frontends.tui.splash import Splash


def main() -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from flashagent import __version__

        print(f"flashagent {__version__}")
        return 0
    import os

    from flashagent.cli.streams import settle
    from flashagent.frontends.tui.splash import Splash, wanted

    settle()
    splash = Splash()
    try:
        if wanted(arguments, os.environ.get("TERM", "")):
            splash.show()
        return _run(arguments, splash)
    finally:
        splash.leave()


def _run(arguments: list[str], splash: Splash) -> int:
    import gc
    import os

    # Imports make many objects that live for ever: at the default of 700 they are looked through again and again,
    # which is a twentieth of the time of a short run.
    gc.set_threshold(50_000)
    from flashagent.cli.main import run

    return run(arguments, dict(os.environ), splash)


if __name__ == "__main__":
    sys.exit(main())
