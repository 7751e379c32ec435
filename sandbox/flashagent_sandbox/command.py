"""`sandbox run` and `sandbox probe` on the command line. Standard library only, usable without flashagent."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import signal
import stat
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flashagent_sandbox.backends import ALL_NAMES, choose_backend
from flashagent_sandbox.policy import (
    CommandNotFound,
    Completed,
    Limits,
    Policy,
    PolicyError,
    Request,
    SandboxError,
)
from flashagent_sandbox.profiles import NAMES, load_profile
from flashagent_sandbox.root import find_root

TIME_UP, REFUSED = 124, 125
_STATUS = {"time": TIME_UP}
# Room for our own last line within what a caller was promised to get at most.
_OWN_WORDS = 512
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def main(argv: list[str], environ: Mapping[str, str]) -> int:
    """The exit status: the command's own, 128+N on a signal, 124 time, 125 refused or failed, 126/127 as `env`."""
    options = _parser().parse_args(argv)
    try:
        if options.action == "probe":
            return _probe(options, environ)
        return _run(options, environ)
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


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="flashagent sandbox", description="Run commands where they can do no harm.")
    actions = parser.add_subparsers(dest="action", required=True, parser_class=_Parser)
    run = actions.add_parser("run", help="run one command in the sandbox")
    run.add_argument("--profile", choices=NAMES, default="default")
    run.add_argument("--backend", choices=ALL_NAMES, default="")
    run.add_argument("--network", choices=["off"], default="off")
    run.add_argument("--memory", type=_bytes, metavar="SIZE", help="for all processes together, such as 2G")
    run.add_argument("--time", type=float, metavar="SECONDS")
    run.add_argument("command", nargs="+", metavar="-- COMMAND")
    probe = actions.add_parser("probe", help="try every way to protect, and say what each one does")
    probe.add_argument("--json", action="store_true")
    return parser


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 512M or 2G")
    return int(match[1]) * _UNITS[match[2].upper()]


# ---- run


def _run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    cwd = Path.cwd()
    policy = load_profile(options.profile, root=find_root(cwd), environ=environ)
    policy = replace(policy, limits=_limits(policy.limits, options))
    backend = choose_backend(options.backend or policy.backend or None)
    for warning in backend.warnings:
        print(f"flashagent: using {backend.name}; {warning}", file=sys.stderr)
    if not backend.protects:
        print("flashagent: NO SANDBOX: this command runs with all your rights.", file=sys.stderr)
    request = Request(argv=tuple(options.command), cwd=cwd, stdin_fd=_standard_input())
    completed = asyncio.run(_until_signal(request, policy, backend))
    if isinstance(completed, int):
        return 128 + completed
    return _report(completed, policy.limits)


def _limits(limits: Limits, options: argparse.Namespace) -> Limits:
    changed = replace(limits, output_bytes=limits.output_bytes - _OWN_WORDS)
    if options.memory:
        changed = replace(changed, memory_bytes=options.memory)
    if options.time is not None:
        if not options.time > 0:
            raise PolicyError("--time must be more than 0 seconds.")
        changed = replace(changed, wall_s=options.time, cpu_s=max(2 * options.time, 1))
    return changed


async def _until_signal(request: Request, policy: Policy, backend: object) -> Completed | int:
    """The result, or the number of the signal that ended it."""
    from flashagent_sandbox.backends.base import Backend
    from flashagent_sandbox.supervisor import run

    assert isinstance(backend, Backend)
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(
        run(
            request,
            policy,
            backend,
            on_output=_writer(sys.stdout.fileno()),
            on_error=_writer(sys.stderr.fileno()),
        )
    )
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError as error:
        for note in getattr(error, "__notes__", ()):
            print(f"flashagent: {note}", file=sys.stderr)
        if received:
            return received[0]
        raise


class _writer:  # noqa: N801  (a callable, used as a function)
    """Writes to a descriptor until nobody listens."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._closed = False

    def __call__(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self._closed:
            try:
                view = view[os.write(self._descriptor, view) :]
            except BlockingIOError:
                import select

                select.select([], [self._descriptor], [])
            except OSError:
                self._closed = True


def _report(completed: Completed, limits: Limits) -> int:
    for note in completed.notes:
        print(f"flashagent: {note}", file=sys.stderr)
    if completed.limit:
        print(f"flashagent: ended at the {_limit_words(completed.limit, limits)}.", file=sys.stderr)
    return _STATUS.get(completed.limit, completed.exit_code)


def _limit_words(limit: str, limits: Limits) -> str:
    return {
        "time": f"time limit of {limits.wall_s:g} s",
        "memory": f"memory limit of {limits.memory_bytes >> 20} MiB",
        "output": "output limit",
        "processes": f"limit of {limits.processes} processes",
        "disk": "limit on disk space",
    }[limit]


def _standard_input() -> int | None:
    """A descriptor that is safe to hand over: a pipe as it is, a file through a pipe (its own descriptor could be
    opened again for writing), nothing for a terminal."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return None
    if stat.S_ISFIFO(mode):
        return 0
    if stat.S_ISREG(mode) or stat.S_ISSOCK(mode):
        return _through_a_pipe()
    return None


def _through_a_pipe() -> int:
    read_end, write_end = os.pipe()

    def copy() -> None:
        with contextlib.suppress(OSError), os.fdopen(write_end, "wb", buffering=0) as target:
            while data := os.read(0, 1 << 16):
                target.write(data)

    threading.Thread(target=copy, name="standard-input", daemon=True).start()
    return read_end


# ---- probe


def _probe(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    import json
    from dataclasses import asdict

    from flashagent_sandbox.probe import probe

    report = asyncio.run(probe(environ=environ))
    print(json.dumps(asdict(report), indent=2) if options.json else report.text())
    return 0 if report.chosen else REFUSED
