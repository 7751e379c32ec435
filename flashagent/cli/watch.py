"""`flashagent watch`: what the changed files have to be told about, for no tokens."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flashagent watch",
        description="Tell what the files changed since the last commit have brought: errors, callers of changed signatures,"
        " security patterns, likely mistakes, grown complexity. Asks no model, runs nothing of the project, changes nothing.",
    )
    add = parser.add_argument
    add("--once", action="store_true", help="look once and end; exit status 1 when something was found")
    add("--json", action="store_true", help="with --once: a JSON list on stdout")
    add(
        "--comments",
        action="store_true",
        help="also list comments that begin with `flashagent:` (app.comments)",
    )
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    import asyncio
    from contextlib import closing

    parser = build_parser()
    options = parser.parse_args(argv)
    if options.json and not options.once:
        parser.error("--json goes with --once")
    from flashagent.compose.changes import changes
    from flashagent.compose.house import Wishes, open_place
    from flashagent.errors import ExitCode
    from flashagent.frontends import watching

    wishes = Wishes({"app.comments": options.comments or None})
    with closing(open_place(Path.cwd(), environ, wishes)) as place:
        if not options.once:
            asyncio.run(watching.watch(place, sys.stdout, sys.stderr, changes))
            return ExitCode.OK
        found = asyncio.run(watching.once(place, sys.stdout, sys.stderr, as_json=options.json))
    return ExitCode.NOT_FIXED if found else ExitCode.OK
