"""Run one command without namespaces of its own: this process stays outside of the command's Landlock domain, adopts
every orphan, and ends all descendants when the command ends, when it is told to (SIGTERM), or when flashagent dies."""

from __future__ import annotations

import os
import time

from flashagent_sandbox.inside import kernel
from flashagent_sandbox.inside.start import (
    REFUSED,
    Job,
    arguments,
    become,
    exit_code,
    fail,
    read_job,
    signal,
    tell,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_STUBBORN_S = 5.0


def main() -> NoReturn:
    job_fd, status, supervisor = arguments()
    kernel.adopt_orphans()
    signal.signal(signal.SIGTERM, _stop)
    kernel.die_with_parent(signal.SIGTERM, supervisor)
    job = read_job(job_fd)
    read_end, write_end = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    command = os.fork()
    if command == 0:
        os.close(read_end)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _confine_and_start(job, write_end)
    os.close(write_end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    tell(status, "child-pid", command)
    started = os.read(read_end, 1)
    ended = _wait_for(command)
    _end_descendants()
    if started:
        tell(status, "exit-code", ended)
    os._exit(ended)


def _confine_and_start(job: Job, started: int) -> NoReturn:
    try:
        os.chdir(job.cwd)
        if job.ruleset >= 0 or job.seccomp:
            kernel.drop_capabilities_if_any()
            kernel.no_new_privileges()
        if job.ruleset >= 0:
            kernel.restrict_self(job.ruleset)
        if job.seccomp:
            kernel.load_filter(job.seccomp)
        os.write(started, b"1")
    except OSError as error:
        fail(f"the sandbox could not be set up: {error.strerror}", REFUSED)
    become(job)


def _wait_for(command: int) -> int:
    while True:
        child, ended = os.wait()
        if child == command:
            return exit_code(ended)


def _stop(_number: int, _frame: object) -> NoReturn:
    _end_descendants()
    os._exit(128 + signal.SIGTERM)


def _end_descendants() -> None:
    """Kill until nobody is left: new children of the killed come to us."""
    deadline = time.monotonic() + _STUBBORN_S
    while time.monotonic() < deadline:
        alive = _descendants()
        for pid in alive:
            _kill(pid)
        _reap()
        if not alive:
            return
        time.sleep(0.002)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # gone meanwhile, or turned into somebody else by a set-id program


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _descendants() -> list[int]:
    """The living ones. Dead ones still link their children to us until they are reaped."""
    processes = {int(name): _parent_and_life(name) for name in os.listdir("/proc") if name.isdigit()}
    family = {os.getpid()}
    while new := {pid for pid, (parent, _) in processes.items() if parent in family} - family:
        family |= new
    return [pid for pid in family - {os.getpid()} if processes[pid][1]]


def _parent_and_life(name: str) -> tuple[int, bool]:
    try:
        with open(f"/proc/{name}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0, False
    return int(fields[1]), fields[0] not in (b"Z", b"X")
