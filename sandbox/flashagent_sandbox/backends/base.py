"""What every back-end shares: the seam between a policy and the process that carries it out."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from flashagent_sandbox.environment import command_environment
from flashagent_sandbox.inside.start import Job, write_job
from flashagent_sandbox.limits import rlimits
from flashagent_sandbox.mounts import MountPlan
from flashagent_sandbox.network.hosts import REGISTRIES, HostRule, read_rule
from flashagent_sandbox.policy import Limits, Policy, Request, StartFailed
from flashagent_sandbox.protect import Guard, Scan

_KNOWN_TREES = 16
PACKAGE_PARENT = str(Path(__file__).resolve().parent.parent.parent)


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to start. `pass_fds` are inherited; `close` are our copies, closed once it runs. `status` is the end
    from which the lines `{"child-pid": N}` and `{"exit-code": N}` are read. `private` are tmpfs folders inside.
    `remove` are folders that are deleted afterwards."""

    argv: tuple[str, ...]
    pass_fds: tuple[int, ...]
    close: tuple[int, ...]
    status: int
    private: tuple[str, ...] = ()
    remove: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a back-end needs to know about one command. `limits` are the ones in force."""

    policy: Policy
    request: Request
    limits: Limits
    scan: Scan


class Backend:
    """One way to confine commands. Keeps what is learnt about work trees from one command to the next."""

    name: ClassVar[str] = ""
    description: ClassVar[str] = ""
    protects: ClassVar[bool] = True
    # Whether the kernel ends every process when the first one ends.
    has_pid_namespace: ClassVar[bool] = True
    # Whether commands can be given a network of which only the gate leads out.
    has_network_namespace: ClassVar[bool] = True
    # Whether another tree can be put in the work tree's place (`Request.tree`).
    shows_trees: ClassVar[bool] = True
    gaps: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.warnings: tuple[str, ...] = ()
        self._rules: dict[tuple[Path, tuple[str, ...]], tuple[HostRule, ...]] = {}
        self._guards: dict[tuple[Path, tuple[str, ...], tuple[str, ...]], Guard] = {}
        self._lock = threading.Lock()

    def missing(self) -> str:
        """What this machine lacks for it, in one sentence; '' when it works (a real command was run)."""
        raise NotImplementedError

    def prepare(self, plan: Plan) -> Launch:
        """Raises PolicyError or StartFailed."""
        raise NotImplementedError

    def guard(self, policy: Policy, tree: Path) -> Guard:
        key = (tree, policy.protected, policy.read_deny)
        with self._lock:
            guard = self._guards.pop(key, None) or Guard(*key)
            self._guards[key] = guard  # last in, last out
            while len(self._guards) > _KNOWN_TREES:
                self._guards.pop(next(iter(self._guards)))
            return guard

    def host_rules(self, policy: Policy) -> tuple[HostRule, ...]:
        """What the policy's allow-list means; the user's tools are asked once per work tree. Raises PolicyError."""
        key = (policy.root, policy.network_allow)
        if key not in self._rules:
            names = [name for name in policy.network_allow if name != REGISTRIES]
            if len(names) < len(policy.network_allow):
                from flashagent_sandbox.network.registries import registry_hosts

                names += registry_hosts(policy.root, policy.home, policy.environ)
            self._rules[key] = tuple(read_rule(name) for name in names)
        return self._rules[key]


def memory_file(name: str, data: bytes) -> int:
    """An anonymous file with these bytes, read from its start by who inherits it."""
    descriptor = os.memfd_create(name)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def make_job(
    plan: Plan, *, mounts: MountPlan | None, seccomp: bytes, count_processes: bool, ruleset: int = -1
) -> Job:
    request = plan.request
    return Job(
        argv=list(request.argv),
        env=command_environment(plan.policy, request),
        cwd=str(request.cwd),
        keep_fds=list(request.pass_fds),
        rlimits=rlimits(plan.limits, processes=count_processes),
        seccomp=seccomp,
        mounts=[(m.kind, m.target, m.source, m.size, m.mode) for m in mounts.mounts] if mounts else [],
        shared_memory=plan.limits.tmpfs_bytes,
        own_network=plan.policy.network != "host",
        ruleset=ruleset,
    )


def launch_helper(
    module: str,
    job: Job,
    *,
    inherit: Sequence[int] = (),
    private: tuple[str, ...] = (),
    remove: tuple[Path, ...] = (),
) -> Launch:
    """Start one of the programs in `inside/` with the interpreter alone: no site packages, no environment."""
    interpreter = getattr(sys, "_base_executable", "") or sys.executable
    if not interpreter:
        raise StartFailed("The Python interpreter does not know its own path, so no helper can be started.")
    status_read, status_write = os.pipe()
    job_fd = memory_file("job", write_job(job))
    code = f"import sys; sys.path.append(sys.argv[1]); from flashagent_sandbox.inside.{module} import main; main()"
    argv = (
        interpreter,
        "-I",
        "-S",
        "-c",
        code,
        PACKAGE_PARENT,
        str(job_fd),
        str(status_write),
        str(os.getpid()),
    )
    passed = (job_fd, status_write, *inherit, *job.keep_fds)
    return Launch(argv, passed, (job_fd, status_write, *inherit), status_read, private, remove)
