"""`sandbox run`, `explain`, `probe` and `audit` on the command line; usable without flashagent."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flashagent_sandbox.backends import ALL_NAMES, choose_backend
from flashagent_sandbox.backends.base import Backend
from flashagent_sandbox.policy import (
    CommandNotFound,
    Limits,
    Policy,
    PolicyError,
    Request,
    SandboxError,
)
from flashagent_sandbox.profiles import NAMES, load_profile
from flashagent_sandbox.root import find_root

REFUSED, NO_ACTION = 125, 2
# Room for our own last line within what a caller was promised to get at most.
_OWN_WORDS = 512
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def main(argv: list[str], environ: Mapping[str, str]) -> int:
    """The exit status: the command's own, 128+N on a signal, 124 time, 125 refused or failed, 126/127 as `env`."""
    options = build_parser().parse_args(argv)
    try:
        match options.action:
            case "run":
                return _run(options, environ)
            case "explain":
                return _explain(options, environ)
            case "probe":
                return _probe(options, environ)
            case "audit":
                return _audit(options)
        build_parser().print_help(sys.stderr)
        return NO_ACTION
    except CommandNotFound as error:
        return _say(error, error.exit_code)
    except SandboxError as error:
        return _say(error, REFUSED)


def _say(error: SandboxError, status: int) -> int:
    print(f"flashagent: {error}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    """Wrong arguments are flashagent's refusal, not the command's status."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(REFUSED, f"{self.prog}: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="flashagent sandbox", description="Run commands where they can do no harm.")
    actions = parser.add_subparsers(dest="action", parser_class=_Parser)
    run = actions.add_parser("run", help="run one command in the sandbox")
    _add_policy(run)
    run.add_argument(
        "--audit", type=Path, metavar="FILE", help="add what was run and how it ended to this log"
    )
    run.add_argument("command", nargs="+", metavar="-- COMMAND")
    explain = actions.add_parser("explain", help="show what a command would be allowed, without running it")
    _add_policy(explain)
    explain.add_argument("--json", action="store_true")
    explain.add_argument("command", nargs="+", metavar="-- COMMAND")
    probe = actions.add_parser("probe", help="try every way to protect, and say what each one does")
    probe.add_argument("--json", action="store_true")
    check = actions.add_parser("audit", help="check a log that `run --audit` wrote")
    check.add_argument("file", type=Path)
    check.add_argument("--json", action="store_true", help="print the entries, one a line")
    return parser


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", choices=NAMES, default="default")
    parser.add_argument("--backend", choices=ALL_NAMES, default="")
    parser.add_argument(
        "--network", type=_network, metavar="off|allow:HOST,...",
        help="'registries' among the hosts means those of your own pip, npm, cargo and go",
    )  # fmt: skip
    parser.add_argument(
        "--memory", type=_bytes, metavar="SIZE", help="for all processes together, such as 2G"
    )
    parser.add_argument("--time", type=float, metavar="SECONDS")


def _network(text: str) -> str:
    """'off', or the hosts with commas between them."""
    if text == "off":
        return text
    hosts = text.removeprefix("allow:")
    if hosts == text or not all(hosts.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} is neither off nor allow:HOST,...")
    return hosts


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 512M or 2G")
    return int(match[1]) * _UNITS[match[2].upper()]


# ---- run and explain


def _policy(options: argparse.Namespace, environ: Mapping[str, str]) -> Policy:
    policy = load_profile(options.profile, root=find_root(Path.cwd()), environ=environ)
    policy = replace(policy, limits=_limits(policy.limits, options))
    if options.network == "off":
        return replace(policy, network="off")
    if options.network:
        return replace(policy, network="allow", network_allow=tuple(options.network.split(",")))
    return policy


def _backend(options: argparse.Namespace, policy: Policy) -> Backend:
    """The one to use, with everything said that a person should know about it."""
    backend = choose_backend(options.backend or policy.backend or None)
    for warning in backend.warnings:
        print(f"flashagent: using {backend.name}; {warning}", file=sys.stderr)
    return backend


def _run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    policy = _policy(options, environ)
    backend = _backend(options, policy)
    if not backend.protects:
        print("flashagent: NO SANDBOX: this command runs with all your rights.", file=sys.stderr)
    from flashagent_sandbox.command_run import run_command

    limits = replace(policy.limits, output_bytes=policy.limits.output_bytes - _OWN_WORDS)
    return run_command(tuple(options.command), replace(policy, limits=limits), backend, options.audit)


def _explain(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from flashagent_sandbox.explain import explain

    policy = _policy(options, environ)
    told = explain(Request(tuple(options.command), Path.cwd()), policy, _backend(options, policy))
    print(json.dumps(told.data(), indent=2) if options.json else told.text())
    return 0


def _limits(limits: Limits, options: argparse.Namespace) -> Limits:
    changed = replace(limits, memory_bytes=options.memory or limits.memory_bytes)
    if options.time is not None:
        if not options.time > 0:
            raise PolicyError("--time must be more than 0 seconds.")
        changed = replace(changed, wall_s=options.time, cpu_s=max(2 * options.time, 1))
    return changed


# ---- audit


def _audit(options: argparse.Namespace) -> int:
    """0 for a whole chain, 1 for a broken one."""
    from flashagent_sandbox.audit import read, verify

    verdict = verify(options.file)
    if not verdict.intact:
        print(f"flashagent: {options.file}: line {verdict.line} {verdict.problem}; "
              f"{verdict.entries} entries before it are intact.", file=sys.stderr)  # fmt: skip
        return 1
    if options.json:
        for entry in read(options.file):
            print(json.dumps(entry))
    else:
        print(f"{verdict.entries} entries, all intact. Last: {verdict.head}")
    return 0


# ---- probe


def _probe(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from dataclasses import asdict

    from flashagent_sandbox.probe import probe

    report = asyncio.run(probe(environ=environ))
    print(json.dumps(asdict(report), indent=2) if options.json else report.text())
    return 0 if report.chosen else REFUSED
