"""`flashagent sessions`: list, show, search, fork, compact and export what was recorded. `audit` proves that the log of a session is whole,
and prints it."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flashagent.cli.config import project_root
from flashagent.cli.options import positive_int
from flashagent.cli.parsing import Parser
from flashagent.errors import ExitCode, UsageError
from flashagent.folders import Folders
from flashagent.frontends.session_text import as_json, as_markdown, as_text, summary_line
from flashagent.frontends.sessions import FOLDER, archive_at, find_session
from flashagent.untrusted import sanitize


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="flashagent sessions", description="Look back at sessions.")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    told = "its id or the start of it (the last)"
    listed = actions.add_parser("list", help="the sessions of this project, the newest first")
    listed.add_argument("--json", action="store_true", help="one JSON list on stdout")
    show = actions.add_parser("show", help="tell what was said and done in a session")
    show.add_argument("session", nargs="?", default="", metavar="ID", help=told)
    show.add_argument("--json", action="store_true", help="its events as one JSON object on stdout")
    search = actions.add_parser("search", help="find a text in all sessions of this project")
    search.add_argument("text", metavar="TEXT", help="upper and lower case count the same")
    search.add_argument("--json", action="store_true", help="one JSON list on stdout")
    fork = actions.add_parser("fork", help="begin a new session as another one began; prints its id")
    fork.add_argument("session", nargs="?", default="", metavar="ID", help=told)
    fork.add_argument("--turn", type=positive_int, metavar="N", help="up to the end of this turn (the last)")
    shorter = actions.add_parser(
        "compact", help="shorten what a model is sent when a session is gone on with"
    )
    shorter.add_argument("session", nargs="?", default="", metavar="ID", help=told)
    export = actions.add_parser("export", help="a session as one Markdown or JSON file")
    export.add_argument("session", nargs="?", default="", metavar="ID", help=told)
    export.add_argument("--json", action="store_true", help="its events as JSON instead of Markdown")
    export.add_argument("-o", "--output", metavar="FILE", help="a new file (stdout)")
    audit = actions.add_parser(
        "audit", help="verify and print the commands, approvals and files of a session"
    )
    audit.add_argument("session", nargs="?", default="", metavar="ID", help=told)
    audit.add_argument("--json", action="store_true", help="one entry a line on stdout")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = build_parser()
    args = parser.parse_args(argv)
    action = ACTIONS.get(args.action or "")
    if action is None:
        parser.print_help()
        return ExitCode.OK
    return action(args, environ)


def _audit(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """1 when the log was changed: the entries before the first bad line are printed all the same."""
    from flashagent.compose.auditing import FOLDER, read_audit

    folder = Folders.of(environ).of_repository(project_root(Path.cwd())) / FOLDER
    path = find_session(folder, args.session)
    found = read_audit(path)
    for entry in found.entries:
        print(json.dumps(entry) if args.json else sanitize(audit_line(entry)))
    if found.problem:
        print(sanitize(f"{path}: {found.problem}; what comes from there on proves nothing."), file=sys.stderr)
        return ExitCode.NOT_FIXED
    print(sanitize(f"{path}: intact, {len(found.entries)} entries."), file=sys.stderr)
    return ExitCode.OK


def _list(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with archive_at(Path.cwd(), environ) as archive:
        found = archive.summaries()
    if args.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        print("\n".join(map(summary_line, found)) or "There is no session of this project yet.")
    return ExitCode.OK


def _show(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with archive_at(Path.cwd(), environ) as archive:
        told = archive.read(args.session)
    sys.stdout.write(as_json(told) if args.json else as_text(told))
    return ExitCode.OK


def _search(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """1 when nothing was found, as grep has it."""
    with archive_at(Path.cwd(), environ) as archive:
        hits = archive.search(args.text)
    if args.json:
        print(json.dumps([asdict(hit) for hit in hits], indent=2))
    else:
        sys.stdout.writelines(
            f"{hit.session}  {hit.seq:>4}  {hit.event:<16}  {hit.excerpt}\n" for hit in hits
        )
    return ExitCode.OK if hits else ExitCode.NOT_FIXED


def _fork(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from flashagent.compose.clock import SystemClock
    from flashagent.compose.place import new_session_id
    from flashagent.frontends.app_sessions import fork, read_lines, turns_of

    folder = Folders.of(environ).of_repository(project_root(Path.cwd())) / FOLDER
    lines = read_lines(find_session(folder, args.session))
    session = new_session_id(SystemClock())
    fork(lines, args.turn or len(turns_of(lines)), session, folder / f"{session}.jsonl")
    print(session)
    return ExitCode.OK


def _compact(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from flashagent.frontends.compacting import compact_record

    folder = Folders.of(environ).of_repository(project_root(Path.cwd())) / FOLDER
    done = compact_record(find_session(folder, args.session))
    print(f"About {done.tokens_before:,} tokens are {done.tokens_after:,} now.")
    return ExitCode.OK


def _export(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with archive_at(Path.cwd(), environ) as archive:
        told = archive.read(args.session)
    text = as_json(told) if args.json else as_markdown(told)
    if args.output is None:
        sys.stdout.write(text)
        return ExitCode.OK
    try:
        with Path(args.output).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        hint = "Choose another name; nothing was written."
        raise UsageError(f"{args.output}: {error.strerror}.", hint=hint) from error
    return ExitCode.OK


def audit_line(entry: Mapping[str, Any]) -> str:
    """One entry for a person: when, what, and how it ended."""
    when = datetime.fromtimestamp(float(entry["at"]), UTC).strftime("%Y-%m-%d %H:%M:%S")
    kind = str(entry["type"])
    own = ("at", "type", "previous", "hash", "torn")
    facts = {name: value for name, value in entry.items() if name not in own}
    said = _command_words(facts) if kind == "command" else _plain_words(facts)
    return f"{when}  {kind:<8}  {said}"


def _command_words(facts: Mapping[str, Any]) -> str:
    policy = facts.get("policy", {})
    where = f"{policy.get('sandbox', '?')}, {policy.get('profile', '?')}" + (
        ", read-only" if policy.get("read_only") else ""
    )
    if "ended" in facts:
        ended = f"ended by {facts['ended']}"
    else:
        limit = f", limit {facts['limit']}" if facts.get("limit") else ""
        ended = f"exit {facts.get('exit')} after {facts.get('seconds')} s{limit}"
    argv = [_on_one_line(str(word)) for word in facts.get("argv", [])]
    return f"{shlex.join(argv)}  [{where}]  {ended}"


def _on_one_line(word: str) -> str:
    """A script that was passed as one word is shown by its beginning; `--json` has it whole."""
    first, _, rest = word.partition("\n")
    return f"{first}…" if rest else word


def _plain_words(facts: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {shlex.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in facts.items()
        if value not in ("", [])
    )


ACTIONS: Mapping[str, Callable[[argparse.Namespace, Mapping[str, str]], int]] = {
    "list": _list,
    "show": _show,
    "search": _search,
    "fork": _fork,
    "compact": _compact,
    "export": _export,
    "audit": _audit,
}
