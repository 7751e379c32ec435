"""The program's entry: reads the environment once and hands it on. `--version` answers before anything is imported."""

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from flashagent import __version__

        print(f"flashagent {__version__}")
        return 0
    import gc
    import os

    # Imports make many objects that live for ever: at the default of 700 they are looked through again and again,
    # which is a twentieth of the time of a short run.
    gc.set_threshold(20_000)
    from flashagent.cli.main import run

    return run(arguments, dict(os.environ))


if __name__ == "__main__":
    sys.exit(main())
