"""`flashagent report`: a session as one page for a browser."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent report",
        description="Write one page that tells a session: prompts, what was shown and why, diffs, checks, tokens and money."
        " It needs no network and holds no secret that is known here.",
    )
    parser.add_argument(
        "session", nargs="?", default="", metavar="SESSION", help="its id or the start of it (the last one)"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="the page: a new file, or an earlier report (stdout)"
    )
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    from flashagent.frontends.report.html import html
    from flashagent.frontends.report.writing import write_page
    from flashagent.frontends.sessions import archive_at

    with archive_at(Path.cwd(), environ) as archive:
        told = archive.read(args.session)
    data = html(told).encode("utf-8", "replace")
    if args.output is None and sys.stdout.isatty():
        from flashagent.errors import UsageError

        raise UsageError(
            "A page is not meant for a terminal.",
            hint="Name a file: `flashagent report -o report.html`; or pipe it.",
        )
    if args.output is None:
        sys.stdout.buffer.write(data)
    else:
        write_page(Path(args.output), data)
    return 0
