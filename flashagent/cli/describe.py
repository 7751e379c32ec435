"""`flashagent describe`: the words for a change that somebody else commits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent describe",
        description="Print a commit message, or the text of a pull request, for a change. Nothing is committed. Without a model"
        " it is told by rules: files, definitions and tests.",
    )
    add = parser.add_argument
    add(
        "range", nargs="?", default="", metavar="REV..REV",
        help="from one commit to another; one REV alone: from it to your files (what is staged, else your files)",
    )  # fmt: skip
    add("--staged", action="store_true", help="only what is staged")
    add("--pr", action="store_true", help="the title and text of a pull request")
    add("--offline", action="store_true", help="ask no model")
    add("--model", metavar="M", help="the model to ask")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = build_parser()
    options = parser.parse_args(argv)
    if options.staged and options.range:
        parser.error("--staged and a range of commits do not go together")
    from flashagent.frontends.describing import Wanted, run_describe

    settings = {"model_settings.model": options.model, "offline": options.offline or None}
    wanted = Wanted(options.range, options.staged, options.pr, settings, options.trust_project)
    return run_describe(wanted, Path.cwd(), environ, sys.stdout, sys.stderr)
