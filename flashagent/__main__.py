"""The program's entry: reads the environment once and hands it on. `--version` answers, and the app shows its first line,
before anything is imported."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # `typing` would cost a third of the time to the first sign of life
if TYPE_CHECKING:
    from flashagent.frontends.tui.splash import Splash


if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` looks for each module in the current folder first: the repository's `argparse.py` would run, unprotected.
    del sys.path[0]


def main() -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        return _say_version()
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


def _say_version() -> int:
    from flashagent import __version__

    try:
        print(f"flashagent {__version__}", flush=True)
    except OSError as error:
        from flashagent.cli.main import not_written

        return not_written(error)
    return 0


def _run(arguments: list[str], splash: Splash) -> int:
    import os

    collect_late()
    from flashagent.cli.main import run

    return run(arguments, dict(os.environ), splash)


def collect_late(first: int = 500_000, then: int = 20_000) -> None:
    """Look for garbage first when `first` objects have come, then at every `then`, and no more among those first ones.

    Imports make hundreds of thousands of objects that live for ever; to look through them again and again, as the
    interpreter would, is a twentieth of the time of a short run.
    """
    import gc

    def settle(phase: str, _: dict[str, int]) -> None:
        if phase == "stop":
            gc.callbacks.remove(settle)
            gc.freeze()
            gc.set_threshold(then)

    gc.set_threshold(first)
    gc.callbacks.append(settle)


if __name__ == "__main__":
    sys.exit(main())
