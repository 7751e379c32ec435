"""Run one command to its end: start it, stream its output, hold it to its limits, and leave nothing of it alive."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flashagent_sandbox.backends.base import Backend, Launch, Plan
from flashagent_sandbox.environment import check_command, command_environment
from flashagent_sandbox.limits import Watch
from flashagent_sandbox.notes import notes_on
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

OnOutput = Callable[[bytes], None]
_CHUNK = 1 << 16
_PIPE_BYTES = 1 << 20
# Launchers must not see the user's environment: a preloaded library would run outside of the sandbox.
_LAUNCHER_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_KILL_S = 5.0
_KERNEL_LIMITS: dict[int, LimitName] = {128 + signal.SIGXCPU: "time", 128 + signal.SIGXFSZ: "disk"}


async def run(
    request: Request,
    policy: Policy,
    backend: Backend,
    *,
    on_output: OnOutput | None = None,
    on_error: OnOutput | None = None,
) -> Completed:
    """Run the command to its end and return how it ended, when no process of it is left.

    `on_output` gets stdout and stderr as they come, together; with `on_error` stderr goes there instead, and `output`
    holds stdout alone. Cancelling ends the whole process tree before CancelledError goes on. Raises PolicyError,
    CommandNotFound, or StartFailed when the command was not started.
    """
    checked = _checked(request, policy)
    tree = checked.tree or policy.root
    guard = backend.guard(policy, tree)
    scan = await asyncio.to_thread(guard.scan)
    limits = checked.limits or policy.limits
    plan = Plan(replace(policy, limits=limits), checked, limits, scan)
    launch = backend.prepare(plan)
    checks = backend.protects and not checked.read_only
    quarantine = None if checked.tree else Quarantine(_quarantine_folder(policy), policy.root)
    try:
        completed = await _Running(plan, launch, backend, tree, on_output, on_error).to_its_end()
    except BaseException as error:
        if checks:  # what was created must not stay, also after a cancellation
            for note in notes_on(guard.check(scan, quarantine), policy.root):
                error.add_note(note)
        raise
    finally:
        for folder in launch.remove:
            shutil.rmtree(folder, ignore_errors=True)
    findings = await asyncio.to_thread(guard.check, scan, quarantine) if checks else Findings()
    notes = notes_on(findings, policy.root, complete=scan.complete)
    return replace(completed, removed=findings.paths, notes=notes)


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

    def __init__(
        self,
        plan: Plan,
        launch: Launch,
        backend: Backend,
        tree: Path,
        on_output: OnOutput | None,
        on_error: OnOutput | None,
    ) -> None:
        self._plan = plan
        self._launch = launch
        self._backend = backend
        self._loop = asyncio.get_running_loop()
        self._output = Output(plan.limits.output_bytes)
        self._status = b""
        self._inner_pidfd = -1
        self._inner_pid = 0
        self._on = {"output": on_output, "error": on_error}
        self._pipes: dict[int, OnOutput | None] = {}
        self._ended = self._loop.create_future()
        self._feeder: asyncio.Task[None] | None = None
        self._started = time.monotonic()
        self._start()
        self._watch = Watch(
            plan.limits, self._process.pid, (tree, *plan.policy.writable), launch.private, self._kill
        )

    def _start(self) -> None:
        request = self._plan.request
        out_read, out_write = _pipe()
        self._pipes[out_read] = self._on["output"]
        error_write = out_write
        if self._on["error"] is not None:
            error_read, error_write = _pipe()
            self._pipes[error_read] = self._on["error"]
        stdin, feed = self._standard_input(request)
        try:
            self._process = subprocess.Popen(
                self._launch.argv, stdin=stdin, stdout=out_write, stderr=error_write, cwd="/", close_fds=True,
                pass_fds=self._launch.pass_fds, env=_LAUNCHER_ENVIRONMENT, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._close_all()
            raise StartFailed(f"The sandbox could not be started: {error}.") from error
        finally:
            for descriptor in {out_write, error_write, *self._launch.close}:
                os.close(descriptor)
            if feed >= 0:
                os.close(stdin)
        self._pidfd = os.pidfd_open(self._process.pid)
        if feed >= 0:
            self._feeder = self._loop.create_task(_feed(self._loop, feed, request.stdin or b""))

    @staticmethod
    def _standard_input(request: Request) -> tuple[int, int]:
        """The descriptor for the command, and our end when there are bytes to feed."""
        if request.stdin_fd is not None:
            return request.stdin_fd, -1
        if not request.stdin:
            return subprocess.DEVNULL, -1
        return _pipe()

    def _close_all(self) -> None:
        for descriptor in (*self._pipes, self._launch.status):
            os.close(descriptor)

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
        if not data:
            self._loop.remove_reader(descriptor)
            return False
        within = self._output.feed(data)
        receiver = self._pipes[descriptor]
        if receiver is not None and within:
            receiver(within)
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
        if self._watch.failure is not None:
            raise SandboxError(
                f"The command could not be watched: {self._watch.failure}."
            ) from self._watch.failure
        exit_code = _fact(self._status, "exit-code")
        returned = self._process.returncode
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
        )


def _pipe() -> tuple[int, int]:
    """A pipe with room for a burst, so that a busy reader does not slow the writer."""
    read_end, write_end = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return read_end, write_end


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
