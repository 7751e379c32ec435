"""`flashagent batch`: one job over many places of a repository."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.cli.options import positive_float, positive_int
from flashagent.cli.parsing import Parser
from flashagent.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flashagent.frontends.batch_call import Call
    from flashagent.jobs.batch.spec import BatchSpec


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent batch",
        description="One job over many places of a repository: an agent for each, one verified branch.",
        epilog="Begin with `plan`, which changes nothing; `run` makes a branch beside your own files; `apply`, or git, "
        "brings it into them. Exit status: 0 all is on the branch, 1 some items failed, 130 stopped.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    whole = "work on every item, and bring the results together on a branch"
    for name, summary in (("plan", "show the items and what they would cost"), ("run", whole)):
        one = actions.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
        one.add_argument(
            "file",
            nargs="?",
            metavar="FILE",
            help="the job file (YAML); - reads stdin; @NAME is a ready-made job",
        )
        one.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="fill a blank of the job file"
        )
        _add_job(one)
        _add_common(one)
        if name == "run":
            _add_engine(one)
    resume = actions.add_parser("resume", help="go on with a batch that was stopped")
    retry = actions.add_parser("retry", help="try failed items again")
    retry.add_argument("--failed", action="store_true", help="all that failed or did not fit (the default)")
    apply = actions.add_parser("apply", help="bring a batch's changes into your own files")
    status = actions.add_parser("status", help="show all batches, or one with its items")
    abort = actions.add_parser("abort", help="give a batch up")
    report = actions.add_parser("report", help="write a batch as JUnit XML, SARIF or an HTML page")
    report.add_argument("files", nargs="+", metavar="FILE", help="NAME.xml, NAME.sarif or NAME.html")
    report.add_argument("--batch", default="", metavar="ID", help="the batch (the newest)")
    for one in (resume, retry):
        _add_engine(one)
    for one in (resume, retry, apply, status, abort):
        one.add_argument("batch", nargs="?", default="", metavar="ID", help="the batch (the newest)")
        _add_common(one)
    show = actions.add_parser("show", help="show one item: attempts and patch")
    show.add_argument("item", metavar="ITEM", help="its number")
    show.add_argument("--batch", default="", metavar="ID", help="the batch (the newest)")
    _add_common(show)
    worker = actions.add_parser("worker", help="do items of batches on this machine, for a Dask scheduler")
    worker.add_argument("scheduler", metavar="tcp://HOST:PORT", help="where the scheduler listens")
    worker.add_argument("--threads", type=positive_int, default=4, metavar="N", help="items at once (4)")
    worker.add_argument("--no-sandbox", action="store_true", help="run checks unprotected")
    actions.add_parser("jobs", help="list the ready-made jobs")
    actions.add_parser("schema", help="print the JSON Schema of job files, for your editor")
    return parser


def _add_job(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--instruction",
        metavar="TEXT",
        help="what to do with each item; {{path}}, {{symbol}}, {{message}} are filled in",
    )
    add("--glob", action="append", default=[], metavar="G", help="files (repeatable)")
    add("--grep", action="append", default=[], metavar="RE", help="lines that match")
    add("--lint", action="append", default=[], metavar="CODES", help="places that ruff names")
    add("--symbol", action="append", default=[], metavar="PATTERN", help="definitions, by a wildcard")
    add(
        "--rule",
        metavar="KIND=TEXT",
        help="a rewrite without a model: ruff=CODES, pattern=CODE, regex=PATTERN or python=FILE.py:FUNCTION",
    )
    add("--replace", default="", metavar="TEXT", help="what a pattern or regex rule puts in")
    add("--check", metavar="CMD", help="the command that must pass for each item and at the end")
    add("--group", default="file", metavar="BY", help="file, symbol, folder, package, all, or a number")
    add(
        "--jobs",
        type=positive_int,
        metavar="N",
        help="requests to the model at once, or items where a rule does them (8)",
    )
    add("--squash", action="store_true", help="one commit for all")
    add("--branch", default="", metavar="NAME", help="the branch to make")


def _add_engine(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--engine", choices=("local", "dask"), default="local", help="who does the items (local)")
    add(
        "--scheduler",
        default="",
        metavar="tcp://HOST:PORT",
        help="the Dask scheduler; its workers bring their own keys",
    )
    add("--base-on-workers", action="store_true", help="the workers have the commit already: send no bundle")
    add(
        "--report",
        action="append",
        default=[],
        metavar="FILE",
        help="at the end write NAME.xml (JUnit), NAME.sarif or NAME.html",
    )
    add(
        "--patience",
        type=positive_float,
        default=300.0,
        metavar="S",
        help="seconds to wait for a scheduler that is gone (300)",
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--model", metavar="M", help="the model to ask")
    add("--max-tokens", type=positive_int, metavar="N", help="tokens of the whole batch")
    add("--max-cost", type=positive_float, metavar="X", help="US dollars of the whole batch")
    add("--apply", action="store_true", help="at the end write the changes to your own files too")
    add("--no-sandbox", action="store_true", help="run checks unprotected")
    add("--trust-project", action="store_true", help="trust the project's own settings for this run")
    add("--json", action="store_true", help="for machines: one event a line, or one object")


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.action is None:
        parser.print_help()
        return ExitCode.OK
    if args.action == "jobs":
        from flashagent.compose.readymade import jobs

        for name, what in jobs().items():
            print(f"@{name}: {what}")
        return ExitCode.OK
    if args.action == "schema":
        import json

        from flashagent.compose.jobfile import schema

        print(json.dumps(schema(), indent=2))
        return ExitCode.OK
    from flashagent.frontends import batch, batch_run
    from flashagent.frontends.batch_call import Call

    here = Call(Path.cwd(), environ, sys.stdout, sys.stderr)
    if args.action == "worker":
        alone = replace(here, sandboxed=not args.no_sandbox, scheduler=args.scheduler)
        return batch_run.worker(alone, args.threads)
    if args.action == "report":
        return batch.report(replace(here, reports=_reports(args.files)), args.batch)
    call = _call(args, environ)
    match args.action:
        case "plan":
            return batch.plan(call, _spec(args))
        case "run":
            return batch_run.start(call, _spec(args))
        case "resume" | "retry":
            return batch_run.resume(call, args.batch, retry=args.action == "retry")
        case "status":
            return batch.status(call, args.batch)
        case "show":
            return batch.show(call, args.batch, args.item)
        case "abort":
            return batch.abort(call, args.batch)
        case _:
            return batch.apply(call, args.batch)


def _call(args: argparse.Namespace, environ: Mapping[str, str]) -> Call:
    from flashagent.frontends.batch_call import Call

    settings = {"model_settings.model": args.model, "limits.max_cost": args.max_cost}
    return Call(
        Path.cwd(),
        environ,
        sys.stdout,
        sys.stderr,
        settings,
        not args.no_sandbox,
        args.trust_project,
        args.json,
        args.apply,
        _reports(getattr(args, "report", ())),
        scheduler=_scheduler(args),
        patience_s=getattr(args, "patience", 300.0),
        base_on_workers=getattr(args, "base_on_workers", False),
    )


def _reports(files: Sequence[str]) -> tuple[str, ...]:
    """Names that say their format, looked at before anything runs."""
    from flashagent.frontends.batch_reports.writing import check_report

    return tuple(check_report(file) for file in files)


def _scheduler(args: argparse.Namespace) -> str:
    """The scheduler's address, '' where this process does the work."""
    engine, address = getattr(args, "engine", "local"), getattr(args, "scheduler", "")
    if (engine == "dask") != bool(address):
        raise UsageError("--engine dask and --scheduler tcp://HOST:PORT go together.")
    return str(address)


