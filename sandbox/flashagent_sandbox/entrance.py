"""What a command needs on its way in beyond a launcher: its own terminal, and the gate to the allowed hosts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flashagent_sandbox.backends.base import Backend
from flashagent_sandbox.network.gate import Gate
from flashagent_sandbox.policy import Policy, PolicyError, Request
from flashagent_sandbox.terminal import Terminal

_ENTER = Path(__file__).resolve().parent / "inside" / "enter.py"
_SYSTEM_PYTHON = "/usr/bin/python3"
_SOCKET_FOLDER = "/tmp"  # short, since the name of a socket has room for 107 bytes only


@dataclass(frozen=True, slots=True)
class Way:
    """The open gate and the path of its socket."""

    gate: Gate
    socket: Path

    def notes(self) -> tuple[str, ...]:
        return tuple(
            f"Refused a connection to {host}: {why}." for host, why in sorted(self.gate.refusals.items())
        )


@contextlib.asynccontextmanager
async def open_way(policy: Policy, backend: Backend, gate: Gate | None) -> AsyncIterator[Way | None]:
    """The way out that the policy grants, open until the block ends; None when it grants none. Raises PolicyError when
    the back-end could not keep a command to it."""
    if policy.network != "allow":
        yield None
        return
    if not backend.has_network_namespace:
        raise PolicyError(
            f"The sandbox back-end {backend.name} cannot hold commands to a list of hosts.",
            hint="Install bubblewrap, or leave the network off.",
        )
    gate = gate or Gate(await asyncio.to_thread(backend.host_rules, policy))
    folder = tempfile.mkdtemp(
        prefix="flashagent-", dir=_SOCKET_FOLDER if os.access(_SOCKET_FOLDER, os.W_OK) else None
    )
    try:
        way = Way(gate, Path(os.path.realpath(folder)) / "gate")
        await gate.open(str(way.socket))
        try:
            yield way
        finally:
            await gate.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def entering(
    request: Request, way: Way | None, terminal: Terminal | None, pipes: Sequence[int] = (-1, -1)
) -> Request:
    """The request with what must run first inside put before its command. `pipes` are descriptors for standard output
    and error, -1 for those that stay as the launcher got them."""
    if way is None and terminal is None:
        return request
    python, binds = _interpreter()
    first = (
        python, "-I", "-S", "-c", _ENTER.read_text(encoding="utf-8"), str(pipes[0]), str(pipes[1]),
        "1" if terminal else "0", str(way.socket) if way else "", "--",
    )  # fmt: skip
    return replace(
        request,
        argv=(*first, *request.argv),
        binds=(*request.binds, *binds, *((way.socket,) if way else ())),
        pass_fds=(*request.pass_fds, *(number for number in pipes if number >= 0)),
    )


def _interpreter() -> tuple[str, tuple[Path, ...]]:
    """A Python that is there inside, and what must be shown for it."""
    if os.access(_SYSTEM_PYTHON, os.X_OK):
        return _SYSTEM_PYTHON, ()
    own = getattr(sys, "_base_executable", "") or sys.executable
    return own, (Path(own), Path(sys.base_prefix))
