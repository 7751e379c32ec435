"""`flashagent doctor`: look at git, the sandbox, the settings and the model, a line for each with what to do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent doctor",
        description="Look at git, the sandbox, the settings and the model: a line for each, with what to do."
        " Asks the configured model three short questions. Exit 0 when all works, else 1.",
    )
    parser.add_argument("--model", metavar="M", help="the model to ask")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    options = build_parser().parse_args(argv)
    from flashagent.frontends.doctor import run_doctor

    given = {"model_settings.model": options.model}
    return run_doctor(Path.cwd(), environ, given, sys.stdout, as_json=options.json)
