"""`flashagent docs NAME`: what a name is in the libraries that are installed for the project; nothing from memory."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.parsing import Parser

if TYPE_CHECKING:
    from flashagent.diagnose.apidocs import ApiDoc


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent docs",
        description="Show signature, docstring, version and place of a name, from what is installed for the project. "
        "Exit status 1: there is no such name.",
    )
    add = parser.add_argument
    add(
        "name",
        metavar="NAME",
        help="like json.dumps, lodash.debounce, net/http.Client.Do or serde_json::from_str",
    )
    add("--json", action="store_true", help="one JSON object on stdout")
    add("--no-sandbox", action="store_true", help="import the library unprotected")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    import asyncio

    from flashagent.errors import ExitCode
    from flashagent.untrusted import sanitize

    options = build_parser().parse_args(argv)
    found = asyncio.run(_look_up(options, environ))
    if options.json:
        print(json.dumps(_plain(found)))
    else:
        (sys.stdout if found.exists else sys.stderr).write(sanitize(found.text()) + "\n")
    return ExitCode.OK if found.exists else ExitCode.NOT_FIXED


async def _look_up(options: argparse.Namespace, environ: Mapping[str, str]) -> ApiDoc:
    from contextlib import closing

    from flashagent.compose.house import open_house
    from flashagent.compose.place import Wishes, new_session_id, open_place
    from flashagent.diagnose.docs import describe_name

    wishes = Wishes({}, (), not options.no_sandbox, options.trust_project)
    with closing(open_place(Path.cwd(), environ, wishes)) as place:
        house = open_house(place, wishes, lambda event: None, new_session_id(place.clock))
        try:
            return await describe_name(options.name, house.environment, house.runner, house.root)
        finally:
            await house.close()


def _plain(found: ApiDoc) -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(found), "exists": found.exists}
