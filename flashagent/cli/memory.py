"""`flashagent memory`: what is remembered of this repository, and how to change or forget it."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.config import project_root
from flashagent.cli.parsing import Parser
from flashagent.errors import ExitCode, UsageError
from flashagent.folders import Folders
from flashagent.untrusted import sanitize

if TYPE_CHECKING:
    from flashagent.agent.facts import Fact
    from flashagent.compose.facts import FactFile


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent memory",
        description="What is remembered of this repository. It is kept in your own folder, never in the repository.",
        epilog="A model is shown your notes, and of the rest what is most like the failure at hand.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listed = actions.add_parser("list", help="all facts, the oldest first (the default)")
    listed.add_argument("--json", action="store_true", help="one JSON list on stdout")
    told = "its id or the start of it"
    show = actions.add_parser("show", help="one fact whole, with its patch")
    show.add_argument("id", metavar="ID", help=told)
    add = actions.add_parser("add", help="remember a note; every job's model is shown it")
    add.add_argument("text", metavar="TEXT")
    edit = actions.add_parser("edit", help="change the words of a fact")
    edit.add_argument("id", metavar="ID", help=told)
    edit.add_argument("text", nargs="?", metavar="TEXT", help="the new words (opens $VISUAL or $EDITOR)")
    forget = actions.add_parser("forget", help="forget one fact, or all")
    forget.add_argument("id", nargs="?", default="", metavar="ID", help=told)
    forget.add_argument("--all", action="store_true", help="forget all of this repository")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    from flashagent.compose.facts import FactFile

    facts = FactFile(Folders.of(environ).of_repository(project_root(Path.cwd())))
    ACTIONS[args.action or "list"](facts, args, environ)
    return ExitCode.OK


def _list(facts: FactFile, args: argparse.Namespace, environ: Mapping[str, str]) -> None:
    known = facts.known()
    if getattr(args, "json", False):
        print(json.dumps([asdict(fact) for fact in known], indent=2))
        return
    for fact in known:
        print(sanitize(f"{fact.id}  {fact.kind:<8}  {' '.join(fact.text.split())}"))
    if not known:
        print("Nothing is remembered of this repository.")


def _show(facts: FactFile, args: argparse.Namespace, environ: Mapping[str, str]) -> None:
    fact = facts.find(args.id)
    parts = [f"{fact.id}  {fact.kind}  {fact.time[:10]}", fact.text, fact.patch]
    print(sanitize("\n\n".join(part.rstrip("\n") for part in parts if part)))


def _add(facts: FactFile, args: argparse.Namespace, environ: Mapping[str, str]) -> None:
    print(f"Remembered as {facts.add(args.text, datetime.now(UTC).isoformat()).id}.")


def _edit(facts: FactFile, args: argparse.Namespace, environ: Mapping[str, str]) -> None:
    fact = facts.find(args.id)
    text = args.text if args.text is not None else _edited(fact, environ)
    facts.edit(fact.id, text)
    print(f"{fact.id} is changed.")


def _forget(facts: FactFile, args: argparse.Namespace, environ: Mapping[str, str]) -> None:
    if bool(args.id) == args.all:
        raise UsageError("Say which: flashagent memory forget ID, or --all.")
    if args.all:
        print(f"Forgotten: {facts.forget_all()} facts.")
    else:
        print(sanitize(f"Forgotten: {facts.forget(args.id).text}"))


def _edited(fact: Fact, environ: Mapping[str, str]) -> str:
    """The words as the user's editor left them. Raises UsageError when there is no editor or it failed."""
    editor = environ.get("VISUAL") or environ.get("EDITOR")
    if not editor:
        raise UsageError("No editor is set.", hint="Set EDITOR, or give the new text on the command line.")
    descriptor, name = tempfile.mkstemp(suffix=".txt", prefix="flashagent-")
    place = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(fact.text + "\n")
        try:
            done = subprocess.run([*shlex.split(editor), name], env=dict(environ), check=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"The editor {editor} cannot be started: {error}.") from error
        if done.returncode:
            raise UsageError(f"The editor ended with status {done.returncode}; nothing was changed.")
        return place.read_text(encoding="utf-8")
    finally:
        place.unlink(missing_ok=True)


ACTIONS: Mapping[str, Callable[[FactFile, argparse.Namespace, Mapping[str, str]], None]] = {
    "list": _list,
    "show": _show,
    "add": _add,
    "edit": _edit,
    "forget": _forget,
}
