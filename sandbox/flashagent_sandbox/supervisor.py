"""Run one command to its end: start it, stream its output, hold it to its limits, and leave nothing of it alive."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import select
import signal
import time
from dataclasses import replace
from pathlib import Path

from flashagent_sandbox.backends.base import Backend, Plan
from flashagent_sandbox.entrance import open_way
from flashagent_sandbox.environment import check_command, command_environment
from flashagent_sandbox.limits import Watch
from flashagent_sandbox.network.gate import Gate
from flashagent_sandbox.notes import notes_on, notes_on_processes
from flashagent_sandbox.output import Output
from flashagent_sandbox.policy import (
    Completed,
    LimitName,
    Policy,
    PolicyError,
    Request,
    SandboxError,
    StartFailed,
)
from flashagent_sandbox.processes import ProcessTree, kill_quietly, stop
from flashagent_sandbox.protect import Findings
from flashagent_sandbox.quarantine import Quarantine
from flashagent_sandbox.root import check_root
from flashagent_sandbox.starting import Launcher, OnOutput, Ways
from flashagent_sandbox.terminal import Terminal

_CHUNK = 1 << 16
_KILL_S = 5.0
_KERNEL_LIMITS: dict[int, LimitName] = {128 + signal.SIGXCPU: "time", 128 + signal.SIGXFSZ: "disk"}


async def run(
    request: Request,
    policy: Policy,
    backend: Backend,
    *,
    on_output: OnOutput | None = None,
    on_error: OnOutput | None = None,
    terminal: Terminal | None = None,
    gate: Gate | None = None,
) -> Completed:
    """Run the command to its end and return how it ended, when no process of it is left.

    `on_output` gets stdout and stderr as they come, together; with `on_error` stderr goes there instead, and `output`
    holds stdout alone. `terminal` becomes the command's own in place of standard input; the caller writes to it while the
    command runs. `gate` stands in for the one made from the policy's allow-list. Cancelling ends the whole process tree
    before CancelledError goes on, and so does whatever a receiver of the output raises. Raises PolicyError, CommandNotFound, or StartFailed when the command was not started.
    """
    checked = _checked(request, policy)
    async with open_way(policy, backend, gate) as way:
        return await _guarded(checked, policy, backend, Ways(on_output, on_error, terminal, way))


async def _guarded(checked: Request, policy: Policy, backend: Backend, ways: Ways) -> Completed:
    """Run it, and take away afterwards what it may not have made."""
    tree = checked.tree or policy.root
    guard = backend.guard(policy, tree)
    scan = await asyncio.to_thread(guard.scan)
    limits = checked.limits or policy.limits
    start = Launcher(backend, Plan(replace(policy, limits=limits), checked, limits, scan), ways)
    checks = backend.protects and not checked.read_only
    quarantine = None if checked.tree else Quarantine(_quarantine_folder(policy), policy.root)
    try:
        completed = await _Running(start, backend, tree).to_its_end()
    except BaseException as error:
        if checks:  # what was created must not stay, also after a cancellation
            for note in notes_on(guard.check(scan, quarantine), policy.root):
                error.add_note(note)
        raise
    finally:
        start.clear()
    findings = await asyncio.to_thread(guard.check, scan, quarantine) if checks else Findings()
    notes = notes_on(findings, policy.root, complete=scan.complete)
    refused = ways.way.notes() if ways.way else ()
    return replace(completed, removed=findings.paths, notes=(*completed.notes, *notes, *refused))


def _checked(request: Request, policy: Policy) -> Request:
    """The request with real paths. Raises PolicyError or CommandNotFound."""
    check_root(policy.root, policy.home)
    _check_quarantine(policy)
    tree = request.tree.resolve(strict=True) if request.tree else None
    cwd = Path(os.path.normpath(request.cwd if request.cwd.is_absolute() else policy.root / request.cwd))
    if not tree:
        cwd = cwd.resolve()
    if cwd != policy.root and policy.root not in cwd.parents:
        raise PolicyError(f"The folder {cwd} lies outside of the work tree {policy.root}.")
    on_host = tree / cwd.relative_to(policy.root) if tree else cwd
    if not on_host.is_dir():
        raise PolicyError(f"The folder {cwd} does not exist.")
    if request.argv and request.argv[0].startswith(str(policy.root) + "/") and tree:
        return replace(request, cwd=cwd, tree=tree)  # may come from the tree or from a kept folder
    check_command(request.argv, on_host, command_environment(policy, request)["PATH"])
    return replace(request, cwd=cwd, tree=tree)


def _quarantine_folder(policy: Policy) -> Path:
    return policy.quarantine or policy.home / ".cache" / "flashagent" / "quarantine"


def _check_quarantine(policy: Policy) -> None:
    """Raise PolicyError when commands could write what was taken from them."""
    real = _quarantine_folder(policy).resolve()
    for folder in (policy.root, *policy.writable):
        if real.is_relative_to(folder.resolve()):
            raise PolicyError(
                f"The quarantine {real} lies in {folder}, where commands write.",
                hint="Name another folder as Policy.quarantine.",
            )


class _Running:
    """One started command. Lives on the event loop's thread, which must outlive it: the kernel ties the command's life
    to the thread that started it."""

    def __init__(self, start: Launcher, backend: Backend, tree: Path) -> None:
        self._launch = start.launch
        self._backend = backend
        self._loop = asyncio.get_running_loop()
        self._output = Output(start.limits.output_bytes)
        self._processes = start.limits.processes
        self._status = b""
        self._deaf: Exception | None = None  # what a receiver of the output met
        self._inner_pidfd = -1
        self._ended = self._loop.create_future()
        self._feeder: asyncio.Task[None] | None = None
        self._started = time.monotonic()
        self._terminal = start.terminal
        self._process = start.start()
        self._pipes = start.pipes
        self._pidfd = os.pidfd_open(self._process.pid)
        if start.feed >= 0:
            self._feeder = self._loop.create_task(_feed(self._loop, start.feed, start.request.stdin or b""))
        folders = (tree, *start.policy.writable)
        self._watch = Watch(start.limits, self._process.pid, folders, self._launch.private, self._kill)

    def _close_all(self) -> None:
        for descriptor in (*self._pipes, self._launch.status):
            os.close(descriptor)
        if self._terminal is not None:
            self._terminal.close()

    # ---- while it runs

    async def to_its_end(self) -> Completed:
        for descriptor in self._pipes:
            os.set_blocking(descriptor, False)
            self._loop.add_reader(descriptor, self._read_output, descriptor)
        os.set_blocking(self._launch.status, False)
        self._loop.add_reader(self._launch.status, self._read_status)
        self._loop.add_reader(self._pidfd, self._exited)
        self._watch.start()
        try:
            await self._ended
        except asyncio.CancelledError:
            self._kill()
            raise
        finally:
            self._finish()
        return self._completed()

    def _read_output(self, descriptor: int) -> bool:
        """Whether there may be more at once."""
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno != errno.EIO:  # how a terminal says that nobody has it open any more
                raise
            data = b""
        if not data:
            self._loop.remove_reader(descriptor)
            return False
        within = self._output.feed(data)
        receiver = self._pipes[descriptor]
        if receiver is not None and within and self._deaf is None:
            try:
                receiver(within)
            except (
                Exception
            ) as error:  # told to who waits for the end; nobody waits for a callback of the loop
                self._deaf = error
                self._kill()
        if self._output.over:
            self._watch.end("output")
        return True

    def _read_status(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._launch.status, 4096)
            self._status += data
            if not data:
                self._loop.remove_reader(self._launch.status)
        if self._inner_pidfd < 0 and (pid := _fact(self._status, "child-pid")):
            with contextlib.suppress(ProcessLookupError):
                self._inner_pidfd = os.pidfd_open(pid)

    def _exited(self) -> None:
        self._loop.remove_reader(self._pidfd)
        if not self._ended.done():
            self._ended.set_result(None)

    # ---- the end

    def _kill(self) -> None:
        """Begin the end of the whole tree; any thread may ask."""
        if not self._backend.has_pid_namespace:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGTERM)  # the helper kills its descendants
            return
        if self._inner_pidfd >= 0:
            # Pid 1 of the namespace takes all others with it; the launcher follows when it is gone.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._inner_pidfd, signal.SIGKILL)
        else:
            self._force()  # still being set up

    def _finish(self) -> None:
        """Returns when nothing is alive and all that was written has been read."""
        self._watch.stop()
        self._loop.remove_reader(self._pidfd)
        self._loop.remove_reader(self._launch.status)
        if not _wait_for(self._pidfd, _KILL_S):
            self._force()
        self._process.wait()
        self._read_status()
        if self._backend.has_pid_namespace and self._inner_pidfd >= 0:
            # The launcher may be gone a moment before the namespace is.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._inner_pidfd, signal.SIGKILL)
            _wait_for(self._inner_pidfd, _KILL_S)
        if self._feeder is not None:
            self._feeder.cancel()
        for descriptor in self._pipes:
            self._loop.remove_reader(descriptor)
            with contextlib.suppress(OSError):
                while self._read_output(descriptor):
                    pass
        self._close_all()
        for descriptor in (self._pidfd, self._inner_pidfd):
            if descriptor >= 0:
                os.close(descriptor)

    def _force(self) -> None:
        """Kill everything that descends from the launcher, then itself. It is stopped first: a child that it forked after
        its descendants were looked at would live on, waiting for it for ever."""
        stop(self._process.pid)
        for pid in ProcessTree(self._process.pid).members():
            kill_quietly(pid)
        kill_quietly(self._process.pid)

    def _completed(self) -> Completed:
        if self._deaf is not None:
            raise self._deaf
        if self._watch.failure is not None:
            raise SandboxError(
                f"The command could not be watched: {self._watch.failure}."
            ) from self._watch.failure
        exit_code = _fact(self._status, "exit-code")
        returned = self._process.returncode or 0
        limit = self._watch.limit or _KERNEL_LIMITS.get(exit_code or 0, "")
        if exit_code is None and not limit and returned >= 0:
            said = self._output.kept().decode(errors="replace").strip()[-600:]
            raise StartFailed(f"The sandbox ({self._backend.name}) could not start the command: {said}")
        if exit_code is None:
            exit_code = 128 - returned if returned < 0 else 128 + signal.SIGKILL
        return Completed(
            exit_code=int(exit_code),
            output=self._output.kept(),
            seconds=time.monotonic() - self._started,
            limit=limit,
            truncated=self._output.over,
            notes=notes_on_processes(self._watch.most_processes, self._processes),
        )


def _fact(status: bytes, name: str) -> int | None:
    for line in status.split(b"\n"):
        with contextlib.suppress(ValueError):
            found = json.loads(line).get(name)
            if isinstance(found, int):
                return found
    return None


def _wait_for(pidfd: int, seconds: float) -> bool:
    """Whether the process ended in time."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


async def _feed(loop: asyncio.AbstractEventLoop, descriptor: int, data: bytes) -> None:
    """Write everything, then close; a command that does not read it all is no error."""
    transport, _ = await loop.connect_write_pipe(
        asyncio.BaseProtocol, os.fdopen(descriptor, "wb", buffering=0)
    )
    transport.write(data)
    transport.close()
