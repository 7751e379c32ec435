"""`flashagent check`: run the checks and the linter, say what is wrong, and change nothing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.options import positive_float
from flashagent.cli.parsing import Parser

if TYPE_CHECKING:
    from flashagent.jobs.checking import Findings
    from flashagent.jobs.house import House


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent check",
        description="Run the project's checks and the linter, and change nothing. Exit status 0: green, 1: red.",
    )
    add = parser.add_argument
    add(
        "--check",
        action="append",
        metavar="CMD",
        help="the command that must pass (repeat for several; found by itself without this)",
    )
    add(
        "--changed",
        action="store_true",
        help="run nothing unless files changed since the last commit; the linter too tells only what the changes caused",
    )
    add(
        "--all",
        action="store_true",
        help="also run the type checker, linters and build that the project's files name",
    )
    add("--json", action="store_true", help="one JSON object on stdout")
    add("--junit", type=Path, metavar="FILE", help="also write JUnit XML")
    add("--sarif", type=Path, metavar="FILE", help="also write SARIF 2.1.0")
    add("--timeout", type=positive_float, metavar="S", help="seconds for one run of a check (600)")
    add(
        "--test-timeout",
        type=positive_float,
        metavar="S",
        help="seconds for one test of pytest or unittest (120)",
    )
    add("--fresh", action="store_true", help="run checks also where their result on this very state is known")
    add("--no-sandbox", action="store_true", help="run the checks unprotected")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    import asyncio

    options = build_parser().parse_args(argv)
    for path in (options.junit, options.sarif):
        _require_place(path)
    return asyncio.run(_run(options, environ))


def _require_place(path: Path | None) -> None:
    """A report that cannot be written is told before minutes of tests. Raises UsageError."""
    from flashagent.errors import UsageError

    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise UsageError(f"{path} cannot be written.", hint="Name a file in a folder that exists.")


async def _run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from contextlib import closing

    from flashagent.compose.house import open_house
    from flashagent.compose.place import Wishes, new_session_id, open_place
    from flashagent.errors import ExitCode
    from flashagent.events import CheckFinished, Event
    from flashagent.frontends.ticking import progress_account, ticking
    from flashagent.jobs.checking import examine

    settings = {"limits.test_seconds": options.test_timeout}
    wishes = Wishes(
        settings,
        tuple(options.check or ()),
        not options.no_sandbox,
        options.trust_project,
        fresh=options.fresh,
    )
    with closing(open_place(Path.cwd(), environ, wishes)) as place:
        finished: list[CheckFinished] = []
        account = progress_account(sys.stderr, place.clock, environ)

        def note(event: Event) -> None:
            account(event)
            if isinstance(event, CheckFinished):
                finished.append(event)

        house = open_house(place, wishes, note, new_session_id(place.clock))
        try:
            found = await ticking(
                examine(house, changed=options.changed, every=options.all, timeout_s=options.timeout), account
            )
        finally:
            await house.close()
        _tell(options, found, house)
    if any(event.cached for event in finished):
        print("Known from an earlier run of this very state; --fresh runs it again.", file=sys.stderr)
    return ExitCode.OK if found.green else ExitCode.NOT_FIXED


def _tell(options: argparse.Namespace, found: Findings, house: House) -> None:
    from flashagent import __version__
    from flashagent.frontends.findings import junit, plain, sarif, text
    from flashagent.untrusted import sanitize

    if options.junit is not None:
        _write(options.junit, junit.junit(found, house.read, house.mask))
    if options.sarif is not None:
        report = json.dumps(sarif.sarif(found, house.read, house.mask, __version__), indent=1)
        _write(options.sarif, report.encode("utf-8") + b"\n")
    if options.json:
        print(house.mask(json.dumps(plain.plain(found))))
    else:
        sys.stdout.write(sanitize(text.rendered(found, house.read, house.mask)))


def _write(path: Path, content: bytes) -> None:
    from flashagent.errors import UsageError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
