"""What several commands ask for in the same words: the options of a job, and how they become values."""

from __future__ import annotations

import argparse

EFFORTS = ("low", "medium", "high")
MODES = ("read-only", "ask", "auto", "full")


def mode_setting(mode: str | None) -> str | None:
    """The mode as a setting; `full` is none, since only this option can choose it."""
    return None if mode == "full" else mode


def positive_int(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def positive_float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be a number above 0")
    return value


def add_job_options(parser: argparse.ArgumentParser, *, searches: bool = True) -> None:
    """The options that `fix` and `do` share. Those of the offline search are told only where it `searches`."""
    add = parser.add_argument

    def of_search(told: str) -> str:
        return told if searches else argparse.SUPPRESS

    add(
        "goal",
        nargs="?",
        default="",
        metavar="GOAL",
        help="what to reach, in words; - reads a failure log from stdin",
    )
    add("paths", nargs="*", metavar="PATHS", help="after --: files or folders to look at first")
    add("--check", action="append", metavar="CMD", help="the command that must pass (repeat for several)")
    add("--model", metavar="M", help="the model to ask")
    add("--effort", choices=EFFORTS, help="how hard the model should think (as the situation needs)")
    add("--offline", action="store_true", help=of_search("ask no model: quick fixes and search only"))
    add("--max-attempts", type=positive_int, metavar="N", help="attempts of the model (3)")
    add("--max-requests", type=positive_int, metavar="N", help="requests to the model (30)")
    add("--max-tokens", type=positive_int, metavar="N", help="tokens in all, prompts and replies (200000)")
    add("--max-cost", type=positive_float, metavar="X", help="US dollars in all")
    add("--timeout", type=positive_float, metavar="S", help="seconds for the whole job (900)")
    add(
        "--search-time",
        type=positive_float,
        metavar="S",
        help=of_search("seconds for the offline search (60)"),
    )
    add(
        "--test-timeout",
        type=positive_float,
        metavar="S",
        help="seconds for one test of pytest or unittest on its first run; later ten times what it took (120)",
    )
    add(
        "--candidates",
        type=positive_int,
        metavar="K",
        help="patches to ask for at once; the first green one is kept (1)",
    )
    add(
        "--docs",
        action="append",
        metavar="FILE",
        help="a text that stays in the model's view (repeat for several)",
    )
    add(
        "--resume",
        nargs="?",
        const="last",
        default="",
        metavar="ID",
        help="go on with a job that did not get there: its session or the start of it (the last one)",
    )
    add(
        "--all-candidates",
        action="store_true",
        help=of_search("list every patch that the offline search found"),
    )
    add(
        "--explain",
        action="store_true",
        help=of_search("say which lines the offline search suspected, and what it tried"),
    )
    add("--dry-run", action="store_true", help="show the patch, write nothing")
    add("--commit", action="store_true", help="commit the fix")
    add("--tests-may-change", action="store_true", help="the goal asks for changed tests")
    add("--fresh", action="store_true", help="run checks also where their result on this very state is known")
    add("--no-sandbox", action="store_true", help="run checks unprotected (the offline search stays off)")
    add("--mode", choices=MODES, help="what happens without a question (auto: all that stays in the sandbox)")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    add(
        "--record",
        default="",
        metavar="FILE",
        help="keep the whole run on a new file, secrets masked: `flashagent replay`",
    )
    add("--json", action="store_true", help="one event a line on stdout")
    add("-q", "--quiet", action="count", default=0, help="only the result")
    add(
        "-v",
        "--verbose",
        action="store_const",
        const=1,
        default=0,
        help="also what the tools and commands print",
    )
