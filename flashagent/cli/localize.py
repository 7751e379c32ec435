"""`flashagent localize`: print the lines that a failing check makes suspicious, and change nothing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.options import positive_float, positive_int
from flashagent.cli.parsing import Parser

if TYPE_CHECKING:
    from flashagent.jobs.observing import Observation
    from flashagent.repair.engine import RepairResult


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent localize",
        description="Print the lines that a failing check makes suspicious, most suspicious first.",
    )
    add = parser.add_argument
    add(
        "--check",
        action="append",
        metavar="CMD",
        help="the command that fails (found by itself without this)",
    )
    add("--lines", type=positive_int, default=10, metavar="N", help="how many lines to print (10)")
    add(
        "--search-time",
        type=positive_float,
        default=60.0,
        metavar="S",
        help="seconds for tracing the tests (60)",
    )
    add(
        "--no-sandbox",
        action="store_true",
        help="run the check unprotected; lines come from its output alone",
    )
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    add("--json", action="store_true", help="one JSON object on stdout")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    import asyncio

    options = build_parser().parse_args(argv)
    return asyncio.run(_run(options, environ))


async def _run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from contextlib import closing

    from flashagent.compose.house import open_house
    from flashagent.compose.place import Wishes, new_session_id, open_place
    from flashagent.events import Notice
    from flashagent.frontends.ticking import progress_account, ticking
    from flashagent.jobs.localizing import suspicious_lines

    wishes = Wishes({}, tuple(options.check or ()), not options.no_sandbox, options.trust_project)
    with closing(open_place(Path.cwd(), environ, wishes)) as place:
        account = progress_account(sys.stderr, place.clock, environ, tells=(Notice,))
        house = open_house(place, wishes, account, new_session_id(place.clock))
        try:
            seen, found = await ticking(suspicious_lines(house, options.search_time, account), account)
        finally:
            await house.close()
    if options.json:
        print(json.dumps(_plain(seen, found, options.lines)))
    else:
        _print(seen, found, options.lines)
    return _exit_code(found)


def _exit_code(found: RepairResult | None) -> int:
    from flashagent.errors import ExitCode

    return ExitCode.OK if found is None or found.suspicious else ExitCode.NOT_FIXED


def _plain(seen: Observation, found: RepairResult | None, limit: int) -> dict[str, object]:
    lines = found.suspicious[:limit] if found is not None else ()
    return {
        "check": seen.check_text,
        "green": seen.green,
        "failing": list(dict.fromkeys(f.test_id for f in seen.before.failures if f.test_id)),
        "lines": [
            {
                "path": x.path,
                "line": x.line,
                "function": x.function,
                "score": x.score,
                "source": x.source,
                "why": x.why,
            }
            for x in lines
        ],
        "notes": list(found.notes) if found is not None else [],
    }


def _print(seen: Observation, found: RepairResult | None, limit: int) -> None:
    from flashagent.untrusted import sanitize

    if found is None:
        print(f"`{seen.check_text}` passes; no line is suspicious.")
        return
    told = (
        [f"`{seen.check_text}` fails. Suspicious lines, most suspicious first:"] if found.suspicious else []
    )
    for one in found.suspicious[:limit]:
        place = f"{one.path}:{one.line}" + (f" in {one.function}" if one.function else "")
        told += [f"  {one.score:.2f}  {place}: {one.source}", f"        ({one.why})"]
    if not found.suspicious:
        told.append(f"`{seen.check_text}` fails, but no line of the project could be tied to it.")
    sys.stdout.write(sanitize("\n".join(told) + "\n"))
    for note in found.notes:
        print(sanitize(f"flashagent: {note}"), file=sys.stderr)
