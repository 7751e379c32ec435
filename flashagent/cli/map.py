"""`flashagent map`: show the files and symbols that matter for a text, or how they hang together."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from flashagent.cli.map_relations import (
    Related,
    callers,
    changes_of,
    dependents,
    draw,
    focus,
    impact,
    importers,
    nearest_of,
    way,
)
from flashagent.cli.options import positive_int
from flashagent.cli.parsing import Parser
from flashagent.compose.mapping import past_commits
from flashagent.dataclass import dataclass
from flashagent.errors import ExitCode, NotARepository, UsageError, WorkspaceError
from flashagent.folders import Folders
from flashagent.repomap.bm25 import FEW, load_numpy
from flashagent.repomap.history import PastCommit
from flashagent.repomap.index import MapStats
from flashagent.repomap.render import outline
from flashagent.repomap.repo_map import RepoMap
from flashagent.untrusted import sanitize
from flashagent.values import FocusQuery, RankedFile, RankedSymbol, Symbol
from flashagent.workspace.files import walk
from flashagent.workspace.git import Repository

_AT_LEAST = 200
_MAX_QUERY_CHARACTERS = 1_000_000
_LEFT_OUT = {
    "other": "without source code",
    "huge": "too large",
    "foreign": "of unknown kind",
    "notebook": "a notebook",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the map says, best first."""

    files: Sequence[RankedFile]
    symbols: Sequence[RankedSymbol]


@dataclass(frozen=True, slots=True)
class Tree:
    """What the map reads: the top folder, its files, and what git adds. `left_out` counts what the listing passed over."""

    root: Path
    files: Sequence[str]
    history: Callable[[], list[PastCommit]]
    diff: Callable[[], str]
    left_out: Mapping[str, int]


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="flashagent map", description="Show the files and symbols that matter for a text.")
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATHS", help="only these files and folders")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--query", metavar="TEXT", default="", help="an issue, an error, a goal; - reads it from stdin"
    )
    asked.add_argument("--focus", metavar="SYMBOL", help="this symbol, what uses it, what it uses, its tests")
    asked.add_argument("--callers", metavar="SYMBOL", help="every line that uses this symbol")
    asked.add_argument(
        "--path",
        nargs=2,
        metavar=("USER", "USED"),
        help="the shortest way by which one symbol or file uses another",
    )
    asked.add_argument("--importers", metavar="PATH", help="the files that import this file")
    asked.add_argument(
        "--dependents",
        metavar="SYMBOL",
        help="all that a change of this symbol or file can reach, nearest first",
    )
    asked.add_argument(
        "--impact", nargs="?", const="", metavar="PATH[:LINES]",
        help="the tests to run for a change and why; without PATH, for what git sees as changed",
    )  # fmt: skip
    add("--tokens", type=positive_int, default=1000, metavar="N", help="how much to show (1000)")
    add("--json", action="store_true", help="one JSON object on stdout")
    add("--why", action="store_true", help="say why each was chosen")
    add("--svg", metavar="F", default="", help="write a picture of which files use which")
    add("--dot", metavar="F", default="", help="write the same for Graphviz")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    text = sys.stdin.read(_MAX_QUERY_CHARACTERS) if args.query == "-" else args.query
    here = Path.cwd()
    found = _tree(here, environ)
    if text.strip() and len(found.files) > FEW / 10:  # about so many documents has a file
        threading.Thread(target=load_numpy).start()
    wanted = [_inside(found, here, path) for path in args.paths]
    with RepoMap.open(
        found.root,
        found.files,
        Folders.of(environ).cache / "maps",
        history=found.history,
        processes=os.cpu_count() or 1,
    ) as tree:
        stats = tree.refresh()
        _tell(stats, found.left_out)
        if args.svg or args.dot:
            draw(tree, args.svg, args.dot, lambda path: _chosen(path, wanted))
        related = _related(args, tree, found, here)
        if related is not None:
            answer = Answer(related.files, related.symbols)
        elif text.strip():
            answer = Answer(
                tree.rank_files(FocusQuery(text=text), limit=len(found.files), why=args.why),
                tree.rank(FocusQuery(text=text), limit=10 * _AT_LEAST, why=args.why),
            )
        else:
            answer = Answer(*tree.overview(limit=10 * _AT_LEAST))
    answer = _only(answer, wanted)
    if args.json:
        details = related.details if related else {}
        print(json.dumps({**_plain(answer, why=args.why), **details}))
    elif related is not None:
        sys.stdout.write(sanitize(related.text))
    elif not stats.files:
        sys.stdout.write("There is nothing here that the map reads.\n")
    else:
        sys.stdout.write(sanitize(_text(answer, args.tokens, args.why, tree.body)))
    return ExitCode.OK


