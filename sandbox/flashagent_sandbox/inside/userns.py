"""Run one command in namespaces of its own, without bubblewrap: this process, then pid 1 of the new pid namespace,
then the command. The death of any of the first two ends everything."""

from __future__ import annotations

import os

from flashagent_sandbox.inside import kernel, view
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

_NAMESPACES = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)


def main() -> NoReturn:
    job_fd, status, supervisor = arguments()
    kernel.die_with_parent(signal.SIGKILL, supervisor)
    job = read_job(job_fd)
    try:
        _enter_namespaces(job)
    except OSError as error:
        fail(f"no namespaces: {error.strerror}", REFUSED)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        _first_process(job, status, write_end)
    os.close(write_end)
    tell(status, "child-pid", child)
    ended = _wait(child)
    if os.read(read_end, 1):  # the command was started
        tell(status, "exit-code", ended)
    os._exit(ended)


def _wait(child: int) -> int:
    return exit_code(os.waitpid(child, 0)[1])


def _enter_namespaces(job: Job) -> None:
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(_NAMESPACES | (kernel.CLONE_NEWNET if job.own_network else 0))
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    if job.own_network:
        kernel.raise_loopback()


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _first_process(job: Job, status: int, started: int) -> NoReturn:
    """Pid 1: builds the view, gives up all rights, starts the command and reaps until that has ended."""
    try:
        # The parent's pid cannot be seen from here; a parent that is gone shows as a closed status pipe instead.
        kernel.die_with_parent(signal.SIGKILL, 0)
        view.build(job)
        kernel.hide_from_debuggers()
        kernel.drop_capabilities()
        kernel.no_new_privileges()
        kernel.load_filter(job.seccomp)
        os.chdir(job.cwd)
    except OSError as error:
        fail(f"the sandbox could not be set up: {error.strerror}", REFUSED)
    command = os.fork()
    if command == 0:
        become(job)
    os.write(started, b"1")
    _let_go(status)
    while True:
        child, ended = os.wait()
        if child == command:
            os._exit(exit_code(ended))


def _let_go(status: int) -> None:
    """Pid 1 holds nothing of the outside while the command runs, least of all its output."""
    os.close(status)
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
