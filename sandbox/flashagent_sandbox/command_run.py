"""`sandbox run`: one command between this process's own input, output, terminal and signals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flashagent_sandbox import audit
from flashagent_sandbox.backends.base import Backend
from flashagent_sandbox.changes import Snapshot
from flashagent_sandbox.policy import Completed, Limits, Policy, PolicyError, Request, SandboxError
from flashagent_sandbox.terminal import Terminal

TIME_UP = 124
_STATUS = {"time": TIME_UP}
_LAST_WORDS_S = 0.3
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Ended:
    """The status of the whole command, and how the command inside ended (None: a signal to us ended it)."""

    status: int
    completed: Completed | None
    notes: tuple[str, ...] = ()


def run_command(argv: tuple[str, ...], policy: Policy, backend: Backend, log: Path | None) -> int:
    """The exit status; everything that was written has reached our own output. Raises SandboxError."""
    terminal = _own_terminal()
    request = Request(argv, Path.cwd(), stdin_fd=None if terminal else _standard_input())
    if log is None:
        return asyncio.run(_between_signals(request, policy, backend, terminal)).status
    _check_log(log, policy)
    facts = {"argv": list(argv), "cwd": str(request.cwd)}
    audit.append(log, "CommandStarted", facts | _policy_facts(policy, backend))
    before = Snapshot(policy.root)
    try:
        ended = asyncio.run(_between_signals(request, policy, backend, terminal))
    except SandboxError as error:
        audit.append(log, "CommandRefused", facts | {"reason": str(error)})
        raise
    audit.append(log, "CommandFinished", facts | _end_facts(ended) | asdict(before.since()))
    return ended.status


# ---- the audit log


def _check_log(log: Path, policy: Policy) -> None:
    real = log.resolve()
    for folder in (policy.root, *policy.writable):
        if real.is_relative_to(folder.resolve()):
            raise PolicyError(
                f"The audit log {log} lies in {folder}, where commands write.", hint="Name a file elsewhere."
            )


def _policy_facts(policy: Policy, backend: Backend) -> dict[str, Any]:
    return {
        "root": str(policy.root), "profile": policy.name, "backend": backend.name, "network": policy.network,
        "hosts": list(policy.network_allow) if policy.network == "allow" else [], "limits": asdict(policy.limits),
    }  # fmt: skip


def _end_facts(ended: Ended) -> dict[str, Any]:
    done = ended.completed
    return {
        "status": ended.status, "limit": done.limit if done else "", "seconds": done.seconds if done else None,
        "removed": list(done.removed) if done else [], "notes": list(ended.notes),
    }  # fmt: skip


# ---- from start to end


async def _between_signals(
    request: Request, policy: Policy, backend: Backend, terminal: Terminal | None
) -> Ended:
    from flashagent_sandbox.supervisor import run

    loop = asyncio.get_running_loop()
    out, err = _Sink(sys.stdout.fileno(), loop), _Sink(sys.stderr.fileno(), loop)

    async def to_the_end() -> Ended:
        with _keyboard(terminal, loop):
            done = await run(request, policy, backend, on_output=out, on_error=err, terminal=terminal)
        notes = (
            *done.notes,
            *([f"ended at the {_limit_words(done.limit, policy.limits)}."] if done.limit else []),
        )
        _say(err, notes)
        await out.written()
        await err.written()
        return Ended(_STATUS.get(done.limit, done.exit_code), done, notes)

    task = asyncio.ensure_future(to_the_end())
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError as error:
        if not received:
            raise
        notes = tuple(getattr(error, "__notes__", ()))
        _say(err, notes)
        with contextlib.suppress(TimeoutError):  # whoever told us to stop may not be reading any more
            async with asyncio.timeout(_LAST_WORDS_S):
                await out.written()
                await err.written()
        return Ended(128 + received[0], None, notes)


def _say(sink: _Sink, notes: tuple[str, ...]) -> None:
    for note in notes:
        sink(f"flashagent: {note}\n".encode(errors="backslashreplace"))


def _limit_words(limit: str, limits: Limits) -> str:
    return {
        "time": f"time limit of {limits.wall_s:g} s",
        "memory": f"memory limit of {limits.memory_bytes >> 20} MiB",
        "output": "output limit",
        "processes": f"limit of {limits.processes} processes",
        "disk": "limit on disk space",
    }[limit]


class _Sink:
    """Writes to one of our own descriptors from a thread, so that a reader who stops reading cannot keep us from
    hearing a signal. What waits is bounded by the limit on output."""

    def __init__(self, descriptor: int, loop: asyncio.AbstractEventLoop) -> None:
        self._descriptor = descriptor
        self._loop = loop
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None

    def __call__(self, data: bytes) -> None:
        """On the loop's thread."""
        self._idle.clear()
        with self._changed:
            self._waiting.append(data)
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sandbox-output", daemon=True)
            self._thread.start()

    async def written(self) -> None:
        """Returns when all has been taken over by the reader, or nobody reads any more."""
        await self._idle.wait()

    def _run(self) -> None:
        listening = True
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                data = self._waiting[0]
            listening = listening and _write(self._descriptor, data)
            with self._changed:
                self._waiting.popleft()
                if self._waiting:
                    continue
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._rest)

    def _rest(self) -> None:
        with self._changed:
            if not self._waiting:
                self._idle.set()


def _write(descriptor: int, data: bytes) -> bool:
    """Whether somebody still reads."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            import select

            select.select([], [descriptor], [])
        except OSError:
            return False
    return True


# ---- standard input


def _standard_input() -> int | None:
    """A descriptor that is safe to hand over: a pipe as it is, a file through a pipe (its own descriptor could be
    opened again for writing), nothing for a device."""
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
            while data := os.read(0, _CHUNK):
                target.write(data)

    threading.Thread(target=copy, name="standard-input", daemon=True).start()
    return read_end


# ---- the user's terminal


def _own_terminal() -> Terminal | None:
    """A terminal for the command when standard input is one, with its size and its settings."""
    if not os.isatty(0):
        return None
    import termios

    size = os.get_terminal_size(0)
    return Terminal(
        (size.lines or 24, size.columns or 80),
        output=os.isatty(1),
        error=os.isatty(2),
        modes=termios.tcgetattr(0),
    )


@contextlib.contextmanager
def _keyboard(terminal: Terminal | None, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Pass on what is typed, byte by byte, and each change of size, while the command runs; afterwards the user's
    terminal is as it was."""
    if terminal is None or not _is_ours():
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(0)

    def typed() -> None:
        try:
            data = os.read(0, _CHUNK)
        except OSError:
            data = b""
        if data:
            terminal.write(data)
        else:
            loop.remove_reader(0)

    def resized() -> None:
        size = os.get_terminal_size(0)
        terminal.resize(size.lines, size.columns)

    tty.setraw(0, termios.TCSADRAIN)
    loop.add_reader(0, typed)
    loop.add_signal_handler(signal.SIGWINCH, resized)
    try:
        yield
    finally:
        loop.remove_reader(0)
        loop.remove_signal_handler(signal.SIGWINCH)
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def _is_ours() -> bool:
    """Whether what is typed is meant for us. A program that has switched the terminal to raw mode reads the keys itself
    (an agent that started us), and in the background nothing may be read."""
    import termios

    in_front = os.tcgetpgrp(0) == os.getpgrp()
    return in_front and bool(termios.tcgetattr(0)[3] & termios.ICANON)
