"""`flashagent undo`: take back the last change that flashagent made, or restore a checkpoint."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent undo",
        description="Take back the last change that flashagent made. Only the files that it wrote are touched.",
        epilog="The present state becomes a checkpoint first, so that nothing is lost.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="list the checkpoints, oldest first")
    what.add_argument("--to", metavar="ID", help="bring all files back to this checkpoint")
    what.add_argument(
        "--preview", action="store_true", help="show what would be taken back, and write nothing"
    )
    parser.add_argument("--force", action="store_true", help="also overwrite what was changed since")
    parser.add_argument("--commit", action="store_true", help="commit the way back too")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = build_parser()
    args = parser.parse_args(argv)
    if (args.force or args.commit) and (args.list or args.to is not None):
        parser.error("--force and --commit go with neither --list nor --to")
    from flashagent.frontends import history
    from flashagent.untrusted import sanitize

    here = Path.cwd()
    if args.list:
        text = history.listing(here, environ)
    elif args.to is not None:
        text = history.restore(here, environ, args.to)
    elif args.preview:
        text = history.preview(here, environ, force=args.force)
    else:
        text = history.undo(here, environ, force=args.force, commit=args.commit)
    print(sanitize(text))
    return 0
