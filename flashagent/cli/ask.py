"""`flashagent ask`: a question about the repository, answered by a model that can look but change nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.options import positive_float, positive_int
from flashagent.cli.parsing import Parser


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent ask",
        description="Ask a question about the repository. The answer is on stdout; nothing is changed.",
    )
    add = parser.add_argument
    add("question", metavar="QUESTION", help="what you want to know; - reads it from stdin")
    add("--show-context", action="store_true", help="print what a model would be shown and why; ask nobody")
    add(
        "--resume", nargs="?", const="last", default="", metavar="ID",
        help="go on with a session: its id or the start of it (the last one)",
    )  # fmt: skip
    add("--model", metavar="M", help="the model to ask")
    add("--max-tokens", type=positive_int, metavar="N", help="tokens in all, prompts and replies (200000)")
    add("--max-cost", type=positive_float, metavar="X", help="US dollars in all")
    add("--no-sandbox", action="store_true", help="search unprotected")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    add("-q", "--quiet", action="store_true", help="only the answer")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = build_parser()
    options = parser.parse_args(argv)
    text = sys.stdin.read() if options.question == "-" else options.question
    if not text.strip():
        parser.error("the question is empty")
    from flashagent.frontends.asking import Question, run_ask, show_context

    settings = {
        "model_settings.model": options.model,
        "limits.tokens": options.max_tokens,
        "limits.max_cost": options.max_cost,
    }
    question = Question(
        text, options.resume, settings, not options.no_sandbox, options.trust_project, -int(options.quiet)
    )
    if options.show_context:
        return show_context(question, Path.cwd(), environ, sys.stdout)
    return run_ask(question, Path.cwd(), environ, sys.stdout, sys.stderr)
