"""`flashagent explain`: tie a stack trace or log to this repository. No model is asked and nothing is run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.parsing import Parser

if TYPE_CHECKING:
    from flashagent.compose.place import Place
    from flashagent.values import RankedSymbol
    from flashagent.verify.explain import Explained

_MOST_BYTES = 2_000_000  # of a longer log the end counts
_SYMBOLS = 8


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent explain",
        description="Find what a stack trace or log means in this repository: its places, the code around them, the likely "
        "cause, and the symbols that matter. Exit status 1: nothing in it could be tied to the repository.",
    )
    add = parser.add_argument
    add("log", nargs="?", default="-", metavar="FILE", help="the file to read; - or nothing reads stdin")
    add("--json", action="store_true", help="one JSON object on stdout")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    from contextlib import closing

    from flashagent.compose.place import Wishes, open_place
    from flashagent.errors import ExitCode
    from flashagent.secrecy import Secrets
    from flashagent.untrusted import sanitize

    options = build_parser().parse_args(argv)
    text = _read(options.log)
    with closing(open_place(Path.cwd(), environ, Wishes({}, trust_project=options.trust_project))) as place:
        found, symbols = _explain(text, place)
        mask = Secrets(place.secrets).mask
    if options.json:
        print(mask(json.dumps(_plain(found, symbols))))
    else:
        sys.stdout.write(sanitize(mask("\n".join(_lines(found, symbols)) + "\n")))
    return ExitCode.OK if any(one.spots for one in found) else ExitCode.NOT_FIXED


def _read(name: str) -> str:
    from flashagent.errors import UsageError

    if name == "-":
        if sys.stdin.isatty():
            raise UsageError("There is no log to read.", hint="Pipe it in, or name a file.")
        return sys.stdin.buffer.read()[-_MOST_BYTES:].decode("utf-8", "replace")
    try:
        with Path(name).open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _MOST_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.") from error


def _explain(text: str, place: Place) -> tuple[tuple[Explained, ...], tuple[RankedSymbol, ...]]:
    from flashagent.compose.mapping import open_map
    from flashagent.values import FocusQuery
    from flashagent.verify.explain import explain

    root = place.root
    files = place.repository.files()
    known = frozenset(files)

    def read(path: str) -> str | None:
        # Only files that the repository lists, which are no links: a trace may name any path.
        return (
            (root / path).read_text("utf-8", "replace") if path in known and (root / path).is_file() else None
        )

    found = explain(text, str(root), files, read)
    ignore = (*place.settings.ignore, *place.settings.secret_files)
    repo_map, _ = open_map(place.repository, place.folders.cache, ignore)
    query = FocusQuery(text=text[-20_000:], failures=tuple(one.failure for one in found))
    return found, tuple(repo_map.rank(query, limit=_SYMBOLS))


def _lines(found: Sequence[Explained], symbols: Sequence[RankedSymbol]) -> Iterator[str]:
    if not found:
        yield "No stack trace and no place in a file was recognised."
    for one in found:
        failure = one.failure
        title = f"{failure.exception}: " if failure.exception else ""
        yield f"{failure.test_id + ': ' if failure.test_id else ''}{title}{failure.message}".rstrip()
        if one.cause:
            yield f"Likely cause: {one.cause}"
        for spot in one.spots:
            where = f" in {spot.frame.function}" if spot.frame.function else ""
            moved = "  (this line reads differently now)" if spot.moved else ""
            yield f"\n{spot.frame.path}:{spot.frame.line}{where}{moved}"
            if spot.code:
                yield spot.code
        if not one.spots:
            yield "None of its places is in this repository."
        yield ""
    if symbols:
        yield "Symbols that matter:"
    for ranked in symbols:
        symbol = ranked.symbol
        why = f"  ({', '.join(ranked.why)})" if ranked.why else ""
        yield f"  {symbol.path}:{symbol.start_line} {symbol.qualified}{why}"


def _plain(found: Sequence[Explained], symbols: Sequence[RankedSymbol]) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "errors": [asdict(one) for one in found],
        "symbols": [asdict(one) for one in symbols],
    }
