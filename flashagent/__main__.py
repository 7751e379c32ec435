"""The program's entry: reads the environment once and hands it on. `--version` answers before anything is imported."""

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from flashagent import __version__

        print(f"flashagent {__version__}")
        return 0
    import os

    from flashagent.cli.main import run

    return run(arguments, dict(os.environ))


if __name__ == "__main__":
    sys.exit(main())
