"""`flashagent trust`: look at the project's own settings and say that you trust them, in exactly this content."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

from flashagent.cli.config import project_root
from flashagent.cli.parsing import Parser
from flashagent.errors import ExitCode, UsageError
from flashagent.folders import Folders
from flashagent.settings import TrustStore
from flashagent.settings.documents import read_bytes
from flashagent.settings.trust import PROJECT_FILES, content_hash, shown_text, trusted_part
from flashagent.untrusted import sanitize


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent trust",
        description="Trust the project's settings and its instructions to a model (or FILE) in exactly their present content."
        " On a terminal it shows what is new and asks; elsewhere calling it is the answer.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="one file (all that need it)")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--show", action="store_true", help="only show what is trusted and what is not")
    group.add_argument("--revoke", action="store_true", help="trust no longer")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    args = build_parser().parse_args(argv)
    store = TrustStore(Folders.of(environ).config)
    files = _files(Path.cwd(), args.file, revoke=args.revoke)
    if args.revoke:
        return _revoke(store, files)
    if not files:
        print("This project has no file that needs trust.")
        return ExitCode.OK
    if args.show:
        for path, part in files.items():
            _show(store, path, part or b"")
        return ExitCode.OK
    ask = sys.stdin.isatty() and not args.yes
    answers = [_trust(store, path, part or b"", ask=ask) for path, part in files.items()]
    return ExitCode.OK if all(answers) else ExitCode.NOT_FIXED


def _files(cwd: Path, name: str | None, *, revoke: bool) -> dict[Path, bytes | None]:
    """Paths with the bytes that trust is about; None where the file is gone (only asked for to revoke it)."""
    root = project_root(cwd)
    candidates = [cwd / name] if name else [root / file for file in PROJECT_FILES]
    found: dict[Path, bytes | None] = {}
    for path in candidates:
        content = read_bytes(path, follow=False)
        if content is None and name and not revoke:
            raise UsageError(f"{name} does not exist.", hint=f"The project's folder is {root}.")
        part = None if content is None else trusted_part(path, content)
        if part or revoke or name:
            found[path] = part
    return found


def _revoke(store: TrustStore, files: Mapping[Path, bytes | None]) -> int:
    revoked = [path for path in files if store.revoke(path)]
    for path in revoked:
        print(sanitize(f"{path} is no longer trusted."))
    if not revoked:
        print("Nothing of this was trusted.")
    return ExitCode.OK


def _show(store: TrustStore, path: Path, part: bytes) -> None:
    known = store.known(path)
    state = (
        "trusted"
        if store.is_trusted(path, content_hash(part))
        else "changed since you trusted it"
        if known
        else "not trusted"
    )
    print(sanitize(f"{path}: {state}"))
    if state != "trusted":
        print(difference(store, path, part), end="")


def difference(store: TrustStore, path: Path, part: bytes) -> str:
    """What is new since the last trust as a diff, or the whole text at first."""
    known, text = store.known(path), shown_text(path, part)
    if known is None:
        return sanitize("".join(f"  {line}\n" for line in text.splitlines()))
    lines = unified_diff(known.shown.splitlines(), text.splitlines(), "trusted", "now", lineterm="")
    return sanitize("".join(f"  {line}\n" for line in lines))


def _trust(store: TrustStore, path: Path, part: bytes, *, ask: bool) -> bool:
    if store.is_trusted(path, content_hash(part)):
        print(sanitize(f"{path} is trusted."))
        return True
    print(sanitize(f"{path}:"))
    print(difference(store, path, part), end="")
    if ask and input("Trust this content? [y/N] ").strip().lower() not in ("y", "yes"):
        print("Not trusted.")
        return False
    store.record(path, part)
    print(sanitize(f"{path} is trusted, until it changes."))
    return True
