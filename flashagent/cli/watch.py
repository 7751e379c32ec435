"""`flashagent watch`: what the changed files have to be told about, for no tokens."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent watch",
        description="Tell what the files changed since the last commit have brought: errors, callers of changed signatures,"
        " security patterns, likely mistakes, grown complexity. Asks no model, runs nothing of the project, changes nothing.",
    )
    add = parser.add_argument
    add("--once", action="store_true", help="look once and end; exit status 1 when something was found")
    add(
        "--json",
        action="store_true",
        help="a JSON list on stdout; without --once a line of it after every change",
    )
    add(
        "--comments",
        action="store_true",
        help="also list comments that begin with `flashagent:` (app.comments)",
    )
    add(
        "--attached",
        action="store_true",
        help="with --json: at the lowest priority, and end when stdin, a pipe, is closed (for programs that start it)",
    )
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    import asyncio
    from contextlib import closing

    parser = build_parser()
    options = parser.parse_args(argv)
    if options.attached and not options.json:
        parser.error("--attached goes with --json")
    if options.attached and not _is_pipe(sys.stdin.fileno()):
        parser.error("--attached needs a pipe as stdin")
    from flashagent.compose.changes import changes
    from flashagent.compose.place import Wishes, open_place
    from flashagent.errors import ExitCode
    from flashagent.frontends import watching

    wishes = Wishes({"app.comments": options.comments or None})
    with closing(open_place(Path.cwd(), environ, wishes)) as place:
        if not options.once:
            work = (
                watching.stream(place, sys.stdout, changes)
                if options.json
                else watching.watch(place, sys.stdout, sys.stderr, changes)
            )
            asyncio.run(watching.attached(work, sys.stdin.fileno()) if options.attached else work)
            return ExitCode.OK
        looked = watching.once(place, sys.stdout, sys.stderr, as_json=options.json)
        found = asyncio.run(watching.attached(looked, sys.stdin.fileno()) if options.attached else looked)
    return ExitCode.NOT_FIXED if found else ExitCode.OK


def _is_pipe(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
