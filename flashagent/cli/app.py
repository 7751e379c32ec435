"""`flashagent` without a command: the terminal app in the current repository."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.options import MODES, mode_setting
from flashagent.cli.parsing import Parser
from flashagent.frontends.tui.splash import DUMB, Splash

if TYPE_CHECKING:
    from flashagent.frontends.app_controller import AppController


class _TrustWaits(Exception):
    """Something of the project needs the user's trust; the question is asked outside of the app."""


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="flashagent", description="Open the terminal app in the current repository.")
    add = parser.add_argument
    add(
        "--plain",
        action="store_true",
        help="line by line, for screen readers; no colours, no cursor movement",
    )
    add("--model", metavar="M", help="the model to ask")
    add("--check", action="append", metavar="CMD", help="the command that must pass (repeat for several)")
    add("--resume", nargs="?", const="last", default="", metavar="ID", help="go on with a session (the last)")
    add("--offline", action="store_true", help="ask no model")
    add("--no-sandbox", action="store_true", help="run checks unprotected (the offline search stays off)")
    add("--mode", choices=MODES, help="what happens without a question (auto: all that stays in the sandbox)")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    return open_app(argv, environ, Splash())


def open_app(argv: list[str], environ: Mapping[str, str], splash: Splash) -> int:
    """The exit code of the app. `splash` may be on the screen already, and is left at the end."""
    options = _parsed(argv, splash)
    from flashagent.errors import UsageError

    plain = options.plain or environ.get("TERM") == DUMB
    if not plain and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The terminal app needs a terminal.",
            hint="--plain reads lines; in a script, use `flashagent fix` or `flashagent do`.",
        )

    def opened(*, ask_trust: bool) -> int:
        controllers: list[AppController] = []

        def build() -> AppController:
            controllers.append(_controller(options, environ, ask_trust=ask_trust))
            return controllers[0]

        code = _run_plain(build) if plain else _run_app(build, splash)
        if controllers and (session := controllers[0].kept_session):
            print(f"To go on with this session: flashagent --resume {session}", file=sys.stderr)
        return code

    try:
        return opened(ask_trust=sys.stdin.isatty())
    except _TrustWaits:
        from flashagent.cli.offer import offer_trust

        offer_trust(Path.cwd(), environ)
        return opened(ask_trust=False)


def _run_plain(build: Callable[[], AppController]) -> int:
    from flashagent.frontends.plain.start import run_plain

    return run_plain(build)


def _run_app(build: Callable[[], AppController], splash: Splash) -> int:
    from flashagent.frontends.tui.start import run_app

    return run_app(build, splash)


def _parsed(argv: list[str], splash: Splash) -> argparse.Namespace:
    said = StringIO()
    try:
        with redirect_stderr(said):
            return build_parser().parse_args(argv)
    except SystemExit:
        splash.leave()  # what is written before would go with it
        sys.stderr.write(said.getvalue())
        raise


def _controller(options: argparse.Namespace, environ: Mapping[str, str], *, ask_trust: bool) -> AppController:
    """Called in a thread, while the app takes its first keys."""
    from flashagent.compose.place import Wishes, open_place
    from flashagent.frontends.app_controller import AppController

    if ask_trust and not options.trust_project and _trust_waits(environ):
        raise _TrustWaits
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
    return AppController(open_place(Path.cwd(), environ, wishes), wishes, options.resume)


def _trust_waits(environ: Mapping[str, str]) -> bool:
    from flashagent.cli.config import project_root
    from flashagent.cli.offer import waiting
    from flashagent.folders import Folders
    from flashagent.settings import TrustStore

    return bool(waiting(project_root(Path.cwd()), environ, TrustStore(Folders.of(environ).config)))
