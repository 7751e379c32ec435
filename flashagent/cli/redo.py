"""`flashagent redo`: bring back what undo took away."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="flashagent redo", description="Bring back what undo took away.")
    parser.add_argument("--force", action="store_true", help="also overwrite what was changed since")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    from flashagent.frontends.history import redo
    from flashagent.untrusted import sanitize

    print(sanitize(redo(Path.cwd(), environ, force=args.force)))
    return 0
