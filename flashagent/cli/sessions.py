"""`flashagent sessions`: look back at sessions. `audit` proves that the log of one is whole, and prints it."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flashagent.cli.config import project_root
from flashagent.errors import ExitCode, UsageError
from flashagent.folders import Folders
from flashagent.untrusted import sanitize


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flashagent sessions", description="Look back at sessions.")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    audit = actions.add_parser(
        "audit", help="verify and print the commands, approvals and files of a session"
    )
    audit.add_argument(
        "session", nargs="?", default="", metavar="ID", help="its id or the start of it (the last)"
    )
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
    path = _chosen(folder, args.session)
    found = read_audit(path)
    for entry in found.entries:
        print(json.dumps(entry) if args.json else sanitize(audit_line(entry)))
    if found.problem:
        print(sanitize(f"{path}: {found.problem}; what comes from there on proves nothing."), file=sys.stderr)
        return ExitCode.NOT_FIXED
    print(sanitize(f"{path}: intact, {len(found.entries)} entries."), file=sys.stderr)
    return ExitCode.OK


def _chosen(folder: Path, name: str) -> Path:
    """The audit of the session whose id begins so; the last one for ''. Raises UsageError for none or several."""
    known = sorted(folder.glob("*.jsonl"))
    found = [path for path in known if path.stem.startswith(name)]
    if not found:
        what = f"There is no session {name}." if name else "There is no session of this project yet."
        raise UsageError(what, hint=f"Audits lie in {folder}.")
    if name and len(found) > 1:
        raise UsageError(f"{len(found)} sessions begin with {name}.", hint=f"The first is {found[0].stem}.")
    return found[-1]


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
    return f"{shlex.join(map(str, facts.get('argv', [])))}  [{where}]  {ended}"


def _plain_words(facts: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {shlex.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in facts.items()
        if value not in ("", [])
    )


ACTIONS: Mapping[str, Callable[[argparse.Namespace, Mapping[str, str]], int]] = {"audit": _audit}
