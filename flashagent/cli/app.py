"""`flashagent` without a command: the terminal app in the current repository."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.options import MODES, mode_setting

if TYPE_CHECKING:
    from flashagent.frontends.app_controller import AppController


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flashagent", description="Open the terminal app in the current repository."
    )
    add = parser.add_argument
    add("--model", metavar="M", help="the model to ask")
    add("--check", action="append", metavar="CMD", help="the command that must pass (repeat for several)")
    add("--offline", action="store_true", help="ask no model")
    add("--no-sandbox", action="store_true", help="run checks unprotected (the offline search stays off)")
    add("--mode", choices=MODES, help="what happens without a question (auto: all that stays in the sandbox)")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    options = build_parser().parse_args(argv)
    from flashagent.errors import UsageError

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The terminal app needs a terminal.", hint="In a script, use `flashagent fix` or `flashagent do`."
        )
    if not options.trust_project:
        from flashagent.cli.offer import offer_trust

        offer_trust(Path.cwd(), environ)
    from flashagent.frontends.tui.start import run_app

    return run_app(lambda: _controller(options, environ))


def _controller(options: argparse.Namespace, environ: Mapping[str, str]) -> AppController:
    from flashagent.compose.house import Wishes, open_place
    from flashagent.frontends.app_controller import AppController

    settings = {
        "model_settings.model": options.model,
        "offline": options.offline or None,
        "mode": mode_setting(options.mode),
    }
    wishes = Wishes(
        settings,
        tuple(options.check or ()),
        not options.no_sandbox,
        options.trust_project,
        full=options.mode == "full",
    )
    return AppController(open_place(Path.cwd(), environ, wishes), wishes)
