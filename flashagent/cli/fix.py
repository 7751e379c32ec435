"""`flashagent fix`: repair the repository until its check passes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from flashagent.cli.job import run_job
from flashagent.cli.options import add_job_options
from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent fix",
        usage="flashagent fix [OPTIONS] [GOAL|-] [-- PATHS...]",
        description="Repair the repository until its check passes. Without a model it works offline.",
    )
    add_job_options(parser)
    parser.add_argument(
        "--bisect",
        action=argparse.BooleanOptionalAction,
        help="find the commit that broke the test (without this only where it takes a moment)",
    )
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    return run_job(build_parser(), argv, environ, change=False)
