"""`flashagent config`: show every setting with its source, set one in the user's file, tell where that file is and which
endpoints are known."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.parsing import Parser
from flashagent.errors import ExitCode, NotARepository
from flashagent.folders import Folders
from flashagent.settings import CheckSetting, Settings, TrustStore, load
from flashagent.untrusted import MASK, sanitize
from flashagent.workspace.discovery import locate


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="flashagent config", description="Show and set settings.")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    show = actions.add_parser("show", help="each setting, its value and where it comes from")
    show.add_argument("--json", action="store_true", help="one JSON object on stdout")
    change = actions.add_parser("set", help="set one value in your own file")
    change.add_argument("key", metavar="KEY", help="for example limits.tokens")
    change.add_argument("value", metavar="VALUE", help="read as YAML: [a, b] is a list")
    presets = actions.add_parser("presets", help="the endpoints that are known by name")
    presets.add_argument("--json", action="store_true", help="one JSON list on stdout")
    actions.add_parser("path", help="where your own file is")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = build_parser()
    args = parser.parse_args(argv)
    user_dir = Folders.of(environ).config
    match args.action:
        case "show":
            _show(read_settings(Path.cwd(), environ, user_dir), as_json=args.json)
        case "set":
            _set(user_dir, args.key, args.value)
        case "presets":
            _presets(as_json=args.json)
        case None:
            parser.print_help()
        case _:
            from flashagent.settings.gather import USER_FILE

            print(user_dir / USER_FILE)
    return ExitCode.OK


def project_root(cwd: Path) -> Path:
    """The repository around the folder, or the folder itself outside of one."""
    try:
        return locate(cwd).root
    except NotARepository:
        return cwd


def read_settings(cwd: Path, environ: Mapping[str, str], user_dir: Path) -> Settings:
    """The settings of the project around the folder."""
    return load({}, environ, project_root(cwd), user_dir, TrustStore(user_dir))


def _show(settings: Settings, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_plain(settings), indent=2, default=_jsonable))
        return
    width = max(len(row.key) for row in settings.rows)
    for row in settings.rows:
        print(sanitize(f"{row.key:<{width}}  {_words(row.value)}  ({row.source})"))
    for ignored in settings.ignored:
        print(sanitize(f"ignored: {ignored}"), file=sys.stderr)
    if settings.hint:
        print(sanitize(settings.hint), file=sys.stderr)


def _presets(*, as_json: bool) -> None:
    from dataclasses import asdict

    from flashagent.settings.presets import presets

    known = presets().values()
    if as_json:
        print(json.dumps([asdict(one) for one in known], indent=2))
        return
    for one in known:
        print(f"{one.name:<14}  {one.title}")
        print(f"{'':<14}  {one.base_url or f'{one.url_variable}{one.url_path}'}")
        print(f"{'':<14}  key: {one.key_variable or 'none'}" + (f"; model: {one.model}" if one.model else ""))
        for note in one.notes:
            print(f"{'':<14}  {note}")
    print("\nUse one: flashagent config set model_settings.preset NAME, then flashagent doctor.")


def _plain(settings: Settings) -> dict[str, object]:
    return {
        "settings": {row.key: {"value": row.value, "source": row.source} for row in settings.rows},
        "ignored": [
            {"key": item.key, "where": item.where, "reason": item.reason} for item in settings.ignored
        ],
        "hint": settings.hint,
    }


def _jsonable(value: object) -> object:
    if isinstance(value, CheckSetting):
        return {"command": value.command, "name": value.name, "cwd": value.cwd, "kind": value.kind}
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _words(value: object) -> str:
    if value is None or value in ("", (), {}):
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(item.command if isinstance(item, CheckSetting) else str(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(sorted(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _set(user_dir: Path, key: str, value: str) -> None:
    from flashagent.settings.schema import find_key
    from flashagent.settings.write import set_value

    path = set_value(user_dir, key, value)
    found = find_key(key, "config set")
    print(f"{found.name} = {MASK if found.secret else sanitize(value)}  ({path})")
