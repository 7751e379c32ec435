"""From the options of `fix` and `do` to one job, and from its outcome to an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.options import mode_setting


def run_job(
    parser: argparse.ArgumentParser, argv: list[str], environ: Mapping[str, str], *, change: bool
) -> int:
    options, paths = parse(parser, argv)
    if not (options.trust_project or options.json or options.goal == "-"):
        from flashagent.cli.offer import offer_trust

        offer_trust(Path.cwd(), environ)
    from flashagent.frontends.oneshot import OneShot, run_oneshot

    wish = OneShot(
        goal="" if options.goal == "-" else options.goal,
        log=sys.stdin.read() if options.goal == "-" else "",
        paths=paths,
        change=change,
        settings=settings_of(options),
        checks=tuple(options.check or ()),
        dry_run=options.dry_run,
        candidates=options.candidates or 1,
        docs=tuple(options.docs or ()),
        resume=options.resume,
        effort=options.effort,
        bisect=getattr(options, "bisect", None),
        fresh=options.fresh,
        tests_may_change=options.tests_may_change,
        all_candidates=options.all_candidates,
        explain=options.explain,
        sandboxed=not options.no_sandbox,
        trust_project=options.trust_project,
        full=options.mode == "full",
        record=options.record,
        json=options.json,
        verbosity=options.verbose - options.quiet,
    )
    return run_oneshot(wish, Path.cwd(), environ, sys.stdout, sys.stderr)


def parse(parser: argparse.ArgumentParser, argv: list[str]) -> tuple[argparse.Namespace, tuple[str, ...]]:
    """The options, and what stands after `--`: argparse alone would take the first path for the goal."""
    head, separator, tail = _split(argv)
    options = parser.parse_args(head)
    if parser.prog.endswith(" do") and not options.goal:
        parser.error("say what to do: flashagent do GOAL")
    if options.paths:
        parser.error("put the goal in quotes, and paths after --")
    return options, tuple(tail) if separator else ()


def settings_of(options: argparse.Namespace) -> dict[str, object]:
    """The options that are settings under another name; None for what was not given."""
    return {
        "model_settings.model": options.model,
        "limits.attempts": options.max_attempts,
        "limits.requests": options.max_requests,
        "limits.tokens": options.max_tokens,
        "limits.max_cost": options.max_cost,
        "limits.minutes": options.timeout / 60 if options.timeout else None,
        "limits.search_seconds": options.search_time,
        "limits.test_seconds": options.test_timeout,
        "offline": options.offline or None,
        "commit": options.commit or None,
        "mode": mode_setting(options.mode),
    }


def _split(argv: list[str]) -> tuple[list[str], bool, list[str]]:
    if "--" not in argv:
        return argv, False, []
    at = argv.index("--")
    return argv[:at], True, argv[at + 1 :]
