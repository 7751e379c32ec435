"""`flashagent approvals`: what you allowed or denied for good in this project, and how to take it back."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.config import project_root
from flashagent.cli.parsing import Parser
from flashagent.errors import ExitCode, UsageError
from flashagent.folders import Folders
from flashagent.untrusted import sanitize

if TYPE_CHECKING:
    from flashagent.agent.approvals import Command
    from flashagent.compose.remembered import ApprovalStore


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent approvals",
        description="Commands that you allowed or denied for good in this project. They are kept in your own folder.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="what is allowed and denied (the default)")
    revoke = actions.add_parser("revoke", help="forget one, or all: it is asked for again")
    revoke.add_argument("number", nargs="?", type=int, metavar="N", help="its number in the list")
    revoke.add_argument("--all", action="store_true", help="forget all of this project")
    deny = actions.add_parser(
        "deny", help="refuse the N-th command of the list from now on, without a question"
    )
    deny.add_argument("number", type=int, metavar="N")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    from flashagent.compose.remembered import ApprovalStore

    store = ApprovalStore(Folders.of(environ).of_repository(project_root(Path.cwd())))
    match args.action:
        case "revoke" if args.all:
            store.revoke_all()
            print("Nothing is allowed or denied for good in this project any more.")
        case "revoke" | "deny":
            _change(store, args.action, args.number)
        case _:
            _list(store)
    return ExitCode.OK


def _list(store: ApprovalStore) -> None:
    from flashagent.agent.approvals import scope_of

    entries = store.listed()
    if not entries:
        print("Nothing is allowed or denied for good in this project.")
        return
    recent = store.recent()
    for number, (kind, command) in enumerate(entries, 1):
        print(sanitize(f"{number:>3}  {kind}  {command}"))
        if kind == "allowed":
            print(f"     {scope_of(command, recent)}")


def _change(store: ApprovalStore, action: str, number: int | None) -> None:
    command = _numbered(store, number)
    if action == "deny":
        store.deny(command)
        print(sanitize(f"Denied from now on: {command}"))
    else:
        store.revoke(command)
        print(sanitize(f"Forgotten, so it is asked for again: {command}"))


def _numbered(store: ApprovalStore, number: int | None) -> Command:
    entries = store.listed()
    if number is None or not 1 <= number <= len(entries):
        raise UsageError(
            f"There is no approval number {number}." if number is not None else "Which approval?",
            hint="`flashagent approvals list` numbers them; --all forgets every one.",
        )
    return entries[number - 1][1]
