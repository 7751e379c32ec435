"""`flashagent do`: make a change where nothing is red; the check must stay green."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from flashagent.cli.job import run_job
from flashagent.cli.options import add_job_options
from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent do",
        usage="flashagent do [OPTIONS] GOAL [-- PATHS...]",
        description="Make a change with a model; the check must be green afterwards.",
    )
    add_job_options(parser, searches=False)
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    return run_job(build_parser(), argv, environ, change=True)
