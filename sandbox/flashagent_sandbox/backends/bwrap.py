"""Bubblewrap: the system's own small, widely reviewed program makes the namespaces and mounts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import ClassVar

from flashagent_sandbox.backends.base import Backend, Launch, Plan, memory_file
from flashagent_sandbox.environment import command_environment
from flashagent_sandbox.limits import rlimits
from flashagent_sandbox.mounts import SHARED_MEMORY, Mount, plan_mounts
from flashagent_sandbox.policy import NoSandbox
from flashagent_sandbox.seccomp import build_filter, machine_name

# Absolute: a PATH may lead into a work tree.
PROGRAMS = (Path("/usr/bin/bwrap"), Path("/bin/bwrap"), Path("/run/current-system/sw/bin/bwrap"))
LIMIT_PROGRAMS = (Path("/usr/bin/prlimit"), Path("/bin/prlimit"), Path("/run/current-system/sw/bin/prlimit"))
_PROBE = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--die-with-parent")
_OPTIONS = {
    "RLIMIT_CORE": "core",
    "RLIMIT_CPU": "cpu",
    "RLIMIT_FSIZE": "fsize",
    "RLIMIT_DATA": "data",
    "RLIMIT_NPROC": "nproc",
}


class Bubblewrap(Backend):
    name: ClassVar[str] = "bwrap"
    description: ClassVar[str] = "bubblewrap"

    def __init__(
        self, programs: tuple[Path, ...] = PROGRAMS, limit_programs: tuple[Path, ...] = LIMIT_PROGRAMS
    ) -> None:
        super().__init__()
        self._program = _first_file(programs)
        self._prlimit = _first_file(limit_programs)
        self._filter = b""
        self._locks_namespaces: bool | None = None

    def missing(self) -> str:
        if self._program is None:
            return "bubblewrap is not installed."
        if self._prlimit is None:
            return "prlimit (util-linux) is not installed."
        try:
            self._program_filter()
        except NoSandbox as error:
            return error.message
        tried = subprocess.run(
            [self._program, *_PROBE, "--", self._prlimit, "--version"],
            stdin=subprocess.DEVNULL, capture_output=True, env={}, check=False, timeout=20,
        )  # fmt: skip
        if tried.returncode:
            return f"bubblewrap cannot make namespaces ({tried.stderr.decode(errors='replace').strip()})."
        return ""

    def _program_filter(self) -> bytes:
        self._filter = self._filter or build_filter(machine_name())
        return self._filter

    def _can_lock_namespaces(self) -> bool:
        if self._locks_namespaces is None:
            shown = subprocess.run(
                [str(self._program), "--help"], capture_output=True, env={}, check=False, timeout=20
            )
            self._locks_namespaces = b"--disable-userns" in shown.stdout + shown.stderr
        return self._locks_namespaces

    def prepare(self, plan: Plan) -> Launch:
        if self._program is None or self._prlimit is None:
            raise NoSandbox(f"The sandbox back-end bwrap does not work here: {self.missing()}")
        mounts = plan_mounts(plan.policy, plan.request, plan.scan, as_root=os.geteuid() == 0)
        options = self._namespaces(plan)
        options += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        options += _tmpfs(SHARED_MEMORY, plan.limits.tmpfs_bytes, 0o1777)
        for mount in mounts.mounts:
            options += _mount_options(mount)
        options += ["--remount-ro", "/dev", "--chdir", str(plan.request.cwd), "--clearenv"]
        for name, value in command_environment(plan.policy, plan.request).items():
            options += ["--setenv", name, value]
        return self._launch(plan, options, mounts.private)

    def _namespaces(self, plan: Plan) -> list[str]:
        options = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        if plan.policy.network == "host":
            options.append("--share-net")
        if self._can_lock_namespaces():
            options += ["--unshare-user", "--disable-userns"]
        return options

    def _launch(self, plan: Plan, options: list[str], private: tuple[str, ...]) -> Launch:
        status_read, status_write = os.pipe()
        filter_fd = memory_file("filter", self._program_filter())
        options += ["--seccomp", str(filter_fd), "--json-status-fd", str(status_write)]
        # By descriptor: on the command line everyone on the machine could read the environment.
        options_fd = memory_file("options", b"".join(os.fsencode(option) + b"\0" for option in options))
        limits = [
            f"--{_OPTIONS[name]}={soft}:{hard}" for name, soft, hard in rlimits(plan.limits, processes=True)
        ]
        argv = (
            str(self._program),
            "--args",
            str(options_fd),
            "--",
            str(self._prlimit),
            *limits,
            "--",
            *plan.request.argv,
        )
        ours = (options_fd, filter_fd, status_write)
        return Launch(argv, (*ours, *plan.request.pass_fds), ours, status_read, private)


def _first_file(paths: tuple[Path, ...]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def _tmpfs(target: str, size: int, mode: int) -> list[str]:
    return ["--perms", f"{mode:o}", "--size", str(size), "--tmpfs", target]


def _mount_options(mount: Mount) -> list[str]:
    match mount.kind:
        case "read":
            return ["--ro-bind", mount.source, mount.target]
        case "write":
            return ["--bind", mount.source, mount.target]
        case "tmpfs":
            return _tmpfs(mount.target, mount.size, mount.mode)
        case "blank":
            return [*_tmpfs(mount.target, mount.size, mount.mode), "--remount-ro", mount.target]
        case "link":
            return ["--symlink", mount.source, mount.target]