def _spec(args: argparse.Namespace) -> BatchSpec:
    from flashagent.compose.jobfile import read_job
    from flashagent.compose.readymade import job

    values = _blanks(args.set)
    if args.file is None:
        spec = _from_flags(args)
    else:
        path = Path(args.file)
        try:
            if args.file.startswith("@"):
                return _changed(read_job(job(args.file[1:]), args.file, values), args)
            text = sys.stdin.read() if args.file == "-" else path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The job file {args.file} cannot be read: {getattr(error, 'strerror', None) or error}."
            ) from error
        spec = read_job(text, args.file, values)
    return _changed(spec, args)


def _blanks(given: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise UsageError(f"{name!r} fills no blank.", hint="Write --set NAME=VALUE.")
    return {name: value for name, _, value in pairs}


def _changed(spec: BatchSpec, args: argparse.Namespace) -> BatchSpec:
    """The job with what the command line says beside it."""
    if args.model:
        spec = replace(spec, model=args.model)
    if args.jobs:
        spec = replace(spec, jobs=args.jobs)
    if args.max_tokens:
        spec = replace(spec, total_tokens=args.max_tokens)
    if args.max_cost:
        spec = replace(spec, total_cost=args.max_cost)
    return spec


def _from_flags(args: argparse.Namespace) -> BatchSpec:
    from flashagent.jobs.batch.spec import BatchSpec, Rule, Selector

    select = [
        Selector(kind, text)
        for kind in ("glob", "grep", "lint", "symbol")
        for text in getattr(args, kind)
    ]  # fmt: skip
    if not select or not (args.instruction or args.rule):
        raise UsageError(
            "Say what the batch is about.",
            hint="Give a job file, or --instruction (or --rule) with --glob, --grep, --lint or --symbol.",
        )
    rule = None
    if args.rule:
        kind, _, text = args.rule.partition("=")
        if kind not in ("ruff", "regex", "python", "pattern") or not text:
            raise UsageError(
                f"{args.rule!r} is no rule.",
                hint="Write ruff=CODES, regex=PATTERN, pattern=CODE or python=FILE.py:FUNCTION.",
            )
        rule = Rule(kind, text, args.replace)
    return BatchSpec(
        name="batch", select=tuple(select), instruction=args.instruction or "", group=args.group, item_check=args.check,
        final_check=args.check, rule=rule, squash=args.squash, branch=args.branch,
    )  # fmt: skip
