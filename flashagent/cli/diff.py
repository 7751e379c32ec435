"""`flashagent diff`: what has changed since flashagent last began to write."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent diff", description="Show what has changed since flashagent last began to write."
    )
    parser.add_argument(
        "since", nargs="?", default="", metavar="ID", help="since this checkpoint (`flashagent undo --list`)"
    )
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    options = build_parser().parse_args(argv)
    from flashagent.frontends.history import diff
    from flashagent.untrusted import sanitize

    text, why_empty = diff(Path.cwd(), environ, options.since)
    if why_empty:
        print(sanitize(why_empty), file=sys.stderr)
    # A file or `git apply` gets the bytes as they are; a terminal gets nothing that it would obey.
    out = sanitize(text).encode() if sys.stdout.isatty() else text.encode("utf-8", "surrogateescape")
    sys.stdout.buffer.write(out)
    return 0