def _related(args: argparse.Namespace, tree: RepoMap, found: Tree, here: Path) -> Related | None:
    """The answer about relations, when one was asked for."""
    if args.callers is not None:
        return callers(tree, args.callers)
    if args.focus is not None:
        return focus(tree, args.focus, args.tokens)
    if args.path is not None:
        return way(tree, *args.path)
    if args.importers is not None:
        return importers(tree, _inside(found, here, args.importers))
    if args.dependents is not None:
        return dependents(tree, args.dependents)
    if args.impact is not None:
        return impact(tree, changes_of(args.impact, found.diff, lambda path: _inside(found, here, path)))
    return None


def _tell(stats: MapStats, left_out: Mapping[str, int]) -> None:
    """On stderr: how much the map holds, what was left out and why, and a cache that cannot be used."""
    counts = Counter(dict(stats.skipped)) + Counter(left_out)
    told = ", ".join(f"{count:,} {_LEFT_OUT.get(reason, reason)}" for reason, count in counts.most_common())
    words = f"{stats.files:,} files, {stats.symbols:,} symbols" + (f"; left out: {told}" if told else "")
    print(sanitize(f"flashagent: {words}."), file=sys.stderr)
    if stats.in_memory:
        print(
            sanitize(
                f"flashagent: the cache cannot be used ({stats.in_memory}); the map was built in memory."
            ),
            file=sys.stderr,
        )


def _tree(here: Path, environ: Mapping[str, str]) -> Tree:
    """The repository around the folder, or the folder itself outside git and where git cannot list it."""
    try:
        repository = Repository.open(here, environ=environ)
    except NotARepository as problem:
        return _plain_tree(here, problem)
    with repository:
        try:
            files = list(repository.files())
        except WorkspaceError as problem:
            print(sanitize(f"flashagent: git cannot list the files: {problem}"), file=sys.stderr)
            return _plain_tree(Path(repository.root), problem)
        return Tree(
            Path(repository.root),
            files,
            lambda: past_commits(repository, Folders.of(environ).cache),
            repository.diff,
            {},
        )


def _plain_tree(root: Path, why: UsageError) -> Tree:
    """All files below the folder. `why` tells what keeps git from listing them."""

    def no_diff() -> str:
        raise UsageError(
            f"There are no changes to read: {why.message}", hint="Name a file: --impact PATH[:LINES]."
        )

    walked = list(walk(root))
    files = [one for one in walked if isinstance(one, str)]
    left_out = Counter(one.reason for one in walked if not isinstance(one, str))
    return Tree(root, files, list, no_diff, left_out)


def _inside(found: Tree, here: Path, path: str) -> str:
    """The path relative to the top. Raises UsageError for one outside or, with the nearest name, one that is not there."""
    place = Path(os.path.normpath(here / path))
    try:
        relative = place.relative_to(found.root).as_posix()
    except ValueError:
        raise UsageError(
            f"{path} is not under {found.root}.", hint="Name files or folders of this tree."
        ) from None
    if not os.path.lexists(place):
        folders = {
            "/".join(parts[:n])
            for one in found.files
            if (parts := one.split("/"))
            for n in range(1, len(parts))
        }
        raise UsageError(
            f"{path} does not exist.", hint=nearest_of(relative, [*found.files, *sorted(folders)])
        )
    return "" if relative == "." else relative


def _chosen(path: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(one in ("", path) or path.startswith(one + "/") for one in wanted)


def _only(answer: Answer, wanted: Sequence[str]) -> Answer:
    files = [one for one in answer.files if _chosen(one.path, wanted)]
    return Answer(files, [one for one in answer.symbols if _chosen(one.symbol.path, wanted)])


def _plain(answer: Answer, *, why: bool) -> dict[str, object]:
    files: list[dict[str, object]] = [
        {"path": one.path, "score": one.score} for one in answer.files[:_AT_LEAST]
    ]
    symbols: list[dict[str, object]] = [
        {
            "path": one.symbol.path, "name": one.symbol.qualified, "kind": one.symbol.kind,
            "line": one.symbol.start_line, "score": one.score,
        }
        for one in answer.symbols[:_AT_LEAST]
    ]  # fmt: skip
    if why:
        for file, chosen in zip(files, answer.files, strict=False):
            file["why"] = list(chosen.why)
        for symbol, picked in zip(symbols, answer.symbols, strict=False):
            symbol["why"] = list(picked.why)
    return {"files": files, "symbols": symbols}


def _text(answer: Answer, tokens: int, why: bool, body: Callable[[Symbol], str]) -> str:
    shown = outline(answer.symbols, tokens=tokens, body=body)
    if not why:
        return shown or "Nothing here fits.\n"
    lines = [f"{one.path}  {one.score:.2f}  {'; '.join(one.why)}" for one in answer.files[:10]]
    lines += [""] + [
        f"{s.symbol.path}:{s.symbol.start_line} {s.symbol.qualified}  {s.score:.2f}  {'; '.join(s.why)}"
        for s in answer.symbols[:20]
    ]
    return "\n".join(lines) + "\n\n" + shown
