"""`flashagent map`: show the files and symbols that matter for a text, or the tree's main definitions without one."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flashagent.cli.options import positive_int
from flashagent.errors import ExitCode, NotARepository, UsageError, WorkspaceError
from flashagent.folders import Folders
from flashagent.repomap.history import LOG_ARGUMENTS, MAX_COMMITS, PastCommit, parse_log
from flashagent.repomap.render import outline
from flashagent.repomap.repo_map import RepoMap
from flashagent.untrusted import sanitize
from flashagent.values import FocusQuery, RankedFile, RankedSymbol
from flashagent.workspace.files import walk
from flashagent.workspace.git import Repository

_AT_LEAST = 200
_MAX_QUERY_CHARACTERS = 1_000_000
_HISTORY_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the map says, best first."""

    files: Sequence[RankedFile]
    symbols: Sequence[RankedSymbol]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flashagent map", description="Show the files and symbols that matter for a text."
    )
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATHS", help="only these files and folders")
    add("--query", metavar="TEXT", default="", help="an issue, an error, a goal; - reads it from stdin")
    add("--tokens", type=positive_int, default=1000, metavar="N", help="how much to show (1000)")
    add("--json", action="store_true", help="one JSON object on stdout")
    add("--why", action="store_true", help="say why each was chosen")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    text = sys.stdin.read(_MAX_QUERY_CHARACTERS) if args.query == "-" else args.query
    here = Path.cwd()
    root, files, history = _tree(here, environ)
    wanted = [_inside(root, here, path) for path in args.paths]
    with RepoMap.open(
        root, files, Folders.of(environ).cache / "maps", history=history, processes=os.cpu_count() or 1
    ) as tree:
        stats = tree.refresh()
        query = FocusQuery(text=text)
        if text.strip():
            answer = Answer(tree.rank_files(query, limit=len(files)), tree.rank(query, limit=10 * _AT_LEAST))
        else:
            answer = Answer(*tree.overview(limit=10 * _AT_LEAST))
    answer = _only(answer, wanted)
    if args.json:
        print(json.dumps(_plain(answer, why=args.why)))
        return ExitCode.OK
    if stats.in_memory:
        print(
            f"flashagent: the cache cannot be used ({stats.in_memory}); the map was built in memory.",
            file=sys.stderr,
        )
    sys.stdout.write(sanitize(_text(answer, args.tokens, args.why)))
    return ExitCode.OK


def _tree(here: Path, environ: Mapping[str, str]) -> tuple[Path, list[str], list[PastCommit]]:
    """(root, files, past commits) of the repository around the folder, or of the folder itself outside git."""
    try:
        repository = Repository.open(here, environ=environ)
    except NotARepository:
        return here, [path for path in walk(here) if isinstance(path, str)], []
    with repository:
        return Path(repository.root), list(repository.files()), _history(repository)


def _history(repository: Repository) -> list[PastCommit]:
    """The last commits; none in a repository without any, or when git does not answer in time."""
    try:
        output = repository.calls.run(
            *LOG_ARGUMENTS, f"--max-count={MAX_COMMITS}", timeout_s=_HISTORY_TIMEOUT_S
        )
    except WorkspaceError:
        return []
    return parse_log(output.decode("utf-8", "replace"))


def _inside(root: Path, here: Path, path: str) -> str:
    place = Path(os.path.normpath(here / path))
    try:
        relative = place.relative_to(root).as_posix()
    except ValueError:
        raise UsageError(f"{path} is not under {root}.", hint="Name files or folders of this tree.") from None
    return "" if relative == "." else relative


def _only(answer: Answer, wanted: Sequence[str]) -> Answer:
    if not wanted or "" in wanted:
        return answer

    def inside(path: str) -> bool:
        return any(path == one or path.startswith(one + "/") for one in wanted)

    files = [one for one in answer.files if inside(one.path)]
    return Answer(files, [one for one in answer.symbols if inside(one.symbol.path)])


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


def _text(answer: Answer, tokens: int, why: bool) -> str:
    shown = outline(answer.symbols, tokens=tokens)
    if not why:
        return shown or "Nothing here fits.\n"
    lines = [f"{one.path}  {one.score:.2f}  {'; '.join(one.why)}" for one in answer.files[:10]]
    lines += [""] + [
        f"{s.symbol.path}:{s.symbol.start_line} {s.symbol.qualified}  {s.score:.2f}  {'; '.join(s.why)}"
        for s in answer.symbols[:20]
    ]
    return "\n".join(lines) + "\n\n" + shown
