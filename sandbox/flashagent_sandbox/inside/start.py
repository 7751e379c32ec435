"""What every helper does last: set the limits, close what leaked, become the command; and tell how it ended."""

from __future__ import annotations

import marshal
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signal
    from typing import NoReturn
else:
    # What the module `signal` wraps. The wrapper loads `enum` and takes a quarter of a helper's whole start.
    import _signal as signal

REFUSED = 125


class Job:
    """What a back-end asks of its helper, sent over an inherited descriptor. `rlimits` are a name in `resource`, soft
    and hard; `mounts` are (kind, target, source, size, mode); `ruleset` is a Landlock descriptor or -1."""

    __slots__ = (
        "argv", "cwd", "env", "keep_fds", "mounts", "own_network", "rlimits", "ruleset", "seccomp", "shared_memory",
    )  # fmt: skip

    def __init__(
        self,
        *,
        argv: list[str],
        env: dict[str, str],
        cwd: str,
        keep_fds: list[int],
        rlimits: list[tuple[str, int, int]],
        seccomp: bytes,
        mounts: list[tuple[str, str, str, int, int]],
        shared_memory: int,
        own_network: bool,
        ruleset: int,
    ) -> None:
        self.argv = argv
        self.env = env
        self.cwd = cwd
        self.keep_fds = keep_fds
        self.rlimits = rlimits
        self.seccomp = seccomp
        self.mounts = mounts
        self.shared_memory = shared_memory
        self.own_network = own_network
        self.ruleset = ruleset


def write_job(job: Job) -> bytes:
    """For `read_job` in a helper of the same interpreter."""
    return marshal.dumps({name: getattr(job, name) for name in Job.__slots__})


def read_job(descriptor: int) -> Job:
    with os.fdopen(descriptor, "rb") as file:
        return Job(**marshal.load(file))


def tell(status: int, fact: str, value: int) -> None:
    """One JSON line to the supervisor, as bubblewrap writes them."""
    os.write(status, f'{{"{fact}": {value}}}\n'.encode())


def become(job: Job) -> NoReturn:
    """Replace this process by the command; ends with 127 or 126 as `env` does when that fails."""
    os.setsid()
    _default_signals()
    _close_all_but(job.keep_fds)
    for name, soft, hard in job.rlimits:
        number: int = getattr(resource, name)
        resource.setrlimit(number, (soft, hard))
    try:
        os.execvpe(job.argv[0], job.argv, job.env)
    except FileNotFoundError:
        fail(f"{job.argv[0]}: command not found", 127)
    except OSError as error:
        fail(f"{job.argv[0]}: {error.strerror}", 126)


def fail(message: str, code: int) -> NoReturn:
    os.write(2, f"flashagent: {message}\n".encode(errors="replace"))
    os._exit(code)


def _default_signals() -> None:
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _close_all_but(keep: list[int]) -> None:
    previous = 2
    for descriptor in sorted(keep):
        os.closerange(previous + 1, descriptor)
        os.set_inheritable(descriptor, True)
        previous = descriptor
    os.closerange(previous + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def exit_code(status: int) -> int:
    """128+N for signal N."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def arguments() -> tuple[int, int, int]:
    """The descriptors of the job and of the status, and the pid of the supervisor."""
    job, status, supervisor = sys.argv[-3:]
    return int(job), int(status), int(supervisor)
