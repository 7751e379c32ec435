"""Find out what really protects on this machine: canaries are put out, a command in each back-end goes for them, and
what it reached is looked at from outside. Nobody's word is taken, least of all the kernel version's."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flashagent_sandbox.backends import NAMES, choose_backend, make_backend
from flashagent_sandbox.backends.base import Backend
from flashagent_sandbox.policy import NoSandbox, Request, SandboxError
from flashagent_sandbox.profiles import load_profile

# What each canary proves when it is still untouched.
CANARIES = {
    "write_outside": "files outside of the work tree cannot be written",
    "read_home": "files in the home folder cannot be read",
    "git": "the repository's own settings and hooks cannot be changed",
    "environment": "variables outside of the allow-list cannot be read",
    "network": "servers on this machine cannot be reached",
    "processes": "other processes cannot be signalled",
    "kernel": "mounts, new namespaces and kernel keys are refused",
    "work_tree": "the work tree can be written",
}
_SCRIPT = r"""
import ctypes, json, os, socket, sys
want = json.loads(sys.argv[1])
reached = {}
def attempt(name, action):
    try:
        reached[name] = bool(action())
    except OSError:
        reached[name] = False
def write(path):
    with open(path, "a") as file:
        file.write("x")
    return True
def connect():
    with socket.create_connection(("127.0.0.1", want["port"]), 1):
        return True
def signal():
    with open(f"/proc/{want['pid']}/cmdline", "rb") as file:
        if want["mark"].encode() not in file.read():
            return False
    os.kill(want["pid"], 0)
    return True
def kernel():
    call = ctypes.CDLL(None, use_errno=True)
    return call.unshare(0x10000000) == 0 or call.mount(b"none", b"/", None, 0x44000, None) == 0
attempt("write_outside", lambda: write(want["outside"]))
attempt("read_home", lambda: open(want["secret"]).read())
attempt("git", lambda: write(want["git"]))
attempt("environment", lambda: os.environ.get("FLASHAGENT_CANARY"))
attempt("network", connect)
attempt("processes", signal)
attempt("kernel", kernel)
attempt("work_tree", lambda: write("src/new.txt"))
print(json.dumps(reached))
"""
_MARK = "flashagent-canary"
_PYTHON = "/usr/bin/python3"


@dataclass(frozen=True, slots=True)
class BackendReport:
    """One back-end: `missing` says why it does not work ('' when it does); `held` and `failed` name canaries of
    CANARIES; `gaps` is what it is known not to protect or not to allow."""

    name: str
    description: str
    works: bool
    missing: str = ""
    held: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All back-ends, best first, and the one that is used ('' when commands will be refused)."""

    chosen: str
    backends: tuple[BackendReport, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def text(self) -> str:
        lines = [
            f"Commands run in: {self.chosen}"
            if self.chosen
            else "Commands are refused: no sandbox works here."
        ]
        for report in self.backends:
            lines += [
                "",
                f"{report.name} ({report.description}): {'works' if report.works else report.missing}",
            ]
            lines += [f"  holds   {CANARIES[name]}" for name in report.held]
            lines += [f"  FAILS   {CANARIES[name]}" for name in report.failed]
            lines += [f"  gap     {gap}" for gap in report.gaps]
        return "\n".join([*lines, *(f"\nWarning: {warning}" for warning in self.warnings)])


async def probe(*, environ: Mapping[str, str], names: tuple[str, ...] = NAMES) -> ProbeReport:
    """Try every named back-end with real commands; takes about a second and leaves nothing behind."""
    reports = tuple([await _try(make_backend(name), environ) for name in names])
    try:
        backend = choose_backend()
    except NoSandbox as error:
        return ProbeReport("", reports, (error.message,))
    return ProbeReport(backend.name, reports, backend.warnings)


async def _try(backend: Backend, environ: Mapping[str, str]) -> BackendReport:
    missing = await asyncio.to_thread(backend.missing)
    if missing:
        return BackendReport(backend.name, backend.description, False, missing)
    try:
        reached = await _reached(backend, environ)
    except (SandboxError, ValueError) as error:
        return BackendReport(backend.name, backend.description, False, f"a command could not be run: {error}")
    held = tuple(name for name in CANARIES if reached[name] == (name == "work_tree"))
    failed = tuple(name for name in CANARIES if name not in held)
    return BackendReport(backend.name, backend.description, True, "", held, failed, backend.gaps)


async def _reached(backend: Backend, environ: Mapping[str, str]) -> dict[str, bool]:
    """Which canaries a command got at, by its own account or as seen from outside."""
    from flashagent_sandbox.supervisor import run

    with tempfile.TemporaryDirectory(prefix="flashagent-probe-") as name, _server() as (port, visits):
        folder = Path(name)
        home, root, outside = folder / "home", folder / "home" / "project", folder / "outside.txt"
        (root / ".git").mkdir(parents=True)
        (root / "src").mkdir()
        (root / ".git" / "config").write_text("")
        (home / "secret.txt").write_text("secret")
        outside.write_text("")
        bystander = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", "read x", _MARK, stdin=asyncio.subprocess.PIPE
        )
        want = {
            "outside": str(outside), "secret": str(home / "secret.txt"), "git": str(root / ".git" / "config"),
            "port": port, "pid": bystander.pid, "mark": _MARK,
        }  # fmt: skip
        policy = load_profile(root=root, environ={**environ, "HOME": str(home), "FLASHAGENT_CANARY": "1"})
        policy = replace(policy, limits=replace(policy.limits, wall_s=20.0))
        try:
            completed = await run(
                Request((_PYTHON, "-I", "-c", _SCRIPT, json.dumps(want)), root), policy, backend
            )
        finally:
            bystander.kill()
            await bystander.wait()
        reached: dict[str, bool] = json.loads(
            completed.output.rpartition(b"{")[1] + completed.output.rpartition(b"{")[2]
        )
        # Inside, a private folder may stand at the same path: only what is seen from here counts.
        reached["write_outside"] = outside.stat().st_size > 0
        reached["git"] = (root / ".git" / "config").stat().st_size > 0
        reached["network"] |= bool(visits)
        reached["work_tree"] = (root / "src" / "new.txt").exists()
        return reached


@contextlib.contextmanager
def _server() -> Iterator[tuple[int, list[str]]]:
    """A listener on loopback: its port, and a list that grows with each visit."""
    visits: list[str] = []
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)

        def accept() -> None:
            with contextlib.suppress(BlockingIOError), server.accept()[0]:
                visits.append("visit")

        loop.add_reader(server.fileno(), accept)
        try:
            yield server.getsockname()[1], visits
        finally:
            loop.remove_reader(server.fileno())
