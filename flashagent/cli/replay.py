"""`flashagent replay`: show a recorded run again, or compare two."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent replay",
        description="Show a run that `fix --record FILE` or `do --record FILE` recorded, byte for byte as it was, without"
        " model, commands or repository; the exit code is the run's. --diff compares two: exit 0 when they did the same.",
    )
    parser.add_argument("file", metavar="FILE", help="a recorded run")
    parser.add_argument("--diff", metavar="OTHER", help="the steps in which OTHER differs from FILE")
    parser.add_argument(
        "--run",
        action="store_true",
        help="do the job once more on the files as they are now, with the recorded replies: no endpoint is asked and nothing"
        " written; exit 0 when it did the same",
    )
    parser.add_argument("--json", action="store_true", help="one event a line, as the run's own --json")
    parser.add_argument("-q", "--quiet", action="count", default=0, help="only the result")
    parser.add_argument(
        "-v", "--verbose", action="store_const", const=1, default=0, help="also what the tools printed"
    )
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = build_parser()
    options = parser.parse_args(argv)
    if options.run and options.diff:
        parser.error("--run compares by itself: leave out --diff")
    from flashagent.frontends.replay import compare, play

    if options.diff:
        return compare(Path(options.file), Path(options.diff), sys.stdout)
    verbosity = options.verbose - options.quiet
    if options.run:
        from flashagent.frontends.rerun import run_again

        return run_again(
            Path(options.file).absolute(), Path.cwd(), environ, sys.stdout, sys.stderr,
            as_json=options.json, verbosity=verbosity,
        )  # fmt: skip
    return play(Path(options.file), sys.stdout, sys.stderr, as_json=options.json, verbosity=verbosity)
